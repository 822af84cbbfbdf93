// SPDX-License-Identifier: GPL-2.0-only
/* Calls a function that is not there. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

static void (*volatile nothing)(void);

void CC_OP(jump_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	nothing();
	tcp_sk(sk)->snd_cwnd++;
}

REGISTER(jump, .cong_avoid = jump_cong_avoid);
