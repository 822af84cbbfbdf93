/* SPDX-License-Identifier: GPL-2.0-only */
/* What is compared of runs, with figures filled in by hand. */
#include <math.h>

#include "unit.h"
#include "../../netsim/measure/compare.h"

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)
#define RUN(goodput) {true, {goodput, 1000, 0}}
#define VOID_RUN(goodput) {false, {goodput, 1000, 0}}

static void goodput_and_retransmits_are_of_all_flows_rtt_their_median(void)
{
	struct flow_result flows[3] = {
		{.retransmits = 1, .rtt_us = {.p50 = 10, .n = 5}},
		{.retransmits = 2, .rtt_us = {.p50 = 90, .n = 5}},
		{.retransmits = 4, .rtt_us = {.p50 = 20, .n = 5}},
	};
	const struct run_result r = {.valid = true, .flows = flows, .n_flows = 3, .goodput_bps = 7e6};
	const struct compared_run run = compared_of(&r);

	CU_ASSERT(run.valid);
	NEAR(run.figures[COMPARED_GOODPUT_BPS], 7e6);
	NEAR(run.figures[COMPARED_RETRANSMITS], 7);
	NEAR(run.figures[COMPARED_RTT_P50_US], 20);
}

static void a_flow_without_samples_has_no_rtt(void)
{
	struct flow_result flows[2] = {{.rtt_us = {.p50 = 0, .n = 0}}, {.rtt_us = {.p50 = 30, .n = 1}}};
	struct run_result r = {.valid = true, .flows = flows, .n_flows = 2};

	NEAR(compared_of(&r).figures[COMPARED_RTT_P50_US], 30);
	r.n_flows = 1;
	CU_ASSERT(isnan(compared_of(&r).figures[COMPARED_RTT_P50_US]));
}

static void void_runs_count_for_nothing(void)
{
	const struct compared_run runs[] = {RUN(1), VOID_RUN(1000), RUN(3), VOID_RUN(1000), RUN(2)};
	const struct interval ci = compared_interval(runs, 5, COMPARED_GOODPUT_BPS);

	CU_ASSERT_EQUAL(ci.n, 3);
	NEAR(ci.median, 2);
	NEAR(compared_median(runs, 5, COMPARED_GOODPUT_BPS), 2);
	CU_ASSERT(ci.low >= 1 && ci.high <= 3);
}

static void void_runs_alone_have_no_median(void)
{
	const struct compared_run runs[] = {VOID_RUN(1), VOID_RUN(2)};

	CU_ASSERT_EQUAL(compared_interval(runs, 2, COMPARED_GOODPUT_BPS).n, 0);
	CU_ASSERT(isnan(compared_median(runs, 2, COMPARED_GOODPUT_BPS)));
	CU_ASSERT(isnan(compared_median(runs, 0, COMPARED_GOODPUT_BPS)));
	CU_ASSERT(isnan(compared_interval(runs, 2, COMPARED_GOODPUT_BPS).median));
}

static void an_unknown_figure_takes_no_part(void)
{
	const struct compared_run runs[] = {RUN(1), RUN(NAN), RUN(3)};

	CU_ASSERT_EQUAL(compared_interval(runs, 3, COMPARED_GOODPUT_BPS).n, 2);
	NEAR(compared_median(runs, 3, COMPARED_GOODPUT_BPS), 2);
}

/* seeds differ by far more than the arms do: paired, the arms' difference is exact */
static void pairing_by_seed_takes_out_the_seeds_share(void)
{
	const struct compared_run a[] = {RUN(10), RUN(50), RUN(90), RUN(30)}, b[] = {RUN(11), RUN(51), RUN(91), RUN(31)};
	const struct interval ci = compared_paired(b, a, 4, COMPARED_GOODPUT_BPS);

	NEAR(ci.median, 1);
	NEAR(ci.low, 1);
	NEAR(ci.high, 1);
	NEAR(compared_paired(a, b, 4, COMPARED_GOODPUT_BPS).median, -1);
}

static void a_pair_with_a_void_run_is_no_pair(void)
{
	const struct compared_run a[] = {RUN(1), VOID_RUN(2), RUN(3)}, b[] = {VOID_RUN(9), RUN(9), RUN(9)};

	CU_ASSERT_EQUAL(compared_paired(b, a, 3, COMPARED_GOODPUT_BPS).n, 1);
	NEAR(compared_paired(b, a, 3, COMPARED_GOODPUT_BPS).median, 6);
	CU_ASSERT_EQUAL(compared_paired(b, a, 2, COMPARED_GOODPUT_BPS).n, 0);
	CU_ASSERT(isnan(compared_paired(b, a, 2, COMPARED_GOODPUT_BPS).median));
}

static void relative_differences(void)
{
	NEAR(compared_relative(97, 100), -0.03);
	NEAR(compared_relative(110, 100), 0.10);
	NEAR(compared_relative(5, 5), 0);
	CU_ASSERT(isnan(compared_relative(5, 0)));
	CU_ASSERT(isnan(compared_relative(NAN, 5)));
	CU_ASSERT(isnan(compared_relative(5, NAN)));
}

static void the_median_of_differences_has_no_sign(void)
{
	const double x[] = {-0.5, 0.1, NAN, -0.2, 0.3};

	NEAR(median_absolute(x, 2), 0.3);
	NEAR(median_absolute(x, 5), 0.25);
	CU_ASSERT(isnan(median_absolute(x + 2, 1)));
	CU_ASSERT(isnan(median_absolute(x, 0)));
}

int main(void)
{
	return unit_run("compare", (CU_TestInfo[]){
		TEST(goodput_and_retransmits_are_of_all_flows_rtt_their_median), TEST(a_flow_without_samples_has_no_rtt),
		TEST(void_runs_count_for_nothing), TEST(void_runs_alone_have_no_median), TEST(an_unknown_figure_takes_no_part),
		TEST(pairing_by_seed_takes_out_the_seeds_share), TEST(a_pair_with_a_void_run_is_no_pair),
		TEST(relative_differences), TEST(the_median_of_differences_has_no_sign), CU_TEST_INFO_NULL,
	});
}
