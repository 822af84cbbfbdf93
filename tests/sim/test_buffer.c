// SPDX-License-Identifier: GPL-2.0-only
/*
 * One paced flow and a drop-tail buffer: how much buffer does it take to keep the link busy, and what does the sawtooth look like?
 * An algorithm that falls to beta of (BDP + B) keeps the link full when beta (BDP + B) >= BDP: B >= 1/beta - 1 BDP.
 */
#include "theory.h"

static double utilisation(const char *cc, double buffer_pkts)
{
	char settings[256];
	struct theory_run *t;
	double u;

	snprintf(settings, sizeof(settings), "rate=100mbit,rtt=100ms,buffer=%.0fpkt,duration=400s,warmup=100s,sample=100ms", buffer_pkts);
	t = theory_run(settings, cc, NULL);
	u = t->result.utilisation;
	theory_free(t);
	return u;
}

/* by bisection, to 2 % of a BDP */
static double smallest_full_buffer_bdp(const char *cc)
{
	const double bdp_pkts = 1e8 / 8 * 0.1 / 1514;
	double low = 0.05, high = 1.5;

	while (high - low > 0.02) {
		const double middle = (low + high) / 2;

		if (utilisation(cc, middle * bdp_pkts) >= 0.999)
			high = middle;
		else
			low = middle;
	}
	return high;
}

static void reno_needs_one_bdp(void)
{
	expect_near("smallest buffer for 99.9 %, BDP", smallest_full_buffer_bdp("bpf_reno,pacing=yes"), 1.0, 0.10);
}

static void cubic_needs_0_43_bdp(void)
{
	expect_near("smallest buffer for 99.9 %, BDP", smallest_full_buffer_bdp("bpf_cubic,pacing=yes"), 0.43, 0.10);
}

/* Mean of the sawtooth between beta W and W: 3/4 W for Reno, W (1 - 0.3/4) for CUBIC's concave arc, which fast convergence would make end
 * lower. A burst of a paced sender is eight packets at this rate: the buffer has room for two. */
static void almost_no_buffer(void)
{
	expect_within("Reno, 20 packets of buffer: utilisation", utilisation("bpf_reno,pacing=yes", 20), 0.72, 0.78);
	expect_within("CUBIC, 20 packets of buffer: utilisation", utilisation("bpf_cubic,pacing=yes,set.fast_convergence=0", 20), 0.895, 0.955);
}

/* RFC 9438 4.3: in the Reno-friendly region alpha is 0.529, so 0.3 W takes 0.57 W round trips: 53 of 10.5 ms at
 * W = 93, BDP and buffer. (Five packets of buffer, as in the books, do not hold the eight packets of one paced burst.) An implementation that
 * forgets W_est shows K = 4 s. */
static void cubic_is_reno_friendly_on_a_short_path(void)
{
	struct theory_run *t = theory_run("rate=100mbit,rtt=10ms,buffer=10pkt,duration=40s,warmup=10s,sample=1ms", "bpf_cubic,pacing=yes", NULL);

	expect_near("period of the sawtooth, s", sawtooth(t, 0).period_s, 0.56, 0.10);
	theory_free(t);
}

/* RFC 9438 4.2: W_max = BDP + buffer = 1667; K = cbrt(0.3 W_max / 0.4) = 10.8 s; beta = 0.7 */
static void cubic_returns_to_its_maximum_after_k(void)
{
	struct theory_run *t = theory_run("rate=100mbit,rtt=100ms,buffer=1bdp,duration=200s,warmup=40s,sample=10ms", "bpf_cubic", NULL);
	const struct sawtooth saw = sawtooth(t, 0);

	expect_near("peak, packets", saw.peak_pkts, 1667, 0.03);
	expect_near("trough / peak", saw.trough_pkts / saw.peak_pkts, 0.7, 0.02);
	expect_within("period, s", saw.period_s, 10.6, 13);
	theory_free(t);
}

int main(void)
{
	static CU_TestInfo tests[] = {
		TEST(reno_needs_one_bdp), TEST(cubic_needs_0_43_bdp), TEST(almost_no_buffer), TEST(cubic_is_reno_friendly_on_a_short_path),
		TEST(cubic_returns_to_its_maximum_after_k), CU_TEST_INFO_NULL,
	};

	return theory_main("buffer and sawtooth", tests);
}
