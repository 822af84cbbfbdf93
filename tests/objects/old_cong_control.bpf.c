// SPDX-License-Identifier: GPL-2.0-only
/* cong_control as it was before 6.10: line 11 reads the rate sample from the second argument. */
#include "minimal.h"

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND

SEC("struct_ops/old_cong_control")
void BPF_PROG(old_cong_control, struct sock *sk, const struct rate_sample *rs)
{
	if (rs->delivered > 0)
		tcp_sk(sk)->snd_cwnd = rs->delivered;
}

LICENSE("GPL");
STRUCT(old_control) = {.ssthresh = minimal_ssthresh,
		       .cong_control = old_cong_control,
		       .undo_cwnd = minimal_undo_cwnd,
		       .name = "t_old_control"};
