// SPDX-License-Identifier: GPL-2.0-only
/* DualPI2's probabilities by RFC 9332, Appendix A; L: ECT(1) and CE, C: the rest. */
#include "queue_fixture.h"
#include "../../netsim/engine/queue_dualpi2.c"

#define LEN 1514
#define FROZEN (3600 * SECOND) /* an update interval that leaves the probabilities where the test puts them */

static void dual_open(struct bench *b, struct queue_config config)
{
	config.discipline = "dualpi2";
	CU_ASSERT_EQUAL_FATAL(bench_open(b, &config), 0);
}

static void hold(struct bench *b, double p)
{
	b->queue->pi.p = p;
	b->queue->p_cl = pi_bound(b->queue->coupling * p);
	b->queue->p_c = p * p;
}

/* alpha 0.16, beta 3.2: 20 ms held adds 0.16 x 0.005, the first time 3.2 x 0.02 more */
static void the_probabilities_follow_the_formula(void)
{
	struct bench b;
	double p = 0.16 * 0.005 + 3.2 * 0.02;

	dual_open(&b, (struct queue_config){0});
	bench_put(&b, SECOND - 20 * MS, 1, LEN, ECN_NOT_ECT);
	b.queue->pi.delay_old_ns = 0;
	for (int n = 0; n < 50; n++, p += 0.16 * 0.005) {
		dualpi2_update(b.queue, SECOND);
		CU_ASSERT_DOUBLE_EQUAL(b.queue->pi.p, p, 1e-12);
		CU_ASSERT_DOUBLE_EQUAL(b.queue->p_cl, 2 * p, 1e-12);
		CU_ASSERT_DOUBLE_EQUAL(b.queue->p_c, p * p, 1e-12);
	}
	bench_close(&b);
}

static void updates_are_made_up_for_exactly(void)
{
	struct bench often, once;

	dual_open(&often, (struct queue_config){0});
	dual_open(&once, (struct queue_config){0});
	for (uint64_t t = 5 * MS; t <= 100 * MS; t += MS) {
		bench_put(&often, t, 1, LEN, ECN_NOT_ECT);
		if (t == 5 * MS || t == 100 * MS)
			bench_put(&once, t, 1, LEN, ECN_NOT_ECT);
	}
	/* six updates: the last at 96 ms, when the head was 91 ms old; errors -4, 12, 28, 44, 60, 76 ms */
	CU_ASSERT_DOUBLE_EQUAL(once.queue->pi.p, 0.16 * 0.216 + 3.2 * 0.091, 1e-12);
	CU_ASSERT_EQUAL(often.queue->pi.p, once.queue->pi.p);
	bench_close(&often);
	while (bench_take(&once, 101 * MS).any)
		;
	bench_put(&once, 3600 * SECOND, 1, LEN, ECN_NOT_ECT); /* and after an idle hour nothing is left of it */
	CU_ASSERT_EQUAL(once.queue->pi.p, 0);
	CU_ASSERT_EQUAL(once.queue->p_c, 0);
	CU_ASSERT_EQUAL(once.queue->pi.next_ns % (16 * MS), 0);
	bench_close(&once);
}

/* how many of n L packets that waited for so long are marked; `behind`: more wait behind them */
static uint64_t marks(struct bench *b, uint64_t sojourn_ns, bool behind, uint8_t ecn, int n)
{
	uint64_t before = bench_base(b)->marked;

	for (int i = 0; i < n; i++) {
		while (bench_base(b)->pkts < (behind ? 2 : 1))
			bench_put(b, 0, 1, LEN, ecn);
		bench_take(b, sojourn_ns);
	}
	return bench_base(b)->marked - before;
}

