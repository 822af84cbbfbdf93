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

		CU_ASSERT_EQUAL(loss_init(&l, &(struct loss_config){LOSS_BERNOULLI, p, 0}, 1, i), 0);
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

		CU_ASSERT_EQUAL(loss_init(&l, &(struct loss_config){LOSS_PERIODIC, 0, period}, 1, 1), 0);
		for (uint64_t k = 1; k <= 1000; k++)
			wrong += loss_draw(&l) != (k % period == 0);
		CU_ASSERT_EQUAL(wrong, 0);
	}
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

	loss_init(&a, &(struct loss_config){LOSS_BERNOULLI, 0.1, 0}, 7, 1);
	loss_init(&b, &(struct loss_config){LOSS_BERNOULLI, 0.1, 0}, 7, 2);
	for (int k = 0; k < DRAWS; k++)
		both += loss_draw(&a) & loss_draw(&b);
	CU_ASSERT(fabs(both - DRAWS * 0.01) <= 3 * sqrt(DRAWS * 0.01 * 0.99));
}

static void impossible_losses_are_refused(void)
{
	static const struct loss_config cases[] = {
		{LOSS_BERNOULLI, 1.0000001, 0}, {LOSS_BERNOULLI, -1e-9, 0}, {LOSS_BERNOULLI, NAN, 0},
		{LOSS_BERNOULLI, INFINITY, 0},  {LOSS_PERIODIC, 0.5, 0},    {(enum loss_kind)3, 0, 0},
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
		TEST(no_loss_loses_nothing),
		TEST(streams_are_independent),
		TEST(impossible_losses_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("loss", tests);
}
