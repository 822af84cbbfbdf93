// SPDX-License-Identifier: GPL-2.0-only
/* A name with a hyphen. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(hyphen) = {.ssthresh = minimal_ssthresh, .cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd, .name = "t-hyphen"};
