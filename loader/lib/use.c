// SPDX-License-Identifier: GPL-2.0-only
/* Selections. Each writes down what it is about to change, then changes it; both under one lock. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "cgroup_rule.h"
#include "name.h"
#include "registry.h"
#include "select.h"

#define FLAG_NEEDS_ECN 0x2 /* TCP_CONG_NEEDS_ECN */

static int no_such_name(const char *name, struct congctl_error *err)
{
	char *words = name_words("tcp_available_congestion_control"), path[PATH_MAX], all[512] = "";
	size_t n = 0;

	if (!strpbrk(name, "/.") && !name_resolve(name, path, NULL)) {
		free(words);
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl register %s' first", name, name);
	}
	for (char *w = words; w && *w && n < sizeof(all); w += strlen(w) + 1)
		n += snprintf(all + n, sizeof(all) - n, "%s%s", n ? " " : "", w);
	free(words);
	return congctl_fail(err, -ENOENT, "no algorithm '%.32s': there are %s, and 'congctl list' shows what can be registered", name, all);
}

int select_name(const char *name, char real[CONGCTL_NAME_MAX + 1], struct congctl_error *err)
{
	if (strlen(name) <= CONGCTL_NAME_MAX) {
		snprintf(real, CONGCTL_NAME_MAX + 1, "%s", name);
		if (*name && congctl_is_available(real))
			return 0;
	}
	if (*name && strlen(name) <= CONGCTL_NAME_MAX - 4) {
		snprintf(real, CONGCTL_NAME_MAX + 1, "bpf_%.*s", CONGCTL_NAME_MAX - 4, name);
		if (congctl_is_available(real))
			return 0;
	}
	return no_such_name(name, err);
}

/* Does it want ECN negotiated? */
static bool needs_ecn_of(const char *name)
{
	struct registered found;

	if (!registry_find(name, &found))
		return found.flags & FLAG_NEEDS_ECN;
	return !strcmp(name, "dctcp"); /* the only one of the kernel's own */
}

static int use_namespace(struct undo_record *record, const char *where, struct congctl_moved *moved, struct congctl_error *err)
{
	struct namespace ns;
	int ret = *where ? namespace_open(&ns, where, err) : namespace_own(&ns, err);

	if (ret)
		return ret;
	record->netns_inode = ns.inode;
	record->netns_cookie = ns.cookie;
	ret = namespace_default(&ns, record->before);
	if (ret)
		congctl_fail(err, ret, "cannot read net.ipv4.tcp_congestion_control: %s", strerror(-ret));
	if (!ret && strcmp(record->before, record->name)) {
		ret = undo_write(record, moved->undo, err);
		if (!ret)
			ret = namespace_set_default(&ns, record->name, err);
	}
	namespace_close(&ns);
	return ret;
}

/* -ENOENT: there is none, without a sentence */
static int find_rule(uint64_t cgroup, uint32_t port, struct cgroup_rule *found, struct congctl_error *err)
{
	struct cgroup_rule *rules;
	size_t n;
	int ret = cgroup_rules(&rules, &n);

	for (size_t i = 0; i < n; i++) {
		if (rules[i].cgroup != cgroup || rules[i].port != port)
			continue;
		*found = rules[i];
		free(rules);
		return 0;
	}
	free(rules);
	if (ret == -EPERM)
		return congctl_fail(err, ret, "no privilege to read the rules that cgroups and ports have: %s", kernel_look_remedy());
	return ret ? congctl_fail(err, ret, "cannot read the rules that cgroups and ports have: %s", strerror(-ret)) : -ENOENT;
}

static int use_cgroup(struct undo_record *record, const char *where, struct congctl_moved *moved, struct congctl_error *err)
{
	bool needs_ecn = needs_ecn_of(record->name);
	struct cgroup_rule rule;
	int fd = cgroup_open(where, &record->cgroup, err), ret;

	if (fd < 0)
		return fd;
	ret = find_rule(record->cgroup, record->port, &rule, err);
	if (!ret && strcmp(rule.name, record->name)) { /* one rule for one place: it changes its mind */
		snprintf(record->before, sizeof(record->before), "%s", rule.name);
		snprintf(record->rule, sizeof(record->rule), "%s", rule.id);
		ret = undo_write(record, moved->undo, err);
		if (!ret)
			ret = cgroup_rule_change(&rule, record->name, needs_ecn, err);
	} else if (ret == -ENOENT) {
		ret = undo_write(record, moved->undo, err);
		rule = (struct cgroup_rule){.cgroup = record->cgroup, .port = record->port};
		snprintf(rule.id, sizeof(rule.id), "%s", moved->undo);
		snprintf(rule.name, sizeof(rule.name), "%s", record->name);
		if (!ret)
			ret = cgroup_rule_add(&rule, needs_ecn, fd, err);
	}
	close(fd);
	return ret;
}

