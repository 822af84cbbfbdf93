// SPDX-License-Identifier: GPL-2.0-only
/* A tunable whose initial value is outside its own range. */
#include "minimal.h"

CC_TUNABLE(u32, gain, 7, 1, 5, "", "next ack", "out of its own range");

u32 CC_OP(malformed_ssthresh, struct sock *sk)
{
	return gain;
}

MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(malformed) = {.ssthresh = malformed_ssthresh,
		     .cong_avoid = minimal_cong_avoid,
		     .undo_cwnd = minimal_undo_cwnd,
		     .name = "t_malformed"};
