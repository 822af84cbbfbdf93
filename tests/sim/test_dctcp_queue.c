// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCTCP's queue against the analysis of Alizadeh et al., SIGCOMM 2010, section 3.3, at 100 Mbit/s and 10 ms: C·RTT = 82.6 packets, as
 * with 10 Gbit/s and 100 us. W* = (C·RTT + K)/N; amplitude A = sqrt(2N(C·RTT + K))/2; period sqrt(2(C·RTT + K)/N)/2 round trips;
 * Q_max = K + N.
 */
#include "theory.h"

#define K 40

struct oscillation {
	double max_pkts, amplitude_pkts, period_rtt;
};

/* Cycles of the queue: a cycle ends where the queue, having been below the middle of its range, comes above it again. */
static struct oscillation oscillation(const struct theory_run *t, double rtt_s)
{
	struct oscillation o = {0};
	double top = 0, bottom = 1e9, cycle_top = 0, cycle_bottom = 1e9, begin_s = 0, end_s = 0, middle;
	unsigned int cycles = 0;
	bool below = false;

	for (size_t i = 0; i < t->result.n_queue; i++) {
		const struct queue_sample *q = &t->result.queue[i];

		if (q->t_ns < t->scenario.warmup_ns)
			continue;
		if (q->queued_pkts > top)
			top = (double)q->queued_pkts;
		if (q->queued_pkts < bottom)
			bottom = (double)q->queued_pkts;
	}
	middle = (top + bottom) / 2;
	for (size_t i = 0; i < t->result.n_queue; i++) {
		const struct queue_sample *q = &t->result.queue[i];
		const double pkts = (double)q->queued_pkts;

		if (q->t_ns < t->scenario.warmup_ns)
			continue;
		if (below && pkts > middle) {
			end_s = (double)q->t_ns / 1e9;
			if (cycles++) {
				o.max_pkts += cycle_top;
				o.amplitude_pkts += cycle_top - cycle_bottom;
			} else {
				begin_s = end_s;
			}
			cycle_top = 0;
			cycle_bottom = 1e9;
			below = false;
		}
		below = below || pkts < middle;
		cycle_top = pkts > cycle_top ? pkts : cycle_top;
		cycle_bottom = pkts < cycle_bottom ? pkts : cycle_bottom;
	}
	CU_ASSERT(cycles > 20);
	if (cycles > 1) {
		o.max_pkts /= cycles - 1;
		o.amplitude_pkts /= cycles - 1;
		o.period_rtt = (end_s - begin_s) / (cycles - 1) / rtt_s;
	}
	return o;
}

static struct theory_run *dctcp(unsigned int flows)
{
	char flow[32];

	snprintf(flow, sizeof(flow), "bpf_dctcp*%u", flows);
	return theory_run("rate=10mbit,rtt=100ms,buffer=1000pkt,ecn=40pkt,duration=600s,warmup=100s,sample=10ms", flow, NULL);
}

static void queue_of_two_flows(void)
{
	struct theory_run *t = dctcp(2);
	const struct oscillation o = oscillation(t, 0.100 + K * 1514 * 8 / 1e7);

	expect_near("largest queue of a cycle, packets", o.max_pkts, K + 2, 0.10);
	expect_near("amplitude, packets", o.amplitude_pkts, 11.1, 0.25);
	expect_near("period, RTTs", o.period_rtt, 5.6, 0.25);
	expect_within("utilisation", t->result.utilisation, 0.99, 1);
	theory_free(t);
}

static void queue_of_ten_flows(void)
{
	struct theory_run *t = dctcp(10);
	const struct oscillation o = oscillation(t, 0.100 + K * 1514 * 8 / 1e7);

	expect_near("largest queue of a cycle, packets", o.max_pkts, K + 10, 0.10);
	expect_near("amplitude, packets", o.amplitude_pkts, 24.8, 0.25);
	expect_near("period, RTTs", o.period_rtt, 2.5, 0.25);
	expect_within("utilisation", t->result.utilisation, 0.99, 1);
	theory_free(t);
}

/* alpha is the mean marked fraction: sqrt(2/W*) = 0.18 with W* = 61.6 */
static void alpha_of_two_flows(void)
{
	struct theory_run *t = dctcp(2);
	const struct link_stats *link = &t->result.link;

	expect_within("marked fraction", (double)link->window_marked_pkts / (double)link->window_in_pkts, 0.14, 0.22);
	theory_free(t);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(queue_of_two_flows), TEST(queue_of_ten_flows), TEST(alpha_of_two_flows), CU_TEST_INFO_NULL,
	};

	return theory_main("DCTCP's queue", tests);
}
