// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_rule.h"
#include "migration.h"
#include "move.h"
#include "netns.h"
#include "registry.h"
#include "route.h"

#define PASSES_MAX 4 /* sockets come and wander about in the kernel's tables during a pass; the second one finds them */

int move_record(struct congctl_error *err)
{
	return migration_record(err);
}

/* The id by which the kernel knows the cgroup at `path`. */
static int cgroup_id(const char *path, __u64 *id, struct congctl_error *err)
{
	uint64_t inode;
	int fd = cgroup_open(path, &inode, err);

	if (fd < 0)
		return fd;
	close(fd);
	*id = inode;
	return 0;
}

static int check_target(const char *to, struct congctl_error *err)
{
	if (congctl_is_available(to))
		return 0;
	return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is", to);
}

/* Pass after pass until one finds no more to move. */
static int run_here(struct migration *m, const struct namespace *ns, const struct migrate_orders *orders, struct migrate_outcome *outcome,
		    struct congctl_error *err)
{
	struct migrate_outcome pass;
	int ret;

	for (int i = 0; i < PASSES_MAX; i++) {
		memset(&pass, 0, sizeof(pass));
		ret = migration_run(m, ns, orders, &pass, err);
		outcome->meant += pass.moved;
		outcome->moved += pass.moved;
		if (ret || !pass.moved)
			break;
	}
	outcome->meant += pass.unmoved; /* the last pass met them again */
	outcome->unmoved += pass.unmoved;
	for (int i = 0; i < MIGRATE_REASONS; i++)
		outcome->reasons[i] += pass.reasons[i];
	return ret;
}

static int run_everywhere(struct migration *m, const struct migrate_orders *orders, struct migrate_outcome *outcome,
			  struct congctl_error *err)
{
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret)
		return congctl_fail(err, ret, "cannot list the network namespaces: %s", strerror(-ret));
	for (size_t i = 0; !ret && i < n; i++)
		ret = run_here(m, &list[i], orders, outcome, err);
	namespace_list_free(list, n);
	return ret;
}

/* For what promises to leave no namespace out. */
static int require_everywhere(struct congctl_error *err)
{
	if (kernel_has_cap(CAP_SYS_ADMIN))
		return 0;
	return congctl_fail(err, -EPERM, "no privilege to enter every network namespace: run it as root or give it CAP_SYS_ADMIN");
}

int move_undo(int record_fd, struct congctl_moved *moved, struct congctl_error *err)
{
	struct migrate_orders orders = {.undo = 1};
	struct migrate_outcome outcome = {};
	struct migration *m;
	int ret = migration_open(&m, record_fd, err);

	if (!ret)
		ret = run_everywhere(m, &orders, &outcome, err);
	migration_close(m);
	migration_tell(&outcome, moved);
	return ret;
}

static int read_selection(const struct congctl_selection *selection, struct migrate_orders *orders, struct congctl_error *err)
{
	struct route_prefix prefix;
	int ret = 0;

	if (strlen(selection->where) > CONGCTL_NAME_MAX)
		return congctl_fail(err, -ENOENT, "'%s' is not registered and no socket has it", selection->where);
	strcpy(orders->from, selection->where);
	if (!strcmp(orders->from, orders->to))
		return congctl_fail(err, -EINVAL, "'%s' is what they have: give another algorithm to move them to", orders->to);
	if (*selection->cgroup)
		ret = cgroup_id(selection->cgroup, &orders->cgroup, err);
	if (ret || !*selection->prefix)
		return ret;
	ret = route_parse(selection->prefix, &prefix, err);
	if (ret)
		return ret;
	orders->family = prefix.family;
	orders->bits = prefix.bits;
	memcpy(orders->address, prefix.addr, sizeof(orders->address));
	return 0;
}

int move_from(const char *to, const struct congctl_selection *selection, int record_fd, struct congctl_moved *moved,
	      struct congctl_error *err)
{
	struct migrate_orders orders = {.record = record_fd >= 0};
	struct migrate_outcome outcome = {};
	struct namespace ns = {.fd = -1};
	struct migration *m;
	int ret;

	ret = check_target(to, err);
	if (ret)
		return ret;
	strcpy(orders.to, to);
	ret = read_selection(selection, &orders, err);
	if (!ret && *selection->netns)
		ret = namespace_open(&ns, selection->netns, err);
	if (ret)
		return ret;
	ret = migration_open(&m, record_fd, err);
	if (!ret)
		ret = run_here(m, ns.fd < 0 ? NULL : &ns, &orders, &outcome, err);
	migration_close(m);
	namespace_close(&ns);
	migration_tell(&outcome, moved);
	if (!ret && !outcome.meant && !congctl_is_available(orders.from))
		ret = congctl_fail(err, -ENOENT, "'%s' is not registered and no socket has it: 'congctl list' shows what is", orders.from);
	return ret;
}

int move_here(struct migration *m, const struct namespace *ns, const char *from, const char *to, struct congctl_moved *moved,
	      struct congctl_error *err)
{
	struct migrate_orders orders = {.record = 1};
	struct migrate_outcome outcome = {};
	struct congctl_moved here = {};
	int ret;

	strcpy(orders.from, from);
	strcpy(orders.to, to);
	ret = run_here(m, ns, &orders, &outcome, err);
	migration_tell(&outcome, &here);
	moved->moved += here.moved;
	moved->unmoved += here.unmoved;
	if (here.unmoved)
		memcpy(moved->why, here.why, sizeof(moved->why));
	return ret;
}

int move_version(struct migration *m, const char *name, struct congctl_moved *moved, struct congctl_error *err)
{
	struct migrate_orders orders = {};
	struct migrate_outcome outcome = {};
	struct registered found;
	int ret;

	ret = registry_find(name, &found);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, "'%s' is not registered: 'congctl list' shows what is", name);
	if (ret)
		return congctl_fail(err, ret, "no privilege to look for '%s' in the kernel: %s", name, kernel_look_remedy());
	strcpy(orders.from, found.name);
	strcpy(orders.to, found.name);
	orders.not_map = found.map_id;
	ret = require_everywhere(err);
	if (!ret)
		ret = run_everywhere(m, &orders, &outcome, err);
	migration_tell(&outcome, moved);
	return ret;
}
