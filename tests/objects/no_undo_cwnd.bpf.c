// SPDX-License-Identifier: GPL-2.0-only
/* Without one of the operations the kernel demands. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
LICENSE("GPL");
STRUCT(no_undo_cwnd) = {.ssthresh = minimal_ssthresh, .cong_avoid = minimal_cong_avoid, .name = "t_no_undo"};
