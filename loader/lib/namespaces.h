/* SPDX-License-Identifier: GPL-2.0-only */
/* namespaces.h - the network namespaces of the machine, and work done inside one. Private. */
#ifndef CONGCTL_NAMESPACES_H
#define CONGCTL_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <congctl/congctl.h>

struct netns {
	uint64_t id;     /* inode */
	int fd;
	bool own;        /* the caller's */
	char where[256]; /* "this namespace", a name of `ip netns`, or a pid as text: what --netns takes, but for the first */
};

/* All that a process is in or that has a name below /run/netns; the caller's first. One that lives by an open file or a mount elsewhere
 * is not found. Those that may not be looked at are left out. Free with namespaces_free(). */
int namespaces_walk(struct netns **list, size_t *n, struct congctl_error *err);
void namespaces_free(struct netns *list, size_t n);

/* The namespace that a name of `ip netns`, a path or a pid means: a file descriptor; -ENOENT, -EINVAL with the sentence. */
int namespace_open(const char *where, struct congctl_error *err);

/* What fn(arg) returns, run in the namespace: by a thread of its own, so that the caller stays where it is. `fd` -1: the caller's.
 * -EPERM: no CAP_SYS_ADMIN. */
int namespace_call(int fd, int (*fn)(void *arg), void *arg);

#endif
