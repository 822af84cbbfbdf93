// SPDX-License-Identifier: GPL-2.0-only
/* Neither cong_avoid nor cong_control. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(no_growth) = {.ssthresh = minimal_ssthresh, .undo_cwnd = minimal_undo_cwnd, .name = "t_no_growth"};
