// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody else's, with the tags but without the macros: tunables in every section libbpf makes a map of, variables beside them
 * that change while it runs, all programs in one section.
 */
#include "minimal.h"

#define TUNABLE(initial, range, unit) CC_TAG("cc:tunable:" initial ":" range ":" unit ":next ack:somewhere")
#undef CC_OP
#define CC_OP(name, ...) SEC("struct_ops") BPF_PROG(name, __VA_ARGS__)

TUNABLE("5", "2:1000", "pkts") volatile u32 in_data = 5;
volatile u64 acks_in_data = 1;
TUNABLE("0", "0:1", "bool") volatile u8 in_bss;
volatile u64 acks_in_bss;
TUNABLE("30", "1:100", "%") const volatile u16 in_rodata = 30;

void CC_OP(scattered_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	acks_in_data++;
	acks_in_bss++;
	tcp_sk(sk)->snd_cwnd = in_bss ? in_data : in_rodata;
}

MINIMAL_SSTHRESH
MINIMAL_UNDO_CWND
LICENSE("Dual MIT/GPL");
SEC(".struct_ops.link")
struct tcp_congestion_ops scattered = {.ssthresh = minimal_ssthresh,
				       .cong_avoid = scattered_cong_avoid,
				       .undo_cwnd = minimal_undo_cwnd,
				       .name = "t_scattered"};
