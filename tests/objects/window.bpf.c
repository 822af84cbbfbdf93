// SPDX-License-Identifier: GPL-2.0-only
/* The congestion window is what the tunable says, from the next ACK on: whether a change arrives can be seen from outside. */
#include "minimal.h"

CC_ALGORITHM(window, .title = "A window by hand", .status = CC_EXPERIMENTAL);
CC_TUNABLE(u32, window, 10, 2, 1000, "pkts", "next ack", "the congestion window");
CC_TUNABLE(u32, share, 1024, 1, 1024, "1/1024", "next ack", "how much of it is used");

void CC_OP(window_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->snd_cwnd = cc_max(window * share >> 10, 2U);
}

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(window_ops) = {.ssthresh = minimal_ssthresh,
		      .cong_avoid = window_cong_avoid,
		      .undo_cwnd = minimal_undo_cwnd,
		      .name = "t_window"};
