// SPDX-License-Identifier: GPL-2.0-only
/* PIE's probability by the formula and the tables of RFC 8033, computed by hand. */
#include "queue_fixture.h"
#include "../../netsim/engine/queue_pie.c"

#define LEN 1514
#define FROZEN (3600 * SECOND) /* an update interval that leaves the probability where the test puts it */

static void pie_open(struct bench *b, struct queue_config config)
{
	config.discipline = "pie";
	CU_ASSERT_EQUAL_FATAL(bench_open(b, &config), 0);
}

/* alpha 1/8, beta 1.25: 30 ms held adds 0.125 x 0.015 = 0.001875, the first time 1.25 x 0.03 more; scaled by the table of 4.2 */
static void the_probability_follows_the_formula(void)
{
	static const double p[] = {
		0.039375 / 2048,                         /* from 0: below 0.000001 */
		1.922607421875e-5 + 0.001875 / 128,      /* below 0.0001 */
		3.387451171875e-5 + 0.001875 / 128,
		4.852294921875e-5 + 0.001875 / 128,
		6.317138671875e-5 + 0.001875 / 128,
		7.781982421875e-5 + 0.001875 / 128,
		9.246826171875e-5 + 0.001875 / 128,
		1.0711669921875e-4 + 0.001875 / 32,      /* below 0.001 */
		1.6571044921875e-4 + 0.001875 / 32,
	};
	struct bench b;

	pie_open(&b, (struct queue_config){0});
	for (size_t n = 0; n < sizeof(p) / sizeof(p[0]); n++) {
		pie_update(b.queue, 30 * MS);
		CU_ASSERT_DOUBLE_EQUAL(b.queue->pi.p, p[n], 1e-15);
	}
	bench_close(&b);
}

