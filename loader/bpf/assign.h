/* SPDX-License-Identifier: GPL-2.0-only */
/* assign.h - the one constant of assign.bpf.c: what the rule says. It is read back from the kernel, so nothing else remembers it. */
#ifndef LOADER_BPF_ASSIGN_H
#define LOADER_BPF_ASSIGN_H

#define ASSIGN_NAME_MAX 16 /* TCP_CA_NAME_MAX */

struct assign_rule {
	char name[ASSIGN_NAME_MAX]; /* zero-filled to its end */
	__u32 port;                 /* local or remote; 0: any */
	__u32 needs_ecn;            /* the algorithm wants ECN negotiated */
};

#endif
