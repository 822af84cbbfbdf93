// SPDX-License-Identifier: GPL-2.0-only
/* Reads one element beyond a table: told in a build with SANITIZE=1. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

static u32 gains[4] = {1, 2, 3, 4};

void CC_OP(overrun_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	volatile u32 last = 4;

	tcp_sk(sk)->snd_cwnd += gains[last]; /* line 14 */
}

REGISTER(overrun, .cong_avoid = overrun_cong_avoid);
