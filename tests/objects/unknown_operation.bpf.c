// SPDX-License-Identifier: GPL-2.0-only
/* An operation no kernel has. */
#define tcp_congestion_ops kernel_congestion_ops /* make room for our own */
#include "minimal.h"
#undef tcp_congestion_ops

struct tcp_congestion_ops {
	u32 (*ssthresh)(unsigned long long *ctx);
	void (*cong_avoid)(unsigned long long *ctx);
	u32 (*undo_cwnd)(unsigned long long *ctx);
	void (*teleport)(unsigned long long *ctx);
	char name[16];
};

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND

void CC_OP(unknown_teleport, struct sock *sk)
{
}

LICENSE("GPL");
STRUCT(unknown) = {.ssthresh = minimal_ssthresh,
		   .cong_avoid = minimal_cong_avoid,
		   .undo_cwnd = minimal_undo_cwnd,
		   .teleport = unknown_teleport,
		   .name = "t_teleport"};
