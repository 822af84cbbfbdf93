// SPDX-License-Identifier: GPL-2.0-only
/* Under a license the kernel does not take. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("Proprietary");
STRUCT(proprietary) = {.ssthresh = minimal_ssthresh,
		       .cong_avoid = minimal_cong_avoid,
		       .undo_cwnd = minimal_undo_cwnd,
		       .name = "t_proprietary"};
