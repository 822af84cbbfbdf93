// SPDX-License-Identifier: GPL-2.0-only
/*
 * Move all who hold an algorithm elsewhere, then unregister it. First what makes new connections (defaults, routes, rules), then the
 * live sockets, again and again until nobody is left. Each step has a record by which it is taken back if a later one fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "migration.h"
#include "move.h"
#include "name.h"
#include "netns.h"
#include "registry.h"
#include "undo.h"

#define PAUSE_MS 5

struct drain {
	struct registered from;
	const char *to; /* NULL: what the namespace offers */
	int record;     /* of the sockets, see move.h */
	struct migration *migration;
	size_t n;       /* of the rules: */
	char (*undo)[CONGCTL_UNDO_MAX];
};

/* What takes over in this namespace: its default, or one that anybody may choose. */
static int choose(const struct drain *d, const struct namespace *ns, char to[CONGCTL_NAME_MAX + 1], struct congctl_error *err)
{
	static const char *const usual[] = {"cubic", "reno"};

	if (d->to) {
		snprintf(to, CONGCTL_NAME_MAX + 1, "%.*s", CONGCTL_NAME_MAX, d->to);
		return 0;
	}
	if (!namespace_default(ns, to) && strcmp(to, d->from.name) && congctl_is_available(to)) /* it may be gone itself */
		return 0;
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		snprintf(to, CONGCTL_NAME_MAX + 1, "%s", usual[i]);
		if (name_listed("tcp_allowed_congestion_control", to))
			return 0;
	}
	return congctl_fail(err, -ENOENT, "no algorithm that everybody may have can take over: name one with --to");
}

static int use(struct drain *d, const char *to, const struct congctl_selection *selection, struct congctl_error *err)
{
	struct congctl_moved moved;
	void *more = realloc(d->undo, (d->n + 1) * sizeof(*d->undo));
	int ret;

	if (!more)
		return congctl_fail(err, -ENOMEM, "out of memory");
	d->undo = more;
	ret = congctl_use(to, selection, &moved, err);
	if (!ret && *moved.undo)
		memcpy(d->undo[d->n++], moved.undo, CONGCTL_UNDO_MAX);
	return ret;
}

/* In a namespace that is open: what it goes by may be a process that ends meanwhile, and its number another's. */
static int move_rule_in(struct drain *d, const struct congctl_rule *rule, const struct namespace *ns, struct congctl_error *err)
{
	struct congctl_selection s = rule->selection;
	char to[CONGCTL_NAME_MAX + 1], now[CONGCTL_NAME_MAX + 1];
	int ret;

	if (s.scope == CONGCTL_SCOPE_NETNS) {
		if (namespace_default(ns, now) || strcmp(now, d->from.name))
			return 0;
		snprintf(s.where, sizeof(s.where), "/proc/self/fd/%d", ns->fd);
	} else if (s.scope == CONGCTL_SCOPE_PREFIX && *s.netns) {
		snprintf(s.netns, sizeof(s.netns), "/proc/self/fd/%d", ns->fd);
	}
	ret = choose(d, ns, to, err);
	return ret ? ret : use(d, to, &s, err);
}

static int move_rule(struct drain *d, const struct congctl_rule *rule, struct congctl_error *err)
{
	const struct congctl_selection *s = &rule->selection;
	const char *where = s->scope == CONGCTL_SCOPE_NETNS ? s->where : s->scope == CONGCTL_SCOPE_PREFIX ? s->netns : "";
	struct congctl_error why = {};
	struct namespace ns;
	int ret;

	ret = *where ? namespace_open(&ns, where, &why) : namespace_own(&ns, &why);
	if (!ret) {
		ret = move_rule_in(d, rule, &ns, err);
		namespace_close(&ns);
	} else if (ret == -ENOENT) { /* gone, or its process is: the next look at the rules tells */
		ret = 0;
	} else {
		congctl_fail(err, ret, "%s", why.text);
	}
	congctl_error_clear(&why);
	return ret;
}

/* *left: rules that had it still */
static int move_rules(struct drain *d, size_t *left, struct congctl_error *err)
{
	struct congctl_rule *rules;
	size_t n;
	int ret = congctl_rules(&rules, &n, err);

	*left = 0;
	for (size_t i = 0; i < n && !ret; i++) {
		if (strcmp(rules[i].name, d->from.name))
			continue;
		ret = move_rule(d, &rules[i], err);
		++*left;
	}
	free(rules);
	return ret;
}

