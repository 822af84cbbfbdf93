// SPDX-License-Identifier: GPL-2.0-only
/* RED's average and the spacing of its drops, by the figures of Floyd and Jacobson, 1993. */
#include <math.h>

#include "queue_fixture.h"
#include "../../netsim/engine/queue_red.c"

#define LEN 1000
#define HELD 1e-18 /* a weight that leaves the average where the test puts it */

static void red_open(struct bench *b, struct queue_config config)
{
	config.discipline = "red";
	CU_ASSERT_EQUAL_FATAL(bench_open(b, &config), 0);
}

static void the_average_follows_by_its_weight(void)
{
	static const double weights[] = {0.002, 0.02, 0.5, 1};
	struct bench b;

	for (int i = 0; i < 4; i++) {
		red_open(&b, (struct queue_config){.weight = weights[i], .min_bytes = 1000000});
		for (int n = 0; n < 10; n++)
			bench_put(&b, 0, 1, LEN, ECN_NOT_ECT);
		b.queue->avg_bytes = 0;
		for (int n = 1; n <= 100; n++) { /* each finds 10 waiting */
			bench_put(&b, 0, 1, LEN, ECN_NOT_ECT);
			CU_ASSERT_DOUBLE_EQUAL(b.queue->avg_bytes, 10 * LEN * (1 - pow(1 - weights[i], n)), 1e-6);
			bench_take(&b, 0);
		}
		bench_close(&b);
	}
}

/* 1514 bytes at 12.112 Mbit/s are 1 ms: after an idle time of m ms the average is what m samples of 0 would have made it */
static void an_idle_time_counts_as_the_frames_that_could_have_left(void)
{
	static const struct { uint64_t idle_us, frames; } cases[] = {{0, 1}, {999, 1}, {1999, 1}, {2000, 2}, {7500, 7}, {1000000, 1000}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;

		red_open(&b, (struct queue_config){.rate_bps = 12112000});
		bench_put(&b, SECOND, 1, LEN, ECN_NOT_ECT);
		bench_take(&b, 2 * SECOND);
		b.queue->avg_bytes = 5000;
		bench_put(&b, 2 * SECOND + cases[i].idle_us * US, 1, LEN, ECN_NOT_ECT);
		CU_ASSERT_DOUBLE_EQUAL(b.queue->avg_bytes, 5000 * pow(0.998, (double)cases[i].frames), 1e-8);
		bench_close(&b);
	}
}

static void the_idle_time_follows_the_rate(void)
{
	struct bench b;

	red_open(&b, (struct queue_config){.rate_bps = 12112000});
	CU_ASSERT_EQUAL(b.queue->frame_ns, MS);
	b.ops->set_rate(b.queue, 121120000);
	CU_ASSERT_EQUAL(b.queue->frame_ns, 100 * US);
	b.ops->set_rate(b.queue, 0); /* it stands: nothing could have left */
	b.queue->avg_bytes = 5000;
	bench_put(&b, 3600 * SECOND, 1, LEN, ECN_NOT_ECT);
	CU_ASSERT_DOUBLE_EQUAL(b.queue->avg_bytes, 5000 * 0.998, 1e-9);
	bench_close(&b);
}

/* n packets at a held average: how many are picked, and the least and greatest number of arrivals from one to the next */
static uint64_t picked(struct bench *b, double avg_bytes, uint8_t ecn, int n, int *least, int *most)
{
	uint64_t picks = 0;
	int last = 0;

	*least = n;
	*most = 0;
	b->queue->avg_bytes = 0;
	bench_put(b, 0, 1, LEN, ECN_NOT_ECT); /* the queue is never empty: no idle time */
	b->queue->avg_bytes = avg_bytes;
	for (int i = 1; i <= n; i++) {
		uint64_t marked = bench_base(b)->marked;
		bool in = bench_put(b, 0, 1, LEN, ecn);

		if (!in || bench_base(b)->marked > marked) {
			*least = picks && i - last < *least ? i - last : *least;
			*most = picks && i - last > *most ? i - last : *most;
			last = i;
			picks++;
		}
		if (in)
			bench_take(b, 0);
	}
	return picks;
}

