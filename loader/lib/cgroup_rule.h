/* SPDX-License-Identifier: GPL-2.0-only */
/* cgroup_rule.h - standing rules for a cgroup2 or a port: assign.bpf.c, its link pinned at ~rules/ID. Private. */
#ifndef CONGCTL_CGROUP_RULE_H
#define CONGCTL_CGROUP_RULE_H

#include <limits.h>
#include <stdint.h>

#include <congctl/congctl.h>

#define RULES_DIR CONGCTL_PIN_DIR "/~rules"

struct cgroup_rule {
	char id[CONGCTL_UNDO_MAX];
	char name[CONGCTL_NAME_MAX + 1];
	uint64_t cgroup;
	uint32_t port; /* 0: none */
	uint32_t prog_id;
};

int cgroup_root(char path[PATH_MAX], struct congctl_error *err); /* where cgroup2 is mounted; -ENODEV */
/* A path, or one below the mount point. Directory's fd, to close. */
int cgroup_open(const char *where, uint64_t *id, struct congctl_error *err);
int cgroup_path(uint64_t id, char path[PATH_MAX]); /* -ENOENT it is gone */

/* free() it. -EPERM: what some of them say only CAP_SYS_ADMIN may read; the others are listed. */
int cgroup_rules(struct cgroup_rule **list, size_t *n);
/* All that follow are for who has undo_lock(). A new rule, pinned as `id`. */
int cgroup_rule_add(const struct cgroup_rule *rule, bool needs_ecn, int cgroup_fd, struct congctl_error *err);
/* The rule `rule` gives `name` from now on; at once, if it is still what was read. -EBUSY */
int cgroup_rule_change(const struct cgroup_rule *rule, const char *name, bool needs_ecn, struct congctl_error *err);
int cgroup_rule_remove(const char *id);
void cgroup_rules_sweep(void); /* those whose cgroup is gone */

#endif
