// SPDX-License-Identifier: GPL-2.0-only
/* The moments of RFC 8289's control law, at a queue whose head has always waited for about the same time. */
#include <math.h>

#include "queue_fixture.h"

#define STEP (100 * US)
#define LEN 1514

/*
 * A queue that one packet leaves each step, and packets `sojourn` old enter to replace it: those behind the head grow older by a
 * step each, to no more than ten steps above `sojourn`.
 */
struct standing {
	struct bench b;
	uint64_t arrivals, now_ns;
	uint64_t signals, at_ns[256]; /* drops and marks */
};

static void standing_open(struct standing *s, struct queue_config config)
{
	config.discipline = "codel";
	memset(s, 0, sizeof(*s));
	CU_ASSERT_EQUAL_FATAL(bench_open(&s->b, &config), 0);
}

static void stand(struct standing *s, uint64_t for_ns, uint64_t sojourn_ns, uint8_t ecn)
{
	uint64_t end_ns = s->now_ns + for_ns;

	for (; s->now_ns < end_ns; s->now_ns += STEP) {
		uint64_t marked = bench_base(&s->b)->marked, n;

		/* ten behind the head: more than a frame waits */
		while (bench_base(&s->b)->pkts < 10)
			bench_put(&s->b, SECOND + s->now_ns - sojourn_ns, 1, LEN, ecn);
		n = bench_take(&s->b, SECOND + s->now_ns).dropped + bench_base(&s->b)->marked - marked;
		while (n--)
			s->at_ns[s->signals++ % 256] = s->now_ns;
	}
}

/* RFC 8289: the first after an interval above target, then interval / sqrt(count) apart; noticed at the next dequeue */
static void check_moments(uint64_t interval_ns, struct queue_config config, uint8_t ecn)
{
	static struct standing s;
	double due_ns = (double)interval_ns;

	standing_open(&s, config);
	stand(&s, 8 * interval_ns, 50 * MS, ecn);
	CU_ASSERT_FATAL(s.signals > 9);
	for (uint32_t n = 1; n <= 9; n++) {
		CU_ASSERT((double)s.at_ns[n - 1] >= due_ns - 10);
		CU_ASSERT((double)s.at_ns[n - 1] < due_ns + STEP);
		/* the first starts the count at 1: then 100, 70.7, 57.7, 50 ms … */
		due_ns += (double)interval_ns / sqrt(n);
	}
	bench_check_conserved(&s.b);
	bench_close(&s.b);
}

static void drops_follow_the_square_root_law(void)
{
	check_moments(100 * MS, (struct queue_config){0}, ECN_NOT_ECT);
	check_moments(300 * MS, (struct queue_config){.interval_ns = 300 * MS}, ECN_ECT0);
	check_moments(20 * MS, (struct queue_config){.interval_ns = 20 * MS, .target_ns = MS}, ECN_NOT_ECT);
}

static void with_ecn_marks_follow_the_same_law(void)
{
	static struct standing s;

	check_moments(100 * MS, (struct queue_config){.ecn = true}, ECN_ECT0);
	check_moments(100 * MS, (struct queue_config){.ecn = true}, ECN_ECT1);
	standing_open(&s, (struct queue_config){.ecn = true});
	stand(&s, SECOND, 50 * MS, ECN_ECT0);
	CU_ASSERT(bench_base(&s.b)->marked > 9);
	CU_ASSERT_EQUAL(s.b.dropped, 0);
	bench_close(&s.b);
}

static void with_ecn_not_ect_is_still_dropped_and_ce_not_counted_again(void)
{
	static struct standing s;

	standing_open(&s, (struct queue_config){.ecn = true});
	stand(&s, SECOND, 50 * MS, ECN_NOT_ECT);
	CU_ASSERT(s.b.dropped_not_ect > 9);
	CU_ASSERT_EQUAL(bench_base(&s.b)->marked, 0);
	bench_close(&s.b);

	standing_open(&s, (struct queue_config){.ecn = true});
	stand(&s, SECOND, 50 * MS, ECN_CE);
	CU_ASSERT_EQUAL(s.b.dropped, 0);
	CU_ASSERT_EQUAL(s.b.ce_out, s.b.out);
	CU_ASSERT_EQUAL(bench_base(&s.b)->marked, 0);
	bench_close(&s.b);
}

static void without_ecn_ect_is_dropped(void)
{
	static struct standing s;

	standing_open(&s, (struct queue_config){0});
	stand(&s, SECOND, 50 * MS, ECN_ECT0);
	CU_ASSERT(s.b.dropped_ect > 9);
	CU_ASSERT_EQUAL(s.b.ce_out, 0);
	bench_close(&s.b);
}

