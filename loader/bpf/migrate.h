/* SPDX-License-Identifier: GPL-2.0-only */
/* migrate.h - what migrate.bpf.c and its user side share: orders, outcome, the record per socket. */
#ifndef LOADER_BPF_MIGRATE_H
#define LOADER_BPF_MIGRATE_H

#define MIGRATE_NAME_MAX 16   /* TCP_CA_NAME_MAX */
#define MIGRATE_REASONS 128   /* errno values told apart */

/* A socket is meant if everything that is given fits. */
struct migrate_orders {
	char from[MIGRATE_NAME_MAX]; /* its algorithm; empty: any */
	char to[MIGRATE_NAME_MAX];   /* the algorithm it gets; empty: it is only counted */
	__u32 only_map;              /* struct_ops map its algorithm lies in; 0: any */
	__u32 not_map;               /* or must not lie in */
	__u64 cgroup;                /* id of one it is in or below; 0: any */
	__u32 family;                /* AF_INET or AF_INET6: of the prefix; 0: any destination */
	__u32 bits;                  /* of the prefix */
	__u32 address[4];            /* network byte order, host bits zero */
	__u32 record;                /* remember in the map `record` what it had */
	__u32 undo;                  /* give back what the record says; only `cgroup` and the prefix narrow it */
};

struct migrate_outcome {
	__u64 meant; /* sockets that fitted */
	__u64 moved, unmoved;
	__u64 reasons[MIGRATE_REASONS]; /* unmoved, by errno */
};

/* all of the program's .bss */
struct migrate_job {
	struct migrate_orders orders;
	struct migrate_outcome outcome;
};

/* in the socket's storage: gone when it is closed, handed on from a listener to what it accepts */
struct migrate_record {
	char from[MIGRATE_NAME_MAX], to[MIGRATE_NAME_MAX];
};

#endif