int select_port(const char *text, uint32_t *port, struct congctl_error *err)
{
	uint64_t n;

	if (congctl_parse_u64(text, &n) || n < 1 || n > 65535)
		return congctl_fail(err, -EINVAL, "'%.32s' is not a port: give a number from 1 to 65535", text);
	*port = n;
	return 0;
}

static int use_port(struct undo_record *record, const char *where, struct congctl_moved *moved, struct congctl_error *err)
{
	char root[PATH_MAX];
	int ret = select_port(where, &record->port, err);

	if (!ret)
		ret = cgroup_root(root, err);
	return ret ? ret : use_cgroup(record, root, moved, err);
}

struct prefix_job {
	struct undo_record *record;
	struct congctl_moved *moved;
	struct congctl_error *err;
};

static int use_prefix_there(void *arg)
{
	struct prefix_job *job = arg;

	return select_prefix(job->record, job->moved, job->err);
}

static int use_prefix(struct undo_record *record, const struct congctl_selection *s, struct congctl_moved *moved, struct congctl_error *err)
{
	struct namespace ns;
	struct prefix_job job = {record, moved, err};
	int ret = route_parse(s->where, &record->route.to, err);

	if (!ret)
		ret = *s->netns ? namespace_open(&ns, s->netns, err) : namespace_own(&ns, err);
	if (ret)
		return ret;
	record->netns_inode = ns.inode;
	record->netns_cookie = ns.cookie;
	record->lock = s->lock;
	ret = namespace_run(&ns, use_prefix_there, &job);
	namespace_close(&ns);
	return ret;
}

int select_check(const struct congctl_selection *s, struct congctl_error *err)
{
	struct route_prefix prefix;
	uint32_t port;
	pid_t pid;

	switch (s->scope) {
	case CONGCTL_SCOPE_DEFAULT:
		return 0;
	case CONGCTL_SCOPE_NETNS:
		return *s->where ? 0 : congctl_fail(err, -EINVAL, "no network namespace is given");
	case CONGCTL_SCOPE_CGROUP:
		return *s->where ? 0 : congctl_fail(err, -EINVAL, "no cgroup is given");
	case CONGCTL_SCOPE_PORT:
		return select_port(s->where, &port, err);
	case CONGCTL_SCOPE_PREFIX:
		return route_parse(s->where, &prefix, err);
	case CONGCTL_SCOPE_PID:
		return select_pid(s->where, &pid, err);
	case CONGCTL_SCOPE_FROM: /* no name would mean every socket there is */
		if (!*s->where)
			return congctl_fail(err, -EINVAL, "no algorithm is given whose sockets are meant");
		return *s->prefix ? route_parse(s->prefix, &prefix, err) : 0;
	default:
		return congctl_fail(err, -EINVAL, "no such selection");
	}
}

static int use_selection(struct undo_record *record, const struct congctl_selection *s, struct congctl_moved *moved,
			 struct congctl_error *err)
{
	switch (s->scope) {
	case CONGCTL_SCOPE_DEFAULT:
		return use_namespace(record, "", moved, err);
	case CONGCTL_SCOPE_NETNS:
		return use_namespace(record, s->where, moved, err);
	case CONGCTL_SCOPE_CGROUP:
		return use_cgroup(record, s->where, moved, err);
	case CONGCTL_SCOPE_PORT:
		return use_port(record, s->where, moved, err);
	case CONGCTL_SCOPE_PREFIX:
		return use_prefix(record, s, moved, err);
	default: /* PID, FROM */
		return select_live(record, s, moved, err);
	}
}

