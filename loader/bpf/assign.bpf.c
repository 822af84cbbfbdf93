// SPDX-License-Identifier: GPL-2.0-only
/*
 * A standing rule: each new connection of a cgroup2 and its children, in both directions, gets one algorithm; only those of one
 * port if the rule names one.
 *
 * The kernel runs the programs of a socket's own cgroup before those of its parents, all with one context. Whoever acts first says so
 * in `reply`, and the others leave it at that: the closest cgroup wins, and in one cgroup the oldest rule.
 *
 * The algorithm is given when the connection is established, so that its init() sees a measured RTT, and not when the SYN is sent: the
 * kernel then still lets a route's congctl replace an initialised algorithm without release() and init(). What ECN needs before is
 * answered when the kernel asks.
 */
#include "sock.h"

#include <bpf/bpf_endian.h>

#include "assign.h"

enum { /* linux/bpf.h */
	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4,
	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 5,
	BPF_SOCK_OPS_NEEDS_ECN = 6,
};

#define GIVEN 0x63635f67 /* in `reply`, which the kernel ignores for these two operations */
enum { ECN_YES = 1, ECN_NO = 2 }; /* everything but 1 means no to it; 0: nobody has answered yet */

/* linux/bpf.h, as far as it is used */
struct bpf_sock_ops {
	u32 op;
	u32 reply;
	u32 args[3];
	u32 family;
	u32 remote_ip4, local_ip4;
	u32 remote_ip6[4], local_ip6[4];
	u32 remote_port; /* network byte order, in the upper half of a big-endian word */
	u32 local_port;  /* host byte order */
};

const volatile struct assign_rule rule = {};

SEC("sockops")
int assign(struct bpf_sock_ops *ops)
{
	u32 op = ops->op;

	if (op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB && op != BPF_SOCK_OPS_NEEDS_ECN)
		return 1;
	if (rule.port && rule.port != ops->local_port && rule.port != bpf_ntohl(ops->remote_port))
		return 1;
	if (op == BPF_SOCK_OPS_NEEDS_ECN) {
		if (!ops->reply)
			ops->reply = rule.needs_ecn ? ECN_YES : ECN_NO;
	} else if (ops->reply != GIVEN) {
		/* fails if the route locks its own, or if the algorithm is not registered any more: then a parent's rule may try */
		if (!bpf_setsockopt(ops, SOL_TCP, TCP_CONGESTION, (void *)rule.name, sizeof(rule.name)))
			ops->reply = GIVEN;
	}
	return 1;
}

char _license[] SEC("license") = "GPL";
