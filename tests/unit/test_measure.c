// SPDX-License-Identifier: GPL-2.0-only
/* Statistics against brute force and published values (references.md U15), figures of a run filled in by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/measure/run.h"

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)
#define S 1000000000ull

static void jain_of_known_shares(void)
{
	static const struct { double x[4]; double expected; } cases[] = {
		{{1, 1, 1, 1}, 1},     {{1, 0, 0, 0}, 0.25}, {{1, 1, 0, 0}, 0.5},
		{{5e9, 5e9, 5e9, 5e9}, 1}, {{1e200, 1e200, 0, 0}, 0.5}, {{1, 2, 3, 4}, 100.0 / 120},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		NEAR(jain_index(cases[i].x, 4), cases[i].expected);
}

static void jain_of_nothing_is_zero(void)
{
	static const double zeros[3];

	CU_ASSERT_EQUAL(jain_index(NULL, 0), 0);
	CU_ASSERT_EQUAL(jain_index(zeros, 3), 0);
}

static void harm_of_known_pairs(void)
{
	NEAR(harm_more_is_better(10, 4), 0.60);
	NEAR(harm_less_is_better(20, 50), 0.60);
	NEAR(harm_more_is_better(4, 5), -0.25); /* a benefit is negative harm */
}

static void harm_without_a_base_is_zero(void)
{
	CU_ASSERT_EQUAL(harm_more_is_better(0, 5), 0);
	CU_ASSERT_EQUAL(harm_less_is_better(5, 0), 0);
}

/* the definition, the slow way: how far along the sorted list does the rank (n-1)q lie */
static double brute_quantile(const double *v, size_t n, double q)
{
	double rank = q * (double)(n - 1);
	double below = -INFINITY, above = INFINITY;

	for (size_t i = 0; i < n; i++) {
		size_t smaller = 0, same = 0;

		for (size_t j = 0; j < n; j++) {
			smaller += v[j] < v[i];
			same += v[j] == v[i];
		}
		if ((double)smaller <= floor(rank) && floor(rank) < (double)(smaller + same))
			below = v[i];
		if ((double)smaller <= ceil(rank) && ceil(rank) < (double)(smaller + same))
			above = v[i];
	}
	return below + (above - below) * (rank - floor(rank));
}

static void quantiles_match_brute_force(void)
{
	double values[200], copy[200];

	srand(1);
	for (size_t n = 1; n <= 200; n += n < 20 ? 1 : 37) {
		struct quantiles q;
		double sum = 0, max = 0;

		for (size_t i = 0; i < n; i++) {
			values[i] = copy[i] = rand() % 50; /* with ties */
			sum += values[i];
			max = fmax(max, values[i]);
		}
		q = quantiles_of(values, n);
		CU_ASSERT_EQUAL(q.n, n);
		NEAR(q.mean, sum / (double)n);
		NEAR(q.p50, brute_quantile(copy, n, 0.50));
		NEAR(q.p95, brute_quantile(copy, n, 0.95));
		NEAR(q.p99, brute_quantile(copy, n, 0.99));
		CU_ASSERT_EQUAL(q.max, max);
	}
}

static void quantiles_of_nothing_are_zero_not_nan(void)
{
	struct quantiles q = quantiles_of(NULL, 0);

	CU_ASSERT(q.n == 0 && q.mean == 0 && q.p50 == 0 && q.p95 == 0 && q.p99 == 0 && q.max == 0);
}

static void one_value_has_no_interval(void)
{
	double x = 7;
	struct interval ci = median_ci95(&x, 1);

	CU_ASSERT(ci.n == 1 && ci.median == 7 && ci.low == 7 && ci.high == 7);
}

static void interval_of_nothing_is_zero(void)
{
	struct interval ci = median_ci95(NULL, 0);

	CU_ASSERT(ci.n == 0 && ci.median == 0 && ci.low == 0 && ci.high == 0);
}

static void median_is_exact_and_input_untouched(void)
{
	double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 2};

	NEAR(median_ci95(odd, 3).median, 5);
	NEAR(median_ci95(even, 4).median, 2.5);
	CU_ASSERT(odd[0] == 9 && odd[1] == 1 && odd[2] == 5);
}

