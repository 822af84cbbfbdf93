// SPDX-License-Identifier: GPL-2.0-only
/* Says all there is to say about itself, tunables of every type among it. */
#include "minimal.h"

CC_ALGORITHM(good, .title = "A \"good\" one, with a comma and "
			    "two literals",
	     .reference = "RFC 5681, 3.1", .status = CC_TESTED, .needs = CC_NEEDS_ECN | CC_NEEDS_PACING, .kernel = "5.15");
CC_TUNABLE(u8, tiny, 3, 0, 255, "", "next ack", "one byte");
CC_TUNABLE(u16, small, 300, 1, 65535, "pkts", "next loss", "two bytes: with a colon");
CC_TUNABLE(u32, middle, 70000, 70000, 4294967295, "us", "next round", "four bytes");
CC_TUNABLE(u64, large, 5000000000, 0, 18446744073709551615, "bit/s", "new connections", "eight bytes");

u32 CC_OP(good_ssthresh, struct sock *sk)
{
	return cc_max(tcp_sk(sk)->snd_cwnd / 2, (u32)tiny);
}

MINIMAL_CONG_AVOID
MINIMAL_UNDO_CWND
LICENSE("GPL");
STRUCT(good) = {.ssthresh = good_ssthresh,
		.cong_avoid = minimal_cong_avoid,
		.undo_cwnd = minimal_undo_cwnd,
		.flags = TCP_CONG_NON_RESTRICTED,
		.name = "t_good"};
