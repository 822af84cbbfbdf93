// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mean window against loss rate: one packet in 1/p is lost on a link that is never full (at 1 Gbit/s no window here comes near its
 * 8333 packets per 100 ms). The warm-up lets the window come down from slow start.
 */
#include "theory.h"

static struct sawtooth lossy(const char *cc, const char *rtt, unsigned int period, double warmup_s, double measured_s)
{
	char settings[256];
	struct theory_run *t;
	struct sawtooth saw;

	snprintf(settings, sizeof(settings), "rate=1gbit,rtt=%s,buffer=1000000pkt,loss=periodic %u,warmup=%gs,duration=%gs,sample=10ms",
		 rtt, period, warmup_s, warmup_s + measured_s);
	t = theory_run(settings, cc, NULL);
	saw = sawtooth(t, 0);
	theory_free(t);
	CU_ASSERT(saw.teeth >= 5);
	return saw;
}

/*
 * RFC 3649 section 5, Table 2: W = 1.22/sqrt(p), a sawtooth between 2/3 W and 4/3 W. The formula has no recovery: at 1e-2 the round trip
 * that recovers is one in nine, and the half of an odd window is rounded down, which together costs 12 %.
 */
static void reno_window_is_1_22_over_root_p(void)
{
	expect_near("p 1e-2", lossy("bpf_reno", "100ms", 100, 20, 60).mean_pkts, 0.88 * 12.2, 0.05);
	expect_near("p 1e-3", lossy("bpf_reno", "100ms", 1000, 30, 100).mean_pkts, 38.7, 0.05);
	expect_near("p 1e-4", lossy("bpf_reno", "100ms", 10000, 100, 200).mean_pkts, 122, 0.05);
	expect_near("p 1e-5", lossy("bpf_reno", "100ms", 100000, 300, 400).mean_pkts, 387, 0.05);
}

/*
 * RFC 9438 section 5.2, Table 1 (C = 0.4). Where the two regions meet (1e-3) and at 1e-4 the plateau is flat over many losses: a window of
 * whole packets stays half a packet too high there. In the emulator, two flows sharing one count of losses, Linux's CUBIC had 47 and 204 packets, ours
 * 41 and 223.
 */
static void cubic_window_at_100_ms(void)
{
	expect_near("p 1e-2", lossy("bpf_cubic", "100ms", 100, 20, 60).mean_pkts, 12, 0.10);
	expect_near("p 1e-3", lossy("bpf_cubic", "100ms", 1000, 30, 100).mean_pkts, 38, 0.25);
	expect_near("p 1e-4", lossy("bpf_cubic", "100ms", 10000, 60, 200).mean_pkts, 187, 0.20);
	expect_near("p 1e-5", lossy("bpf_cubic", "100ms", 100000, 150, 200).mean_pkts, 1054, 0.10);
}

/* RFC 9438 section 5.2: AVG_W goes with RTT^(3/4), so throughput at the same p with RTT^(-1/4) in the CUBIC region */
static void cubic_rtt_fairness_at_equal_loss(void)
{
	const double near = lossy("bpf_cubic", "40ms", 100000, 150, 150).mean_pkts / 0.040;
	const double far = lossy("bpf_cubic", "160ms", 100000, 200, 250).mean_pkts / 0.160;

	expect_near("throughput at 40 ms over that at 160 ms", near / far, 1.414, 0.10);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(reno_window_is_1_22_over_root_p), TEST(cubic_window_at_100_ms), TEST(cubic_rtt_fairness_at_equal_loss),
		CU_TEST_INFO_NULL,
	};

	return theory_main("response function", tests);
}