/*
 * p_b at min + x (max - min) is x max_p; count, which in the paper's Figure 2 includes the packet itself, spaces the drops uniformly
 * over 1 … 1 / p_b - 1 arrivals: on average 1 / (2 p_b)
 */
static void drops_are_as_likely_as_the_average_says(void)
{
	static const struct { double at; int most; double gap; } cases[] = {{0.2, 49, 25}, {0.5, 19, 10}, {0.625, 15, 8}};
	int least, most;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench b;
		uint64_t n;

		red_open(&b, (struct queue_config){.weight = HELD, .min_bytes = 10000, .max_bytes = 30000, .max_probability = 0.1});
		n = picked(&b, 10000 + 20000 * cases[i].at, ECN_NOT_ECT, 100000, &least, &most);
		CU_ASSERT_EQUAL(least, 1);
		CU_ASSERT_EQUAL(most, cases[i].most);
		CU_ASSERT_DOUBLE_EQUAL(100000.0 / (double)n, cases[i].gap, 0.03 * cases[i].gap); /* 2000 … 8000 gaps: 3 sigma */
		bench_close(&b);
	}
}

static void below_min_nothing_and_from_max_on_everything_is_dropped(void)
{
	int least, most;
	struct bench b;

	red_open(&b, (struct queue_config){.weight = HELD, .min_bytes = 10000, .max_bytes = 30000, .ecn = true});
	CU_ASSERT_EQUAL(picked(&b, 9999, ECN_NOT_ECT, 1000, &least, &most), 0);
	CU_ASSERT_EQUAL(picked(&b, 10000, ECN_NOT_ECT, 1000, &least, &most), 0);
	CU_ASSERT_EQUAL(picked(&b, 30000, ECN_NOT_ECT, 1000, &least, &most), 1000);
	/* RFC 3168, section 7: ECT packets as well, and no mark is counted for them */
	CU_ASSERT_EQUAL(picked(&b, 30000, ECN_ECT0, 1000, &least, &most), 1000);
	CU_ASSERT_EQUAL(b.dropped_ect, 1000);
	CU_ASSERT_EQUAL(bench_base(&b)->marked, 0);
	bench_close(&b);
}

/* max_p to 1 between max and twice max: at 1.1 max 0.19, so every 5th at the latest */
static void gentle_goes_on_to_twice_max(void)
{
	int least, most;
	struct bench b;

	red_open(&b, (struct queue_config){.weight = HELD, .min_bytes = 10000, .max_bytes = 30000, .max_probability = 0.1,
					   .gentle = true, .ecn = true});
	picked(&b, 33000, ECN_NOT_ECT, 10000, &least, &most);
	CU_ASSERT_EQUAL(least, 1);
	CU_ASSERT_EQUAL(most, 5);
	picked(&b, 33000, ECN_ECT1, 10000, &least, &most);
	CU_ASSERT_EQUAL(b.dropped_ect, 0); /* marked */
	CU_ASSERT(bench_base(&b)->marked > 2000);
	CU_ASSERT_EQUAL(picked(&b, 60000, ECN_ECT1, 1000, &least, &most), 1000);
	CU_ASSERT_EQUAL(b.dropped_ect, 1000);
	bench_close(&b);
}

static void between_the_thresholds_ect_is_marked_and_not_ect_dropped(void)
{
	int least, most;
	struct bench b;

	red_open(&b, (struct queue_config){.weight = HELD, .min_bytes = 10000, .max_bytes = 30000, .ecn = true});
	CU_ASSERT(picked(&b, 20000, ECN_ECT0, 10000, &least, &most) > 500);
	CU_ASSERT_EQUAL(b.dropped, 0);
	CU_ASSERT_EQUAL(b.ce_out, bench_base(&b)->marked);
	CU_ASSERT(picked(&b, 20000, ECN_NOT_ECT, 10000, &least, &most) > 500);
	CU_ASSERT_EQUAL(b.dropped, b.dropped_not_ect);
	CU_ASSERT_EQUAL(picked(&b, 20000, ECN_CE, 10000, &least, &most), 0); /* neither dropped nor counted again */
	bench_close(&b);
	red_open(&b, (struct queue_config){.weight = HELD, .min_bytes = 10000, .max_bytes = 30000});
	CU_ASSERT(picked(&b, 20000, ECN_ECT0, 10000, &least, &most) > 500);
	CU_ASSERT_EQUAL(b.ce_out, 0);
	bench_close(&b);
}