static void l4s_is_marked_from_the_threshold_on(void)
{
	static const struct { uint64_t sojourn_us, marks; } cases[] = {
		{0, 0}, {800, 0}, {900, 250}, {1000, 500}, {1100, 750}, {1200, 1000}, {9000, 1000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		uint64_t n;

		dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
		n = marks(&b, cases[i].sojourn_us * US, true, ECN_ECT1, 1000);
		CU_ASSERT(n <= cases[i].marks && n + 2 >= cases[i].marks); /* recur() begins empty */
		CU_ASSERT_EQUAL(b.dropped, 0);
		CU_ASSERT_EQUAL(b.ce_out, n);
		bench_close(&b);
		dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
		CU_ASSERT_EQUAL(marks(&b, cases[i].sojourn_us * US, false, ECN_ECT1, 1000), 0); /* alone in its queue */
		bench_close(&b);
	}
}

static void l4s_is_marked_with_k_times_p_and_classic_dropped_with_its_square(void)
{
	static const double p[] = {0.01, 0.1, 0.25, 0.4, 0.49};

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		for (double k = 1; k <= 2; k++) {
			struct bench b;

			dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN, .coupling = k});
			hold(&b, p[i]);
			CU_ASSERT_DOUBLE_EQUAL((double)marks(&b, 0, false, ECN_ECT1, 100000), 100000 * k * p[i], 2);
			for (int n = 0; n < 100000; n++) {
				bench_put(&b, 0, 1, LEN, ECN_NOT_ECT);
				bench_take(&b, 0);
			}
			CU_ASSERT_DOUBLE_EQUAL((double)b.dropped, 100000 * p[i] * p[i], 2);
			CU_ASSERT_EQUAL(b.dropped, b.dropped_not_ect);
			bench_close(&b);
		}
	}
}

/* The mark is the larger of the two: 40 % by the coupling, 50 % by the ramp. */
static void the_larger_of_ramp_and_coupling_marks(void)
{
	struct bench b;

	dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	hold(&b, 0.2);
	CU_ASSERT_DOUBLE_EQUAL((double)marks(&b, 1000 * US, true, ECN_ECT1, 1000), 500, 2);
	CU_ASSERT_DOUBLE_EQUAL((double)marks(&b, 850 * US, true, ECN_ECT1, 1000), 400, 2);
	CU_ASSERT_EQUAL(b.dropped, 0);
	bench_close(&b);
}

static void classic_ect0_is_marked_below_p_c_max_only(void)
{
	struct bench b;

	dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	hold(&b, 0.49);
	marks(&b, 0, false, ECN_ECT0, 1000);
	CU_ASSERT_EQUAL(b.dropped, 0);
	CU_ASSERT(bench_base(&b)->marked >= 238 && bench_base(&b)->marked <= 241);
	hold(&b, 0.5); /* p_C = 1/k^2: overload */
	for (int n = 0; n < 1000; n++) {
		bench_put(&b, 0, 1, LEN, ECN_ECT0);
		bench_take(&b, 0);
	}
	CU_ASSERT(bench_base(&b)->marked <= 241);
	CU_ASSERT(b.dropped_ect >= 249 && b.dropped_ect <= 251);
	bench_close(&b);
}

/* p_CL = 1: what is left of L4S after drops with p_C is all marked; and after the overload nothing is owed */
static void overload_drops_l4s_as_well(void)
{
	struct bench b;

	dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	hold(&b, 0.6);
	for (int n = 0; n < 10000; n++) {
		bench_put(&b, 0, 1, LEN, ECN_ECT1);
		bench_take(&b, 0);
	}
	CU_ASSERT_DOUBLE_EQUAL((double)b.dropped_ect, 3600, 3);
	CU_ASSERT_DOUBLE_EQUAL((double)b.ce_out, 6400, 3);
	hold(&b, 0);
	CU_ASSERT(marks(&b, 0, false, ECN_ECT1, 1000) <= 2);
	bench_close(&b);
}

static void l4s_overtakes_classic(void)
{
	struct bench b;

	dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	for (int i = 0; i < 10; i++)
		bench_put(&b, 0, 1, LEN, i % 2 ? ECN_ECT0 : ECN_NOT_ECT);
	bench_put(&b, 0, 2, LEN, ECN_ECT1);
	bench_put(&b, 0, 3, LEN, ECN_CE); /* marked upstream: taken for L4S */
	CU_ASSERT_EQUAL(bench_take(&b, 0).flow, 2);
	CU_ASSERT_EQUAL(bench_take(&b, 0).flow, 3);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(bench_take(&b, 0).flow, 1);
	CU_ASSERT_FALSE(bench_take(&b, 0).any);
	CU_ASSERT_EQUAL(bench_base(&b)->marked, 0);
	bench_close(&b);
}

