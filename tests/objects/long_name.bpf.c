// SPDX-License-Identifier: GPL-2.0-only
/* A name of 16 characters: C lets it fill name[16] without an end. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(long_name) = {.ssthresh = minimal_ssthresh,
		     .cong_avoid = minimal_cong_avoid,
		     .undo_cwnd = minimal_undo_cwnd,
		     .name = "t_sixteen_chars_"};
