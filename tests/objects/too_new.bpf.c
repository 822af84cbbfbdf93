// SPDX-License-Identifier: GPL-2.0-only
/* Says that it needs a kernel to come, and does what this one refuses. */
#include "minimal.h"

CC_ALGORITHM(too_new, .title = "Of the future", .kernel = "99.1");

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

void CC_OP(too_new_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->srtt_us = ack;
}

LICENSE("GPL");
STRUCT(too_new) = {.ssthresh = minimal_ssthresh,
		   .cong_avoid = too_new_cong_avoid,
		   .undo_cwnd = minimal_undo_cwnd,
		   .name = "t_too_new"};
