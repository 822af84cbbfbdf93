// SPDX-License-Identifier: GPL-2.0-only
/* The algorithm of a destination prefix: the congctl attribute of its route. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "select.h"

static int explain(int ret, const char *text, struct congctl_error *err)
{
	if (ret == -EPERM || ret == -EACCES)
		return congctl_fail(err, ret, "no privilege to change the route %s: run it as root or give it CAP_NET_ADMIN", text);
	return congctl_fail(err, ret, "cannot change the route %s: %s", text, strerror(-ret));
}

/* The kernel crashes nobody, but `ip route` does on a locked route whose algorithm is not there: it went away meanwhile. */
static int check_lock(const struct route *route, const struct undo_record *record, struct congctl_error *err)
{
	if (!record->lock || congctl_is_available(record->name))
		return 0;
	if (record->created) {
		struct route made = *route;

		made.key = record->route;
		made.name[0] = '\0';
		made.locked = false;
		route_remove(&made);
	} else {
		route_replace(route, record->before, record->before_lock);
	}
	return congctl_fail(err, -ENOENT, "'%s' was unregistered meanwhile: register it and try again", record->name);
}

static int change(const struct route *route, struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err)
{
	struct route_prefix to = record->route.to;
	char text[ROUTE_TEXT_MAX];
	int ret;

	route_print(&to, text);
	record->created = route->key.to.bits != to.bits;
	record->route = route->key;
	record->route.to = to;
	if (!record->created) {
		snprintf(record->before, sizeof(record->before), "%s", route->name);
		record->before_lock = route->locked && *route->name;
		if (!strcmp(record->before, record->name) && record->lock == record->before_lock)
			return 0;
	}
	ret = undo_write(record, moved->undo, err);
	if (ret)
		return ret;
	ret = record->created ? route_add(route, &to, record->name, record->lock) : route_replace(route, record->name, record->lock);
	return ret ? explain(ret, text, err) : check_lock(route, record, err);
}

/* The one to change, of a list that is the caller's to free on success. */
static int find(const struct route_prefix *to, struct route **list, size_t *n, const struct route **best, struct congctl_error *err)
{
	char text[ROUTE_TEXT_MAX];
	int ret = route_list(list, n, err);

	if (ret)
		return ret;
	route_print(to, text);
	*best = route_best(*list, *n, to);
	if (route_is_local(*list, *n, to))
		ret = congctl_fail(err, -EINVAL, "%s is this machine itself, where the kernel keeps the routes: use --default, --port or --cgroup",
				   text);
	else if (!*best)
		ret = congctl_fail(err, -ENOENT, "no route leads to %s: 'ip route add %s …' first", text, text);
	if (ret)
		route_free(*list, *n);
	return ret;
}

int select_prefix_check(const struct route_prefix *to, struct congctl_error *err)
{
	const struct route *best;
	struct route *list;
	size_t n;
	int ret = find(to, &list, &n, &best, err);

	if (!ret)
		route_free(list, n);
	return ret;
}

/* A choice goes with its route. */
static void forget_gone(const struct route *list, size_t n, const struct undo_record *here)
{
	struct undo_saved *saved;
	size_t n_saved;

	if (undo_list(&saved, &n_saved))
		return;
	for (size_t i = 0; i < n_saved; i++) {
		const struct undo_record *u = &saved[i].record;

		if (u->scope == CONGCTL_SCOPE_PREFIX && !u->pending && u->netns_inode == here->netns_inode &&
		    u->netns_cookie == here->netns_cookie && !route_same(list, n, &u->route))
			undo_drop(saved[i].id);
	}
	free(saved);
}

int select_prefix(struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err)
{
	const struct route *best;
	struct route *list;
	size_t n;
	int ret = find(&record->route.to, &list, &n, &best, err);

	if (ret)
		return ret;
	forget_gone(list, n, record);
	ret = change(best, record, moved, err);
	route_free(list, n);
	return ret;
}

static int restore(const struct route *route, const struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err)
{
	char text[ROUTE_TEXT_MAX];
	const char *now = route ? route->name : "";
	bool unlisted; /* the route has it still, but the kernel does not name what is not registered */
	int ret;

	route_print(&record->route.to, text);
	if (!route) {
		snprintf(moved->why, sizeof(moved->why), "the route %s is gone", text);
		return 0;
	}
	unlisted = !*now && !congctl_is_available(record->name) && route->locked == record->lock;
	if (!unlisted && !record->created && !strcmp(now, record->before) && route->locked == record->before_lock)
		return 0; /* as before already */
	if (!unlisted && (strcmp(now, record->name) || route->locked != record->lock))
		return congctl_fail(err, -ESTALE, "the route %s has %s%s%s by now, not '%s'%s", text, *now ? "'" : "no algorithm", now,
				    *now ? "'" : "", record->name, record->lock ? " locked" : "");
	if (*record->before && !congctl_is_available(record->before))
		return congctl_fail(err, -ENOENT, "'%s', which the route %s had before, is not registered any more: register it first", record->before,
				    text);
	ret = record->created ? route_remove(route) : route_replace(route, record->before, record->before_lock);
	return ret ? explain(ret, text, err) : 0;
}

int select_prefix_undo(const struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err)
{
	struct route *list;
	size_t n;
	int ret = route_list(&list, &n, err);

	if (ret)
		return ret;
	ret = restore(route_same(list, n, &record->route), record, moved, err);
	route_free(list, n);
	return ret;
}
