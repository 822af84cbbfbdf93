// SPDX-License-Identifier: GPL-2.0-only
/* An algorithm in each of the two sections: libbpf takes both from 1.2 on. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(plain) = {.ssthresh = minimal_ssthresh, .cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd, .name = "t_plain"};
SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {.ssthresh = minimal_ssthresh,
				    .cong_avoid = minimal_cong_avoid,
				    .undo_cwnd = minimal_undo_cwnd,
				    .name = "t_linked"};
