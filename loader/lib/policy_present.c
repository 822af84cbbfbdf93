// SPDX-License-Identifier: GPL-2.0-only
/* The machine as a policy sees it: what is registered, its live tunables, its build, the standing rules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "name.h"
#include "netns.h"
#include "policy.h"
#include "select.h"

/* --- algorithms ----------------------------------------------------------------------------------------------------------- */

static const struct congctl_object *find_wanted(const struct congctl_plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->sides.n_wanted; i++) {
		if (!strcmp(plan->wanted[i].info->name, name))
			return plan->objects[i];
	}
	return NULL;
}

/* One that is registered; of those that the file names the tunables and the build as well. */
static int add_registered(struct congctl_plan *plan, const struct registered *r, struct congctl_error *err)
{
	struct policy_present *p = &plan->present[plan->sides.n_present];
	const struct congctl_object *wanted = find_wanted(plan, r->name);
	struct congctl_object **running = &plan->running[plan->sides.n_present];
	int ret;

	*p = (struct policy_present){.origin = r->pinned ? CONGCTL_OURS : CONGCTL_FOREIGN};
	memcpy(p->name, r->name, sizeof(p->name));
	if (wanted) {
		ret = congctl_running_open(running, r->name, err);
		if (ret)
			return ret;
		p->info = &(*running)->info;
		p->other_build = !build_same(wanted, *running, r);
	}
	plan->sides.n_present++;
	return 0;
}

static size_t count_words(const char *words)
{
	size_t n = 0;

	for (; words && *words; words += strlen(words) + 1)
		n++;
	return n;
}

/* What the kernel offers and nobody registered is its own. */
static void add_builtin(struct congctl_plan *plan, const char *words)
{
	const size_t n = plan->sides.n_present;

	for (const char *w = words; w && *w; w += strlen(w) + 1) {
		size_t i = 0;

		while (i < n && strcmp(plan->present[i].name, w))
			i++;
		if (i < n)
			continue;
		snprintf(plan->present[plan->sides.n_present].name, CONGCTL_NAME_MAX + 1, "%.*s", CONGCTL_NAME_MAX, w);
		plan->present[plan->sides.n_present++].origin = CONGCTL_BUILTIN;
	}
}

static int read_algorithms(struct congctl_plan *plan, struct congctl_error *err)
{
	char *words = name_words("tcp_available_congestion_control");
	struct registered *list;
	size_t n, room;
	int ret;

	ret = registry_walk(&list, &n);
	if (ret == -EPERM)
		congctl_fail(err, ret, "no privilege to look at what is registered: %s", kernel_look_remedy());
	else if (ret)
		congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	room = n + count_words(words) + 1;
	plan->present = calloc(room, sizeof(*plan->present));
	plan->running = calloc(room, sizeof(*plan->running));
	if (!ret && (!words || !plan->present || !plan->running))
		ret = congctl_fail(err, -ENOMEM, "cannot read the list of algorithms: out of memory");
	for (size_t i = 0; i < n && !ret; i++)
		ret = add_registered(plan, &list[i], err);
	if (!ret)
		add_builtin(plan, words);
	free(list);
	free(words);
	return ret;
}

/* --- rules ------------------------------------------------------------------------------------------------------------------ */

/* what a namespace or cgroup is, whatever it is called */
static bool stat_place(const struct congctl_selection *s, struct stat *st)
{
	char path[PATH_MAX];

	switch (s->scope) {
	case CONGCTL_SCOPE_DEFAULT:
		return !stat("/proc/thread-self/ns/net", st);
	case CONGCTL_SCOPE_NETNS:
		return !namespace_path(s->where, path) && !stat(path, st);
	case CONGCTL_SCOPE_CGROUP:
		return !stat(s->where, st);
	default:
		return false;
	}
}

bool policy_is_one_place(const struct congctl_selection *a, const struct congctl_selection *b)
{
	struct stat x, y;

	return (a->scope == CONGCTL_SCOPE_CGROUP) == (b->scope == CONGCTL_SCOPE_CGROUP) && stat_place(a, &x) && stat_place(b, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A namespace and a cgroup have many names: the machine's rule takes the one that the file uses. */
static void take_spelling(struct congctl_selection *present, const struct policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct congctl_selection *wanted = &policy->rules[i].selection;

		if (!policy_is_one_place(present, wanted))
			continue;
		present->scope = wanted->scope;
		memcpy(present->where, wanted->where, sizeof(present->where));
		return;
	}
}

int policy_read_rules(struct congctl_rule **rules, size_t *n, struct congctl_error *err)
{
	char place[sizeof((*rules)->selection.where)];
	int ret = select_rules_near(rules, n, err);

	for (size_t i = 0; !ret && i < *n; i++) {
		struct congctl_selection *s = &(*rules)[i].selection;

		if (!policy_place(s->scope, s->where, place, NULL))
			memcpy(s->where, place, sizeof(place));
	}
	return ret;
}

int policy_read_present(struct congctl_plan *plan, struct congctl_error *err)
{
	int ret = read_algorithms(plan, err);

	if (!ret)
		ret = policy_read_rules(&plan->rules, &plan->sides.n_present_rules, err);
	for (size_t i = 0; !ret && i < plan->sides.n_present_rules; i++)
		take_spelling(&plan->rules[i].selection, &plan->policy);
	plan->sides.present = plan->present;
	plan->sides.present_rules = plan->rules;
	return ret;
}
