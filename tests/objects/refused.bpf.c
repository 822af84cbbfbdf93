// SPDX-License-Identifier: GPL-2.0-only
/* Writes what the verifier does not let it write: line 12. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

void CC_OP(refused_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->srtt_us = ack;
}

LICENSE("GPL");
STRUCT(refused) = {.ssthresh = minimal_ssthresh,
		   .cong_avoid = refused_cong_avoid,
		   .undo_cwnd = minimal_undo_cwnd,
		   .name = "t_refused"};
