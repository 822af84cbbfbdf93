/* SPDX-License-Identifier: GPL-2.0-only */
/* netns.h - network namespaces: found, told apart, worked in; and their default algorithm. Private. */
#ifndef CONGCTL_NETNS_H
#define CONGCTL_NETNS_H

#include <limits.h>
#include <stdint.h>
#include <sys/socket.h>

#include <congctl/congctl.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* 5.14 */
#endif

struct namespace {
	int fd;
	uint64_t inode, cookie; /* cookie: never used twice until the next boot; 0: before 5.14 */
	char where[256];        /* name of `ip netns`, a path, a pid or its number; empty: the caller's own */
};

/* The file that a name of `ip netns`, a path or a pid stands for, whether it is there or not; -ENAMETOOLONG */
int namespace_path(const char *where, char path[PATH_MAX]);
/* The same, opened. -ENOENT, -EPERM, -EINVAL it is no network namespace. */
int namespace_open(struct namespace *ns, const char *where, struct congctl_error *err);
int namespace_own(struct namespace *ns, struct congctl_error *err);
/* The one with these numbers; -ENOENT it is gone, -EACCES it may only be out of sight. Before 6.18 one without a process and a mount is gone. */
int namespace_find(struct namespace *ns, uint64_t inode, uint64_t cookie);
void namespace_close(struct namespace *ns);
/* All that have a process or are mounted somewhere, as `ip netns` does it, the caller's own first, each once. */
int namespace_list(struct namespace **list, size_t *n);
void namespace_list_free(struct namespace *list, size_t n);

/* fn(arg) in that namespace, by a thread of its own; gives back what fn does */
int namespace_run(const struct namespace *ns, int (*fn)(void *arg), void *arg);

int namespace_default(const struct namespace *ns, char name[CONGCTL_NAME_MAX + 1]);
/* May it be the default there? -EACCES: the algorithm is restricted, and the namespace is not the first one */
int namespace_check_default(const struct namespace *ns, const char *name, struct congctl_error *err);
int namespace_set_default(const struct namespace *ns, const char *name, struct congctl_error *err);

#endif
