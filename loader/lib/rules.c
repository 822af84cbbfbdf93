// SPDX-License-Identifier: GPL-2.0-only
/* Which standing selections there are: read from the kernel, and from the records which of them `congctl use` made. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_rule.h"
#include "select.h"

struct rules {
	struct congctl_rule *at;
	size_t n;
	struct undo_saved *saved;
	size_t n_saved;
	bool far_routes; /* those of other namespaces too */
};

static struct congctl_rule *add(struct rules *r, enum congctl_scope scope, const char *name)
{
	struct congctl_rule *more = realloc(r->at, (r->n + 1) * sizeof(*more));

	if (!more)
		return NULL;
	r->at = more;
	more += r->n++;
	*more = (struct congctl_rule){.selection.scope = scope};
	snprintf(more->name, sizeof(more->name), "%s", name);
	return more;
}

/* Whoever wrote the last record of this place that still holds */
static void find_undo(const struct rules *r, struct congctl_rule *rule, struct undo_record *like)
{
	memcpy(like->name, rule->name, sizeof(like->name));
	snprintf(rule->undo, sizeof(rule->undo), "%s", undo_find(r->saved, r->n_saved, like));
}

static int add_routes(struct rules *r, const struct namespace *ns, struct congctl_error *err)
{
	struct route *list;
	size_t n;
	int ret = route_list_in(ns, &list, &n, err);

	for (size_t i = 0; i < n && !ret; i++) {
		struct undo_record like = {.scope = CONGCTL_SCOPE_PREFIX, .route = list[i].key, .lock = list[i].locked,
					   .netns_inode = ns->inode, .netns_cookie = ns->cookie};
		struct congctl_rule *rule;

		if (!*list[i].name)
			continue;
		rule = add(r, CONGCTL_SCOPE_PREFIX, list[i].name);
		if (!rule) {
			ret = -ENOMEM;
			break;
		}
		route_print(&list[i].key.to, rule->selection.where);
		snprintf(rule->selection.netns, sizeof(rule->selection.netns), "%s", ns->where);
		rule->selection.lock = list[i].locked;
		find_undo(r, rule, &like);
	}
	route_free(list, n);
	return ret;
}

static int add_namespaces(struct rules *r, struct congctl_error *err)
{
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret)
		return ret;
	for (size_t i = 0; i < n && !ret; i++) {
		struct undo_record like = {.scope = CONGCTL_SCOPE_NETNS, .netns_inode = list[i].inode, .netns_cookie = list[i].cookie};
		char name[CONGCTL_NAME_MAX + 1];
		struct congctl_rule *rule;

		ret = namespace_default(&list[i], name);
		if (ret == -EPERM || ret == -EACCES) {
			ret = 0; /* not ours to enter */
			continue;
		}
		if (ret)
			break;
		rule = add(r, *list[i].where ? CONGCTL_SCOPE_NETNS : CONGCTL_SCOPE_DEFAULT, name);
		if (!rule) {
			ret = -ENOMEM;
			break;
		}
		snprintf(rule->selection.where, sizeof(rule->selection.where), "%s", list[i].where);
		find_undo(r, rule, &like);
		if (!*list[i].where || r->far_routes)
			ret = add_routes(r, &list[i], err);
	}
	namespace_list_free(list, n);
	return ret;
}

static int add_programs(struct rules *r)
{
	struct cgroup_rule *list;
	size_t n;
	int ret = cgroup_rules(&list, &n);

	ret = ret == -EPERM ? 0 : ret; /* those that may be read, as of the namespaces */
	for (size_t i = 0; i < n && !ret; i++) {
		enum congctl_scope scope = list[i].port ? CONGCTL_SCOPE_PORT : CONGCTL_SCOPE_CGROUP;
		struct undo_record like = {.scope = scope};
		struct congctl_rule *rule = add(r, scope, list[i].name);

		if (!rule) {
			ret = -ENOMEM;
			break;
		}
		if (list[i].port)
			snprintf(rule->selection.where, sizeof(rule->selection.where), "%u", list[i].port);
		else if (cgroup_path(list[i].cgroup, rule->selection.where))
			r->n--; /* its cgroup has just gone */
		snprintf(like.rule, sizeof(like.rule), "%s", list[i].id);
		find_undo(r, rule, &like);
	}
	free(list);
	return ret;
}

static int read_rules(struct congctl_rule **rules, size_t *n, bool far_routes, struct congctl_error *err)
{
	struct rules r = {.far_routes = far_routes};
	int ret = undo_list(&r.saved, &r.n_saved);

	if (!ret)
		ret = add_namespaces(&r, err);
	if (!ret)
		ret = add_programs(&r);
	free(r.saved);
	if (ret) {
		free(r.at);
		r = (struct rules){};
		congctl_fail(err, ret, "cannot read the standing rules: %s", strerror(-ret));
	}
	*rules = r.at;
	*n = r.n;
	return ret;
}

int congctl_rules(struct congctl_rule **rules, size_t *n, struct congctl_error *err)
{
	return read_rules(rules, n, true, err);
}

int select_rules_near(struct congctl_rule **rules, size_t *n, struct congctl_error *err)
{
	return read_rules(rules, n, false, err);
}
