// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>

#include "engine_fixture.h"
#include "../../netsim/engine/queue.h"

static struct engine *engine;
static struct sink sink;

static struct link *make(const struct link_config *config)
{
	return link_alone(&engine, &sink, config);
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

/* a lone packet takes its time rounded down, each anew: nothing is carried over an idle moment */
static void idle_time_leaves_no_remainder(void)
{
	struct path path;

	path = path_to(&sink, make(&(struct link_config){.rate_bps = 7777777}));
	for (uint32_t k = 1; k <= 10; k++) {
		engine_run(engine, k * 10 * MS);
		send_packet(engine, &path, k, 1514, ECN_NOT_ECT);
		engine_run(engine, k * 10 * MS + 5 * MS);
		CU_ASSERT_EQUAL(sink.last_ns, k * 10 * MS + 1514 * 8 * SECOND / 7777777);
	}
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

/* --- what a discipline is told ------------------------------------------------------------------------------------- */

struct queue { /* drop-tail that keeps what it heard */
	struct droptail droptail;
};

static struct queue_config told;
static uint64_t rates[8], rates_at[8];
static size_t n_rates;

static int keen_init(struct queue *q, const struct queue_config *config)
{
	told = *config;
	droptail_init(&q->droptail, config);
	return 0;
}

static bool keen_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	return droptail_enqueue(&q->droptail, p);
}

/* drops every other packet at the head */
static struct packet *keen_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	struct packet *p = droptail_dequeue(&q->droptail);

	if (p && p->flow % 2) {
		p->next = *dropped;
		*dropped = p;
		p = droptail_dequeue(&q->droptail);
	}
	return p;
}

static void keen_fini(struct queue *q, struct packet **dropped)
{
	droptail_fini(&q->droptail, dropped);
}

static void keen_set_rate(struct queue *q, uint64_t rate_bps)
{
	CU_ASSERT_FATAL(n_rates < 8);
	rates_at[n_rates] = engine_now(engine);
	rates[n_rates++] = rate_bps;
}

static const struct queue_ops keen = {
	.name = "keen",
	.size = sizeof(struct queue),
	.init = keen_init,
	.enqueue = keen_enqueue,
	.dequeue = keen_dequeue,
	.fini = keen_fini,
	.set_rate = keen_set_rate,
};
QUEUE_DISCIPLINE(keen);

static void the_queue_is_told_of_the_link(void)
{
	uint64_t stream;

	make(&(struct link_config){.rate_bps = 1000000, .queue = {.discipline = "keen", .mtu_frame_bytes = 9014}});
	CU_ASSERT_EQUAL(told.rate_bps, 1000000);
	CU_ASSERT_EQUAL(told.mtu_frame_bytes, 9014);
	CU_ASSERT_EQUAL(told.seed, 1);
	stream = told.stream;
	CU_ASSERT_PTR_NOT_NULL(link_new(engine, &(struct link_config){.rate_bps = 2000000, .queue = {.discipline = "keen"}}, NULL));
	CU_ASSERT_EQUAL(told.mtu_frame_bytes, FRAME_BYTES_DEFAULT);
	CU_ASSERT_NOT_EQUAL(told.stream, stream);
	engine_free(engine);
}

static void the_queue_is_told_of_steps_but_not_of_outages(void)
{
	static const struct rate_step steps[] = {{0, 5000}, {1 * MS, 2000}, {2 * MS, 0}, {4 * MS, 3000}};

	n_rates = 0;
	make(&(struct link_config){.rate_bps = 1000, .steps = steps, .n_steps = 4, .queue = {.discipline = "keen"}});
	CU_ASSERT_EQUAL(told.rate_bps, 5000);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL_FATAL(n_rates, 2);
	CU_ASSERT(rates[0] == 2000 && rates_at[0] == 1 * MS);
	CU_ASSERT(rates[1] == 3000 && rates_at[1] == 4 * MS);
	engine_free(engine);
}

static uint64_t again; /* how often a packet that comes back is sent again */

static void send_again(void *arg, struct packet *p)
{
	if (again) {
		again--;
		p->flow++;
		path_send(engine, p);
		return;
	}
	sink_deliver(arg, p);
}

