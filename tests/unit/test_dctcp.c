// SPDX-License-Identifier: GPL-2.0-only
/* DCTCP's steps (U11 and U12 of the acceptance figures: RFC 8257 3.2 and 3.3) */
#include <math.h>
#include "native_host.h"
#include "../../algorithms/dctcp.bpf.c"

static const struct tcp_congestion_ops *ops = &cc_ops;

/* a connection that negotiated ECN */
static struct dctcp *start(u32 cwnd)
{
	host_start(ops, cwnd);
	host.tp.ecn_flags = TCP_ECN_OK;
	ops->init(host_sock());
	cc_state(host_sock())->window_end = host.tp.snd_una;
	return cc_state(host_sock());
}

/* one window ACKed, `marked` of its packets */
static void window_acked(u32 packets, u32 marked)
{
	host.tp.snd_una = host.tp.snd_nxt;
	host.tp.snd_nxt += packets * HOST_MSS;
	host.tp.delivered += packets;
	host.tp.delivered_ce += marked;
	ops->in_ack_event(host_sock(), marked ? CA_ACK_ECE : 0);
}

static double alpha(const struct dctcp *ca)
{
	return (double)ca->alpha_q20 / ALPHA_ONE;
}

static void receive(u32 bytes, bool ce, bool ack_pending)
{
	struct inet_connection_sock *icsk = inet_csk(host_sock());

	icsk->icsk_ack.pending = ack_pending ? ICSK_ACK_TIMER : 0;
	host.tp.rcv_nxt += bytes; /* the kernel queues the data first */
	ops->cwnd_event(host_sock(), ce ? CA_EVENT_ECN_IS_CE : CA_EVENT_ECN_NO_CE);
}

static void alpha_starts_at_one(void)
{
	CU_ASSERT_EQUAL(start(100)->alpha_q20, ALPHA_ONE);
}

static void alpha_decays_without_marks(void)
{
	struct dctcp *ca = start(100);

	for (u32 n = 1; n <= 44; n++) {
		window_acked(100, 0);
		CU_ASSERT(fabs(alpha(ca) - pow(15.0 / 16, n)) <= n / 1024.0);
		if (n == 10)
			CU_ASSERT(fabs(alpha(ca) - 0.524) < 0.001);
	}
	CU_ASSERT(fabs(alpha(ca) - 0.058) < 0.001);
}

static void alpha_goes_to_one_when_all_is_marked(void)
{
	struct dctcp *ca = start(100);

	ca->alpha_q20 = 0;
	for (u32 n = 0; n < 200; n++)
		window_acked(100, 100);
	CU_ASSERT(fabs(alpha(ca) - 1) < 0.001);
}

static void alpha_settles_at_the_fraction_marked(void)
{
	struct dctcp *ca = start(100);

	for (u32 n = 0; n < 200; n++)
		window_acked(100, 18);
	CU_ASSERT(fabs(alpha(ca) - 0.18) < 0.001);
}

static void alpha_changes_once_per_window(void)
{
	struct dctcp *ca = start(100);

	window_acked(100, 0);
	for (u32 i = 0; i < 99; i++) { /* the rest of the window */
		u32 before_it = ca->alpha_q20;

		host.tp.snd_una += HOST_MSS;
		host.tp.delivered++;
		ops->in_ack_event(host_sock(), 0);
		CU_ASSERT_EQUAL(ca->alpha_q20, before_it);
	}
	host.tp.snd_una += HOST_MSS;
	host.tp.delivered++;
	ops->in_ack_event(host_sock(), 0);
	CU_ASSERT(alpha(ca) < 0.9);
}

static void alpha_never_leaves_its_range(void)
{
	volatile u32 nothing = 0;

	for (u32 shift = 0; shift < 40; shift++) {
		CU_ASSERT(next_alpha(ALPHA_ONE, 1000, 1000, shift) <= ALPHA_ONE);
		CU_ASSERT(next_alpha(0, ~0U, 1, shift) <= ALPHA_ONE); /* more marked than delivered: counters out of step */
		CU_ASSERT_EQUAL(next_alpha(0, 5, nothing, shift), 0); /* nothing delivered: no division by zero */
	}
	CU_ASSERT_EQUAL(next_alpha(0, 2, 1, 4), ALPHA_ONE / 16);
	CU_ASSERT_EQUAL(next_alpha(ALPHA_ONE, 0, 1, 40), next_alpha(ALPHA_ONE, 0, 1, 10));
	CU_ASSERT_EQUAL(next_alpha(ALPHA_ONE, 1, 4, 0), ALPHA_ONE / 4); /* g = 1: the last window alone */
}

static void window_is_cut_by_half_of_alpha(void)
{
	static const u32 cases[][3] = {{1024, 100, 50}, {512, 100, 75}, {184, 1000, 911}, {0, 100, 100}, {1024, 3, 2}, {1024, 1, 2}};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(cases[i][1])->alpha_q20 = cases[i][0] << 10;
		CU_ASSERT_EQUAL(ops->ssthresh(host_sock()), cases[i][2]);
	}
}

static void loss_halves_whatever_alpha_is(void)
{
	start(100)->alpha_q20 = ALPHA_ONE / 8;
	host_loss(ops);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 50);
	start(100)->alpha_q20 = 0;
	host_timeout(ops);
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, 50);
}