/* a sixteenth of the bytes, whatever the lengths, at every moment within one round */
static void neither_queue_starves_the_other(void)
{
	static const uint32_t lens[][2] = {{1514, 1514}, {1514, 100}, {100, 1514}};

	for (int i = 0; i < 3; i++) {
		int64_t l4s = 0, classic = 0;
		struct bench b;

		dual_open(&b, (struct queue_config){.tupdate_ns = FROZEN, .step_ns = SECOND});
		for (int n = 0; n < 20000; n++) {
			struct taken t;

			bench_put(&b, 0, 1, lens[i][0], ECN_ECT1);
			bench_put(&b, 0, 2, lens[i][1], ECN_NOT_ECT);
			t = bench_take(&b, 0);
			*(t.flow == 1 ? &l4s : &classic) += t.len;
			CU_ASSERT(llabs(l4s - 15 * classic) <= 15 * lens[i][1] + lens[i][0]);
		}
		CU_ASSERT(classic > 0 && b.dropped == 0);
		bench_close(&b);
	}
}

/* 250 ms at the fastest rate so far */
static void the_limit_is_250_ms_of_the_rate(void)
{
	uint64_t expected[] = {25000, 50000, 50000};
	uint64_t rates[] = {800000, 1600000, 400000};
	struct bench b;

	dual_open(&b, (struct queue_config){.rate_bps = 800000, .tupdate_ns = FROZEN});
	for (int i = 0; i < 3; i++) {
		b.ops->set_rate(b.queue, rates[i]);
		while (bench_put(&b, 0, 1, 1000, ECN_NOT_ECT))
			;
		CU_ASSERT_EQUAL(bench_base(&b)->bytes, expected[i]);
	}
	bench_close(&b);
	dual_open(&b, (struct queue_config){.rate_bps = 800000, .limit_bytes = 5000});
	b.ops->set_rate(b.queue, 8000000);
	for (int i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(bench_put(&b, 0, 1, 1000, i % 4), i < 5); /* both queues together */
	bench_close(&b);
}

/* L4S alone in overload: its own delay drives p' */
static void unresponsive_l4s_is_dropped_in_the_end(void)
{
	struct bench b;

	dual_open(&b, (struct queue_config){0});
	for (uint64_t t = 0; t < 10 * SECOND; t += MS) {
		bench_put(&b, t, 1, LEN, ECN_ECT1);
		bench_put(&b, t, 1, LEN, ECN_ECT1);
		bench_take(&b, t);
	}
	CU_ASSERT(b.dropped_ect + b.marks_lost > 1000);
	bench_check_conserved(&b);
	bench_close(&b);
}

static void impossible_figures_are_refused(void)
{
	static const struct queue_config bad[] = {
		{.alpha = -1}, {.beta = -0.1}, {.alpha = NAN}, {.tupdate_ns = 1}, {.coupling = -1}, {.coupling = NAN}, {.coupling = INFINITY},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct queue_config config = bad[i];

		config.discipline = "dualpi2";
		CU_ASSERT_EQUAL(bench_probe(config), -EINVAL);
	}
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "dualpi2", .coupling = 1}), 0);
}

static void nothing_is_lost_or_counted_twice(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_random((struct queue_config){.discipline = "dualpi2"}, seed, true);
		bench_random((struct queue_config){.discipline = "dualpi2", .limit_pkts = 30, .rate_bps = 10000000}, seed, true);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_probabilities_follow_the_formula),
		TEST(updates_are_made_up_for_exactly),
		TEST(l4s_is_marked_from_the_threshold_on),
		TEST(l4s_is_marked_with_k_times_p_and_classic_dropped_with_its_square),
		TEST(the_larger_of_ramp_and_coupling_marks),
		TEST(classic_ect0_is_marked_below_p_c_max_only),
		TEST(overload_drops_l4s_as_well),
		TEST(l4s_overtakes_classic),
		TEST(neither_queue_starves_the_other),
		TEST(the_limit_is_250_ms_of_the_rate),
		TEST(unresponsive_l4s_is_dropped_in_the_end),
		TEST(impossible_figures_are_refused),
		TEST(nothing_is_lost_or_counted_twice),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_dualpi2", tests);
}