/* a driver that sends from within deliver() and drop(), links without delay, drops at the head: nothing is lost sight of */
static void callbacks_may_send(void)
{
	static const uint64_t trace[] = {MS};
	static const struct link_config cases[] = {
		{.rate_bps = 1000000, .queue = {.discipline = "keen"}},
		{.rate_bps = 1000000, .queue = {.discipline = "keen"}, .trace_ns = trace, .n_trace = 1, .trace_period_ns = MS},
		{.rate_bps = 1000000, .queue = {.discipline = "keen"}, .aggregate_ns = MS, .aggregate_pkts = 2},
		{.rate_bps = 1000000, .queue = {.discipline = "keen", .limit_pkts = 1}, .delay_ns = 1, .jitter_ns = 5},
		{.aggregate_ns = MS, .aggregate_pkts = 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct link *l = make(&cases[i]);
		struct path path = path_to(&sink, l);
		struct link_stats st;

		path.deliver = path.drop = send_again;
		again = 1000;
		for (uint32_t k = 1; k <= 5; k++)
			send_packet(engine, &path, k, 1000, ECN_NOT_ECT);
		engine_run(engine, 100 * SECOND);
		link_stats(l, &st);
		CU_ASSERT_EQUAL(sink.delivered, 5);
		CU_ASSERT_EQUAL(st.inside_pkts, 0);
		CU_ASSERT_EQUAL(st.in_pkts, 1005);
		CU_ASSERT_EQUAL(st.in_pkts, st.delivered_pkts + st.dropped_pkts);
		engine_free(engine);
	}
}

static void a_link_counts_its_capacity(void)
{
	struct link *l = make(&(struct link_config){.rate_bps = 7777777});
	struct link_stats st;

	engine_run(engine, 3 * SECOND);
	link_counters(l, &st);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 7777777ULL * 3 / 8);
	link_measure_from_now(l);
	engine_run(engine, 3 * SECOND + 8000);
	link_counters(l, &st);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 7777777ULL * 8000 / (8 * SECOND));
	engine_free(engine);
}

static void a_link_without_a_rate_has_no_capacity(void)
{
	struct link *l = make(&(struct link_config){.delay_ns = MS});
	struct link_stats st;

	engine_run(engine, SECOND);
	link_measure_from_now(l);
	engine_run(engine, 2 * SECOND);
	link_stats(l, &st);
	CU_ASSERT_EQUAL(st.window_capacity_bytes, 0);
	CU_ASSERT_EQUAL(st.busy_ns, 0);
	CU_ASSERT_EQUAL(st.queue_pkts_max, 0);
	engine_free(engine);
}

static void impossible_links_are_refused(void)
{
	static const struct link_config cases[] = {
		{.rate_bps = 1000, .queue = {.discipline = "no-such-queue"}},
		{.rate_bps = 1000, .queue = {.discipline = ""}},
		{.rate_bps = 1000, .queue = {.discipline = "fifo", .mark_threshold_pkts = 5}},
		{.rate_bps = 1000, .queue = {.discipline = "step", .mark_threshold_pkts = 5}},              /* no limit */
		{.rate_bps = 1000, .queue = {.discipline = "step", .limit_pkts = 5}},                       /* no threshold */
		{.rate_bps = 1000, /* two thresholds */
		 .queue = {.discipline = "step", .limit_bytes = 9000, .mark_threshold_pkts = 5, .mark_threshold_bytes = 5000}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = 1.01}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = -0.01}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_BERNOULLI, .probability = NAN}},
		{.rate_bps = 1000, .loss = {.kind = LOSS_PERIODIC, .period = 0}},
		{.rate_bps = 1000, .loss = {.kind = (enum loss_kind)9}},
		{.rate_bps = UINT64_MAX},
		{.rate_bps = 1000, .delay_ns = UINT64_MAX},
	};

	expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(rate_is_exact),
		TEST(late_runs_do_not_accumulate),
		TEST(idle_time_gives_no_credit),
		TEST(idle_time_leaves_no_remainder),
		TEST(a_link_without_a_rate_only_delays),
		TEST(queue_statistics_are_time_weighted),
		TEST(the_measured_window_starts_afresh),
		TEST(packets_inside_come_back_when_the_engine_ends),
		TEST(the_queue_is_told_of_the_link),
		TEST(the_queue_is_told_of_steps_but_not_of_outages),
		TEST(callbacks_may_send),
		TEST(a_link_counts_its_capacity),
		TEST(a_link_without_a_rate_has_no_capacity),
		TEST(impossible_links_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("link", tests);
}
