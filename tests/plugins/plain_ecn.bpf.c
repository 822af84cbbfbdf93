// SPDX-License-Identifier: GPL-2.0-only
/* Wants ECN and leaves the echo as RFC 3168 has it. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
MINIMAL_CONG_AVOID

REGISTER(plain_ecn, .cong_avoid = minimal_cong_avoid, .flags = TCP_CONG_NEEDS_ECN);
