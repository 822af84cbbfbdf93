// SPDX-License-Identifier: GPL-2.0-only
/*
 * DCTCP: cut the window in proportion to how many packets carried a congestion mark, not by half for any.
 *
 *   M      = packets ACKed that carried CE / packets ACKed, per window
 *   alpha  = (1 - g) alpha + g M,   g = 1/16
 *   on ECN echo, once per window   cwnd = cwnd (1 - alpha / 2)
 *   on loss                        cwnd = cwnd / 2; growth is Reno's
 *
 * The receiver tells the sender exactly which packets were marked, although it delays ACKs (RFC 8257 3.2):
 *
 *                 CE packet: ACK what came before with ECE = 0, at once
 *          ┌────────────────────────────────────────────────────────────┐
 *     ┌────┴───┐                                                    ┌───▼────┐
 *     │ CE = 0 │ an ACK per m packets, ECE = 0                      │ CE = 1 │ an ACK per m packets, ECE = 1
 *     └────▲───┘                                                    └───┬────┘
 *          └────────────────────────────────────────────────────────────┘
 *                 unmarked packet: ACK what came before with ECE = 1, at once
 *
 * References: RFC 8257 3.2 (receiver), 3.3 (alpha, reduction), 3.5 (loss), 4.2 (initial alpha), 4.3 (g); Alizadeh et al.,
 * "Data Center TCP (DCTCP)", SIGCOMM 2010.
 * Differences: 1. packets are counted, not bytes (3.3): the kernel counts `delivered` and `delivered_ce` in packets.
 *              2. alpha has 20 fraction bits, so that it can fall to 0.002 % (Linux has 10).
 *              3. the ACK of a state change is sent only if one was being delayed; what is ACKed already is not ACKed twice,
 *                 which the sender would take for a sign of loss.
 *              4. without ECN (not negotiated, or chosen on a running connection) it is Reno. The packets still carry ECT then:
 *                 an algorithm cannot clear it.
 * Tunables: gain_shift, alpha_on_init.
 * Status: tested. Needs ECN on both ends and a queue that marks.
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(dctcp, .title = "Data Center TCP", .reference = "RFC 8257; SIGCOMM 2010", .status = CC_TESTED,
	     .needs = CC_NEEDS_ECN);

CC_TUNABLE(u32, gain_shift, 4, 0, 10, "bits", "next window", "g = 2^-gain_shift, the weight of the newest window in alpha");
CC_TUNABLE(u32, alpha_on_init, 1024, 0, 1024, "1/1024", "new connections", "alpha before the first window");

#define MIN_SSTHRESH 2	      /* pkts, RFC 5681 equation 4 */
#define ALPHA_ONE (1U << 20)  /* alpha is in 1/2^20 */

struct dctcp {
	u32 alpha_q20;	      /* fraction of marked packets, averaged */
	u32 window_end;	      /* sequence number: alpha is updated when this is ACKed */
	u32 delivered;	      /* packets delivered and marked up to the start of this window */
	u32 delivered_ce;
	u32 prior_rcv_nxt;    /* receiver: what had come when the latest packet had */
	u8 ce;		      /* receiver: did the latest packet carry CE? */
	u8 ecn;		      /* was ECN negotiated? If not this is Reno */
};
CC_STATE(struct dctcp);

/* alpha = (1 - g) alpha + g M (RFC 8257 3.3, step 6) */
static u32 next_alpha(u32 alpha_q20, u32 marked, u32 delivered, u32 shift)
{
	u32 m_q20 = delivered ? ((u64)cc_min(marked, delivered) << 20) / delivered : 0;

	shift = cc_min(shift, 10);
	return cc_min(alpha_q20 - (alpha_q20 >> shift) + (m_q20 >> shift), ALPHA_ONE);
}

/* cwnd (1 - alpha / 2) (RFC 8257 3.3, step 9) */
static u32 after_marks(u32 cwnd, u32 alpha_q20)
{
	return cc_max(cwnd - (u32)((u64)cwnd * alpha_q20 >> 21), MIN_SSTHRESH);
}

/* half, as Reno (RFC 8257 3.5) */
static u32 after_loss(u32 cwnd)
{
	return cc_max(cwnd >> 1, MIN_SSTHRESH);
}

