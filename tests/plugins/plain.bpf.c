// SPDX-License-Identifier: GPL-2.0-only
/* Nothing wrong with it, nothing to it. */
#include "minimal_native.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
MINIMAL_CONG_AVOID

REGISTER(plain, .cong_avoid = minimal_cong_avoid);
