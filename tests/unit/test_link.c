// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>

#include "engine_fixture.h"

static struct engine *engine;
static struct sink sink;

static struct link *make(const struct link_config *config)
{
	int error = 0;
	struct link *l;

	engine = engine_new(1);
	sink = (struct sink){.engine = engine};
	l = link_new(engine, config, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	return l;
}

/* a million packets back to back take what len × 8 / rate says, to the nanosecond */
static void rate_is_exact(void)
{
	static const struct {
		uint64_t rate_bps;
		uint32_t len;
	} cases[] = {{7777777, 1514}, {1000000000, 1514}, {3, 60}, {999999999989, 1514}, {1000003, 61}, {10000000000000, 60}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const uint32_t n = 1000000;
		struct link *l = make(&(struct link_config){.rate_bps = cases[i].rate_bps});
		struct path path = path_to(&sink, l);
		unsigned __int128 want = (unsigned __int128)n * cases[i].len * 8 * SECOND / cases[i].rate_bps;

		for (uint32_t k = 1; k <= n; k++)
			send_packet(engine, &path, k, cases[i].len, ECN_NOT_ECT);
		engine_run(engine, ENGINE_NEVER - 1);
		CU_ASSERT_EQUAL(sink.delivered, n);
		CU_ASSERT_EQUAL(sink.last_ns, (uint64_t)want);
		CU_ASSERT_EQUAL(sink.out_of_order, 0);
		engine_free(engine);
	}
}

/* 1250 bytes at 10 Mbit/s are 1 ms: whatever the driver's steps, departures follow the schedule */
static void late_runs_do_not_accumulate(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 10000000, .delay_ns = 2 * MS});
	struct path path = path_to(&sink, l);

	for (uint32_t k = 1; k <= 100; k++)
		send_packet(engine, &path, k, 1250, ECN_NOT_ECT);
	for (uint64_t t = 0; t < 200 * MS; t += 3700000)
		engine_run(engine, t);
	CU_ASSERT_EQUAL(sink.delivered, 100);
	CU_ASSERT_EQUAL(sink.first_ns, 3 * MS);
	CU_ASSERT_EQUAL(sink.last_ns, 102 * MS);
	engine_free(engine);
}

static void idle_time_gives_no_credit(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 10000000});
	struct path path = path_to(&sink, l);

	engine_run(engine, 500 * MS);
	for (uint32_t k = 1; k <= 10; k++)
		send_packet(engine, &path, k, 1250, ECN_NOT_ECT);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(sink.first_ns, 501 * MS);
	CU_ASSERT_EQUAL(sink.last_ns, 510 * MS);
	engine_free(engine);
}

static void a_link_without_a_rate_only_delays(void)
{
	struct link *l = make(&(struct link_config){.delay_ns = 5 * MS});
	struct path path = path_to(&sink, l);

	for (uint32_t k = 1; k <= 10; k++)
		send_packet(engine, &path, k, 1514, ECN_NOT_ECT);
	engine_run(engine, 5 * MS - 1);
	CU_ASSERT_EQUAL(sink.delivered, 0);
	engine_run(engine, 5 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 10);
	engine_free(engine);
}

/* 10 packets of 1 ms at once: the queue holds 9, 8 … 0, each for 1 ms; the k-th waits k ms */
static void queue_statistics_are_time_weighted(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 10000000});
	struct path path = path_to(&sink, l);
	struct link_stats st;

	for (uint32_t k = 1; k <= 10; k++)
		send_packet(engine, &path, k, 1250, ECN_NOT_ECT);
	engine_run(engine, 10 * MS);
	link_stats(l, &st);
	CU_ASSERT_DOUBLE_EQUAL(st.queue_pkts_mean, 4.5, 1e-9);
	CU_ASSERT_EQUAL(st.queue_pkts_p50, 4);
	CU_ASSERT_EQUAL(st.queue_pkts_max, 9);
	CU_ASSERT_EQUAL(st.busy_ns, 10 * MS);
	CU_ASSERT_EQUAL(st.sojourn_ns_max, 9 * MS);
	CU_ASSERT_DOUBLE_EQUAL(st.sojourn_ns_p50, 4e6, 4e4); /* 1 % bins */
	engine_free(engine);
}

static void the_measured_window_starts_afresh(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 10000000});
	struct path path = path_to(&sink, l);
	struct link_stats st;

	for (uint32_t k = 1; k <= 10; k++)
		send_packet(engine, &path, k, 1250, ECN_NOT_ECT);
	engine_run(engine, 8500000); /* the ninth is half way through */
	link_measure_from_now(l);
	engine_run(engine, 18500000);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.window_ns, 10 * MS);
	CU_ASSERT_EQUAL(st.window_out_bytes, 2 * 1250);
	CU_ASSERT_EQUAL(st.out_bytes, 10 * 1250);
	CU_ASSERT_EQUAL(st.busy_ns, 1500000);
	CU_ASSERT_EQUAL(st.queue_pkts_max, 1);
	CU_ASSERT_DOUBLE_EQUAL(st.queue_pkts_mean, 0.05, 1e-9); /* 1 waiting for 0.5 of 10 ms */
	CU_ASSERT_EQUAL(st.window_in_pkts, 0);
	engine_free(engine);
}

static void packets_inside_come_back_when_the_engine_ends(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 10000000, .delay_ns = 5 * MS});
	struct path path = path_to(&sink, l);

	for (uint32_t k = 1; k <= 20; k++)
		send_packet(engine, &path, k, 1250, ECN_NOT_ECT);
	engine_run(engine, 3500000); /* propagating, on the wire, waiting */
	engine_free(engine);
	CU_ASSERT_EQUAL(sink.delivered, 0);
	CU_ASSERT_EQUAL(sink.dropped, 20);
}

static void impossible_links_are_refused(void)
{
	static const struct link_config cases[] = {
		{.rate_bps = 1000, .queue = {.discipline = "no-such-queue"}},
		{.rate_bps = 1000, .queue = {.discipline = ""}},
		{.rate_bps = 1000, .queue = {.discipline = "fifo", .mark_threshold_pkts = 5}},
		{.rate_bps = 1000, .queue = {.discipline = "step", .mark_threshold_pkts = 5}},              /* no limit */
		{.rate_bps = 1000, .queue = {.discipline = "step", .limit_pkts = 5}},                       /* no threshold */
		{.rate_bps = 1000, .queue = {.discipline = "step", .limit_bytes = 9000, .mark_threshold_pkts = 5, .mark_threshold_bytes = 5000}},                                    /* two thresholds */
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = 1.01}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = -0.01}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = NAN}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_PERIODIC, .period = 0}},
		{.rate_bps = 1000, .loss = {.kind = (enum loss_kind)9}},
		{.rate_bps = UINT64_MAX},
		{.rate_bps = 1000, .delay_ns = UINT64_MAX},
	};

	engine = engine_new(1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int error = 0;

		CU_ASSERT_PTR_NULL(link_new(engine, &cases[i], &error));
		CU_ASSERT_EQUAL(error, -EINVAL);
	}
	engine_free(engine);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(rate_is_exact),
		TEST(late_runs_do_not_accumulate),
		TEST(idle_time_gives_no_credit),
		TEST(a_link_without_a_rate_only_delays),
		TEST(queue_statistics_are_time_weighted),
		TEST(the_measured_window_starts_afresh),
		TEST(packets_inside_come_back_when_the_engine_ends),
		TEST(impossible_links_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("link", tests);
}
