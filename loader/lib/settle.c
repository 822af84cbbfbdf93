// SPDX-License-Identifier: GPL-2.0-only
/* The records put in order: what killed processes left pending, and what can undo nothing any more. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_rule.h"
#include "move.h"
#include "select.h"

bool select_is_move(enum congctl_scope scope)
{
	return scope == CONGCTL_SCOPE_PID || scope == CONGCTL_SCOPE_FROM;
}

static const char *place_gone(const struct undo_record *u)
{
	char path[PATH_MAX];
	struct namespace ns;
	int ret;

	if (u->cgroup && cgroup_path(u->cgroup, path) == -ENOENT)
		return "its cgroup is gone";
	if (!u->netns_inode)
		return NULL;
	ret = namespace_find(&ns, u->netns_inode, u->netns_cookie);
	if (!ret)
		namespace_close(&ns);
	return ret == -ENOENT ? "its network namespace is gone" : NULL;
}

static void moves_gone(const struct undo_saved *saved, size_t n, const char **gone)
{
	int *fds = malloc((n + 1) * sizeof(*fds));
	bool *left = calloc(n + 1, sizeof(*left));

	for (size_t i = 0; i < n && fds; i++)
		fds[i] = select_is_move(saved[i].record.scope) ? undo_open_sockets(saved[i].id) : -1;
	if (fds && left && !move_left(fds, n, left)) {
		for (size_t i = 0; i < n; i++) {
			if (select_is_move(saved[i].record.scope) && !left[i] && (fds[i] >= 0 || fds[i] == -ENOENT))
				gone[i] = "its sockets are gone";
		}
	}
	for (size_t i = 0; i < n && fds; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	free(left);
	free(fds);
}

void select_gone(const struct undo_saved *saved, size_t n, bool moves, const char **gone)
{
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		gone[i] = place_gone(&saved[i].record);
		any |= select_is_move(saved[i].record.scope);
	}
	if (moves && any)
		moves_gone(saved, n, gone);
}

/* The rule before the record: who is killed in between leaves the record, which is found again. */
void select_forget(const struct undo_saved *saved)
{
	if (saved->record.cgroup)
		cgroup_rule_remove(saved->record.rule);
	undo_drop(saved->id);
}

static int route_stands(const struct namespace *ns, const struct undo_record *u)
{
	const struct route *r;
	struct route *list;
	size_t n;
	int ret = route_list_in(ns, &list, &n, NULL);

	r = ret ? NULL : route_same(list, n, &u->route);
	if (!ret)
		ret = r && r->locked == u->lock && (!strcmp(r->name, u->name) || (!*r->name && !congctl_is_available(u->name)));
	route_free(list, n);
	return ret;
}

static int default_stands(const struct namespace *ns, const struct undo_record *u)
{
	char now[CONGCTL_NAME_MAX + 1];
	int ret = namespace_default(ns, now);

	return ret ? ret : !strcmp(now, u->name);
}

static int rule_stands(const struct undo_record *u)
{
	struct cgroup_rule *rules;
	size_t n;
	int ret = cgroup_rules(&rules, &n), stands = 0;

	for (size_t i = 0; i < n; i++)
		stands |= !strcmp(rules[i].id, u->rule) && !strcmp(rules[i].name, u->name);
	free(rules);
	return ret ? ret : stands;
}

int select_stands(const struct undo_record *u)
{
	struct namespace ns;
	int ret;

	if (u->cgroup)
		return rule_stands(u);
	ret = namespace_find(&ns, u->netns_inode, u->netns_cookie);
	if (ret)
		return ret;
	ret = u->scope == CONGCTL_SCOPE_PREFIX ? route_stands(&ns, u) : default_stands(&ns, u);
	namespace_close(&ns);
	return ret;
}

/* Of a move some sockets may have moved. */
static void settle_pending(struct undo_saved *saved)
{
	int stands = select_is_move(saved->record.scope) ? 1 : select_stands(&saved->record);

	saved->record.pending = false;
	if (stands > 0)
		undo_rewrite(saved->id, &saved->record);
	else if (!stands)
		undo_drop(saved->id);
}

void select_settle(void)
{
	struct undo_saved *saved;
	const char **gone;
	size_t n;

	if (undo_list(&saved, &n))
		return;
	gone = calloc(n + 1, sizeof(*gone));
	if (gone) {
		select_gone(saved, n, false, gone);
		for (size_t i = 0; i < n; i++) {
			if (gone[i])
				select_forget(&saved[i]);
			else if (saved[i].record.pending == UNDO_PENDING)
				settle_pending(&saved[i]);
		}
		undo_sweep_sockets();
		cgroup_rules_sweep();
	}
	free(gone);
	free(saved);
}
