// SPDX-License-Identifier: GPL-2.0-only
/* A recovery that turns out to have been in vain is taken back, a real one is not. */
#include "recovery_fixture.h"

static uint64_t spike_ns; /* what arrives before this moment comes then */

static uint64_t spike(struct tcp_segment *seg)
{
	uint64_t now_ns = engine_now(sim.engine);

	return seg->len && now_ns < spike_ns ? spike_ns - now_ns : 0;
}

/* RFC 5682, RFC 4015: nothing was lost, the path stood still for 600 ms. All is as before, or more. */
static void stand_still(uint64_t (*fate)(struct tcp_segment *seg))
{
	u32 cwnd;

	start_with_window(40);
	cwnd = sim.client->tp.snd_cwnd;
	sim.fate = fate;
	spike_ns = engine_now(sim.engine) + 600 * MS;
	sim_run_for(500 * MS);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 1);
	sim_run_for(500 * MS);
	CU_ASSERT_EQUAL(sim.undo_calls, 1);
	CU_ASSERT(sim.client->tp.snd_cwnd >= cwnd);
	CU_ASSERT_EQUAL(cc_ca_state((struct sock *)&sim.client->tp), TCP_CA_Open);
}

static void a_spurious_timeout_is_undone(void)
{
	stand_still(spike);
	CU_ASSERT(sim.client->snd.retransmits <= 3); /* not the whole window */
	sim_end();
}

static uint64_t blind_spike(struct tcp_segment *seg)
{
	if (!seg->len)
		seg->tsecr = engine_now(sim.engine) / MS; /* as if it answered what was sent last */
	return spike(seg);
}

/* F-RTO alone: new data after the first ACK, and what was sent once arrives */
static void a_spurious_timeout_is_undone_without_timestamps(void)
{
	stand_still(blind_spike);
	sim_end();
}

static void a_real_timeout_stays(void)
{
	start_with_window(40);
	sim.fate = darkness;
	dark = true;
	sim_run_for(600 * MS);
	dark = false;
	sim_run_for(2 * SECOND);
	CU_ASSERT_EQUAL(sim.undo_calls, 0);
	CU_ASSERT(sim.client->tp.snd_ssthresh <= 25);
	sim_end();
}

/* A segment half a round trip late: retransmitted in vain. The original's timestamp tells (RFC 4015), all is undone. */
static void a_spurious_fast_retransmit_is_undone(void)
{
	u32 cwnd;

	start_with_window(40);
	cwnd = sim.client->tp.snd_cwnd;
	late[late_n++] = next_number() + 4;
	late_ns = 30 * MS;
	sim_run_for(500 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.undo_calls, 1);
	CU_ASSERT(sim.client->tp.snd_cwnd >= cwnd);
	CU_ASSERT(sim.client->tp.snd_ssthresh >= cwnd / 2 + cwnd / 4);
	sim_end();
}

/* within one millisecond timestamps say nothing: D-SACK does */
static void dsack_undoes_where_timestamps_cannot(void)
{
	u32 cwnd;

	sim_start(1000000000, MS / 20, 0);
	lose_n = late_n = 0;
	sim.fate = scripted;
	sim_connect(ISN);
	sim.client->tp.snd_ssthresh = 15;
	tcp_write(sim.client, UINT64_MAX);
	while (sim.client->tp.snd_cwnd < 20)
		sim_run_for(MS / 10);
	sim_run_for(MS - engine_now(sim.engine) % MS);
	cwnd = sim.client->tp.snd_cwnd;
	late[late_n++] = next_number() + 4;
	late_ns = 70 * MS / 1000;
	while (!sim.client->snd.retransmits)
		sim_run_for(MS / 100);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.undo_calls, 0);
	sim_run_for(MS / 2);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.client->snd.dsack_dups, 1);
	CU_ASSERT_EQUAL(sim.undo_calls, 1);
	CU_ASSERT(sim.client->tp.snd_cwnd >= cwnd);
	sim_end();
}

/* The recovery is long over when D-SACK tells that it was in vain. */
static void a_late_dsack_undoes_too(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK, .n_sack = 1};
	struct tcp_sock *tp;
	u32 cwnd, number;

	start_with_window(40);
	tp = &sim.client->tp;
	number = next_number() + 3;
	lose[lose_n++] = number;
	sim_run_for(300 * MS);
	cwnd = sim.ssthresh_cwnd;
	CU_ASSERT(tp->snd_cwnd < cwnd);
	CU_ASSERT_EQUAL(sim.undo_calls, 0);
	ack.ack = tp->snd_una;
	ack.window = sim.client->snd.snd_wnd;
	ack.tsecr = tp->tcp_mstamp / 1000;
	ack.sack[0] = (struct sack_block){FIRST + number * MSS, FIRST + (number + 1) * MSS};
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(sim.undo_calls, 1);
	CU_ASSERT_EQUAL(tp->snd_cwnd, cwnd);
	tcp_ack(sim.client, &ack); /* once */
	CU_ASSERT_EQUAL(sim.undo_calls, 1);
	sim_end();
}

/* a copy the network made is no retransmission of ours */
static void duplicates_of_the_network_mean_nothing(void)
{
	struct tcp_segment dup = {0};

	start_with_window(20);
	dup.seq = FIRST;
	dup.len = MSS;
	dup.packet.flow = sim.client->flow;
	for (u32 i = 0; i < 5; i++) {
		struct tcp_segment *seg = sim_segment(&sim.host);

		*seg = dup;
		seg->flags = TCP_ACK;
		seg->ack = sim.server->tp.snd_nxt;
		tcp_receive(sim.server, seg);
		sim_run_for(50 * MS);
	}
	CU_ASSERT_EQUAL(sim.client->snd.dsack_dups, 0);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 0);
	CU_ASSERT_EQUAL(sim.undo_calls, 0);
	sim_end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_spurious_timeout_is_undone),
		TEST(a_spurious_timeout_is_undone_without_timestamps),
		TEST(a_real_timeout_stays),
		TEST(a_spurious_fast_retransmit_is_undone),
		TEST(dsack_undoes_where_timestamps_cannot),
		TEST(a_late_dsack_undoes_too),
		TEST(duplicates_of_the_network_mean_nothing),
		CU_TEST_INFO_NULL,
	};

	return unit_run("tcp_undo", tests);
}
