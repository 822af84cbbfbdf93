// SPDX-License-Identifier: GPL-2.0-only
/* Calls a kernel function no kernel has, named as if DCTCP brought it. */
#include "minimal.h"

extern void dctcp_frobnicate(struct sock *sk) __ksym;

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

void CC_OP(function_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	dctcp_frobnicate(sk);
}

LICENSE("GPL");
STRUCT(no_function) = {.ssthresh = minimal_ssthresh,
		       .cong_avoid = function_cong_avoid,
		       .undo_cwnd = minimal_undo_cwnd,
		       .name = "t_no_function"};