/* Never mounted here: a command run by 'ip netns exec' has a /sys of its own, and what it pinned would end with it. */
static int check_pins_stay(struct congctl_error *err)
{
	if (kernel_bpffs_mounted())
		return 0;
	return congctl_fail(err, -ENODEV, "no bpf file system at %s, where rules are kept: give --netns or use 'nsenter --net' instead of "
			    "'ip netns exec', or 'mount -t bpf bpf %s' as root", KERNEL_BPFFS, KERNEL_BPFFS);
}

/* Routes and defaults take no program, only the record does: CAP_BPF is enough. What they take themselves the kernel tells. */
static int check_privilege(enum congctl_scope scope, struct congctl_error *err)
{
	if (scope != CONGCTL_SCOPE_DEFAULT && scope != CONGCTL_SCOPE_NETNS && scope != CONGCTL_SCOPE_PREFIX)
		return congctl_require(err);
	if (kernel_in_user_namespace())
		return congctl_fail(err, -EPERM, "no privilege to record the choice: " KERNEL_USER_NAMESPACE);
	if (!kernel_has_cap(CAP_SYS_ADMIN) && !kernel_has_cap(CAP_BPF))
		return congctl_fail(err, -EPERM, "no privilege to record the choice: run it as root or give it CAP_BPF%s",
				    kernel_has_cap(CAP_NET_ADMIN) ? "" : " and CAP_NET_ADMIN");
	congctl_sweep();
	return 0;
}

int congctl_use(const char *name, const struct congctl_selection *selection, struct congctl_moved *moved, struct congctl_error *err)
{
	struct undo_record record = {.scope = selection->scope};
	int ret, lock;

	*moved = (struct congctl_moved){};
	ret = select_check(selection, err);
	if (!ret)
		ret = check_pins_stay(err);
	if (!ret)
		ret = check_privilege(selection->scope, err);
	if (!ret)
		ret = select_name(name, record.name, err);
	if (ret)
		return ret;
	lock = undo_lock(err);
	if (lock < 0)
		return lock;
	select_settle();
	ret = use_selection(&record, selection, moved, err);
	if (ret) {
		undo_drop(moved->undo);
		*moved->undo = '\0';
	} else if (*moved->undo) {
		record.pending = false;
		undo_rewrite(moved->undo, &record);
		undo_limit(&record);
	}
	undo_unlock(lock);
	return ret;
}

/* Is what is there (empty: nothing) ours to take back? 1: it is as before already */
static int still_ours(const struct undo_record *record, const char *now, const char *what, struct congctl_error *err)
{
	if (!strcmp(now, record->name))
		return 0;
	if (!strcmp(now, record->before))
		return 1;
	return congctl_fail(err, -ESTALE, "%s has %s%s%s by now, not '%s'", what, *now ? "'" : "no algorithm", now, *now ? "'" : "",
			    record->name);
}

static int hidden(int ret, struct congctl_error *err)
{
	return congctl_fail(err, ret, "cannot reach its network namespace, which may be there or gone: %s", ret == -EACCES ?
			    "run it as root and in the first PID namespace, where all processes are" : strerror(-ret));
}

static int undo_namespace(const struct undo_record *record, struct congctl_error *err)
{
	char now[CONGCTL_NAME_MAX + 1];
	struct namespace ns;
	int ret = namespace_find(&ns, record->netns_inode, record->netns_cookie);

	if (ret)
		return hidden(ret, err);
	ret = namespace_default(&ns, now);
	if (!ret)
		ret = still_ours(record, now, "the network namespace", err);
	if (!ret)
		ret = namespace_set_default(&ns, record->before, err);
	namespace_close(&ns);
	return ret < 0 ? ret : 0;
}

static int undo_cgroup(const struct undo_record *record, struct congctl_error *err)
{
	struct cgroup_rule rule;
	char *now = "";
	int ret = find_rule(record->cgroup, record->port, &rule, err);

	if (ret && ret != -ENOENT)
		return ret;
	if (!ret && !strcmp(rule.id, record->rule))
		now = rule.name;
	ret = still_ours(record, now, record->port ? "the port" : "the cgroup", err);
	if (ret)
		return ret < 0 ? ret : 0;
	if (!*record->before)
		return cgroup_rule_remove(record->rule);
	if (!congctl_is_available(record->before))
		return congctl_fail(err, -ENOENT, "'%s', which the rule gave before, is not registered any more: register it first", record->before);
	return cgroup_rule_change(&rule, record->before, needs_ecn_of(record->before), err);
}

