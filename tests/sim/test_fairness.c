// SPDX-License-Identifier: GPL-2.0-only
/* How flows share a link. */
#include "theory.h"

/* near / far, from a run of two flows whose round-trip times are 1:4 */
static double throughput_ratio(const char *cc, unsigned int seed)
{
	char settings[256], near[64], far[64];
	struct theory_run *t;
	double ratio;

	snprintf(settings, sizeof(settings), "rate=2gbit,rtt=40ms,buffer=100000pkt,loss=gilbert-elliott 0.0006%% 0.1%% 5%%,duration=900s,"
		 "warmup=100s,sample=100ms,seed=%u", seed);
	snprintf(near, sizeof(near), "%s,pacing=yes", cc);
	snprintf(far, sizeof(far), "%s,rtt=160ms,pacing=yes", cc);
	t = theory_run(settings, near, far, NULL);
	ratio = t->result.flows[0].goodput_bps / t->result.flows[1].goodput_bps;
	theory_free(t);
	return ratio;
}

static double median_ratio(const char *cc)
{
	double ratios[3];

	for (unsigned int i = 0; i < 3; i++)
		ratios[i] = throughput_ratio(cc, i + 1);
	return quantiles_of(ratios, 3).p50;
}

/*
 * RFC 9438 section 3: flows that lose at the same moments have the same window, for it grows with time and not with round trips: throughput
 * goes with 1/RTT. Reno's window goes with 1/RTT itself, its throughput with 1/RTT^2. The losses are in bursts that no flow escapes and that
 * are over, 1000 packets later, before the near one has had to reduce often; two flows at a drop-tail queue lose in turn, and how
 * they share then is a matter of phase.
 */
static void shares_go_with_round_trip_times(void)
{
	const double cubic = median_ratio("bpf_cubic"), reno = median_ratio("bpf_reno");

	expect_near("CUBIC, throughput at 40 ms over that at 160 ms", cubic, 4, 0.35);
	expect_within("Reno", reno, 8, 16);
}

/* RFC 5166 section 2.3.1: Jain's index */
static void second_reno_flow_gets_its_half(void)
{
	struct theory_run *t = theory_run("rate=20mbit,rtt=40ms,buffer=1bdp,duration=400s,warmup=100s,sample=10ms", "bpf_reno",
					  "bpf_reno@60s", NULL);

	expect_within("Jain's index from 100 s on", t->result.jain, 0.99, 1);
	theory_free(t);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(shares_go_with_round_trip_times), TEST(second_reno_flow_gets_its_half), CU_TEST_INFO_NULL,
	};

	return theory_main("fairness", tests);
}
