// SPDX-License-Identifier: GPL-2.0-only
/* Divides by zero in a function that cong_avoid calls. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

static volatile u32 zero;

static __attribute__((noinline)) u32 share(u32 cwnd)
{
	return cwnd / zero; /* line 12 */
}

void CC_OP(div_zero_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->snd_cwnd = share(tcp_sk(sk)->snd_cwnd);
}

REGISTER(div_zero, .cong_avoid = div_zero_cong_avoid);
