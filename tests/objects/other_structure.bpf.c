// SPDX-License-Identifier: GPL-2.0-only
/* A struct_ops object of another kind. */
#include "minimal.h"

struct frob_ops {
	u32 (*frob)(unsigned long long *ctx);
};

MINIMAL_SSTHRESH
LICENSE("GPL");
SEC(".struct_ops") struct frob_ops other = {.frob = minimal_ssthresh};
