// SPDX-License-Identifier: GPL-2.0-only
#include "sim_fixture.h"

static void bulk(void)
{
	sim_start(100000000, 10 * MS, 166);
	sim_connect(1000);
	tcp_write(sim.client, UINT64_MAX);
	for (int i = 0; i < 50; i++) {
		sim_run_for(200 * MS);
		struct tcp_sock *tp = &sim.client->tp;
		printf("%d: rx %.2f Mbit/s cwnd %u ssthresh %u srtt %u min %u state %u out %u retr %u rto %u pacing %lu del %u reord %u\n", i, sim.received * 8 / 1e6 / .2, tp->snd_cwnd, tp->snd_ssthresh, tp->srtt_us/8, tcp_min_rtt(tp), cc_ca_state((void*)tp), tp->packets_out, sim.client->snd.retransmits, sim.client->snd.rto_us, ((struct sock*)tp)->sk_pacing_rate, tp->delivered, sim.client->snd.reordering_seen);
		sim.received = 0;
		sim_check(sim.client);
	}
	sim_end();
}

int main(void)
{
	CU_TestInfo tests[] = {TEST(bulk), CU_TEST_INFO_NULL};

	return unit_run("tcp_sender", tests);
}
