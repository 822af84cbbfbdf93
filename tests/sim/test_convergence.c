// SPDX-License-Identifier: GPL-2.0-only
/* How fast a flow that comes later gets its share. The algorithm is a fixture, Reno without slow start: a flow that joins does so in congestion avoidance. */
#include "theory.h"

/* loss epochs of the first flow from `from_s` until one in which the second has at least `share` of both windows; 0: never */
static unsigned int epochs_to_share(const struct theory_run *t, double from_s, double share)
{
	double sum[2] = {0};
	uint8_t state = TCP_CA_Open;
	unsigned int epochs = 0;

	for (size_t i = 0; i < t->result.n_samples; i++) {
		const struct flow_sample *s = &t->result.samples[i];

		if ((double)s->t_ns < from_s * 1e9)
			continue;
		sum[s->flow] += s->cwnd_pkts;
		if (s->flow)
			continue;
		if (state < TCP_CA_CWR && s->ca_state >= TCP_CA_CWR) {
			epochs++;
			if (sum[1] >= share * (sum[0] + sum[1]))
				return epochs;
			sum[0] = sum[1] = 0;
		}
		state = s->ca_state;
	}
	return 0;
}

/*
 * RFC 5166 section 2.2.2, delta-fair convergence: each loss that both see halves the difference of their windows. The second flow joins
 * in congestion avoidance with 10 packets beside some 100: a tenth, to within delta = 0.1 of the half in log2(0.8 / 0.1) = 3 epochs; the
 * first, in which it grows from the start, is the fourth. At a drop-tail queue it may be one of them that loses; the median is over seven starts.
 */
static void a_late_flow_is_fair_after_four_losses(void)
{
	double epochs[7];

	for (unsigned int i = 0; i < 7; i++) {
		struct theory_run *t;
		char late[32];

		snprintf(late, sizeof(late), "plain@%ums", 60000 + 300 * i);
		t = theory_run("rate=20mbit,rtt=40ms,buffer=1bdp,duration=200s,warmup=100s,sample=10ms", "plain", late, NULL);
		epochs[i] = epochs_to_share(t, 60.5 + 0.3 * i, 0.45);
		theory_free(t);
	}
	expect_within("loss epochs, median", quantiles_of(epochs, 7).p50, 3, 5);
}

int main(void)
{
	static CU_TestInfo tests[] = {TEST(a_late_flow_is_fair_after_four_losses), CU_TEST_INFO_NULL};

	use_test_plugins();
	return unit_run("convergence", tests);
}
