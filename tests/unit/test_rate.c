// SPDX-License-Identifier: GPL-2.0-only
/* rates that change, and packet-delivery traces */
#include <errno.h>

#include "engine_fixture.h"

static struct engine *engine;
static struct sink sink;
static struct path path;

static struct link *make(const struct link_config *config)
{
	struct link *l = link_alone(&engine, &sink, config);

	path = path_to(&sink, l);
	return l;
}

static void send_many(uint32_t n, uint32_t len)
{
	for (uint32_t k = 1; k <= n; k++)
		send_packet(engine, &path, k, len, ECN_NOT_ECT);
}

/* when one packet of 1250 bytes, sent at 0 on a link of 10 Mbit/s, is through: 1 ms without a step */
static void the_packet_on_the_wire_continues_at_the_new_rate(void)
{
	static const struct {
		struct rate_step steps[3];
		size_t n;
		uint64_t want_ns;
	} cases[] = {
		{{{400000, 20000000}}, 1, 700000},                          /* 6000 bits left at twice the rate */
		{{{400000, 1000000}}, 1, 6400000},                          /* at a tenth */
		{{{1000000, 1}}, 1, 1000000},                               /* too late for it */
		{{{999999, 1}}, 1, 999999 + SECOND / 100},                  /* a hundredth of a bit was left */
		{{{0, 20000000}}, 1, 500000},                               /* from the beginning */
		{{{400000, 0}, {5000000, 10000000}}, 2, 5600000},           /* an outage */
		{{{400000, 20000000}, {500000, 0}, {SECOND, 3}}, 3, SECOND + 1333333333333}, /* 4000 bits at 3 bit/s, rounded down */
		{{{0, 3000000}, {3333333, 1}}, 2, 3333333 + MS},            /* a third of a ns was left: 0.001 bit */
		{{{0, 0}, {7, 0}, {10, 10000000}}, 3, 1000010},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(&(struct link_config){.rate_bps = 10000000, .steps = cases[i].steps, .n_steps = cases[i].n});
		send_many(1, 1250);
		engine_run(engine, cases[i].want_ns - 1);
		CU_ASSERT_EQUAL(sink.delivered, 0);
		engine_run(engine, cases[i].want_ns);
		CU_ASSERT_EQUAL(sink.delivered, 1);
		engine_free(engine);
	}
}

/* 100,000 packets over 1,000 odd steps are through when their bits are, to the nanosecond */
static void nothing_is_rounded_over_many_steps(void)
{
	static struct rate_step steps[1000];
	unsigned __int128 work = (unsigned __int128)100000 * 1514 * 8 * SECOND;
	uint64_t t = 0, bps = 7777777;
	struct rng r;

	rng_seed(&r, 3, 0);
	for (size_t i = 0; i < 1000; i++)
		steps[i] = (struct rate_step){(i ? steps[i - 1].at_ns : 0) + 1 + rng_u64(&r) % (300 * MS), rng_u64(&r) % 20000000};
	make(&(struct link_config){.rate_bps = bps, .steps = steps, .n_steps = 1000});
	send_many(100000, 1514);
	engine_run(engine, 100000 * SECOND);
	for (size_t i = 0; i < 1000 && work > (unsigned __int128)bps * (steps[i].at_ns - t); i++) {
		work -= (unsigned __int128)bps * (steps[i].at_ns - t);
		t = steps[i].at_ns;
		bps = steps[i].rate_bps;
	}
	CU_ASSERT_EQUAL(sink.delivered, 100000);
	CU_ASSERT_EQUAL(sink.last_ns, t + (uint64_t)(work / bps));
	CU_ASSERT(t < steps[999].at_ns); /* it was over among the steps */
	engine_free(engine);
}

static void an_outage_without_end_keeps_everything(void)
{
	const struct rate_step step = {1500000, 0};
	struct link *l = make(&(struct link_config){.rate_bps = 10000000, .steps = &step, .n_steps = 1});
	struct link_stats st;

	send_many(10, 1250);
	engine_run(engine, 1000 * SECOND);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(sink.delivered, 1);
	CU_ASSERT_EQUAL(st.inside_pkts, 9);
	CU_ASSERT_EQUAL(st.queued_pkts, 8);
	CU_ASSERT_EQUAL(engine_next(engine), ENGINE_NEVER);
	send_packet(engine, &path, 11, 1250, ECN_NOT_ECT);
	engine_free(engine);
	CU_ASSERT_EQUAL(sink.delivered + sink.dropped, 11);
}

