// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>

#include "unit.h"
#include "../../netsim/engine/loss.h"

#define DRAWS 1000000

/* binomial: 3 sigma = 3 sqrt(n p (1 - p)). The seed is fixed, so this either holds for ever or never. */
static void bernoulli_is_within_three_sigma(void)
{
	static const double probabilities[] = {0, 0.0001, 0.01, 0.3, 0.999, 1};

	for (size_t i = 0; i < sizeof(probabilities) / sizeof(probabilities[0]); i++) {
		double p = probabilities[i], n = 0;
		struct loss l;

		CU_ASSERT_EQUAL(loss_init(&l, &(struct loss_config){.kind = LOSS_BERNOULLI, .probability = p}, 1, i), 0);
		for (int k = 0; k < DRAWS; k++)
			n += loss_draw(&l);
		CU_ASSERT(fabs(n - DRAWS * p) <= 3 * sqrt(DRAWS * p * (1 - p)));
	}
}

static void periodic_loses_exactly_the_last_of_each_period(void)
{
	for (uint64_t period = 1; period <= 100; period++) {
		struct loss l;
		int wrong = 0;

		CU_ASSERT_EQUAL(loss_init(&l, &(struct loss_config){.kind = LOSS_PERIODIC, .period = period}, 1, 1), 0);
		for (uint64_t k = 1; k <= 1000; k++)
			wrong += loss_draw(&l) != (k % period == 0);
		CU_ASSERT_EQUAL(wrong, 0);
	}
}

/* losses by number are of the packets offered, the first is 1 */
static void the_numbered_packets_are_lost_and_no_others(void)
{
	struct loss_config config = {.kind = LOSS_NUMBERS, .numbers = {1, 2, 5, 1000}, .n_numbers = 4};
	uint64_t lost[8], n = 0;
	struct loss l;

	CU_ASSERT_EQUAL(loss_init(&l, &config, 1, 1), 0);
	for (uint64_t k = 1; k <= 5000; k++) {
		if (loss_draw(&l) && n < 8)
			lost[n++] = k;
	}
	CU_ASSERT_EQUAL_FATAL(n, 4);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(lost[i], config.numbers[i]);
}

static void all_numbers_there_is_room_for_are_lost(void)
{
	struct loss_config config = {.kind = LOSS_NUMBERS, .n_numbers = LOSS_MAX_NUMBERS};
	uint64_t wrong = 0;
	struct loss l;

	for (size_t i = 0; i < LOSS_MAX_NUMBERS; i++)
		config.numbers[i] = 2 * i + 1;
	CU_ASSERT_EQUAL(loss_init(&l, &config, 1, 1), 0);
	for (uint64_t k = 1; k <= 1000; k++)
		wrong += loss_draw(&l) != (k % 2 && k < 2 * LOSS_MAX_NUMBERS);
	CU_ASSERT_EQUAL(wrong, 0);
}

/*
 * Gilbert: all lost in the bad state, none in the good. The share of bad packets is p/(p + r), the mean burst 1/r. Draws follow
 * each other with a correlation of c = 1 - p - r, which widens sigma by √((1 + c)/(1 - c)); bursts are geometric, of sigma
 * √(1 - r)/r each.
 */
static void bad_states_come_and_last_as_long_as_they_should(void)
{
	static const double cases[][2] = {{0.01, 0.25}, {0.001, 0.1}, {0.2, 0.5}, {0.05, 1}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double p = cases[i][0], r = cases[i][1], share = p / (p + r), c = 1 - p - r, lost = 0, bursts = 0;
		bool before = false;
		struct loss l;

		loss_init(&l, &(struct loss_config){.kind = LOSS_GILBERT_ELLIOTT, .p = p, .r = r, .loss_bad = 1}, 1, i);
		for (int k = 0; k < DRAWS; k++) {
			bool now = loss_draw(&l);

			lost += now;
			bursts += now && !before;
			before = now;
		}
		CU_ASSERT(fabs(lost - DRAWS * share) <= 3 * sqrt(DRAWS * share * (1 - share) * (1 + c) / (1 - c)));
		CU_ASSERT(fabs(lost / bursts - 1 / r) <= 3 * sqrt(1 - r) / r / sqrt(bursts) + 1 / bursts);
	}
}

