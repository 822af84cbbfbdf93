// SPDX-License-Identifier: GPL-2.0-only
/* BBR version 1 against Cardwell et al., CACM 60(2) 2017: start-up (figure 4), steps of the bottleneck's rate (figure 5) and random loss
 * (figure 8). The steps come between two looks for the propagation delay (ProbeRTT, each 10 s). */
#include "theory.h"

#define RTT_NS 40000000ULL

/* largest number of packets in flight, or largest queue, between two moments */
static double largest_inflight(const struct theory_run *t, double from_s, double to_s)
{
	double most = 0;

	for (size_t i = 0; i < t->result.n_samples; i++) {
		const struct flow_sample *s = &t->result.samples[i];

		if ((double)s->t_ns >= from_s * 1e9 && (double)s->t_ns <= to_s * 1e9 && s->inflight_pkts > most)
			most = s->inflight_pkts;
	}
	return most;
}

/* the first moment from which the queue stays at or below `pkts` for one round trip; -1: never */
static double queue_below_s(const struct theory_run *t, double from_s, double pkts)
{
	double since_s = -1;

	for (size_t i = 0; i < t->result.n_queue; i++) {
		const struct queue_sample *q = &t->result.queue[i];
		const double at_s = (double)q->t_ns / 1e9;

		if (at_s < from_s)
			continue;
		if ((double)q->queued_pkts > pkts)
			since_s = -1;
		else if (since_s < 0)
			since_s = at_s;
		if (since_s >= 0 && at_s - since_s >= RTT_NS / 1e9)
			return since_s;
	}
	return -1;
}

/* Start-up doubles until the estimate no longer grows: at most 3 BDP are in flight then (cwnd_gain 2/ln 2). Drain empties the queue. */
static void start_up_and_drain(void)
{
	struct theory_run *t = theory_run("rate=100mbit,rtt=40ms,buffer=10bdp,duration=5s,warmup=1s,sample=1ms", "bpf_bbr", NULL);
	const double bdp_pkts = scenario_bdp_pkts(&t->scenario);
	const double drained_s = queue_below_s(t, 0.3, 0.1 * bdp_pkts);

	expect_near("peak in flight, BDP", largest_inflight(t, 0, 1) / bdp_pkts, 3, 0.15);
	expect_within("queue at most a tenth of a BDP, s", drained_s, 0.3, 1.5);
	theory_free(t);
}

/* Figure 4: it holds the queue small whatever the buffer, at the link's full rate. */
static void a_deep_buffer_stays_empty(void)
{
	struct theory_run *t = theory_run("rate=20mbit,rtt=40ms,buffer=4bdp,duration=30s,warmup=4s", "bpf_bbr", NULL);

	expect_within("median RTT, ms", t->result.flows[0].rtt_us.p50 / 1e3, 40, 50);
	expect_within("utilisation", t->result.utilisation, 0.95, 1.0001);
	theory_free(t);
}

/* The bandwidth estimate, from the pacing rate: each cycle of eight phases has one at 1.25 times the estimate. */
static double estimate_bps(const struct theory_run *t, double at_s)
{
	const double cycle_s = 8 * RTT_NS / 1e9;
	double bps = 0;

	for (size_t i = 0; i < t->result.n_samples; i++) {
		const struct flow_sample *s = &t->result.samples[i];

		if ((double)s->t_ns <= at_s * 1e9 && (double)s->t_ns > (at_s - cycle_s) * 1e9 && (double)s->pacing_bps > bps)
			bps = (double)s->pacing_bps;
	}
	return bps / 1.25;
}

/*
 * 1.25^3 = 1.95: three cycles of eight round trips at most. Linux's probe lasts until 1.25 BDP of the present estimate are in flight
 * and so follows the new rate in a single one: its own BBR in the emulator takes 0.45 s for the same step.
 */
static void estimate_doubles_in_three_cycles(void)
{
	struct theory_run *t = theory_run("rate=10mbit,rtt=40ms,buffer=10bdp,rates=20mbit@15s,duration=19s,sample=1ms", "bpf_bbr", NULL);
	const double before = estimate_bps(t, 15);
	double at_s = 15;

	while (at_s < 19 && estimate_bps(t, at_s) < 1.9 * before)
		at_s += 0.01;
	expect_near("estimate before, Mbit/s of payload", before / 1e6, 9.56, 0.05);
	expect_within("time to 1.9 times that, s", at_s - 15, 0.2, 1.4);
	theory_free(t);
}

/*
 * Half the rate leaves two and more BDP queued until the old estimate has left the filter of ten round trips, which the queue has made
 * longer. What is in flight then comes down to cwnd_gain, 2 BDP: one is queued. (Linux's own BBR in the emulator: the same after 2.0 s.)
 */
static void queue_goes_when_the_rate_halves(void)
{
	struct theory_run *t = theory_run("rate=20mbit,rtt=40ms,buffer=10bdp,rates=10mbit@15s,duration=19s,sample=1ms", "bpf_bbr", NULL);
	const double bdp_pkts = 1e7 / 8 * 0.040 / 1514;
	double most = 0;

	for (size_t i = 0; i < t->result.n_queue; i++) {
		const struct queue_sample *q = &t->result.queue[i];

		if (q->t_ns > 15000000000 && (double)q->queued_pkts > most)
			most = (double)q->queued_pkts;
	}
	expect_within("largest queue after the step, BDP", most / bdp_pkts, 1.5, 4);
	expect_within("time to a queue of 1.4 BDP, s", queue_below_s(t, 15.3, 1.4 * bdp_pkts) - 15, 1.1, 2.5);
	theory_free(t);
}

/*
 * The model hears of loss only by what it does to the delivery rate: at least 0.85 of what is left of the rate up to 5 %, 0.7 at 15 %, and a
 * collapse beyond the quarter that its probe adds. (At 100 Mbit/s a lost retransmission during ProbeRTT now and then costs a timeout.)
 */
static void random_loss_hardly_slows_it(void)
{
	static const struct {
		const char *loss;
		double low, high;
	} at[] = {{"0.1%", 0.85, 1}, {"1%", 0.85, 1}, {"5%", 0.85, 1}, {"15%", 0.7, 1}, {"30%", 0, 0.3}};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		char settings[128];
		struct theory_run *t;

		snprintf(settings, sizeof(settings), "rate=20mbit,rtt=100ms,buffer=1bdp,loss=%s,warmup=5s,duration=65s", at[i].loss);
		t = theory_run(settings, "bpf_bbr", NULL);
		expect_within(at[i].loss, t->result.flows[0].goodput_bps / (2e7 * (1 - strtod(at[i].loss, NULL) / 100)),
			      at[i].low, at[i].high);
		theory_free(t);
	}
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(start_up_and_drain), TEST(a_deep_buffer_stays_empty), TEST(estimate_doubles_in_three_cycles),
		TEST(queue_goes_when_the_rate_halves), TEST(random_loss_hardly_slows_it), CU_TEST_INFO_NULL,
	};

	return theory_main("BBR", tests);
}
