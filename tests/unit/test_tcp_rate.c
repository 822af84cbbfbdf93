// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "sim_fixture.h"

static double bytes_per_s(const struct rate_sample *rs)
{
	return (double)rs->delivered * MSS * 1e6 / rs->interval_us;
}

/* 50 Mbit/s, RTT 40 ms, a window of 300: the link is full, and stays so. Larger bursts than of two segments would blur the send phase. */
static void start_bulk(void)
{
	sim_start(50000000, 20 * MS, 0);
	sim.ops.cong_control = log_cong_control;
	sim_connect(1);
	sim.client->tp.snd_cwnd = 300;
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_rate = 1000000;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(SECOND);
}

static void samples_tell_the_rate_of_the_link(void)
{
	double want = 50e6 / 8 * MSS / 1514;

	start_bulk();
	for (u32 i = 0; i < 100; i++) {
		sim_run_for(3 * MS);
		CU_ASSERT(fabs(bytes_per_s(&sim.rs) / want - 1) < 0.01);
		CU_ASSERT_FALSE(sim.rs.is_app_limited);
		CU_ASSERT_FALSE(sim.rs.is_retrans);
		CU_ASSERT_EQUAL(sim.rs.losses, 0);
		CU_ASSERT(sim.rs.acked_sacked >= 1 && sim.rs.acked_sacked <= 2);
		CU_ASSERT(sim.rs.prior_in_flight >= 299 && sim.rs.prior_in_flight <= 300);
		CU_ASSERT_EQUAL(sim.rs.interval_us, (long)(sim.rs.snd_interval_us > sim.rs.rcv_interval_us ? sim.rs.snd_interval_us
													    : sim.rs.rcv_interval_us));
	}
	CU_ASSERT(fabs((double)sim.client->snd.rate_delivered * MSS * 1e6 / sim.client->snd.rate_interval_us / want - 1) < 0.01);
	CU_ASSERT_FALSE(sim.client->snd.rate_app_limited);
	sim_end();
}

/* the flight that was delivered is the one that was in flight when the segment left: one round trip */
static void a_sample_spans_a_round_trip(void)
{
	start_bulk();
	CU_ASSERT(sim.rs.delivered >= 299 && sim.rs.delivered <= 302);
	CU_ASSERT_EQUAL(sim.rs.prior_delivered + sim.rs.delivered, sim.client->tp.delivered);
	CU_ASSERT_EQUAL(sim.client->tp.delivered_mstamp - sim.rs.prior_mstamp, sim.rs.rcv_interval_us);
	CU_ASSERT(labs(sim.rs.rtt_us - (long)sim.rs.interval_us) < 1000);
	sim_end();
}

/* 20 segments every 100 ms, the window has room for 300 */
static void an_application_that_pauses_is_told(void)
{
	sim_start(50000000, 20 * MS, 0);
	sim.ops.cong_control = log_cong_control;
	sim_connect(1);
	sim.client->tp.snd_cwnd = 300;
	for (u32 i = 0; i < 10; i++) {
		tcp_write(sim.client, 20 * MSS);
		CU_ASSERT(sim.client->tp.app_limited > 0);
		sim_run_for(100 * MS);
		CU_ASSERT_TRUE(sim.rs.is_app_limited);
		CU_ASSERT(bytes_per_s(&sim.rs) < 50e6 / 8 * 0.5);
	}
	sim_end();
}

/* once the bubble has left the pipe the mark goes */
static void the_mark_of_a_pause_passes(void)
{
	start_bulk();
	CU_ASSERT_EQUAL(sim.client->tp.app_limited, 0);
	tcp_stop_writing(sim.client);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.client->tp.packets_out, 0);
	tcp_write(sim.client, UINT64_MAX);
	CU_ASSERT(sim.client->tp.app_limited > 0);
	sim_run_for(45 * MS);
	sim_run_for(200 * MS);
	CU_ASSERT_EQUAL(sim.client->tp.app_limited, 0);
	CU_ASSERT_FALSE(sim.rs.is_app_limited);
	sim_end();
}

