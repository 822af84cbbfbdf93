// SPDX-License-Identifier: GPL-2.0-only
/* A tunable of every type, each of another unit; ssthresh gives their sum. */
#include "minimal_native.h"

MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND

CC_ALGORITHM(tunables, .title = "for tests");
CC_TUNABLE(u8, tiny, 3, 0, 255, "%", "next loss", "one byte");
CC_TUNABLE(u16, small, 300, 1, 65535, "1/1024", "next loss", "two bytes");
CC_TUNABLE(u32, middle, 70000, 70000, 4294967295, "us", "next loss", "four bytes");
CC_TUNABLE(u64, large, 5000000000, 0, 18446744073709551615ULL, "bit/s", "next loss", "eight bytes");

u32 CC_OP(tunables_ssthresh, struct sock *sk)
{
	return tiny + small + middle + (u32)(large >> 32);
}

CC_REGISTER(tunables, .ssthresh = tunables_ssthresh, .cong_avoid = minimal_cong_avoid, .undo_cwnd = minimal_undo_cwnd);
