// SPDX-License-Identifier: GPL-2.0-only
#include "sim_fixture.h"

/* what 1 s of bulk transfer brings: payload is 1448 of 1514 bytes */
static void a_bulk_flow_fills_the_link(void)
{
	uint64_t want = 100000000ULL / 8 * MSS / 1514 * 2;

	sim_start(100000000, 10 * MS, 166);
	sim_connect(1000);
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(3 * SECOND);
	sim.received = 0;
	for (u32 i = 0; i < 2000; i++) {
		sim_run_for(MS);
		sim_check(sim.client);
	}
	CU_ASSERT(sim.received > want * 0.99 && sim.received < want * 1.01);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 0);
	sim_end();
}

/* the same flow, byte for byte, wherever its sequence numbers begin: past 2^31 and 2^32 too */
static void sequence_numbers_wrap(void)
{
	static const u32 starts[] = {1000, 0U - 1, 0U - 3000000, 0x80000000U - 5000000};
	uint64_t first_received = 0;
	u32 first_cwnd = 0;

	for (u32 i = 0; i < 4; i++) {
		sim_start(100000000, 10 * MS, 50);
		sim_connect(starts[i]);
		tcp_write(sim.client, UINT64_MAX);
		sim_run_for(2 * SECOND);
		if (!i) {
			first_received = sim.received;
			first_cwnd = sim.client->tp.snd_cwnd;
		}
		CU_ASSERT_EQUAL(sim.received, first_received);
		CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, first_cwnd);
		CU_ASSERT(sim.client->snd.retransmits > 0);
		sim_end();
	}
}

/* RFC 6298 2: a constant RTT gives SRTT, and the smallest variation there is */
static void the_timeout_is_srtt_and_200_ms(void)
{
	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	CU_ASSERT_EQUAL(sim.client->tp.srtt_us >> 3, 100000);
	CU_ASSERT_EQUAL(sim.client->snd.rto_us, 300000); /* 3 × RTT: R + 4 × R/2 */
	CU_ASSERT_EQUAL(tcp_min_rtt(&sim.client->tp), 100000);
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(2 * SECOND);
	CU_ASSERT_EQUAL(sim.client->tp.srtt_us >> 3, 100000);
	CU_ASSERT_EQUAL(sim.client->snd.rto_us, 300000);
	sim_end();
}

static uint64_t jump_ns;

static uint64_t slower(struct tcp_segment *seg)
{
	return seg->len ? jump_ns : 0;
}

/* RFC 6298 2.3: the variation follows a jump of the RTT; the minimum stays */
static void the_timeout_follows_a_jump_of_the_rtt(void)
{
	u32 rto_us;

	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	sim.client->tp.snd_ssthresh = 20;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(SECOND);
	rto_us = sim.client->snd.rto_us;
	sim.fate = slower;
	jump_ns = 150 * MS;
	sim_run_for(600 * MS);
	CU_ASSERT(sim.client->snd.rto_us > rto_us + 150000);
	sim_run_for(5 * SECOND);
	CU_ASSERT(sim.client->tp.srtt_us >> 3 >= 249000 && sim.client->tp.srtt_us >> 3 <= 251000);
	CU_ASSERT_EQUAL(tcp_min_rtt(&sim.client->tp), 100000);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 0);
	sim_end();
}

/* RFC 6928, RFC 5681 3.1: ten, then twice as many each round trip. The receiver's window, which has to grow too, is large from the start. */
static void slow_start_doubles(void)
{
	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	sim.client->snd.snd_wnd = sim.server->rcv.window_bytes = 1000 * MSS;
	tcp_write(sim.client, UINT64_MAX);
	for (u32 cwnd = 10; cwnd <= 160; cwnd *= 2) {
		CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, cwnd);
		CU_ASSERT_EQUAL(sim.client->tp.packets_out, cwnd);
		sim_run_for(100 * MS);
	}
	sim_end();
}

/* RFC 7661: what is not used does not grow */
static void an_unused_window_does_not_grow(void)
{
	sim_start(0, 10 * MS, 0);
	sim_connect(1);
	for (u32 i = 0; i < 100; i++) {
		tcp_write(sim.client, 4 * MSS);
		sim_run_for(25 * MS);
	}
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, TCP_INIT_CWND);
	CU_ASSERT_FALSE(sim.client->tp.is_cwnd_limited);
	CU_ASSERT(sim.client->tp.max_packets_out <= 4);
	sim_end();
}

