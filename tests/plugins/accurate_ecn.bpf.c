// SPDX-License-Identifier: GPL-2.0-only
/* Wants accurate feedback of marks, as L4S does, and halves for them all the same. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
MINIMAL_CONG_AVOID

REGISTER(accurate_ecn, .cong_avoid = minimal_cong_avoid, .flags = TCP_CONG_NEEDS_ECN | TCP_CONG_NEEDS_ACCECN);
