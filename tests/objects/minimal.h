/* SPDX-License-Identifier: GPL-2.0-only */
/* minimal.h - the least an algorithm can be, for the fixtures here; each of them is wrong (or foreign) in one way. */
#ifndef TESTS_MINIMAL_H
#define TESTS_MINIMAL_H

#include <congctl/cc.bpf.h>

#define MINIMAL_SSTHRESH                                                                                               \
	u32 CC_OP(minimal_ssthresh, struct sock *sk)                                                                   \
	{                                                                                                              \
		return cc_max(tcp_sk(sk)->snd_cwnd / 2, 2U);                                                           \
	}
#define MINIMAL_CONG_AVOID                                                                                             \
	void CC_OP(minimal_cong_avoid, struct sock *sk, u32 ack, u32 acked)                                            \
	{                                                                                                              \
		cc_cong_avoid_ai(tcp_sk(sk), tcp_sk(sk)->snd_cwnd, acked);                                             \
	}
#define MINIMAL_UNDO_CWND                                                                                              \
	u32 CC_OP(minimal_undo_cwnd, struct sock *sk)                                                                  \
	{                                                                                                              \
		return cc_undo_cwnd(sk);                                                                               \
	}
#define LICENSE(text) char _license[] SEC("license") = text
#define STRUCT(variable) SEC(".struct_ops") struct tcp_congestion_ops variable

#endif
