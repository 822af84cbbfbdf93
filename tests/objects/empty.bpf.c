// SPDX-License-Identifier: GPL-2.0-only
/* Operations that do nothing: what calling into BPF costs by itself. cwnd stays at its initial value. */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(empty, .title = "Does nothing", .reference = "none", .status = CC_EXPERIMENTAL);

u32 CC_OP(empty_ssthresh, struct sock *sk)
{
	return tcp_sk(sk)->snd_cwnd;
}

void CC_OP(empty_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
}

void CC_OP(empty_in_ack_event, struct sock *sk, u32 flags)
{
}

void CC_OP(empty_pkts_acked, struct sock *sk, const struct ack_sample *sample)
{
}

u32 CC_OP(empty_undo_cwnd, struct sock *sk)
{
	return tcp_sk(sk)->snd_cwnd;
}

CC_REGISTER(empty, .ssthresh = empty_ssthresh, .cong_avoid = empty_cong_avoid, .in_ack_event = empty_in_ack_event,
	    .pkts_acked = empty_pkts_acked, .undo_cwnd = empty_undo_cwnd);