static void the_table_scales_the_steps(void)
{
	static const struct { double p, factor; } cases[] = {
		{0, 2048}, {0.9e-6, 2048}, {1e-6, 512}, {0.9e-5, 512}, {1e-5, 128}, {0.9e-4, 128}, {1e-4, 32}, {0.9e-3, 32},
		{1e-3, 8}, {0.9e-2, 8}, {1e-2, 2}, {0.09, 2}, {0.1, 1}, {0.9, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(pie_tuning(cases[i].p), 1 / cases[i].factor);
}

/* one update from p, with the delay now and before it */
static double updated(double p, uint64_t delay_ns, uint64_t before_ns)
{
	struct bench b;

	pie_open(&b, (struct queue_config){0});
	b.queue->pi.p = p;
	b.queue->pi.delay_old_ns = before_ns;
	pie_update(b.queue, delay_ns);
	p = b.queue->pi.p;
	bench_close(&b);
	return p;
}

static void steps_are_capped_decay_and_bounded(void)
{
	CU_ASSERT_DOUBLE_EQUAL(updated(0.1, 100 * MS, 0), 0.12, 1e-15);     /* 5.5: no more than 2 % from 10 % on */
	CU_ASSERT_DOUBLE_EQUAL(updated(0.099, 100 * MS, 0), 0.099 + (0.125 * 0.085 + 0.125) / 2, 1e-12);
	CU_ASSERT_DOUBLE_EQUAL(updated(0.5, 0, 0), (0.5 - 0.001875) * 0.98, 1e-15); /* an empty queue: it decays as well */
	CU_ASSERT_DOUBLE_EQUAL(updated(0.5, 1 * MS, 0), 0.5 - 0.125 * 0.014 + 1.25 * 0.001, 1e-15);
	CU_ASSERT_EQUAL(updated(0.99, SECOND, SECOND - 1), 1);
	CU_ASSERT_EQUAL(updated(1e-7, 0, 15 * MS), 0);
	CU_ASSERT_DOUBLE_EQUAL(updated(0.3, 15 * MS, 15 * MS), 0.3, 1e-15); /* at target nothing changes */
}

/* There is no timer: asked each millisecond or once at the end, it has made the same updates, each with the head's age then. */
static void updates_are_made_up_for_exactly(void)
{
	struct bench often, once, by_hand;

	pie_open(&often, (struct queue_config){0});
	pie_open(&once, (struct queue_config){0});
	pie_open(&by_hand, (struct queue_config){0});
	for (uint64_t t = 5 * MS; t <= 500 * MS; t += MS) {
		bench_put(&often, t, 1, LEN, ECN_NOT_ECT);
		if (t == 5 * MS || t == 500 * MS)
			bench_put(&once, t, 1, LEN, ECN_NOT_ECT);
		if (t % (15 * MS) == 0)
			pie_update(by_hand.queue, t - 5 * MS);
	}
	CU_ASSERT(once.queue->pi.p > 0.01);
	CU_ASSERT_EQUAL(often.queue->pi.p, once.queue->pi.p);
	CU_ASSERT_EQUAL(by_hand.queue->pi.p, once.queue->pi.p);
	CU_ASSERT_EQUAL(often.queue->burst_ns, once.queue->burst_ns);
	bench_close(&often);
	bench_close(&once);
	bench_close(&by_hand);
}

static void after_an_idle_hour_it_starts_afresh(void)
{
	struct bench b;

	pie_open(&b, (struct queue_config){0});
	for (uint64_t t = 0; t < SECOND; t += MS)
		bench_put(&b, t, 1, LEN, ECN_NOT_ECT);
	while (bench_take(&b, SECOND).any)
		;
	CU_ASSERT(b.queue->pi.p > 0.05);
	CU_ASSERT_EQUAL(b.queue->burst_ns, 0);
	bench_put(&b, 3601 * SECOND, 1, LEN, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(b.queue->pi.p, 0);
	CU_ASSERT_EQUAL(b.queue->burst_ns, 150 * MS);
	CU_ASSERT_EQUAL(b.queue->pi.next_ns, 3601 * SECOND / (15 * MS) * (15 * MS) + 15 * MS);
	bench_close(&b);
}

/* 4.4: 150 ms are ten updates; whatever the probability, nothing is dropped before the tenth */
static void a_burst_of_150_ms_is_let_through(void)
{
	uint64_t first_drop_ns = 0;
	struct bench b;

	pie_open(&b, (struct queue_config){0});
	b.queue->pi.p = 1;
	for (uint64_t t = 0; t < 200 * MS && !first_drop_ns; t += 100 * US) {
		if (!bench_put(&b, t, 1, LEN, ECN_NOT_ECT))
			first_drop_ns = t;
	}
	CU_ASSERT(first_drop_ns >= 150 * MS && first_drop_ns <= 151 * MS);
	bench_close(&b);
}

/* how many of n arrivals are dropped at a held probability and delay, with `waiting` packets before */
static uint64_t dropped_of(struct bench *b, double p, uint64_t delay_ns, int waiting, uint8_t ecn, int n)
{
	uint64_t before;

	while (bench_base(b)->pkts < (uint64_t)waiting)
		bench_put(b, 0, 1, LEN, ECN_NOT_ECT); /* the burst allowance lets them in */
	b->queue->burst_ns = 0;
	b->queue->pi.p = p;
	b->queue->pi.delay_old_ns = delay_ns;
	before = b->dropped;
	for (int i = 0; i < n; i++) {
		if (bench_put(b, 0, 1, LEN, ecn))
			bench_take(b, 0);
	}
	return b->dropped - before;
}

/* 4.1: below half of target and 20 %, or with two packets waiting, nothing is dropped */
static void the_safeguards_hold(void)
{
	struct bench b;

	pie_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	CU_ASSERT_EQUAL(dropped_of(&b, 1, 100 * MS, 2, ECN_NOT_ECT, 1000), 0);
	b.queue->burst_ns = MAX_BURST_NS;
	CU_ASSERT_EQUAL(dropped_of(&b, 0.19, 7499999, 3, ECN_NOT_ECT, 1000), 0);
	CU_ASSERT(dropped_of(&b, 0.2, 7499999, 3, ECN_NOT_ECT, 1000) > 50);
	CU_ASSERT(dropped_of(&b, 0.19, 7500000, 3, ECN_NOT_ECT, 1000) > 50);
	CU_ASSERT_EQUAL(dropped_of(&b, 0, 100 * MS, 3, ECN_NOT_ECT, 1000), 0);
	bench_close(&b);
}

/* 5.4: at 1/8 no drop before the seventh packet after one (0.85), and none later than the 68th (8.5) */
static void drops_are_neither_too_close_nor_too_far_apart(void)
{
	int least = 1000, most = 0, last = 0, n = 0;
	struct bench b;

	pie_open(&b, (struct queue_config){.tupdate_ns = FROZEN, .seed = 1});
	dropped_of(&b, 0.125, 100 * MS, 10, ECN_NOT_ECT, 0);
	for (int i = 1; i <= 200000; i++) {
		if (bench_put(&b, 0, 1, LEN, ECN_NOT_ECT)) {
			bench_take(&b, 0);
			continue;
		}
		least = n && i - last < least ? i - last : least;
		most = i - last > most ? i - last : most;
		last = i;
		n++;
	}
	CU_ASSERT_EQUAL(least, 7);
	CU_ASSERT(most > 50 && most <= 68);
	CU_ASSERT_DOUBLE_EQUAL(200000.0 / n, 6 + 8, 0.2); /* six, and then one in eight; 3 sigma of 14000 gaps */
	bench_close(&b);
}

static void with_ecn_ect_is_marked_below_10_percent_and_dropped_above(void)
{
	struct bench b;

	pie_open(&b, (struct queue_config){.tupdate_ns = FROZEN, .ecn = true});
	CU_ASSERT_EQUAL(dropped_of(&b, 0.09, 100 * MS, 10, ECN_ECT0, 10000), 0);
	CU_ASSERT(bench_base(&b)->marked > 300);
	CU_ASSERT(dropped_of(&b, 0.09, 100 * MS, 10, ECN_NOT_ECT, 10000) > 300);
	CU_ASSERT_EQUAL(b.dropped, b.dropped_not_ect);
	CU_ASSERT(dropped_of(&b, 0.1, 100 * MS, 10, ECN_ECT1, 10000) > 300);
	bench_close(&b);
	pie_open(&b, (struct queue_config){.tupdate_ns = FROZEN});
	CU_ASSERT(dropped_of(&b, 0.09, 100 * MS, 10, ECN_ECT0, 10000) > 300);
	CU_ASSERT_EQUAL(b.ce_out, 0);
	bench_close(&b);
}

static void impossible_figures_are_refused(void)
{
	static const struct queue_config bad[] = {{.alpha = -1}, {.beta = -0.1}, {.alpha = NAN}, {.beta = INFINITY}, {.tupdate_ns = 1}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct queue_config config = bad[i];

		config.discipline = "pie";
		CU_ASSERT_EQUAL(bench_probe(config), -EINVAL);
	}
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "pie", .tupdate_ns = MS}), 0);
}

static void nothing_is_lost_or_counted_twice(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_random((struct queue_config){.discipline = "pie"}, seed, false);
		bench_random((struct queue_config){.discipline = "pie", .ecn = true, .limit_pkts = 300}, seed, true);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_probability_follows_the_formula),
		TEST(the_table_scales_the_steps),
		TEST(steps_are_capped_decay_and_bounded),
		TEST(updates_are_made_up_for_exactly),
		TEST(after_an_idle_hour_it_starts_afresh),
		TEST(a_burst_of_150_ms_is_let_through),
		TEST(the_safeguards_hold),
		TEST(drops_are_neither_too_close_nor_too_far_apart),
		TEST(with_ecn_ect_is_marked_below_10_percent_and_dropped_above),
		TEST(impossible_figures_are_refused),
		TEST(nothing_is_lost_or_counted_twice),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_pie", tests);
}