/* Below 6 values the extremes are drawn as the median of more than 2.5 % of the resamples (docs/metrics.md), from 6 on not. */
static void interval_is_the_whole_range_only_below_six(void)
{
	static const double x[] = {1, 2, 3, 4, 5, 6};

	for (size_t n = 2; n <= 6; n++) {
		struct interval ci = median_ci95(x, n);

		if (n < 6)
			CU_ASSERT(ci.low == 1 && ci.high == (double)n);
		if (n == 6)
			CU_ASSERT(ci.low > 1 && ci.high < 6);
	}
}

static void interval_is_the_same_each_time(void)
{
	double x[25];
	struct interval a, b;

	for (size_t i = 0; i < 25; i++)
		x[i] = (double)((i * 7919) % 101);
	a = median_ci95(x, 25);
	b = median_ci95(x, 25);
	CU_ASSERT(a.low == b.low && a.high == b.high && a.low < a.median && a.median < a.high);
}

/* The promise itself: the true median lies in the interval about 95 times of 100. 300 trials of n = 15 from a uniform
 * distribution; the binomial's 3 sigma around 0.95 is 0.038, and the percentile bootstrap is a little off at small n. */
static void interval_covers_the_true_median(void)
{
	int covered = 0;

	srand(2);
	for (int trial = 0; trial < 300; trial++) {
		struct interval ci;
		double x[15];

		for (size_t i = 0; i < 15; i++)
			x[i] = (double)rand() / RAND_MAX;
		ci = median_ci95(x, 15);
		covered += ci.low <= 0.5 && 0.5 <= ci.high;
	}
	CU_ASSERT(covered >= 270 && covered <= 299);
}

static struct flow_sample sample_at(uint64_t t_ns, uint32_t flow, uint32_t rtt_us, uint32_t cwnd, uint32_t retransmits)
{
	return (struct flow_sample){
		.t_ns = t_ns, .flow = flow, .srtt_us = rtt_us, .cwnd_pkts = cwnd, .retransmits = retransmits,
		.delivered_ce_pkts = 2 * retransmits,
	};
}

/* 10 Mbit/s, 10 s, the first 2 s not measured; flow 0 all the time, flow 1 from 6 s, flow 2 moves 1 MB from 1 s to 5 s */
static struct run_result example(struct scenario *s)
{
	struct run_result r = {.n_flows = 3, .n_samples = 6, .duration_ns = 10 * S};
	struct flow_sample samples[] = {
		sample_at(1 * S, 0, 99000, 99, 1), sample_at(3 * S, 0, 20000, 10, 1), sample_at(4 * S, 2, 30000, 4, 0),
		sample_at(7 * S, 1, 50000, 5, 7),  sample_at(8 * S, 0, 40000, 20, 3), sample_at(9 * S, 1, 0, 0, 9),
	};

	memset(s, 0, sizeof(*s));
	s->link.rate_bps = 10000000;
	s->n_flows = 3;
	s->flows[2].size_bytes = 1000000;
	s->duration_ns = 10 * S;
	s->warmup_ns = 2 * S;
	r.flows = calloc(3, sizeof(*r.flows));
	r.samples = malloc(sizeof(samples));
	memcpy(r.samples, samples, sizeof(samples));
	for (uint32_t i = 0; i < 3; i++)
		r.flows[i].group = i;
	r.flows[0].finished_ns = r.flows[1].finished_ns = ENGINE_NEVER;
	r.flows[0].window_bytes = 4000000, r.flows[0].window_ns = 8 * S;
	r.flows[1].start_ns = 6 * S, r.flows[1].window_bytes = 1000000, r.flows[1].window_ns = 4 * S;
	r.flows[2].start_ns = 1 * S, r.flows[2].finished_ns = 5 * S, r.flows[2].received_bytes = 1000000;
	r.flows[2].window_bytes = 750000, r.flows[2].window_ns = 3 * S;
	r.link.window_out_bytes = 9000000, r.link.window_capacity_bytes = 10000000;
	r.link.window_ns = 7 * S; /* the network stood still before the window, and its clock is behind */
	r.window_ns = 8 * S;
	return r;
}