/* Just below target nothing happens, for ever; a dip below it within the interval starts the interval again. */
static void below_target_nothing_is_dropped(void)
{
	static struct standing s;

	standing_open(&s, (struct queue_config){0});
	stand(&s, 10 * SECOND, 5 * MS - STEP * 10, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(s.b.dropped, 0);
	for (int i = 0; i < 20; i++) {
		stand(&s, 95 * MS, 50 * MS, ECN_NOT_ECT);
		stand(&s, 5 * MS, MS, ECN_NOT_ECT);
	}
	CU_ASSERT_EQUAL(s.b.dropped, 0);
	bench_close(&s.b);
}

/* RFC 8289: no standing queue when no more than a full-size frame is left behind the head, however late it is */
static void the_last_frame_is_never_dropped(void)
{
	for (uint32_t behind = LEN; behind <= LEN + 1; behind++) {
		struct queue_config config = {.discipline = "codel", .mtu_frame_bytes = LEN};
		struct bench b;

		CU_ASSERT_EQUAL_FATAL(bench_open(&b, &config), 0);
		for (uint64_t t = SECOND; t < 3 * SECOND; t += 10 * MS) {
			while (bench_base(&b)->pkts < 2)
				bench_put(&b, t - 200 * MS, 1, behind, ECN_NOT_ECT);
			bench_take(&b, t);
		}
		CU_ASSERT_EQUAL(b.dropped > 0, behind > LEN);
		bench_close(&b);
	}
}

/* count at the end of the first run is c, last_count 1: dropping that resumes soon begins at c - 1, later at 1 */
static double gap_after_pause(uint64_t pause_ns)
{
	static struct standing s;
	uint64_t n;

	standing_open(&s, (struct queue_config){0});
	stand(&s, 600 * MS, 50 * MS, ECN_NOT_ECT);
	n = s.signals;
	stand(&s, pause_ns, MS, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(s.signals, n);
	stand(&s, 400 * MS, 50 * MS, ECN_NOT_ECT);
	CU_ASSERT_FATAL(s.signals > n + 1);
	bench_close(&s.b);
	return (double)(s.at_ns[n + 1] - s.at_ns[n]);
}

static void dropping_that_resumes_within_16_intervals_goes_on_at_its_rate(void)
{
	/* drops at 100, 200, 270.7, 328.4, 378.4, 423.2, 464, 501.8, 537.1, 570.4 ms: count is 10, so it resumes with 9 */
	CU_ASSERT_DOUBLE_EQUAL(gap_after_pause(10 * MS), 100e6 / sqrt(9), STEP);
	CU_ASSERT_DOUBLE_EQUAL(gap_after_pause(1400 * MS), 100e6 / sqrt(9), STEP);
	CU_ASSERT_DOUBLE_EQUAL(gap_after_pause(1600 * MS), 100e6, STEP);
}

/* whatever the state: ECT packets later than the threshold are marked, Not-ECT never, and nothing is dropped for it */
static void ce_threshold_marks_at_once(void)
{
	struct queue_config config = {.discipline = "codel", .ce_threshold_ns = MS};
	struct bench b;

	CU_ASSERT_EQUAL_FATAL(bench_open(&b, &config), 0);
	for (uint8_t ecn = ECN_NOT_ECT; ecn <= ECN_ECT0; ecn++) {
		bench_put(&b, SECOND, 1, LEN, ecn);
		CU_ASSERT_EQUAL(bench_take(&b, SECOND + MS).ecn, ecn);
		bench_put(&b, SECOND, 1, LEN, ecn);
		CU_ASSERT_EQUAL(bench_take(&b, SECOND + MS + 1).ecn, ecn ? ECN_CE : ECN_NOT_ECT);
	}
	CU_ASSERT_EQUAL(bench_base(&b)->marked, 2);
	CU_ASSERT_EQUAL(b.dropped, 0);
	bench_close(&b);
}

static void a_full_queue_refuses(void)
{
	struct queue_config config = {.discipline = "codel", .limit_pkts = 3};
	struct bench b;

	CU_ASSERT_EQUAL_FATAL(bench_open(&b, &config), 0);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(bench_put(&b, 0, 1, LEN, ECN_NOT_ECT), i < 3);
	bench_close(&b);
	CU_ASSERT_EQUAL(b.dropped, 5);
}

static void an_empty_queue_gives_nothing(void)
{
	struct queue_config config = {.discipline = "codel"};
	struct bench b;

	CU_ASSERT_EQUAL_FATAL(bench_open(&b, &config), 0);
	CU_ASSERT_FALSE(bench_take(&b, SECOND).any);
	bench_close(&b);
}

static void impossible_figures_are_refused(void)
{
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "codel", .target_ns = 101 * MS}), -EINVAL);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "codel", .target_ns = 100 * MS}), 0);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "codel", .interval_ns = 4 * MS}), -EINVAL);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "codel", .interval_ns = UINT64_MAX}), -EINVAL);
}

static void nothing_is_lost_or_counted_twice(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_random((struct queue_config){.discipline = "codel"}, seed, false);
		bench_random((struct queue_config){.discipline = "codel", .ecn = true, .limit_pkts = 300}, seed, true);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(drops_follow_the_square_root_law),
		TEST(with_ecn_marks_follow_the_same_law),
		TEST(with_ecn_not_ect_is_still_dropped_and_ce_not_counted_again),
		TEST(without_ecn_ect_is_dropped),
		TEST(below_target_nothing_is_dropped),
		TEST(the_last_frame_is_never_dropped),
		TEST(dropping_that_resumes_within_16_intervals_goes_on_at_its_rate),
		TEST(ce_threshold_marks_at_once),
		TEST(a_full_queue_refuses),
		TEST(an_empty_queue_gives_nothing),
		TEST(impossible_figures_are_refused),
		TEST(nothing_is_lost_or_counted_twice),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_codel", tests);
}