/* 10 Mbit/s for 4 ms, none for 3, 20 Mbit/s for 3: 12500 bytes of capacity in 7 ms up; the window leaves out the first 2 ms */
static void utilisation_follows_the_rate(void)
{
	static const struct rate_step steps[] = {{4 * MS, 0}, {7 * MS, 20000000}};
	struct link *l = make(&(struct link_config){.rate_bps = 10000000, .steps = steps, .n_steps = 2});
	struct link_stats st;

	send_many(100, 1250);
	engine_run(engine, 2 * MS);
	link_measure_from_now(l);
	engine_run(engine, 10 * MS);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.window_ns, 8 * MS);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 2500 + 7500);
	CU_ASSERT_EQUAL(st.window_out_bytes, 2500 + 7500);
	CU_ASSERT_EQUAL(st.busy_ns, 5 * MS);
	engine_free(engine);

	l = make(&(struct link_config){.rate_bps = 10000000, .steps = steps, .n_steps = 2});
	send_many(1, 1250);
	engine_run(engine, 10 * MS);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 12500);
	CU_ASSERT_EQUAL(st.busy_ns, 1 * MS);
	engine_free(engine);
}

static void a_step_that_has_passed_counts(void)
{
	static const struct rate_step steps[] = {{3, 1}, {5 * MS, 20000000}};
	struct link *l;

	make(&(struct link_config){0});
	engine_run(engine, 6 * MS);
	l = link_new(engine, &(struct link_config){.rate_bps = 10000000, .steps = steps, .n_steps = 2}, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	path = path_to(&sink, l);
	send_many(1, 1250);
	engine_run(engine, 7 * MS);
	CU_ASSERT_EQUAL(sink.last_ns, 6500000);
	engine_free(engine);
}

/* --- traces ------------------------------------------------------------------------------------------------------ */

static const uint64_t three[] = {1 * MS, 2 * MS, 5 * MS};
#define THREE {.rate_bps = 3630000, .trace_ns = three, .n_trace = 3, .trace_period_ns = 10 * MS}

static uint64_t when[64];

static void note_deliver(void *arg, struct packet *p)
{
	if (p->flow < 64)
		when[p->flow] = engine_now(engine);
	sink_deliver(arg, p);
}

static void each_opportunity_carries_one_frame_and_the_period_repeats(void)
{
	make(&(struct link_config)THREE);
	path.deliver = note_deliver;
	send_many(63, 1514);
	engine_run(engine, SECOND);
	for (uint32_t k = 0; k < 63; k++)
		CU_ASSERT_EQUAL(when[k + 1], k / 3 * 10 * MS + three[k % 3]);
	engine_free(engine);
}

/* 1000 + 514; the rest of the second (486) + 1000 + 28; 1514; the rest of the fourth (1458) + 56; 1 */
static void bytes_are_accounted_for_across_opportunities(void)
{
	static const uint32_t len[] = {1000, 1000, 1000, 3000, 56, 1};
	static const uint64_t want[] = {1 * MS, 2 * MS, 2 * MS, 11 * MS, 11 * MS, 12 * MS};

	make(&(struct link_config)THREE);
	path.deliver = note_deliver;
	for (uint32_t k = 0; k < 6; k++)
		send_packet(engine, &path, k, len[k], ECN_NOT_ECT);
	engine_run(engine, SECOND);
	for (uint32_t k = 0; k < 6; k++)
		CU_ASSERT_EQUAL(when[k], want[k]);
	engine_free(engine);
}

static void an_opportunity_without_a_packet_is_lost(void)
{
	static const struct {
		uint64_t sent_ns, want_ns;
	} cases[] = {
		{0, 1 * MS}, {1 * MS, 2 * MS}, {2 * MS + 1, 5 * MS}, {5 * MS + 1, 11 * MS}, {12 * MS, 12 * MS}, {20 * MS, 21 * MS},
		{999 * MS, 1001 * MS}, {123455 * MS, 123455 * MS}, {123455 * MS + 1, 123461 * MS},
	};

	make(&(struct link_config)THREE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		engine_run(engine, cases[i].sent_ns);
		CU_ASSERT_EQUAL(engine_next(engine), ENGINE_NEVER); /* no event while nothing waits */
		send_packet(engine, &path, (uint32_t)i, 1514, ECN_NOT_ECT);
		engine_run(engine, cases[i].want_ns);
		CU_ASSERT_EQUAL(sink.delivered, i + 1);
		CU_ASSERT_EQUAL(sink.last_ns, cases[i].want_ns);
	}
	engine_free(engine);
}

/* the last moment of a round is the first of the next: two opportunities; and neither can be used twice */
static void the_ends_of_rounds_meet(void)
{
	static const uint64_t ends[] = {0, 4 * MS, 4 * MS};
	static const uint64_t want[] = {0, 4, 4, 4, 8, 8, 8};

	make(&(struct link_config){.rate_bps = 1, .trace_ns = ends, .n_trace = 3, .trace_period_ns = 4 * MS});
	path.deliver = note_deliver;
	for (uint32_t k = 0; k < 7; k++)
		send_packet(engine, &path, k, 1514, ECN_NOT_ECT);
	engine_run(engine, 0);
	CU_ASSERT_EQUAL(sink.delivered, 1);
	engine_run(engine, 8 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 7);
	for (uint32_t k = 0; k < 7; k++)
		CU_ASSERT_EQUAL(when[k], want[k] * MS);
	send_packet(engine, &path, 8, 1514, ECN_NOT_ECT); /* all three of 8 ms are gone */
	engine_run(engine, 12 * MS - 1);
	CU_ASSERT_EQUAL(sink.delivered, 7);
	engine_run(engine, 12 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 8);
	engine_free(engine);
}

static void a_packet_that_comes_where_rounds_meet_finds_both(void)
{
	static const uint64_t ends[] = {0, 4 * MS, 4 * MS};

	make(&(struct link_config){.rate_bps = 1, .trace_ns = ends, .n_trace = 3, .trace_period_ns = 4 * MS});
	engine_run(engine, 8 * MS);
	send_many(4, 1514);
	engine_run(engine, 8 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 3);
	engine_run(engine, 12 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 4);
	engine_free(engine);
}

/* the queue decides when the packet goes on the wire: occupancy and sojourn are those of the trace */
static void the_queue_is_served_at_the_opportunities(void)
{
	struct link *l = make(&(struct link_config)THREE);
	struct link_stats st;

	send_many(3, 1514);
	engine_run(engine, 10 * MS);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.sojourn_ns_max, 5 * MS);
	CU_ASSERT_DOUBLE_EQUAL(st.queue_pkts_mean, (3 + 2 + 3 * 1) / 10.0, 1e-9);
	CU_ASSERT_EQUAL(st.busy_ns, 5 * MS);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 3 * 1514);
	link_measure_from_now(l);
	engine_run(engine, 22 * MS);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 5 * 1514);
	CU_ASSERT_EQUAL(st.window_out_bytes, 0);
	engine_free(engine);
}