static void both_states_lose_at_their_rates(void)
{
	struct loss_config config = {.kind = LOSS_GILBERT_ELLIOTT, .p = 0.02, .r = 0.3, .loss_good = 0.005, .loss_bad = 0.4};
	double share = 0.02 / 0.32, want = share * 0.4 + (1 - share) * 0.005, lost = 0;
	struct loss l;

	CU_ASSERT_EQUAL(loss_init(&l, &config, 1, 9), 0);
	for (int k = 0; k < DRAWS; k++)
		lost += loss_draw(&l);
	/* the variance of the state, seen through the difference of the rates, and that of the draw itself */
	CU_ASSERT(fabs(lost - DRAWS * want) <=
		  3 * sqrt(DRAWS * (0.395 * 0.395 * share * (1 - share) * (1.68 / 0.32) + want * (1 - want))));
}

/* with p = 1 the very first packet meets the bad state, with r = 1, too, the second the good one */
static void the_state_changes_before_the_draw(void)
{
	struct loss l;

	loss_init(&l, &(struct loss_config){.kind = LOSS_GILBERT_ELLIOTT, .p = 1, .r = 1, .loss_bad = 1}, 1, 1);
	for (int k = 0; k < 100; k++)
		CU_ASSERT_EQUAL(loss_draw(&l), k % 2 == 0);
	loss_init(&l, &(struct loss_config){.kind = LOSS_GILBERT_ELLIOTT, .p = 0, .r = 0, .loss_bad = 1}, 1, 1);
	for (int k = 0; k < 100; k++)
		CU_ASSERT_FALSE(loss_draw(&l));
}

static void no_loss_loses_nothing(void)
{
	struct loss l;
	int n = 0;

	CU_ASSERT_EQUAL(loss_init(&l, &(struct loss_config){.kind = LOSS_NONE, .probability = 1, .period = 1}, 1, 1), 0);
	for (int k = 0; k < 1000; k++)
		n += loss_draw(&l);
	CU_ASSERT_EQUAL(n, 0);
}

/* two links of one engine do not lose the same packets: about p² in common */
static void streams_are_independent(void)
{
	struct loss a, b;
	int both = 0;

	loss_init(&a, &(struct loss_config){.kind = LOSS_BERNOULLI, .probability = 0.1}, 7, 1);
	loss_init(&b, &(struct loss_config){.kind = LOSS_BERNOULLI, .probability = 0.1}, 7, 2);
	for (int k = 0; k < DRAWS; k++) {
		bool lost = loss_draw(&a);

		both += loss_draw(&b) && lost;
	}
	CU_ASSERT(fabs(both - DRAWS * 0.01) <= 3 * sqrt(DRAWS * 0.01 * 0.99));
}

static void impossible_losses_are_refused(void)
{
	static const struct loss_config cases[] = {
		{.kind = LOSS_BERNOULLI, .probability = 1.0000001},
		{.kind = LOSS_BERNOULLI, .probability = -1e-9},
		{.kind = LOSS_BERNOULLI, .probability = NAN},
		{.kind = LOSS_BERNOULLI, .probability = INFINITY},
		{.kind = LOSS_PERIODIC, .probability = 0.5},
		{.kind = LOSS_GILBERT_ELLIOTT, .p = 1.1},
		{.kind = LOSS_GILBERT_ELLIOTT, .r = -0.1},
		{.kind = LOSS_GILBERT_ELLIOTT, .loss_good = NAN},
		{.kind = LOSS_GILBERT_ELLIOTT, .loss_bad = 2},
		{.kind = LOSS_NUMBERS},
		{.kind = LOSS_NUMBERS, .numbers = {0, 1}, .n_numbers = 2},
		{.kind = LOSS_NUMBERS, .numbers = {3, 2}, .n_numbers = 2},
		{.kind = LOSS_NUMBERS, .numbers = {3, 3}, .n_numbers = 2},
		{.kind = LOSS_NUMBERS, .numbers = {1}, .n_numbers = LOSS_MAX_NUMBERS + 1},
		{.kind = (enum loss_kind)9},
	};
	struct loss l;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(loss_init(&l, &cases[i], 1, 1), -EINVAL);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(bernoulli_is_within_three_sigma),
		TEST(periodic_loses_exactly_the_last_of_each_period),
		TEST(the_numbered_packets_are_lost_and_no_others),
		TEST(all_numbers_there_is_room_for_are_lost),
		TEST(bad_states_come_and_last_as_long_as_they_should),
		TEST(both_states_lose_at_their_rates),
		TEST(the_state_changes_before_the_draw),
		TEST(no_loss_loses_nothing),
		TEST(streams_are_independent),
		TEST(impossible_losses_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("loss", tests);
}
