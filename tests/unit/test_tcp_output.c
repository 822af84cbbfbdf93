// SPDX-License-Identifier: GPL-2.0-only
#include "sim_fixture.h"

#define MAX_SEEN 4096

/* every segment with data, as it arrives; the forward path has no rate, so arrivals are departures shifted */
static struct {
	uint64_t at_ns;
	u32 seq, len, frame;
	u8 ecn;
	u16 flags;
} seen[MAX_SEEN];
static u32 n_seen;
static u32 ack_frame, ack_ecn, mark_number; /* of the last pure ACK; this data segment gets CE */

static uint64_t note(struct tcp_segment *seg)
{
	if (seg->to == sim.client) {
		ack_frame = seg->packet.len;
		ack_ecn = seg->packet.ecn;
	} else if (seg->len) {
		if (n_seen < MAX_SEEN) {
			seen[n_seen].at_ns = engine_now(sim.engine);
			seen[n_seen].seq = seg->seq;
			seen[n_seen].len = seg->len;
			seen[n_seen].frame = seg->packet.len;
			seen[n_seen].ecn = seg->packet.ecn;
			seen[n_seen].flags = seg->flags;
		}
		n_seen++;
		if (n_seen == mark_number)
			seg->packet.ecn = ECN_CE;
	}
	return 0;
}

static void start(u32 flags)
{
	sim_start(0, 20 * MS, 0);
	n_seen = mark_number = 0;
	sim.ops.flags = flags;
	sim.fate = note;
	sim_connect(1);
}

/* a window of `cwnd`, sent at `rate` payload bytes per second, without end; n_seen then starts anew */
static void start_paced(u32 cwnd, unsigned long rate)
{
	struct sock *sk;

	start(0);
	sim.ops.cong_control = log_cong_control;
	sk = &sim.client->tp.inet_conn.icsk_sk;
	sk->sk_pacing_status = SK_PACING_NEEDED;
	sk->sk_pacing_rate = rate;
	sim.client->tp.snd_cwnd = cwnd;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(SECOND);
	n_seen = 0;
}

static void a_full_frame_is_1514_bytes(void)
{
	start(0);
	tcp_write(sim.client, MSS + 100);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(n_seen, 2);
	CU_ASSERT_EQUAL(seen[0].frame, 1514);
	CU_ASSERT_EQUAL(seen[0].len, 1448);
	CU_ASSERT_EQUAL(seen[1].frame, 14 + 20 + 20 + 12 + 100);
	CU_ASSERT_EQUAL(ack_frame, 14 + 20 + 20 + 12);
	CU_ASSERT_EQUAL(seen[0].ecn, ECN_NOT_ECT);
	sim_end();
}

static void pacing_keeps_the_rate(void)
{
	static const unsigned long rates[] = {100000, 1000000, 10000000};

	for (u32 i = 0; i < 3; i++) {
		uint64_t bytes = 0;
		double span, rate;

		start_paced(10000, rates[i]);
		sim_run_for(SECOND / 2);
		for (u32 k = 0; k < n_seen && k < MAX_SEEN - 1; k++)
			bytes += seen[k].len;
		CU_ASSERT_FATAL(n_seen > 10 && n_seen < MAX_SEEN);
		span = (seen[n_seen - 1].at_ns - seen[0].at_ns) / 1e9;
		rate = (bytes - seen[n_seen - 1].len) / span;
		CU_ASSERT(rate > rates[i] * 0.94 && rate < rates[i] * 1.06);
		sim_end();
	}
}

/* bursts are what the rate sends in 1/1024 s, two segments at least, evenly spaced */
static void bursts_are_a_millisecond_of_the_rate(void)
{
	static const struct {
		unsigned long rate;
		u32 segs;
	} cases[] = {{100000, 2}, {5000000, 3}, {10000000, 6}, {200000000, 44}};

	for (u32 i = 0; i < 4; i++) {
		u32 k = 0, end;
		uint64_t want_ns;

		start_paced(30000, cases[i].rate);
		sim_run_for(200 * MS);
		while (k + 1 < n_seen && seen[k + 1].at_ns == seen[k].at_ns)
			k++;
		for (end = ++k; end + 1 < n_seen && seen[end + 1].at_ns == seen[k].at_ns; end++)
			;
		CU_ASSERT_EQUAL(end + 1 - k, cases[i].segs);
		want_ns = (uint64_t)cases[i].segs * MSS * SECOND / cases[i].rate;
		CU_ASSERT(seen[end + 1].at_ns - seen[k].at_ns >= want_ns - 1000);
		CU_ASSERT(seen[end + 1].at_ns - seen[k].at_ns <= want_ns + 1000);
		sim_end();
	}
}

static u32 one_segment(struct sock *sk)
{
	return 1;
}

static void the_algorithm_may_ask_for_single_segments(void)
{
	start(0);
	sim.ops.min_tso_segs = one_segment;
	sim.ops.cong_control = log_cong_control;
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_status = SK_PACING_NEEDED;
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_rate = 100000;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(2 * SECOND);
	for (u32 k = 12; k < n_seen; k++)
		CU_ASSERT(seen[k].at_ns > seen[k - 1].at_ns);
	CU_ASSERT(n_seen > 100);
	sim_end();
}

/* the initial window leaves at once, whatever the rate */
static void the_first_ten_are_not_paced(void)
{
	start(0);
	sim.ops.cong_control = log_cong_control;
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_status = SK_PACING_NEEDED;
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_rate = 10000;
	sim.client->tp.snd_cwnd = 50;
	tcp_write(sim.client, 50 * MSS);
	sim_run_for(30 * MS);
	CU_ASSERT_EQUAL(n_seen, 10);
	sim_end();
}

