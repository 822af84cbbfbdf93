// SPDX-License-Identifier: GPL-2.0-only
/* Does a record of a move speak of any socket still? A byte for each. */
#include "sock.h"

SEC("iter/bpf_sk_storage_map")
int left(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	if (ctx->sk)
		bpf_seq_write(ctx->meta->seq, "", 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