static void staying_in_recovery_does_not_halve_again(void)
{
	start(100);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Recovery;
	host.tp.snd_ssthresh = 70;
	ops->set_state(host_sock(), TCP_CA_Recovery);
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, 70);
	ops->set_state(host_sock(), TCP_CA_Open);
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, 70);
}

static void first_mark_acks_the_old_state_at_once(void)
{
	start(100);
	receive(1000, false, false);
	receive(1000, false, true); /* one ACK is now being delayed */
	CU_ASSERT_EQUAL(host.acks_sent, 0);
	receive(1000, true, true);
	CU_ASSERT_EQUAL(host.acks_sent, 1);
	CU_ASSERT_EQUAL(host.last_ack_seq, 2000); /* all but the marked packet */
	CU_ASSERT_FALSE(host.last_ack_flags & TCP_ECN_DEMAND_CWR);
	CU_ASSERT(host.tp.ecn_flags & TCP_ECN_DEMAND_CWR);
	CU_ASSERT(inet_csk(host_sock())->icsk_ack.pending & ICSK_ACK_NOW);
}

static void end_of_marks_acks_the_old_state_at_once(void)
{
	start(100);
	receive(1000, true, false);
	receive(1000, true, true);
	host.tp.ecn_flags &= ~TCP_ECN_DEMAND_CWR; /* the sender's CWR came: the kernel stops echoing */
	receive(1000, false, true);
	CU_ASSERT_EQUAL(host.acks_sent, 1);
	CU_ASSERT(host.last_ack_flags & TCP_ECN_DEMAND_CWR);
	CU_ASSERT_FALSE(host.tp.ecn_flags & TCP_ECN_DEMAND_CWR);
	CU_ASSERT(inet_csk(host_sock())->icsk_ack.pending & ICSK_ACK_NOW);
}

static void same_state_leaves_acks_delayed(void)
{
	start(100);
	for (u32 i = 0; i < 10; i++) {
		receive(1000, false, true);
		CU_ASSERT_EQUAL(inet_csk(host_sock())->icsk_ack.pending, ICSK_ACK_TIMER);
	}
	CU_ASSERT_EQUAL(host.acks_sent, 0);
}

static void nothing_is_acked_twice(void)
{
	start(100);
	receive(1000, false, false);
	receive(1000, true, false); /* the packet before has been ACKed: no second ACK for it */
	CU_ASSERT_EQUAL(host.acks_sent, 0);
	CU_ASSERT(inet_csk(host_sock())->icsk_ack.pending & ICSK_ACK_NOW);
}

static void without_ecn_it_is_reno(void)
{
	struct dctcp *ca;

	host_start(ops, 100); /* state 0 is neither CLOSE nor LISTEN */
	ca = cc_state(host_sock());
	CU_ASSERT_FALSE(ca->ecn);
	ca->alpha_q20 = 0;
	CU_ASSERT_EQUAL(ops->ssthresh(host_sock()), 50);
	receive(1000, true, true);
	CU_ASSERT_EQUAL(host.acks_sent, 0);
	CU_ASSERT_EQUAL(host.tp.ecn_flags, 0);
}

static void listening_socket_does_not_fall_back(void)
{
	static const struct { u8 state; bool ecn; } cases[] = {{TCP_LISTEN, true}, {TCP_CLOSE, true}, {1, false}};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_start(ops, 10);
		host_sock()->__sk_common.skc_state = cases[i].state;
		ops->init(host_sock());
		CU_ASSERT_EQUAL(cc_state(host_sock())->ecn, cases[i].ecn);
	}
}

static void unused_window_does_not_grow(void)
{
	start(100);
	host.tp.snd_ssthresh = 50;
	host.tp.is_cwnd_limited = false;
	ops->cong_avoid(host_sock(), 0, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 100);
}

static void initial_alpha_out_of_range_is_capped(void)
{
	alpha_on_init = ~0U;
	CU_ASSERT_EQUAL(start(10)->alpha_q20, ALPHA_ONE);
	alpha_on_init = 0;
	CU_ASSERT_EQUAL(start(10)->alpha_q20, 0);
	alpha_on_init = 1024;
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(alpha_starts_at_one), TEST(alpha_decays_without_marks), TEST(alpha_goes_to_one_when_all_is_marked),
		TEST(alpha_settles_at_the_fraction_marked), TEST(alpha_changes_once_per_window),
		TEST(alpha_never_leaves_its_range), TEST(window_is_cut_by_half_of_alpha),
		TEST(loss_halves_whatever_alpha_is), TEST(staying_in_recovery_does_not_halve_again),
		TEST(first_mark_acks_the_old_state_at_once), TEST(end_of_marks_acks_the_old_state_at_once),
		TEST(same_state_leaves_acks_delayed), TEST(nothing_is_acked_twice), TEST(without_ecn_it_is_reno),
		TEST(listening_socket_does_not_fall_back), TEST(unused_window_does_not_grow),
		TEST(initial_alpha_out_of_range_is_capped), CU_TEST_INFO_NULL,
	};

	return unit_run("dctcp", tests);
}
