// SPDX-License-Identifier: GPL-2.0-only
/* Without one of the operations the kernel demands. */
#include "minimal.h"

MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(no_ssthresh) = {.cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd, .name = "t_no_ssthresh"};