static void start_window(const struct tcp_sock *tp, struct dctcp *ca)
{
	ca->window_end = tp->snd_nxt;
	ca->delivered = tp->delivered;
	ca->delivered_ce = tp->delivered_ce;
}

/* what the next ACK will echo */
static void set_echo(struct tcp_sock *tp, bool ce)
{
	if (ce)
		tp->ecn_flags |= TCP_ECN_DEMAND_CWR;
	else
		tp->ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
}

/* receiver: a data packet came in, with or without CE (RFC 8257 3.2, figure 1) */
static void packet_received(struct sock *sk, struct dctcp *ca, bool ce)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u8 pending = inet_csk(sk)->icsk_ack.pending;

	if (ca->ce != ce) {
		if (pending & ICSK_ACK_TIMER) { /* the packets before this one, with their own state */
			set_echo(tp, ca->ce);
			cc_send_ack(sk, ca->prior_rcv_nxt);
		}
		inet_csk(sk)->icsk_ack.pending |= ICSK_ACK_NOW;
	}
	ca->prior_rcv_nxt = tp->rcv_nxt;
	ca->ce = ce;
	set_echo(tp, ce);
}

/* called for an ECN echo (at most once per window: the kernel is in CWR until the window is ACKed) and for a loss */
u32 CC_OP(dctcp_ssthresh, struct sock *sk)
{
	const struct dctcp *ca = cc_state(sk);
	u32 cwnd = tcp_sk(sk)->snd_cwnd;

	return ca->ecn ? after_marks(cwnd, ca->alpha_q20) : after_loss(cwnd);
}

void CC_OP(dctcp_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!cc_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = cc_slow_start(tp, acked);
		if (!acked)
			return;
	}
	cc_cong_avoid_ai(tp, cc_max(tp->snd_cwnd, 1), acked);
}

/* ssthresh() cannot know that it is asked because of a loss; what it said is corrected here */
void CC_OP(dctcp_set_state, struct sock *sk, u8 new_state)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (new_state == TCP_CA_Recovery && cc_ca_state(sk) != TCP_CA_Recovery)
		tp->snd_ssthresh = after_loss(tp->snd_cwnd);
}

void CC_OP(dctcp_cwnd_event, struct sock *sk, enum tcp_ca_event event)
{
	struct dctcp *ca = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (event == CA_EVENT_LOSS)
		tp->snd_ssthresh = after_loss(tp->snd_cwnd);
	else if (ca->ecn && (event == CA_EVENT_ECN_IS_CE || event == CA_EVENT_ECN_NO_CE))
		packet_received(sk, ca, event == CA_EVENT_ECN_IS_CE);
}

void CC_OP(dctcp_in_ack_event, struct sock *sk, u32 flags)
{
	struct dctcp *ca = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (before(tp->snd_una, ca->window_end))
		return;
	ca->alpha_q20 = next_alpha(ca->alpha_q20, tp->delivered_ce - ca->delivered_ce, tp->delivered - ca->delivered, gain_shift);
	start_window(tp, ca);
}

u32 CC_OP(dctcp_undo_cwnd, struct sock *sk)
{
	return cc_undo_cwnd(sk);
}

void CC_OP(dctcp_init, struct sock *sk)
{
	struct dctcp *ca = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u8 state = sk->__sk_common.skc_state;

	/* before a connection there is nothing negotiated yet: the handshake will be, or init comes again */
	ca->ecn = (tp->ecn_flags & TCP_ECN_OK) || state == TCP_LISTEN || state == TCP_CLOSE;
	ca->alpha_q20 = cc_min(alpha_on_init, 1024) << 10;
	ca->prior_rcv_nxt = tp->rcv_nxt;
	ca->ce = 0;
	start_window(tp, ca);
}

CC_REGISTER(dctcp, .ssthresh = dctcp_ssthresh, .cong_avoid = dctcp_cong_avoid, .set_state = dctcp_set_state,
	    .cwnd_event = dctcp_cwnd_event, .in_ack_event = dctcp_in_ack_event, .undo_cwnd = dctcp_undo_cwnd,
	    .init = dctcp_init, .flags = TCP_CONG_NEEDS_ECN);
