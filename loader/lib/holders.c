// SPDX-License-Identifier: GPL-2.0-only
/* Who has an algorithm: sockets and defaults and routes of each network namespace, rules, and what is left of earlier builds. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migration.h"
#include "netns.h"
#include "registry.h"
#include "route.h"
#include "select.h"

struct holders {
	const char *name;
	struct congctl_holder *at;
	size_t n;
};

static int add(struct holders *h, enum congctl_holder_kind kind, uint64_t sockets, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int add(struct holders *h, enum congctl_holder_kind kind, uint64_t sockets, const char *format, ...)
{
	struct congctl_holder *more = realloc(h->at, (h->n + 1) * sizeof(*more));
	va_list ap;

	if (!more)
		return -ENOMEM;
	h->at = more;
	more += h->n++;
	*more = (struct congctl_holder){.kind = kind, .sockets = sockets};
	va_start(ap, format);
	vsnprintf(more->where, sizeof(more->where), format, ap);
	va_end(ap);
	return 0;
}

static int add_routes(struct holders *h, const struct namespace *ns, struct congctl_error *err)
{
	const char *in = *ns->where ? " in " : "";
	char prefix[ROUTE_TEXT_MAX], suffix[32];
	struct route *list;
	size_t n;
	int ret = route_list_in(ns, &list, &n, err);

	for (size_t i = 0; !ret && i < n; i++) {
		const struct route *r = &list[i];

		if (strcmp(r->name, h->name))
			continue;
		route_print(&r->key.to, prefix);
		*suffix = '\0';
		if (r->key.table != RT_TABLE_MAIN)
			snprintf(suffix, sizeof(suffix), ", table %u", r->key.table);
		ret = add(h, CONGCTL_HOLDER_ROUTE, 0, "%s%s%s%s%s", prefix, in, ns->where, suffix, r->locked ? ", locked" : "");
	}
	route_free(list, n);
	return ret;
}

static int add_namespace(struct holders *h, struct migration *m, const struct migrate_orders *orders, const struct namespace *ns,
			 struct congctl_error *err)
{
	const char *where = *ns->where ? ns->where : "this namespace";
	struct migrate_outcome outcome = {};
	char name[CONGCTL_NAME_MAX + 1];
	int ret = m ? migration_run(m, ns, orders, &outcome, err) : 0;

	if (!ret && outcome.meant)
		ret = add(h, CONGCTL_HOLDER_SOCKETS, outcome.meant, "%s", where);
	if (!ret)
		ret = namespace_default(ns, name);
	if (!ret && !strcmp(name, h->name))
		ret = add(h, CONGCTL_HOLDER_DEFAULT, 0, "%s", where);
	return ret ? ret : add_routes(h, ns, err);
}

/* Its build of now (map 0: the kernel's own) in every namespace; of one that is not registered only defaults and routes. */
static int add_namespaces(struct holders *h, uint32_t map_id, struct congctl_error *err)
{
	struct migrate_orders orders = {.only_map = map_id};
	struct namespace *list;
	struct migration *m = NULL;
	size_t n;
	int ret = 0;

	if (congctl_is_available(h->name)) {
		strcpy(orders.from, h->name);
		ret = migration_open(&m, -1, err);
	}
	if (ret)
		return ret;
	ret = namespace_list(&list, &n);
	if (!ret) {
		for (size_t i = 0; !ret && i < n; i++)
			ret = add_namespace(h, m, &orders, &list[i], err);
		namespace_list_free(list, n);
	}
	migration_close(m);
	return ret;
}

static int add_old(struct holders *h)
{
	struct registered *list;
	size_t n;
	int ret;

	ret = registry_walk_old(&list, &n);
	for (size_t i = 0; !ret && i < n; i++) {
		if (list[i].users && !strcmp(list[i].name, h->name))
			ret = add(h, CONGCTL_HOLDER_OLD, list[i].users, "struct_ops map %u", list[i].map_id);
	}
	free(list);
	return ret;
}

static int add_rules(struct holders *h, struct congctl_error *err)
{
	struct congctl_rule *rules;
	size_t n;
	int ret;

	ret = congctl_rules(&rules, &n, err);
	if (ret)
		return ret;
	for (size_t i = 0; !ret && i < n; i++) {
		const struct congctl_selection *s = &rules[i].selection;

		if (strcmp(rules[i].name, h->name))
			continue;
		if (s->scope == CONGCTL_SCOPE_CGROUP)
			ret = add(h, CONGCTL_HOLDER_CGROUP, 0, "%s", s->where);
		else if (s->scope == CONGCTL_SCOPE_PORT)
			ret = add(h, CONGCTL_HOLDER_PORT, 0, "%s", s->where);
	}
	free(rules);
	return ret;
}

static int by_kind(const void *a, const void *b)
{
	const struct congctl_holder *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->where, y->where);
}

int congctl_holders(const char *name, struct congctl_holder **holders, size_t *n, struct congctl_error *err)
{
	char real[CONGCTL_NAME_MAX + 1];
	struct registered found = {};
	struct holders h = {};
	int ret;

	*holders = NULL;
	*n = 0;
	if (!select_name(name, real, NULL)) /* else sockets may still have it */
		name = real;
	if (!kernel_has_cap(CAP_SYS_ADMIN) || kernel_in_user_namespace())
		return congctl_fail(err, -EPERM, "no privilege to see who holds '%s': %s", name, kernel_look_remedy());
	ret = registry_find(name, &found);
	if (ret && ret != -ENOENT)
		return congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	h.name = name;
	ret = add_namespaces(&h, found.map_id, err);
	if (!ret)
		ret = add_rules(&h, err);
	if (!ret)
		ret = add_old(&h);
	if (!ret && !h.n && !congctl_is_available(name))
		ret = congctl_fail(err, -ENOENT, "'%s' is not registered, and nobody has it: 'congctl list' shows what is", name);
	if (ret) {
		free(h.at);
		return congctl_fail(err, ret, "cannot see who holds '%s': %s", name, strerror(-ret));
	}
	if (h.n)
		qsort(h.at, h.n, sizeof(*h.at), by_kind);
	*holders = h.at;
	*n = h.n;
	return 0;
}
