/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - what the running kernel is: its BTF, the layout of a struct_ops map's value, this process's privileges.
 * Also the few constants of struct_ops links that older headers lack. Private.
 */
#ifndef CONGCTL_KERNEL_SIDE_H
#define CONGCTL_KERNEL_SIDE_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

#define KERNEL_BPFFS "/sys/fs/bpf"
#define KERNEL_F_LINK (1U << 13)      /* BPF_F_LINK, map flag, 6.4 */
#define KERNEL_ATTACH_STRUCT_OPS 44   /* BPF_STRUCT_OPS, attach type, 6.4 */
#define KERNEL_OPS_MAX 32             /* operations of struct tcp_congestion_ops; 6.18 has 15 */

enum kernel_ops_state { OPS_STATE_INIT, OPS_STATE_INUSE, OPS_STATE_TOBEFREE, OPS_STATE_READY };

/* struct bpf_struct_ops_tcp_congestion_ops, as the kernel gives a map's value */
struct kernel_layout {
	uint32_t type_id; /* of the value */
	uint32_t size;
	uint32_t refcnt, state, name, flags; /* offsets in it */
	size_t n_ops;
	struct {
		char name[32];
		uint32_t offset; /* of the program id */
		uint32_t n_args;
	} ops[KERNEL_OPS_MAX];
};

const struct btf *kernel_btf(void);             /* read once, kept; NULL: there is none */
const struct kernel_layout *kernel_layout(void); /* NULL: this kernel has no struct_ops for congestion control */

bool kernel_has_cap(int cap);                   /* effective; see linux/capability.h */
bool kernel_bpffs_mounted(void);
struct congctl_error;
/* -ENODEV: there is none but one that does not outlive this process, nor the pins of others then. require.c */
int require_lasting_pins(struct congctl_error *err);
bool kernel_in_user_namespace(void);            /* of one's own: there capabilities do not count for BPF */
#define KERNEL_USER_NAMESPACE "in a user namespace of its own capabilities do not count for BPF: run it in the initial one"
const char *kernel_look_remedy(void);           /* the end of a sentence for -EPERM from looking at BPF objects by their ids */
uint32_t kernel_link_map_id(const struct bpf_link_info *info); /* of a struct_ops link; 0: detached or not one */

#endif
