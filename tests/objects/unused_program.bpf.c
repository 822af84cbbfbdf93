// SPDX-License-Identifier: GPL-2.0-only
/* One program more than the structure names. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND

void CC_OP(unused_init, struct sock *sk)
{
}

LICENSE("GPL");
STRUCT(unused) = {.ssthresh = minimal_ssthresh, .cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd, .name = "t_unused"};