static int move_sockets(struct drain *d, struct congctl_moved *moved, struct congctl_error *err)
{
	char to[CONGCTL_NAME_MAX + 1];
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret)
		return congctl_fail(err, ret, "cannot list the network namespaces: %s", strerror(-ret));
	moved->unmoved = 0;
	for (size_t i = 0; i < n && !ret; i++) {
		ret = choose(d, &list[i], to, err);
		if (!ret)
			ret = move_here(d->migration, &list[i], d->from.name, to, moved, err);
	}
	namespace_list_free(list, n);
	return ret;
}

/* Users of all its builds, one that was swapped in meanwhile too; negative errno */
static int64_t count_users(const char *name)
{
	struct registered now, *old;
	int64_t users;
	size_t n;
	int ret = registry_find(name, &now);

	if (ret)
		return ret;
	users = now.users;
	ret = registry_walk_old(&old, &n);
	for (size_t i = 0; !ret && i < n; i++) {
		if (!strcmp(old[i].name, name))
			users += old[i].users;
	}
	free(old);
	return ret ? ret : users;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

static int move_everybody(struct drain *d, unsigned int timeout_ms, struct congctl_moved *moved, struct congctl_error *err)
{
	uint64_t start = now_ms();
	int64_t users;
	size_t rules;
	int ret;

	for (;;) {
		ret = move_rules(d, &rules, err);
		if (!ret)
			ret = move_sockets(d, moved, err);
		if (ret)
			return ret;
		users = count_users(d->from.name);
		if (users < 0)
			return congctl_fail(err, users, "cannot see who holds '%s': %s", d->from.name,
					    users == -ENOENT ? "it went away meanwhile" : strerror(-users));
		if (!users && !rules)
			return 0;
		if (timeout_ms && now_ms() - start >= timeout_ms)
			break;
		nanosleep(&(struct timespec){.tv_nsec = rules ? 0 : PAUSE_MS * 1000000}, NULL);
	}
	return congctl_fail(err, -ETIMEDOUT, "'%s' has %lld users after %u ms%s%s: 'congctl users %s' shows those within reach; sockets "
			    "that are not connected and namespaces without a process are not: wait longer, or --force", d->from.name,
			    (long long)users, timeout_ms, *moved->why ? ", " : "", moved->why, d->from.name);
}

static void put_back(struct drain *d, struct congctl_moved *moved)
{
	struct congctl_moved back;

	if (d->migration)
		move_undo(d->record, &back, NULL);
	while (d->n)
		congctl_undo(d->undo[--d->n], &back, NULL);
	moved->moved = 0;
}

static int check_target(const char *name, const char *to, struct congctl_error *err)
{
	if (to && !strcmp(to, name))
		return congctl_fail(err, -EINVAL, "'%s' is what is to go: give another algorithm to move to", to);
	if (to && !congctl_is_available(to))
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is", to);
	return 0;
}

/* The records of what took its place are of no use without it: said before it goes, for whoever comes after a killed one. */
static int give_up(struct drain *d, struct congctl_error *err)
{
	int ret;

	undo_retire(d->from.name, true);
	ret = congctl_unregister(d->from.name, NULL, err);
	if (ret)
		undo_retire(d->from.name, false);
	else
		undo_merge(d->from.name);
	return ret;
}

int congctl_drain(const char *name, const struct congctl_drain *how, struct congctl_moved *moved, struct congctl_error *err)
{
	struct drain d = {.to = how->to};
	char real[CONGCTL_NAME_MAX + 1];
	int ret;

	memset(moved, 0, sizeof(*moved));
	ret = congctl_unregister_check(name, real, err);
	if (!ret)
		ret = check_target(real, d.to, err);
	if (!ret)
		ret = registry_find(real, &d.from);
	if (ret || d.from.users < 0)
		return congctl_fail(err, ret ? ret : -EPERM, "no privilege to look at '%s' in the kernel: %s", real,
				    kernel_look_remedy());
	ret = d.record = move_record(err);
	if (ret < 0)
		return ret;
	ret = migration_open(&d.migration, d.record, err);
	if (!ret)
		ret = move_everybody(&d, how->timeout_ms, moved, err);
	if (!ret)
		ret = give_up(&d, err);
	if (ret)
		put_back(&d, moved);
	migration_close(d.migration);
	close(d.record);
	free(d.undo);
	return ret;
}