/* as low as an application-limited rate is, it does not replace a higher one in TCP_INFO */
static void a_limited_sample_lowers_nothing(void)
{
	u32 delivered, interval_us;

	start_bulk();
	tcp_stop_writing(sim.client);
	sim_run_for(SECOND);
	delivered = sim.client->snd.rate_delivered;
	interval_us = sim.client->snd.rate_interval_us;
	tcp_write(sim.client, 2 * MSS);
	sim_run_for(SECOND);
	CU_ASSERT_TRUE(sim.rs.is_app_limited);
	CU_ASSERT_EQUAL(sim.client->snd.rate_delivered, delivered);
	CU_ASSERT_EQUAL(sim.client->snd.rate_interval_us, interval_us);
	sim_end();
}

static u32 losses, retrans, shortest_us;

static void gather(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
{
	losses += rs->losses;
	retrans += rs->is_retrans;
	if (rs->interval_us > 0 && (u32)rs->interval_us < shortest_us)
		shortest_us = rs->interval_us;
	CU_ASSERT_EQUAL(rs->acked_sacked > 0 || rs->delivered <= 0, true);
	tcp_sk(sk)->snd_cwnd = 100;
}

/* retransmissions are told, and none makes a sample shorter than the round trip */
static void losses_are_counted_and_give_no_false_rates(void)
{
	losses = retrans = 0;
	shortest_us = ~0U;
	sim_start(50000000, 20 * MS, 60);
	sim.ops.cong_control = gather;
	sim_connect(1);
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(500 * MS);
	sim.client->tp.snd_cwnd = 400; /* overflows the buffer */
	tcp_push(sim.client);
	sim_run_for(SECOND);
	CU_ASSERT(losses > 0);
	CU_ASSERT_EQUAL(losses, sim.client->tp.lost);
	CU_ASSERT(retrans > 0);
	CU_ASSERT(shortest_us >= tcp_min_rtt(&sim.client->tp));
	sim_end();
}

static struct rate_sample last;

static void keep(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
{
	last = *rs;
}

/* an ACK that tells of nothing new is no sample */
static void a_duplicate_ack_gives_no_sample(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK};

	start_bulk();
	sim.ops.cong_control = keep;
	ack.ack = sim.client->tp.snd_una;
	ack.window = sim.client->snd.snd_wnd;
	ack.tsecr = sim.client->snd.tsecr_ms;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(last.delivered, -1);
	CU_ASSERT_EQUAL(last.interval_us, -1);
	CU_ASSERT_EQUAL(last.rtt_us, -1);
	CU_ASSERT_EQUAL(last.acked_sacked, 0);
	sim.ops.cong_control = log_cong_control;
	sim_end();
}

/* RTT samples are left out, for they would lower the minimum: the SACK is of a segment that was retransmitted */
static void rs_of_a_short_ack(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK, .n_sack = 1};
	struct tcp_endpoint *ep = sim.client;
	struct tx_record *tx = &ep->snd.ring.records[(ep->snd.ring.head + 10) & (ep->snd.ring.size - 1)];

	tx->state = TX_EVER_RETRANS;
	ack.ack = ep->tp.snd_una;
	ack.window = ep->snd.snd_wnd;
	ack.tsecr = ep->tp.tcp_mstamp / 1000;
	ack.sack[0] = (struct sack_block){tx->seq, tx->end_seq};
	tcp_ack(ep, &ack);
}

/* what was delivered in less than the shortest round trip cannot be */
static void a_sample_shorter_than_a_round_trip_is_none(void)
{
	start_bulk();
	for (u32 i = 0; i < 3; i++)
		sim.client->tp.rtt_min.s[i].v = 5000000;
	sim.ops.cong_control = keep;
	rs_of_a_short_ack();
	CU_ASSERT_EQUAL(last.interval_us, -1);
	CU_ASSERT(last.delivered > 0);
	sim.ops.cong_control = log_cong_control;
	sim_end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(samples_tell_the_rate_of_the_link),
		TEST(a_sample_spans_a_round_trip),
		TEST(an_application_that_pauses_is_told),
		TEST(the_mark_of_a_pause_passes),
		TEST(a_limited_sample_lowers_nothing),
		TEST(losses_are_counted_and_give_no_false_rates),
		TEST(a_duplicate_ack_gives_no_sample),
		TEST(a_sample_shorter_than_a_round_trip_is_none),
		CU_TEST_INFO_NULL,
	};

	return unit_run("tcp_rate", tests);
}
