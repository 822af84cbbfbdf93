// SPDX-License-Identifier: GPL-2.0-only
/* Give live TCP sockets of a network namespace another algorithm, or another build of it; or count who has which. */
#include "sock.h"

#include <bpf/bpf_endian.h>

#include "migrate.h"

#define CGROUP_DEPTH_MAX 64
/* ops->owner of an algorithm in BPF: (0xeB9F << 2) + the architecture's poison; modules lie at even addresses of 8 */
#define BPF_OWNER_LOW (0xeB9FU << 2)

struct migrate_job job;

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct migrate_record);
} record SEC(".maps");

/* names are zero-filled to their end by all who write them */
static bool same_name(const char *a, const char *b)
{
	for (int i = 0; i < MIGRATE_NAME_MAX; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			break;
	}
	return true;
}

/* The struct_ops map around these operations; 0: the kernel's own. */
static u32 map_of(const struct tcp_congestion_ops *ops)
{
	const struct bpf_struct_ops_map *map;

	if ((u32)(u64)BPF_CORE_READ(ops, owner) != BPF_OWNER_LOW)
		return 0;
	map = (void *)ops - bpf_core_field_offset(struct bpf_struct_ops_map, kvalue) -
	      bpf_core_field_offset(struct bpf_struct_ops_value, data);
	return BPF_CORE_READ(map, map.id);
}

static bool in_cgroup(const struct sock *sk, u64 id)
{
	const struct cgroup *cgroup = BPF_CORE_READ(sk, sk_cgrp_data.cgroup);

	for (int i = 0; cgroup && i < CGROUP_DEPTH_MAX; i++) {
		if (BPF_CORE_READ(cgroup, kn, id) == id)
			return true;
		cgroup = (const struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	}
	return false;
}

static bool equal_bits(const u32 *a, const u32 *b, u32 bits)
{
	for (int i = 0; i < 4; i++) {
		if (bits < 32)
			return !bits || !((a[i] ^ b[i]) & bpf_htonl(~0U << (32 - bits)));
		if (a[i] != b[i])
			return false;
		bits -= 32;
	}
	return true;
}

/* An IPv6 socket with an IPv4 peer (::ffff:a.b.c.d) counts as both. */
static bool in_prefix(const struct sock *sk)
{
	struct in6_addr v6 = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);
	u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	u32 v4[4] = {BPF_CORE_READ(sk, __sk_common.skc_daddr)};

	if (job.orders.family == AF_INET6)
		return family == AF_INET6 && equal_bits(v6.in6_u.u6_addr32, job.orders.address, job.orders.bits);
	if (family == AF_INET6) {
		if (v6.in6_u.u6_addr32[0] || v6.in6_u.u6_addr32[1] || v6.in6_u.u6_addr32[2] != bpf_htonl(0xffff))
			return false;
		v4[0] = v6.in6_u.u6_addr32[3];
	}
	return equal_bits(v4, job.orders.address, job.orders.bits < 32 ? job.orders.bits : 32);
}

static int give(struct tcp_sock *tp, const char *name)
{
	int ret = bpf_setsockopt(tp, SOL_TCP, TCP_CONGESTION, (void *)name, MIGRATE_NAME_MAX);

	if (!ret) {
		job.outcome.moved++;
	} else {
		job.outcome.unmoved++;
		job.outcome.reasons[-ret & (MIGRATE_REASONS - 1)]++;
	}
	return ret;
}

static void undo(struct tcp_sock *tp, const char *has)
{
	struct migrate_record *r = bpf_sk_storage_get(&record, tp, NULL, 0);
	char name[MIGRATE_NAME_MAX];

	if (!r || !same_name(r->to, has))
		return;
	job.outcome.meant++;
	__builtin_memcpy(name, r->from, sizeof(name));
	if (!give(tp, name))
		bpf_sk_storage_delete(&record, tp);
}

static void move(struct tcp_sock *tp, const char *has)
{
	struct migrate_record *r = NULL, fresh = {};

	if (job.orders.record) {
		__builtin_memcpy(fresh.from, has, sizeof(fresh.from));
		__builtin_memcpy(fresh.to, job.orders.to, sizeof(fresh.to));
		r = bpf_sk_storage_get(&record, tp, &fresh, BPF_SK_STORAGE_GET_F_CREATE);
	}
	if (give(tp, job.orders.to) && r)
		bpf_sk_storage_delete(&record, tp);
}

SEC("iter/tcp")
int migrate(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	const struct tcp_congestion_ops *ops;
	char has[MIGRATE_NAME_MAX] = {};
	struct tcp_sock *tp;
	u32 map;

	if (!common)
		return 0;
	tp = bpf_skc_to_tcp_sock(common);
	if (!tp) /* TIME_WAIT or a request: these have no algorithm */
		return 0;
	ops = BPF_CORE_READ(tp, inet_conn.icsk_ca_ops);
	if (bpf_probe_read_kernel_str(has, sizeof(has), ops->name) < 0)
		return 0;
	if (job.orders.cgroup && !in_cgroup((struct sock *)tp, job.orders.cgroup))
		return 0;
	if (job.orders.family && !in_prefix((struct sock *)tp))
		return 0;
	if (job.orders.undo) {
		undo(tp, has);
		return 0;
	}
	if (job.orders.from[0] && !same_name(has, job.orders.from))
		return 0;
	map = job.orders.only_map || job.orders.not_map ? map_of(ops) : 0;
	if ((job.orders.only_map && map != job.orders.only_map) || (job.orders.not_map && map == job.orders.not_map))
		return 0;
	job.outcome.meant++;
	if (job.orders.to[0])
		move(tp, has);
	return 0;
}

char _license[] SEC("license") = "GPL";