static void without_pacing_the_rate_holds_nothing_back(void)
{
	start(0);
	sim.client->tp.inet_conn.icsk_sk.sk_pacing_rate = 10000;
	sim.client->tp.snd_cwnd = 100;
	sim.client->snd.snd_wnd = 200 * MSS;
	tcp_write(sim.client, 100 * MSS);
	sim_run_for(30 * MS);
	CU_ASSERT_EQUAL(n_seen, 100);
	sim_end();
}

static void the_receivers_window_is_kept(void)
{
	u32 end = 0;

	start(0);
	sim.client->tp.snd_cwnd = 1000;
	sim.client->snd.snd_wnd = 20 * MSS + 100;
	tcp_write(sim.client, UINT64_MAX);
	CU_ASSERT_EQUAL(sim.client->tp.packets_out, 20); /* no shorter one to fill it */
	for (u32 i = 0; i < 300; i++) {
		sim_run_for(MS);
		end = sim.client->tp.snd_nxt - sim.client->tp.snd_una;
		CU_ASSERT(end <= sim.client->snd.snd_wnd);
	}
	sim_end();
}

static void cwnd_is_kept(void)
{
	start(0);
	tcp_write(sim.client, UINT64_MAX);
	CU_ASSERT_EQUAL(sim.client->tp.packets_out, TCP_INIT_CWND);
	CU_ASSERT_TRUE(sim.client->tp.is_cwnd_limited);
	CU_ASSERT_EQUAL(sim.client->tp.max_packets_out, TCP_INIT_CWND);
	sim_end();
}

/* RFC 3168 6.1: data is ECT(0), ACKs are not; an echo halves the window once a round trip and is answered by CWR on new data */
static void classic_ecn(void)
{
	u32 cwr = 0;

	start(0);
	sim.client->ecn = sim.server->ecn = TCP_ECN_CLASSIC;
	sim.client->tp.ecn_flags = sim.server->tp.ecn_flags = TCP_ECN_OK;
	sim.client->tp.snd_cwnd = sim.client->tp.snd_ssthresh = 40;
	mark_number = 60;
	tcp_write(sim.client, UINT64_MAX);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(seen[0].ecn, ECN_ECT0);
	CU_ASSERT_EQUAL(ack_ecn, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_CWR], 1);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_COMPLETE_CWR], 1);
	CU_ASSERT_EQUAL(sim.client->tp.prior_ssthresh, 0);
	CU_ASSERT(sim.client->tp.delivered_ce > 0);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 0);
	for (u32 i = 0; i < n_seen && i < MAX_SEEN; i++)
		cwr += !!(seen[i].flags & TCP_CWR);
	CU_ASSERT_EQUAL(cwr, 1);
	sim_end();
}

/* an algorithm that needs ECN has all its packets marked, ACKs too */
static void needing_ecn_marks_all(void)
{
	start(TCP_CONG_NEEDS_ECN);
	CU_ASSERT_TRUE(sim.client->tp.ecn_flags & TCP_ECN_OK);
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(seen[0].ecn, ECN_ECT0);
	CU_ASSERT_EQUAL(ack_ecn, ECN_ECT0);
	sim_end();
}

/* RFC 9768: the counter tells how many packets were marked, whatever ACKs are lost; marks of one round trip are one event */
static void accurate_ecn_counts_marks(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK};
	struct tcp_sock *tp;
	u32 una;

	start(0);
	tp = &sim.client->tp;
	sim.client->ecn = TCP_ECN_ACCURATE;
	tp->ecn_flags = TCP_ECN_OK;
	sim.client->snd.ace_acked = 6;
	tp->snd_cwnd = 40;
	tcp_write(sim.client, 40 * MSS);
	una = tp->snd_una;
	ack.window = sim.client->snd.snd_wnd;
	ack.ace = 6; /* none yet */
	ack.ack = una + 2 * MSS;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(tp->delivered_ce, 0);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 0);
	ack.ace = 1; /* three of four, past the wrap */
	ack.ack = una + 6 * MSS;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(tp->delivered_ce, 3);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	ack.ace = 2; /* of ten: one, or nine, which is the safe guess */
	ack.ack = una + 16 * MSS;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(tp->delivered_ce, 3 + 9);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	sim_end();
}

/* not negotiated: an echo is noise */
static void an_echo_without_negotiation_is_ignored(void)
{
	struct tcp_segment ack = {.flags = TCP_ACK | TCP_ECE};

	start(0);
	tcp_write(sim.client, 10 * MSS);
	ack.ack = sim.client->tp.snd_una + MSS;
	ack.window = sim.client->snd.snd_wnd;
	tcp_ack(sim.client, &ack);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 0);
	CU_ASSERT_EQUAL(sim.client->tp.delivered_ce, 0);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_CWR], 0);
	sim_end();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_full_frame_is_1514_bytes),
		TEST(pacing_keeps_the_rate),
		TEST(bursts_are_a_millisecond_of_the_rate),
		TEST(the_algorithm_may_ask_for_single_segments),
		TEST(the_first_ten_are_not_paced),
		TEST(without_pacing_the_rate_holds_nothing_back),
		TEST(the_receivers_window_is_kept),
		TEST(cwnd_is_kept),
		TEST(classic_ecn),
		TEST(needing_ecn_marks_all),
		TEST(accurate_ecn_counts_marks),
		TEST(an_echo_without_negotiation_is_ignored),
		CU_TEST_INFO_NULL,
	};

	return unit_run("tcp_output", tests);
}
