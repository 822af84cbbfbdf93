// SPDX-License-Identifier: GPL-2.0-only
/* A build the verifier does not take: line 9. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
void CC_OP(build_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->srtt_us = ack;
}
LICENSE("GPL");
STRUCT(build) = {.ssthresh = minimal_ssthresh,
		 .cong_avoid = build_cong_avoid,
		 .undo_cwnd = minimal_undo_cwnd,
		 .name = "t_build"};
