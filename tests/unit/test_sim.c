// SPDX-License-Identifier: GPL-2.0-only
/* A simulated run, whole: what the applications do, what is recorded, and that the seed alone decides. 10 Mbit/s, 40 ms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins.h"
#include "unit.h"
#include "../../netsim/sim/sim.h"

#define MS 1000000ULL
#define S (1000 * MS)
#define RTT (40 * MS)
#define PAYLOAD 1448 /* bytes: of a full frame, with timestamps */

static struct scenario s;
static struct run_result result;
static struct congctl_error err;

/* one group of reno */
static void scenario_of(const char *flow, uint64_t duration_ns)
{
	run_result_free(&result);
	memset(&result, 0, sizeof(result));
	memset(&err, 0, sizeof(err));
	scenario_init(&s);
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "10mbit", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "rtt", "40ms", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "buffer", "100pkt", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, flow, &err), 0);
	s.duration_ns = duration_ns;
	s.warmup_ns = 0;
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
}

static void run(void)
{
	static const struct sim_options options;

	CU_ASSERT_EQUAL_FATAL(sim_run(&s, &options, &result, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT_TRUE(result.valid);
	CU_ASSERT_STRING_EQUAL(result.engine, "sim");
	measure_run(&s, &result);
}

/* --- bulk and transfers ------------------------------------------------------------------------------------------------ */

static void one_flow_fills_the_link(void)
{
	scenario_of("reno", 10 * S);
	s.warmup_ns = 2 * S; /* slow start and the recovery from it: ten round trips and twenty more */
	run();
	CU_ASSERT_EQUAL(result.n_flows, 1);
	CU_ASSERT(result.flows[0].goodput_bps > 0.98 * scenario_tcp_cap_bps(&s)); /* the buffer is more than a BDP of 33 packets */
	CU_ASSERT(result.flows[0].goodput_bps <= 1.001 * scenario_tcp_cap_bps(&s)); /* a frame more at the window's edge */
	CU_ASSERT(result.flows[0].rtt_us.p50 > 40000 && result.flows[0].rtt_us.p50 < 40000 + 101 * 1212);
	CU_ASSERT_STRING_EQUAL(result.flows[0].cc, "bpf_reno");
	CU_ASSERT_EQUAL(result.flows[0].error, 0);
	CU_ASSERT_EQUAL(result.duration_ns, 10 * S);
	CU_ASSERT_EQUAL(result.n_transfers, 0);
}

static void a_name_of_the_kernel_means_the_plugin_of_that_stem(void)
{
	scenario_of("bpf_reno", S);
	run();
	CU_ASSERT_STRING_EQUAL(result.flows[0].cc, "bpf_reno");
	CU_ASSERT_STRING_EQUAL(result.flows[0].name, "bpf_reno");
	scenario_of("reno", S);
	run();
	CU_ASSERT_STRING_EQUAL(result.flows[0].name, "reno");
}

/* 10 segments in the first window: handshake, then the bytes on the wire and half a round trip */
static void a_transfer_ends_with_its_last_byte(void)
{
	uint64_t wire_ns = 10 * 1514 * 8 * 100ULL, syn_ns = 3 * 74 * 8 * 100; /* SYN, SYN-ACK, ACK */

	scenario_of("reno,size=14480B", S);
	run();
	CU_ASSERT_EQUAL(result.flows[0].received_bytes, 10 * PAYLOAD);
	CU_ASSERT_EQUAL_FATAL(result.n_transfers, 1);
	CU_ASSERT_EQUAL(result.transfers[0].bytes, 10 * PAYLOAD);
	CU_ASSERT_EQUAL(result.transfers[0].start_ns, 0);
	CU_ASSERT_EQUAL(result.transfers[0].end_ns, result.flows[0].finished_ns);
	CU_ASSERT(result.transfers[0].end_ns >= RTT + RTT / 2 + wire_ns);
	CU_ASSERT(result.transfers[0].end_ns <= RTT + RTT / 2 + wire_ns + syn_ns);
	CU_ASSERT(result.flows[0].established_ns >= RTT && result.flows[0].established_ns <= RTT + syn_ns);
}

static void a_finished_transfer_is_sampled_no_more(void)
{
	scenario_of("reno,size=14480B", S);
	run();
	CU_ASSERT_EQUAL(result.samples[result.n_samples - 1].t_ns, result.flows[0].finished_ns);
	CU_ASSERT_EQUAL(result.samples[result.n_samples - 1].received_bytes, 10 * PAYLOAD);
	CU_ASSERT_EQUAL(result.flows[0].window_ns, result.flows[0].finished_ns);
}

static void a_transfer_that_is_cut_by_the_end_is_not_complete(void)
{
	scenario_of("reno,size=10MB", S);
	run();
	CU_ASSERT_EQUAL(result.flows[0].finished_ns, ENGINE_NEVER);
	CU_ASSERT_EQUAL_FATAL(result.n_transfers, 1);
	CU_ASSERT_EQUAL(result.transfers[0].end_ns, ENGINE_NEVER);
}

static void a_flow_that_has_no_time_to_connect_failed(void)
{
	scenario_of("reno@980ms", S);
	run();
	CU_ASSERT_EQUAL(result.flows[0].established_ns, ENGINE_NEVER);
	CU_ASSERT_EQUAL(result.flows[0].error, ETIMEDOUT);
	CU_ASSERT_EQUAL(result.n_samples, 0);
}

static void nothing_new_comes_after_the_stop(void)
{
	uint64_t at_stop = 0;

	scenario_of("reno", 4 * S);
	s.flows[0].stop_ns = S;
	run();
	for (size_t i = 0; i < result.n_queue; i++) {
		if (result.queue[i].t_ns == 3 * S)
			at_stop = result.queue[i].out_bytes;
	}
	CU_ASSERT(at_stop > 0.8 * 1e6 && at_stop < 2.5e6); /* a second's, and what the buffers still held */
	CU_ASSERT_EQUAL(result.queue[result.n_queue - 1].out_bytes, at_stop);
	CU_ASSERT(result.flows[0].window_ns > S && result.flows[0].window_ns < 3 * S); /* until the last byte was there */
	CU_ASSERT_EQUAL(result.samples[result.n_samples - 1].t_ns, result.flows[0].window_ns);
	CU_ASSERT_EQUAL(result.flows[0].finished_ns, ENGINE_NEVER);
}

/* --- samples and windows -------------------------------------------------------------------------------------------------- */

static void the_window_counts_from_the_warm_up(void)
{
	scenario_of("reno", 4 * S);
	s.warmup_ns = 3 * S;
	run();
	CU_ASSERT_EQUAL(result.flows[0].window_ns, S);
	CU_ASSERT(result.flows[0].window_bytes < 1.25e6 && result.flows[0].window_bytes > 0.9e6);
	CU_ASSERT_EQUAL(result.window_ns, S);
	CU_ASSERT_EQUAL(result.link.window_ns, S);
	CU_ASSERT_EQUAL_FATAL(result.n_links, 2);
	CU_ASSERT_STRING_EQUAL(result.links[0].name, "bottleneck");
	CU_ASSERT_EQUAL(result.links[0].stats.window_out_bytes, result.link.window_out_bytes);
	CU_ASSERT_EQUAL(result.links[1].stats.window_ns, S);
}

static void every_interval_has_its_samples(void)
{
	scenario_of("reno*3", S);
	s.sample_ns = 100 * MS;
	run();
	CU_ASSERT_EQUAL(result.n_queue, 11);            /* 0, 100 ms … 1 s */
	CU_ASSERT_EQUAL_FATAL(result.n_samples, 3 * 10); /* 100 ms … 900 ms, and the end */
	for (size_t i = 0; i < result.n_samples; i++) {
		CU_ASSERT_EQUAL(result.samples[i].t_ns, (i / 3 + 1) * 100 * MS);
		CU_ASSERT_EQUAL(result.samples[i].flow, i % 3);
	}
	CU_ASSERT_STRING_EQUAL(result.flows[2].name, "reno.3");
}

/* 20,000 a second at most: then flows take turns, and the end has each of them once more */
static void many_flows_take_turns(void)
{
	uint32_t seen[400] = {0}, least = UINT32_MAX, most = 0;

	scenario_of("reno*400", S);
	s.link.buffer.value = 10000; /* no SYN is lost */
	run();
	CU_ASSERT(result.n_samples <= 20000 + 400);
	for (size_t i = 0; i < result.n_samples; i++)
		seen[result.samples[i].flow]++;
	for (size_t i = 0; i < 400; i++) {
		least = seen[i] < least ? seen[i] : least;
		most = seen[i] > most ? seen[i] : most;
	}
	CU_ASSERT(least >= 20 && most <= 55);
}

/* --- applications ------------------------------------------------------------------------------------------------------------ */

static void an_answer_follows_each_request_and_a_pause_each_answer(void)
{
	scenario_of("reno", 3 * S);
	s.flows[0].workload = WORKLOAD_REQUEST;
	s.flows[0].request_bytes = 100;
	s.flows[0].size_bytes = 5000;
	s.flows[0].pause_ns = 200 * MS;
	run();
	CU_ASSERT_FATAL(result.n_transfers > 10); /* 3 s in rounds of a round trip, a pause and 4.5 ms on the wire */
	for (size_t i = 0; i + 1 < result.n_transfers; i++) {
		const struct transfer *t = &result.transfers[i];

		CU_ASSERT_EQUAL(t->bytes, 5000);
		CU_ASSERT(t->end_ns - t->start_ns >= RTT);
		CU_ASSERT(t->end_ns - t->start_ns < RTT + 10 * MS);
		CU_ASSERT_EQUAL(result.transfers[i + 1].start_ns, t->end_ns + 200 * MS);
	}
	CU_ASSERT(result.flows[0].received_bytes >= 5000 * (result.n_transfers - 1));
	CU_ASSERT_EQUAL(result.flows[0].finished_ns, ENGINE_NEVER);
}

static int compare_by_start(const void *a, const void *b)
{
	const struct transfer *x = a, *y = b;

	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

static void a_round_of_incast_begins_when_the_last_answer_is_there(void)
{
	uint64_t last_ns = 0;

	scenario_of("reno*8", 5 * S);
	s.flows[0].workload = WORKLOAD_INCAST;
	s.flows[0].request_bytes = 100;
	s.flows[0].size_bytes = 20000;
	run();
	CU_ASSERT_FATAL(result.n_transfers >= 16 && result.n_transfers % 8 == 0);
	for (size_t i = 1; i < result.n_transfers; i++) { /* in order of flow, then of start */
		CU_ASSERT(result.transfers[i - 1].flow <= result.transfers[i].flow);
		CU_ASSERT(result.transfers[i - 1].flow < result.transfers[i].flow ||
			  result.transfers[i - 1].start_ns < result.transfers[i].start_ns);
	}
	qsort(result.transfers, result.n_transfers, sizeof(*result.transfers), compare_by_start);
	for (size_t i = 0; i + 8 < result.n_transfers; i++) {
		const struct transfer *t = &result.transfers[i];

		last_ns = t->end_ns > last_ns ? t->end_ns : last_ns;
		CU_ASSERT_EQUAL(t->start_ns, result.transfers[i / 8 * 8].start_ns);
		if (i % 8 == 7)
			CU_ASSERT_EQUAL(result.transfers[i + 1].start_ns, last_ns);
	}
}

static void on_off_is_silent_in_between(void)
{
	uint64_t half = 0, end = 0;

	scenario_of("reno", 2 * S);
	s.flows[0].workload = WORKLOAD_ON_OFF;
	s.flows[0].on_ns = 100 * MS;
	s.flows[0].off_ns = 1500 * MS;
	run();
	for (size_t i = 0; i < result.n_queue; i++) {
		if (result.queue[i].t_ns == 1000 * MS)
			half = result.queue[i].out_bytes;
		if (result.queue[i].t_ns == 1600 * MS)
			end = result.queue[i].out_bytes;
	}
	CU_ASSERT(half > 50000);
	CU_ASSERT_EQUAL(half, end); /* on until 0.1 s and again from 1.6 s */
	CU_ASSERT(result.queue[result.n_queue - 1].out_bytes > end + 50000);
}

/* 5 Mbit/s is a frame of 1514 bytes each 2.4224 ms: 4129 in 10 s; a microsecond more, and the last two would not be sent */
static void datagrams_come_at_their_rate(void)
{
	scenario_of("reno", 10 * S);
	s.flows[0].workload = WORKLOAD_CBR;
	s.flows[0].rate_bps = 5000000;
	run();
	CU_ASSERT_STRING_EQUAL(result.flows[0].cc, "udp");
	CU_ASSERT_EQUAL(result.links[0].stats.in_pkts, 4129);
	CU_ASSERT_EQUAL(result.flows[0].received_bytes, 4120 * 1472); /* sent up to 20 ms and a frame's time before the end */
	CU_ASSERT_EQUAL(result.flows[0].error, 0);
	CU_ASSERT_EQUAL(result.n_samples, 0);
}

static void datagrams_above_the_rate_are_dropped(void)
{
	scenario_of("reno", 10 * S);
	s.flows[0].workload = WORKLOAD_CBR;
	s.flows[0].rate_bps = 20000000;
	run();
	CU_ASSERT_DOUBLE_EQUAL(result.utilisation, 1, 0.001);
	CU_ASSERT_DOUBLE_EQUAL((double)result.link.dropped_pkts / (double)result.link.in_pkts, 0.5, 0.01);
}

/* --- the seed alone decides ------------------------------------------------------------------------------------------------ */

static bool same_samples(const struct run_result *a, const struct run_result *b)
{
	if (a->n_samples != b->n_samples || a->n_queue != b->n_queue || memcmp(a->queue, b->queue, a->n_queue * sizeof(*a->queue)))
		return false;
	for (size_t i = 0; i < a->n_samples; i++) {
		const struct flow_sample *x = &a->samples[i], *y = &b->samples[i];

		if (x->t_ns != y->t_ns || x->flow != y->flow || x->cwnd_pkts != y->cwnd_pkts || x->ssthresh_pkts != y->ssthresh_pkts ||
		    x->srtt_us != y->srtt_us || x->inflight_pkts != y->inflight_pkts || x->retransmits != y->retransmits ||
		    x->received_bytes != y->received_bytes || x->pacing_bps != y->pacing_bps || x->ca_state != y->ca_state)
			return false;
	}
	return true;
}

static bool seeds_agree(uint64_t a, uint64_t b, double loss)
{
	struct run_result first;
	bool same;

	scenario_of("cubic*2", 5 * S);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "bbr", &err), 0); /* which draws where its cycle begins */
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	s.link.loss.kind = loss ? LOSS_BERNOULLI : LOSS_NONE;
	s.link.loss.probability = loss;
	s.seed = a;
	run();
	first = result;
	memset(&result, 0, sizeof(result));
	s.seed = b;
	run();
	CU_ASSERT(result.n_samples > 1000); /* 3 flows, 5 s in steps of 10 ms */
	same = same_samples(&first, &result);
	run_result_free(&first);
	return same;
}

static void the_same_seed_gives_the_same_run(void)
{
	CU_ASSERT_TRUE(seeds_agree(7, 7, 0.01));
}

static void another_seed_gives_another_run(void)
{
	CU_ASSERT_FALSE(seeds_agree(7, 8, 0.01));
}

/* --- what cannot be run ------------------------------------------------------------------------------------------------------ */

static void refused(int code, const char *part)
{
	static const struct sim_options options;

	CU_ASSERT_EQUAL(sim_run(&s, &options, &result, &err), code);
	if (!strstr(err.text, part))
		CU_FAIL("the sentence is another");
	CU_ASSERT_FALSE(result.valid);
}

static void an_unknown_algorithm_is_told(void)
{
	scenario_of("nosuch", S);
	refused(-ENOENT, "nosuch");
}

static void an_unknown_tunable_is_told(void)
{
	scenario_of("aimd", S);
	s.flows[0].set[0] = (struct scenario_tunable){"rats", "1"};
	s.flows[0].n_set = 1;
	refused(-ENOENT, "rats");
}

static void a_missing_distribution_is_told(void)
{
	scenario_of("reno", S);
	s.flows[0].workload = WORKLOAD_POISSON;
	s.flows[0].load = 0.5;
	snprintf(s.flows[0].sizes, sizeof(s.flows[0].sizes), "/nonexistent/cdf");
	refused(-ENOENT, "/nonexistent/cdf");
}

static void no_flow_is_no_scenario(void)
{
	scenario_of("reno", S);
	s.n_flows = 0;
	refused(-EINVAL, "1 to 64 groups");
}

static void progress_stops(void *arg, const struct scenario *scenario, uint64_t t_ns, const struct link_stats *bottleneck)
{
	*(volatile sig_atomic_t *)arg = t_ns >= 500 * MS;
}

static void a_stop_ends_the_run_at_once(void)
{
	volatile sig_atomic_t stop = 0;
	struct sim_options options = {.stop = &stop, .progress = progress_stops, .progress_arg = (void *)&stop};

	scenario_of("reno", 3600 * S);
	CU_ASSERT_EQUAL(sim_run(&s, &options, &result, &err), -EINTR);
	CU_ASSERT_FALSE(result.valid);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(one_flow_fills_the_link),
		TEST(a_name_of_the_kernel_means_the_plugin_of_that_stem),
		TEST(a_transfer_ends_with_its_last_byte),
		TEST(a_finished_transfer_is_sampled_no_more),
		TEST(a_transfer_that_is_cut_by_the_end_is_not_complete),
		TEST(a_flow_that_has_no_time_to_connect_failed),
		TEST(nothing_new_comes_after_the_stop),
		TEST(the_window_counts_from_the_warm_up),
		TEST(every_interval_has_its_samples),
		TEST(many_flows_take_turns),
		TEST(an_answer_follows_each_request_and_a_pause_each_answer),
		TEST(a_round_of_incast_begins_when_the_last_answer_is_there),
		TEST(on_off_is_silent_in_between),
		TEST(datagrams_come_at_their_rate),
		TEST(datagrams_above_the_rate_are_dropped),
		TEST(the_same_seed_gives_the_same_run),
		TEST(another_seed_gives_another_run),
		TEST(an_unknown_algorithm_is_told),
		TEST(an_unknown_tunable_is_told),
		TEST(a_missing_distribution_is_told),
		TEST(no_flow_is_no_scenario),
		TEST(a_stop_ends_the_run_at_once),
		CU_TEST_INFO_NULL,
	};

	use_built_algorithms();
	return unit_run("sim", tests);
}