static void impossible_rates_are_refused(void)
{
	static const struct rate_step unsorted[] = {{5, 1}, {4, 1}}, twice[] = {{5, 1}, {5, 2}}, beyond[] = {{5, UINT64_MAX}};
	static const uint64_t descending[] = {1, 3, 2}, late[] = {1, 11};
	static const struct link_config cases[] = {
		{.rate_bps = 1, .steps = unsorted, .n_steps = 2},
		{.rate_bps = 1, .steps = twice, .n_steps = 2},
		{.rate_bps = 1, .steps = beyond, .n_steps = 1},
		{.rate_bps = 1, .n_steps = 1},
		{.rate_bps = 0, .steps = twice, .n_steps = 1},
		{.rate_bps = 1, .trace_ns = descending, .n_trace = 3, .trace_period_ns = 10},
		{.rate_bps = 1, .trace_ns = late, .n_trace = 2, .trace_period_ns = 10},
		{.rate_bps = 1, .trace_ns = late, .n_trace = 1},                          /* no period */
		{.rate_bps = 1, .trace_ns = late, .n_trace = 0, .trace_period_ns = 10},   /* no moment */
		{.rate_bps = 1, .n_trace = 1, .trace_period_ns = 10},
		{.rate_bps = 0, .trace_ns = late, .n_trace = 1, .trace_period_ns = 10},   /* no mean rate */
		{.rate_bps = 1, .trace_ns = late, .n_trace = 1, .trace_period_ns = 10, .steps = twice, .n_steps = 1},
	};

	expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_packet_on_the_wire_continues_at_the_new_rate),
		TEST(nothing_is_rounded_over_many_steps),
		TEST(an_outage_without_end_keeps_everything),
		TEST(utilisation_follows_the_rate),
		TEST(a_step_that_has_passed_counts),
		TEST(each_opportunity_carries_one_frame_and_the_period_repeats),
		TEST(bytes_are_accounted_for_across_opportunities),
		TEST(an_opportunity_without_a_packet_is_lost),
		TEST(the_ends_of_rounds_meet),
		TEST(a_packet_that_comes_where_rounds_meet_finds_both),
		TEST(the_queue_is_served_at_the_opportunities),
		TEST(impossible_rates_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("rate", tests);
}