/* min = max and the queue itself as its average: DCTCP's threshold, packet by packet the same as `step` */
static void min_equal_to_max_is_a_step(void)
{
	struct queue_config step = {.discipline = "step", .limit_pkts = 200, .mark_threshold_bytes = 20000};
	struct bench a, b;
	struct rng rng;

	red_open(&a, (struct queue_config){.weight = 1, .min_bytes = 20000, .max_bytes = 20000, .ecn = true, .limit_pkts = 200});
	CU_ASSERT_EQUAL_FATAL(bench_open(&b, &step), 0);
	rng_seed(&rng, 1, 1);
	for (int i = 0; i < 20000; i++) {
		if (rng_u64(&rng) % 50 < (i / 1000 % 2 ? 24 : 26)) {
			CU_ASSERT_EQUAL(bench_put(&a, i, 1, LEN, ECN_ECT0), bench_put(&b, i, 1, LEN, ECN_ECT0));
		} else {
			CU_ASSERT_EQUAL(bench_take(&a, i).ecn, bench_take(&b, i).ecn);
		}
	}
	CU_ASSERT(bench_base(&a)->marked > 1000);
	CU_ASSERT_EQUAL(bench_base(&a)->marked, bench_base(&b)->marked);
	bench_close(&a);
	bench_close(&b);
}

static void zeros_are_the_published_values(void)
{
	struct bench b;

	red_open(&b, (struct queue_config){0});
	CU_ASSERT_EQUAL(b.queue->min_bytes, 5 * 1514);
	CU_ASSERT_EQUAL(b.queue->max_bytes, 15 * 1514);
	CU_ASSERT_EQUAL(b.queue->max_probability, 0.1);
	CU_ASSERT_EQUAL(b.queue->weight, 0.002);
	bench_close(&b);
}

static void a_full_queue_refuses(void)
{
	struct bench b;

	red_open(&b, (struct queue_config){.limit_bytes = 3500});
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(bench_put(&b, 0, 1, LEN, ECN_NOT_ECT), i < 3);
	bench_close(&b);
}

static void impossible_figures_are_refused(void)
{
	static const struct queue_config bad[] = {
		{.min_bytes = 2000, .max_bytes = 1999}, {.max_bytes = 2}, {.weight = -0.1}, {.weight = 1.1}, {.max_probability = 1.1},
		{.max_probability = -1}, {.weight = NAN}, {.max_probability = NAN}, {.min_bytes = 1, .max_bytes = UINT64_MAX},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct queue_config config = bad[i];

		config.discipline = "red";
		CU_ASSERT_EQUAL(bench_probe(config), -EINVAL);
	}
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "red", .min_bytes = 2000, .max_bytes = 2000}), 0);
}

static void nothing_is_lost_or_counted_twice(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_random((struct queue_config){.discipline = "red", .rate_bps = 10000000}, seed, false);
		bench_random((struct queue_config){.discipline = "red", .ecn = true, .gentle = true, .weight = 0.02, .min_bytes = 20000,
						   .limit_pkts = 300}, seed, true);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_average_follows_by_its_weight),
		TEST(an_idle_time_counts_as_the_frames_that_could_have_left),
		TEST(the_idle_time_follows_the_rate),
		TEST(drops_are_as_likely_as_the_average_says),
		TEST(below_min_nothing_and_from_max_on_everything_is_dropped),
		TEST(gentle_goes_on_to_twice_max),
		TEST(between_the_thresholds_ect_is_marked_and_not_ect_dropped),
		TEST(min_equal_to_max_is_a_step),
		TEST(zeros_are_the_published_values),
		TEST(a_full_queue_refuses),
		TEST(impossible_figures_are_refused),
		TEST(nothing_is_lost_or_counted_twice),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_red", tests);
}
