/* SPDX-License-Identifier: GPL-2.0-only */
/* migration.h - loader/bpf/migrate.bpf.c, loaded: passes over the TCP sockets of network namespaces. Private. */
#ifndef CONGCTL_MIGRATION_H
#define CONGCTL_MIGRATION_H

#include <linux/types.h>

#include "../bpf/migrate.h"
#include <congctl/congctl.h>

struct migration;
struct namespace;

/* Load it; `record_fd` is a map of migration_record(), or -1. */
int migration_open(struct migration **m, int record_fd, struct congctl_error *err);
void migration_close(struct migration *m); /* NULL is fine */

/* One pass over the sockets of the namespace (NULL: the caller's); what comes out is added to `outcome`. Sockets that are born
 * or move about in the kernel's tables meanwhile may be missed. -EPERM, -ENOTSUP … with the sentence. */
int migration_run(struct migration *m, const struct namespace *ns, const struct migrate_orders *orders, struct migrate_outcome *outcome,
		  struct congctl_error *err);

/* A map that holds a struct migrate_record in each socket that was moved; to be pinned. A file descriptor. */
int migration_record(struct congctl_error *err);

/* Fill in what a person is told: the commonest reason, in words. */
void migration_tell(const struct migrate_outcome *outcome, struct congctl_moved *moved);

#endif
