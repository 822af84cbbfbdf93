// SPDX-License-Identifier: GPL-2.0-only
/* Writes where there is no memory. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

static volatile u32 *volatile nowhere = (volatile u32 *)0x10;

void CC_OP(wild_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	*nowhere = acked; /* line 12 */
}

REGISTER(wild, .cong_avoid = wild_cong_avoid);