static int undo_prefix_there(void *arg)
{
	struct prefix_job *job = arg;

	return select_prefix_undo(job->record, job->moved, job->err);
}

static int undo_prefix(struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err)
{
	struct prefix_job job = {record, moved, err};
	struct namespace ns;
	int ret = namespace_find(&ns, record->netns_inode, record->netns_cookie);

	if (ret)
		return hidden(ret, err);
	ret = namespace_run(&ns, undo_prefix_there, &job);
	namespace_close(&ns);
	return ret;
}

static int undo_record(struct undo_saved *saved, struct congctl_moved *moved, struct congctl_error *err)
{
	struct undo_record *record = &saved->record;

	switch (record->scope) {
	case CONGCTL_SCOPE_DEFAULT:
	case CONGCTL_SCOPE_NETNS:
		return undo_namespace(record, err);
	case CONGCTL_SCOPE_CGROUP:
	case CONGCTL_SCOPE_PORT:
		return undo_cgroup(record, err);
	case CONGCTL_SCOPE_PREFIX:
		return undo_prefix(record, moved, err);
	case CONGCTL_SCOPE_PID:
	case CONGCTL_SCOPE_FROM:
		return select_live_undo(saved, moved, err);
	default:
		return congctl_fail(err, -EINVAL, "the record is of another version of congctl: undo it with that one");
	}
}

/* The last choice of a place that stands comes off first, be it the same algorithm: undone in another order, a place would end up with what it had
 * in between. */
static int check_last(const struct undo_saved *saved, struct congctl_error *err)
{
	struct undo_saved *list;
	int ret = 0;
	size_t n;

	if (undo_list(&list, &n))
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; !ret && i < n && strcmp(list[i].id, saved->id); i++) { /* the newest first */
		const struct undo_record *later = &list[i].record;

		if (undo_same_place(later, &saved->record) && select_stands(later) > 0)
			ret = congctl_fail(err, -EBUSY, "a later choice of the same place is %s: 'congctl use --undo %s' first", later->name,
					   list[i].id);
	}
	free(list);
	return ret;
}

/* Refused, for somebody else has changed it since: nobody will ever undo it. */
static void forget_changed(const struct undo_saved *saved, struct congctl_error *err)
{
	size_t end = err ? strlen(err->text) : 0;

	undo_drop(saved->id);
	if (err)
		snprintf(err->text + end, sizeof(err->text) - end, ": it has been changed since and stays so, and %s is forgotten", saved->id);
}

/* Pending meanwhile: whoever is killed here leaves a record that the next command looks at. */
static int undo_saved(struct undo_saved *saved, struct congctl_moved *moved, struct congctl_error *err)
{
	const char *gone;
	int ret;

	select_gone(saved, 1, false, &gone);
	if (gone) {
		select_forget(saved);
		snprintf(moved->why, sizeof(moved->why), "%s", gone);
		return 0;
	}
	ret = check_last(saved, err);
	if (ret)
		return ret;
	saved->record.pending = UNDO_PENDING;
	undo_rewrite(saved->id, &saved->record);
	ret = undo_record(saved, moved, err);
	saved->record.pending = false;
	if (ret)
		undo_rewrite(saved->id, &saved->record);
	else
		undo_drop(saved->id);
	if (ret == -ESTALE)
		forget_changed(saved, err);
	return ret;
}

int congctl_undo(const char *id, struct congctl_moved *moved, struct congctl_error *err)
{
	struct undo_saved saved = {};
	int ret, lock = undo_lock(err);

	*moved = (struct congctl_moved){};
	if (lock < 0)
		return lock;
	ret = undo_read(id, &saved.record, err);
	if (!ret) {
		snprintf(saved.id, sizeof(saved.id), "%s", id);
		ret = undo_saved(&saved, moved, err);
	}
	if (ret)
		congctl_fail(err, ret, "cannot undo %s: %s", id, strerror(-ret));
	select_settle();
	undo_unlock(lock);
	return ret;
}
