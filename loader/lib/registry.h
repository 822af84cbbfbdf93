/* SPDX-License-Identifier: GPL-2.0-only */
/* registry.h - the algorithms registered through struct_ops: found in the kernel, never remembered. Private. */
#ifndef CONGCTL_REGISTRY_H
#define CONGCTL_REGISTRY_H

#include <limits.h>

#include "kernel.h"
#include <congctl/congctl.h>

struct registered {
	char name[CONGCTL_NAME_MAX + 1];
	uint32_t map_id;
	uint32_t link_id; /* 0: plain registration, or unknown */
	uint32_t flags;   /* TCP_CONG_… of its structure */
	bool pinned;      /* under CONGCTL_PIN_DIR: ours */
	int64_t users;    /* sockets (and namespaces with it as default); -1: unknown */
	uint32_t progs[KERNEL_OPS_MAX]; /* id of the program of kernel_layout()->ops[i], 0: none */
};

/* All of them, free() it. Needs CAP_SYS_ADMIN; -EPERM without it, and then those with a readable pin, without users. */
int registry_walk(struct registered **list, size_t *n);
/* Those in the kernel that are not registered: former builds, and what sockets hold still. */
int registry_walk_old(struct registered **list, size_t *n);
/* One of them by name; -ENOENT, -EPERM as above and not found by its pin. */
int registry_find(const char *name, struct registered *found);
/* The same for a name as a person gives it: "cubic" stands for "bpf_cubic" unless it is one itself. */
int registry_resolve(const char *name, struct registered *found);
/* users now of the struct_ops map of one that is not registered any more; negative errno */
int64_t registry_users(uint32_t map_id);

/* the map that the pin at `path` stands for: that of its link, or the map itself (plain registration); 0: neither, or no pin; negative errno */
int64_t registry_pin_map(const char *path);

/* Who has the name and what to do: the end of a sentence; NULL: nobody */
const char *registry_holder(const char *name, char *buf, size_t size);

#endif
