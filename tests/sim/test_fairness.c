// SPDX-License-Identifier: GPL-2.0-only
/* How flows share a link. */
#include "theory.h"

/* RFC 9438 section 3: CUBIC flows at one drop-tail queue have about the same window, so throughput goes with 1/RTT.
 * The buffer is small, for the queue's delay counts in both. */
static void cubic_shares_by_inverse_rtt(void)
{
	struct theory_run *t = theory_run("rate=400mbit,rtt=40ms,buffer=0.1bdp,duration=300s,warmup=60s,sample=100ms", "bpf_cubic",
					  "bpf_cubic,rtt=160ms", NULL);

	expect_near("goodput at 40 ms over that at 160 ms", t->result.flows[0].goodput_bps / t->result.flows[1].goodput_bps, 4, 0.35);
	theory_free(t);
}

/* RFC 5166 section 2.3.1 and 2.2.2: two Reno flows of one RTT; each loss epoch halves the difference, so from 1:100 it takes
 * log2(0.98 / 0.1) = 3.3 epochs to shares within 10 %. */
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
		TEST(cubic_shares_by_inverse_rtt), TEST(second_reno_flow_gets_its_half), CU_TEST_INFO_NULL,
	};

	return theory_main("fairness", tests);
}
