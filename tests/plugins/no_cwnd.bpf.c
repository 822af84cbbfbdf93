// SPDX-License-Identifier: GPL-2.0-only
/* Leaves a window of nothing. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

void CC_OP(no_cwnd_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->snd_cwnd = 0;
}

REGISTER(no_cwnd, .cong_avoid = no_cwnd_cong_avoid);
