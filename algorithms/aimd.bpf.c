// SPDX-License-Identifier: GPL-2.0-only
/*
 * AIMD with a chosen increase and decrease: the file to copy for an algorithm of your own.
 *
 *   per window ACKed   cwnd += alpha           (additive increase)
 *   on loss            cwnd  = beta * cwnd     (multiplicative decrease)
 *
 * References: Chiu and Jain 1989, "Analysis of the increase and decrease algorithms"; RFC 5681, 3.1 for slow start.
 * Differences: 1. the decrease is of cwnd, not of the flight size (as Linux Reno does).
 * Status: tested.
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(aimd, .title = "AIMD with chosen alpha and beta", .reference = "Chiu and Jain 1989; RFC 5681",
	     .status = CC_TESTED);

CC_TUNABLE(u32, alpha, 1, 1, 100, "pkts", "next ack", "additive increase per window");
CC_TUNABLE(u32, beta, 512, 1, 1023, "1/1024", "next loss", "what is left of the window after a loss");

#define MIN_CWND 2 /* pkts, RFC 5681 equation 4 */

static u32 after_loss(u32 cwnd, u32 beta_q10)
{
	return cc_max((u32)((u64)cwnd * beta_q10 >> 10), MIN_CWND);
}

u32 CC_OP(aimd_ssthresh, struct sock *sk)
{
	return after_loss(tcp_sk(sk)->snd_cwnd, beta);
}

void CC_OP(aimd_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!cc_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp))
		acked = cc_slow_start(tp, acked);
	if (acked)
		cc_cong_avoid_ai(tp, tp->snd_cwnd, acked * alpha);
}

u32 CC_OP(aimd_undo_cwnd, struct sock *sk)
{
	return cc_undo_cwnd(sk);
}

CC_REGISTER(aimd, .ssthresh = aimd_ssthresh, .cong_avoid = aimd_cong_avoid, .undo_cwnd = aimd_undo_cwnd);
