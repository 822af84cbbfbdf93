// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCTCP's queue against the analysis of Alizadeh et al., SIGCOMM 2010, section 3.3, with C·RTT = 82.6 packets (10 Gbit/s and 100 us are
 * the same to it). W* = (C·RTT + K)/N; amplitude A = sqrt(2N(C·RTT + K))/2; period sqrt(2(C·RTT + K)/N)/2 round trips; Q_max = K + N.
 *
 * At 10 Mbit/s the senders' bursts are two packets, which the fluid model does not know of; at 100 Mbit/s they are five to eight. Nor does it
 * know that Linux's window stands still for the round trip of a reduction (CWR) and that one more passes until marks come back: the period
 * is two to three and a half round trips longer, and fewer packets in all are marked. The kernel's own TCP in the emulator has the same 5.1 round trips
 * with 10 flows.
 */
#include "theory.h"

#define K 40

struct oscillation {
	double max_pkts, amplitude_pkts, period_rtt;
};

/* A cycle begins where marking begins again after a round trip without marks. */
static struct oscillation oscillation(const struct theory_run *t, double rtt_s)
{
	struct oscillation o = {0};
	double top = 0, bottom = 1e9, first_s = 0, last_s = 0, marked_s = 0;
	unsigned int cycles = 0;
	uint64_t marks = 0;

	for (size_t i = 0; i < t->result.n_queue; i++) {
		const struct queue_sample *q = &t->result.queue[i];
		const double at_s = (double)q->t_ns / 1e9, pkts = (double)q->queued_pkts;

		if (q->t_ns >= t->scenario.warmup_ns && q->marked_pkts > marks && at_s - marked_s > rtt_s) {
			last_s = at_s;
			if (cycles++) {
				o.max_pkts += top;
				o.amplitude_pkts += top - bottom;
			} else {
				first_s = at_s;
			}
			top = 0;
			bottom = 1e9;
		}
		if (q->marked_pkts > marks)
			marked_s = at_s;
		marks = q->marked_pkts;
		top = pkts > top ? pkts : top;
		bottom = pkts < bottom ? pkts : bottom;
	}
	CU_ASSERT_FATAL(cycles > 100);
	o.max_pkts /= cycles - 1;
	o.amplitude_pkts /= cycles - 1;
	o.period_rtt = (last_s - first_s) / (cycles - 1) / rtt_s;
	return o;
}

static struct theory_run *dctcp(unsigned int flows)
{
	char flow[32];

	snprintf(flow, sizeof(flow), "bpf_dctcp*%u", flows);
	return theory_run("rate=10mbit,rtt=100ms,buffer=1000pkt,ecn=40pkt,duration=600s,warmup=100s,sample=5ms", flow, NULL);
}

static void expect_queue(unsigned int flows, double amplitude_pkts, double period_rtt)
{
	struct theory_run *t = dctcp(flows);
	const struct oscillation o = oscillation(t, 0.100 + K * 1514 * 8 / 1e7);

	expect_near("largest queue of a cycle, packets", o.max_pkts, K + flows, 0.10);
	expect_near("amplitude, packets", o.amplitude_pkts, amplitude_pkts, 0.25);
	expect_within("period, RTTs", o.period_rtt, 0.75 * period_rtt, period_rtt + 3.5);
	expect_within("utilisation", t->result.utilisation, 0.99, 1.001);
	theory_free(t);
}

static void queue_of_two_flows(void)
{
	expect_queue(2, 11.1, 5.6);
}

static void queue_of_ten_flows(void)
{
	expect_queue(10, 24.8, 2.5);
}

/* alpha is the mean marked fraction: sqrt(2/W*) = 0.18 with W* = 61.6; with the longer period 0.18 · 5.6/7.6 = 0.13 */
static void alpha_of_two_flows(void)
{
	struct theory_run *t = dctcp(2);
	const struct link_stats *link = &t->result.link;

	expect_within("marked fraction", (double)link->window_marked_pkts / (double)link->window_in_pkts, 0.12, 0.22);
	theory_free(t);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(queue_of_two_flows), TEST(queue_of_ten_flows), TEST(alpha_of_two_flows), CU_TEST_INFO_NULL,
	};

	return theory_main("DCTCP's queue", tests);
}
