// SPDX-License-Identifier: GPL-2.0-only
/* Two algorithms in one object, of the same programs: their flags differ. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(one) = {.ssthresh = minimal_ssthresh, .cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd, .name = "t_one"};
STRUCT(two) = {.ssthresh = minimal_ssthresh,
	       .cong_avoid = minimal_cong_avoid,
	       .undo_cwnd = minimal_undo_cwnd,
	       .flags = TCP_CONG_NON_RESTRICTED,
	       .name = "t_two"};
