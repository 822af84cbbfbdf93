// SPDX-License-Identifier: GPL-2.0-only
/* Somebody else's: the newer section name, no word about itself, a dot in its name. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("Dual BSD/GPL");
SEC(".struct_ops.link")
struct tcp_congestion_ops foreign = {.ssthresh = minimal_ssthresh,
				     .cong_avoid = minimal_cong_avoid,
				     .undo_cwnd = minimal_undo_cwnd,
				     .name = "t_for.eign"};
