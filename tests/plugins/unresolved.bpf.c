// SPDX-License-Identifier: GPL-2.0-only
/* Calls what the simulator does not have. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

void no_such_function(struct sock *sk);

void CC_OP(unresolved_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	no_such_function(sk);
}

REGISTER(unresolved, .cong_avoid = unresolved_cong_avoid);