/* A window that was large and is hardly used goes half way to what is, once an RTO has passed since snd_cwnd_stamp (RFC 2861 3). */
static void a_window_hardly_used_shrinks(void)
{
	sim_start(0, 10 * MS, 0);
	sim_connect(1);
	tcp_write(sim.client, MSS);
	sim_run_for(30 * MS);
	sim.client->tp.snd_cwnd = 200;
	sim.client->tp.snd_ssthresh = 50;
	tcp_write(sim.client, 12 * MSS);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, 200);
	sim_run_for(30 * MS);
	sim.client->tp.snd_cwnd_stamp -= 1000; /* ms */
	tcp_write(sim.client, 12 * MSS);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, (200 + 12) / 2);
	CU_ASSERT_EQUAL(sim.client->tp.snd_ssthresh, 150);
	sim_end();
}

static void grow_to(u32 cwnd)
{
	sim_start(0, 10 * MS, 0);
	sim_connect(1);
	sim.client->tp.snd_ssthresh = cwnd;
	tcp_write(sim.client, UINT64_MAX);
	while (sim.client->tp.snd_cwnd < cwnd)
		sim_run_for(MS);
	tcp_stop_writing(sim.client);
	while (sim.client->tp.packets_out)
		sim_run_for(MS);
}

/* RFC 5681 4.1: half for every RTO of 220 ms, to the initial window; ssthresh remembers */
static void four_idle_seconds_restart_slow_start(void)
{
	u32 cwnd, events;

	grow_to(200);
	cwnd = sim.client->tp.snd_cwnd;
	events = sim.events[CA_EVENT_CWND_RESTART];
	sim_run_for(4 * SECOND);
	tcp_write(sim.client, 100 * MSS);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_CWND_RESTART] - events, 1);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, TCP_INIT_CWND);
	CU_ASSERT_EQUAL(sim.client->tp.packets_out, TCP_INIT_CWND);
	CU_ASSERT(sim.client->tp.snd_ssthresh >= cwnd / 2 + cwnd / 4);
	sim_end();
}

static void one_idle_timeout_halves(void)
{
	u32 cwnd;

	grow_to(200);
	cwnd = sim.client->tp.snd_cwnd;
	sim_run_for(270 * MS);
	tcp_write(sim.client, 10 * MSS);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, cwnd / 2);
	sim_end();
}

static void a_pause_below_the_timeout_changes_nothing(void)
{
	u32 cwnd, starts;

	grow_to(200);
	cwnd = sim.client->tp.snd_cwnd;
	starts = sim.events[CA_EVENT_TX_START];
	sim_run_for(150 * MS);
	tcp_write(sim.client, 10 * MSS);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, cwnd);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_CWND_RESTART], 0);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_TX_START] - starts, 1);
	sim_end();
}

/* an algorithm with cong_control restarts as it likes */
static void cong_control_keeps_its_window_when_idle(void)
{
	sim_start(0, 10 * MS, 0);
	sim.ops.cong_control = log_cong_control;
	sim_connect(1);
	sim.client->tp.snd_cwnd = 80;
	tcp_write(sim.client, 80 * MSS);
	sim_run_for(5 * SECOND);
	tcp_write(sim.client, MSS);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, 80);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_CWND_RESTART], 0);
	CU_ASSERT_EQUAL(sim.cong_avoid_calls, 0);
	sim_end();
}

/* twice cwnd per RTT in slow start, 1.2 times in congestion avoidance */
static void the_pacing_rate_is_worked_out_of_the_window(void)
{
	unsigned long *rate;

	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	rate = &sim.client->tp.inet_conn.icsk_sk.sk_pacing_rate;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(120 * MS);
	CU_ASSERT_EQUAL(*rate, 2ULL * 20 * MSS * 10);
	sim.client->tp.snd_ssthresh = 30;
	sim_run_for(100 * MS);
	CU_ASSERT_EQUAL(*rate, 12ULL * sim.client->tp.snd_cwnd * MSS);
	sim_end();
}

static struct ack_sample samples[64];
static u32 n_samples;

static void note_acked(struct sock *sk, const struct ack_sample *sample)
{
	if (n_samples < 64)
		samples[n_samples++] = *sample;
}

static void pkts_acked_tells_number_rtt_and_flight(void)
{
	u32 sum = 0;

	n_samples = 0;
	sim_start(0, 50 * MS, 0);
	sim.ops.pkts_acked = note_acked;
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(SECOND);
	for (u32 i = 0; i < n_samples; i++) {
		sum += samples[i].pkts_acked;
		CU_ASSERT_EQUAL(samples[i].rtt_us, 100000);
		CU_ASSERT_EQUAL(samples[i].in_flight, sum * MSS); /* bytes, when the last of them was sent */
	}
	CU_ASSERT_EQUAL(sum, 10);
	sim_end();
}