static void goodput_counts_from_start_or_by_completion(void)
{
	struct scenario s;
	struct run_result r = example(&s);
	double window[] = {4e6, 2e6, 2e6};

	measure_run(&s, &r);
	NEAR(r.flows[0].goodput_bps, 4e6);
	NEAR(r.flows[1].goodput_bps, 2e6);
	NEAR(r.flows[2].goodput_bps, 2e6); /* 1 MB in 4 s */
	NEAR(r.flows[0].share, 4.0 / 5.75); /* of the bytes in the window: a short transfer at full speed is a small share */
	NEAR(r.flows[2].share, 0.75 / 5.75);
	NEAR(r.goodput_bps, 5.75e6); /* 5.75 MB in 8 s: rates of flows that follow each other do not add up */
	NEAR(r.utilisation, 0.9);
	NEAR(r.jain, jain_index(window, 3));
	run_result_free(&r);
}

static void quantiles_are_of_the_window_and_counters_of_the_run(void)
{
	struct scenario s;
	struct run_result r = example(&s);

	measure_run(&s, &r);
	CU_ASSERT_EQUAL(r.flows[0].rtt_us.n, 2); /* the one at 1 s is warm-up */
	NEAR(r.flows[0].rtt_us.p50, 30000);
	NEAR(r.flows[0].rtt_us.max, 40000);
	NEAR(r.flows[0].cwnd_pkts.mean, 15);
	CU_ASSERT_EQUAL(r.flows[1].rtt_us.n, 1); /* 0 us means unknown */
	NEAR(r.flows[1].rtt_us.p99, 50000);
	CU_ASSERT_EQUAL(r.flows[2].cwnd_pkts.n, 1);
	CU_ASSERT_EQUAL(r.flows[0].retransmits, 3);
	CU_ASSERT_EQUAL(r.flows[1].retransmits, 9);
	CU_ASSERT_EQUAL(r.flows[1].marks, 18);
	run_result_free(&r);
	CU_ASSERT(r.flows == NULL && r.samples == NULL && r.n_flows == 0);
}

static void empty_run_gives_zeros_not_nan(void)
{
	struct run_result r = {.n_flows = 0};
	struct scenario s;

	memset(&s, 0, sizeof(s));
	measure_run(&s, &r);
	CU_ASSERT(r.goodput_bps == 0 && r.jain == 0 && r.utilisation == 0);
}

static void empty_window_and_dead_flows_give_zeros_not_nan(void)
{
	struct scenario s;
	struct run_result r = example(&s);

	s.warmup_ns = 20 * S;
	r.window_ns = r.link.window_capacity_bytes = 0;
	for (size_t i = 0; i < 3; i++) {
		r.flows[i].finished_ns = ENGINE_NEVER;
		r.flows[i].window_bytes = r.flows[i].window_ns = 0;
	}
	measure_run(&s, &r);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT(r.flows[i].goodput_bps == 0 && r.flows[i].share == 0);
		CU_ASSERT(r.flows[i].rtt_us.n == 0 && r.flows[i].rtt_us.mean == 0);
	}
	CU_ASSERT(r.goodput_bps == 0 && r.jain == 0 && r.utilisation == 0);
	run_result_free(&r);
}

static void starved_flow_counts_against_fairness(void)
{
	struct scenario s;
	struct run_result r = example(&s);

	r.flows[1].window_bytes = 0;
	r.flows[2].window_bytes = 0;
	measure_run(&s, &r);
	NEAR(r.jain, 1.0 / 3);
	run_result_free(&r);
}

int main(void)
{
	CU_TestInfo statistics[] = {
		TEST(jain_of_known_shares),
		TEST(jain_of_nothing_is_zero),
		TEST(harm_of_known_pairs),
		TEST(harm_without_a_base_is_zero),
		TEST(quantiles_match_brute_force),
		TEST(quantiles_of_nothing_are_zero_not_nan),
		TEST(one_value_has_no_interval),
		TEST(interval_of_nothing_is_zero),
		TEST(median_is_exact_and_input_untouched),
		TEST(interval_is_the_whole_range_only_below_six),
		TEST(interval_is_the_same_each_time),
		TEST(interval_covers_the_true_median),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo figures[] = {
		TEST(goodput_counts_from_start_or_by_completion),
		TEST(quantiles_are_of_the_window_and_counters_of_the_run),
		TEST(empty_run_gives_zeros_not_nan),
		TEST(empty_window_and_dead_flows_give_zeros_not_nan),
		TEST(starved_flow_counts_against_fairness),
		CU_TEST_INFO_NULL,
	};
	int failed = unit_run("statistics", statistics);

	return unit_run("figures of a run", figures) | failed;
}
