// SPDX-License-Identifier: GPL-2.0-only
/* Has a library function read where there is no memory. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

static const char *volatile nowhere = (const char *)0x10;

void CC_OP(wild_libc_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	tcp_sk(sk)->snd_cwnd += strlen(nowhere); /* line 12 */
}

REGISTER(wild_libc, .cong_avoid = wild_libc_cong_avoid);