/* --- what must not be believed ------------------------------------------------------------------------------------------- */

static void acks_of_what_was_not_sent_are_ignored(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK, .window = 1000000};
	struct tcp_sock old;

	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	old = sim.client->tp;
	ack.ack = sim.client->tp.snd_nxt + 1;
	tcp_ack(sim.client, &ack);
	ack.ack = sim.client->tp.snd_una - 1;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(memcmp(&old, &sim.client->tp, sizeof(old)), 0);
	sim_end();
}

static void sack_blocks_outside_the_window_are_ignored(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK, .window = 1000000, .n_sack = 3};
	u32 una;

	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	una = ack.ack = sim.client->tp.snd_una;
	ack.sack[0] = (struct sack_block){una + 20 * MSS, una + 21 * MSS};  /* never sent */
	ack.sack[1] = (struct sack_block){una + 4 * MSS, una + 2 * MSS};    /* ends before it begins */
	ack.sack[2] = (struct sack_block){una + 8 * MSS, una + 30 * MSS};   /* reaches beyond */
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(sim.client->tp.sacked_out, 0);
	CU_ASSERT_EQUAL(sim.client->tp.lost_out, 0);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 0);
	sim_end();
}

static void a_second_ack_of_the_same_counts_nothing_twice(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK, .window = 1000000, .n_sack = 1};
	u32 una, delivered;

	sim_start(0, 50 * MS, 0);
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	una = ack.ack = sim.client->tp.snd_una;
	delivered = sim.client->tp.delivered;
	ack.sack[0] = (struct sack_block){una + 2 * MSS, una + 4 * MSS};
	for (u32 i = 0; i < 3; i++) {
		tcp_ack(sim.client, &ack);
		CU_ASSERT_EQUAL(sim.client->tp.sacked_out, 2);
		CU_ASSERT_EQUAL(sim.client->tp.delivered - delivered, 2);
	}
	sim_end();
}

/* --- algorithms that misbehave ---------------------------------------------------------------------------------------------- */

static void cwnd_to_zero(struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->snd_cwnd = 0;
}

static u32 zero(struct sock *sk)
{
	return 0;
}

static void finish_failed(const char *want)
{
	CU_ASSERT_TRUE(sim.host.failed);
	CU_ASSERT_EQUAL(strncmp(sim.host.failure.text, want, strlen(want)), 0);
	sim.host.failed = false;
	sim.fate = NULL;
	engine_free(sim.engine);
	sim_host_fini(&sim.host);
}

static void a_window_of_zero_is_reported(void)
{
	sim_start(0, 50 * MS, 0);
	sim.ops.cong_avoid = cwnd_to_zero;
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(SECOND);
	finish_failed("bpf_reno: snd_cwnd is 0 after cong_avoid");
}

static uint64_t lose_third(struct tcp_segment *seg)
{
	static u32 n;

	return seg->len && ++n == 3 ? ENGINE_NEVER : 0;
}

static void a_threshold_of_zero_is_reported(void)
{
	sim_start(0, 50 * MS, 0);
	sim.ops.ssthresh = zero;
	sim.fate = lose_third;
	sim_connect(1);
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(SECOND);
	finish_failed("bpf_reno: ssthresh returned 0");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_bulk_flow_fills_the_link),
		TEST(sequence_numbers_wrap),
		TEST(the_timeout_is_srtt_and_200_ms),
		TEST(the_timeout_follows_a_jump_of_the_rtt),
		TEST(slow_start_doubles),
		TEST(an_unused_window_does_not_grow),
		TEST(a_window_hardly_used_shrinks),
		TEST(four_idle_seconds_restart_slow_start),
		TEST(one_idle_timeout_halves),
		TEST(a_pause_below_the_timeout_changes_nothing),
		TEST(cong_control_keeps_its_window_when_idle),
		TEST(the_pacing_rate_is_worked_out_of_the_window),
		TEST(pkts_acked_tells_number_rtt_and_flight),
		TEST(acks_of_what_was_not_sent_are_ignored),
		TEST(sack_blocks_outside_the_window_are_ignored),
		TEST(a_second_ack_of_the_same_counts_nothing_twice),
		TEST(a_window_of_zero_is_reported),
		TEST(a_threshold_of_zero_is_reported),
		CU_TEST_INFO_NULL,
	};

	return unit_run("tcp_sender", tests);
}
