/* SPDX-License-Identifier: GPL-2.0-only */
/* build.h - several builds of one algorithm; each starts a connection with a window of its own, by which it is known. */
#ifndef TESTS_BUILD_H
#define TESTS_BUILD_H

#include "minimal.h"

/* `floor`: of ssthresh, from tunables: only those that a program reads reach the kernel */
#define BUILD(window, floor)                                                                                           \
	u32 CC_OP(build_ssthresh, struct sock *sk)                                                                     \
	{                                                                                                              \
		return cc_max(tcp_sk(sk)->snd_cwnd / 2, (u32)(floor));                                                 \
	}                                                                                                              \
	MINIMAL_CONG_AVOID                                                                                             \
	MINIMAL_UNDO_CWND                                                                                              \
	void CC_OP(build_init, struct sock *sk)                                                                        \
	{                                                                                                              \
		tcp_sk(sk)->snd_cwnd = window;                                                                         \
	}                                                                                                              \
	LICENSE("GPL");                                                                                                \
	STRUCT(build) = {.init = build_init,                                                                           \
			 .ssthresh = build_ssthresh,                                                                   \
			 .cong_avoid = minimal_cong_avoid,                                                             \
			 .undo_cwnd = minimal_undo_cwnd,                                                               \
			 .flags = TCP_CONG_NON_RESTRICTED,                                                             \
			 .name = "t_build"}

#endif
