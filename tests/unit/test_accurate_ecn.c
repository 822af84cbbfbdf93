// SPDX-License-Identifier: GPL-2.0-only
/* Accurate ECN (RFC 9768) through a whole run: an algorithm asks for it, and DualPI2 (RFC 9332) tells it from classic ECN. 20 Mbit/s, 10 ms. */
#include "plugins.h"
#include "unit.h"
#include "../../netsim/sim/sim.h"

static struct run_result result;

static const struct flow_result *flow_of(const char *cc)
{
	static const struct sim_options options;
	static struct scenario s;
	struct congctl_error err = {0};

	run_result_free(&result);
	memset(&result, 0, sizeof(result));
	scenario_init(&s);
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "20mbit", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "rtt", "10ms", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "buffer", "200pkt", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "queue", "dualpi2", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, cc, &err), 0);
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	CU_ASSERT_EQUAL_FATAL(sim_run(&s, &options, &result, &err), 0);
	measure_run(&s, &result);
	CU_ASSERT_TRUE(result.flows[0].ecn);
	CU_ASSERT(result.flows[0].marks > 0);
	return &result.flows[0];
}

/* ECT(1): marked from 800 us of queue on, all of it at 1.2 ms: two frames of 0.6 ms on top, for the mark is told a round trip later */
static void accurate_algorithms_use_the_low_latency_queue(void)
{
	flow_of("accurate_ecn");
	CU_ASSERT(result.link.sojourn_ns_p99 < 2400000);
}

/* the same algorithm without the wish: ECT(0), the queue that aims at 15 ms */
static void classic_ones_do_not(void)
{
	flow_of("plain_ecn");
	CU_ASSERT(result.link.sojourn_ns_p50 > 10000000);
}

/* an echo until CWR stands for more than one mark, a counter does not: every mark is told of once, but those on their way at the end */
static void every_mark_is_counted(void)
{
	uint64_t told = flow_of("accurate_ecn")->marks, made = result.link.marked_pkts;

	CU_ASSERT(told <= made && told + 2 >= made);
	CU_ASSERT(flow_of("plain_ecn")->marks > 2 * result.link.marked_pkts);
	run_result_free(&result);
	memset(&result, 0, sizeof(result));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(accurate_algorithms_use_the_low_latency_queue), TEST(classic_ones_do_not), TEST(every_mark_is_counted),
		CU_TEST_INFO_NULL,
	};

	use_test_plugins();
	return unit_run("accurate_ecn", tests);
}
