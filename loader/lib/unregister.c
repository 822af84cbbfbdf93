// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "name.h"
#include "previous.h"
#include "registry.h"
#include "source.h"

#define GONE_MS 2000 /* a pin's link goes through the kernel's work queue and one RCU grace period: 10 to 20 ms */

int congctl_unregister_check(const char *name, char real[CONGCTL_NAME_MAX + 1], struct congctl_error *err)
{
	struct registered found;
	int ret;

	ret = registry_resolve(name, &found); /* the kernel's own "cubic" cannot be meant: it cannot go */
	if (!ret) {
		memcpy(real, found.name, sizeof(found.name));
		return 0;
	}
	snprintf(real, CONGCTL_NAME_MAX + 1, "bpf_%.*s", CONGCTL_NAME_MAX - 4, name);
	if (ret != -ENOENT && ret != -EPERM)
		return congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	if (!congctl_is_available(name) && !congctl_is_available(real))
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is", name);
	if (ret == -EPERM)
		return congctl_fail(err, ret, "no privilege to look for '%s' in the kernel: %s", name, kernel_look_remedy());
	return congctl_fail(err, -EPERM, "'%s' is the kernel's own: only what was registered through BPF can be unregistered", name);
}

/* Through its pin if it has one (no CAP_SYS_ADMIN needed), else through its link's or its map's id. */
static int open_registration(const struct registered *r)
{
	char path[PATH_MAX];
	int fd;

	name_pin_path(r->name, path);
	fd = r->pinned ? bpf_obj_get(path) : r->link_id ? bpf_link_get_fd_by_id(r->link_id) : bpf_map_get_fd_by_id(r->map_id);
	return fd < 0 ? -errno : fd;
}

static bool is_link(int fd)
{
	char self[64], kind[64] = "";

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return readlink(self, kind, sizeof(kind) - 1) > 0 && strstr(kind, "link");
}

/* A link's pin goes first: who is killed then takes the link along and leaves no pin of nothing. Detaching is at once, but the kernel may
 * not know it. A plain registration stays without its pin, which goes last. */
static int take_out(const struct registered *r, const char *pin)
{
	int fd = open_registration(r), ret;
	uint32_t zero = 0;

	if (fd < 0)
		return fd;
	if (!is_link(fd))
		ret = bpf_map_delete_elem(fd, &zero) ? -errno : 0;
	else
		ret = (r->pinned && unlink(pin)) || bpf_link_detach(fd) ? -errno : 0;
	close(fd);
	return ret;
}

static void describe(const struct congctl_holder *h, char *text, size_t size)
{
	static const char *const forms[] = {
		[CONGCTL_HOLDER_DEFAULT] = "the default of %s", [CONGCTL_HOLDER_ROUTE] = "the route %s",
		[CONGCTL_HOLDER_CGROUP] = "the cgroup %s",	[CONGCTL_HOLDER_PORT] = "port %s",
	};

	if (h->kind == CONGCTL_HOLDER_SOCKETS)
		snprintf(text, size, "%llu socket%s of %.128s", (unsigned long long)h->sockets, h->sockets == 1 ? "" : "s", h->where);
	else
		snprintf(text, size, forms[h->kind], h->where);
}

/* the standing rules that give an algorithm */
struct given {
	size_t n;
	bool locked;                 /* a route among them */
	char undo[CONGCTL_UNDO_MAX]; /* by which one of them can be taken back; empty: none */
};

/* The first three, and how many more; `n` without earlier builds, which unregistering leaves as they are */
static int refuse(const char *name, const struct congctl_holder *list, size_t n, const struct given *given,
		  struct congctl_error *err)
{
	char text[640] = "", one[288], way[96] = "";
	size_t at = 0;

	for (size_t i = 0; i < n && i < 3; i++) {
		describe(&list[i], one, sizeof(one));
		at += snprintf(text + at, sizeof(text) - at, "%s%.190s", i ? ", " : "", one);
	}
	if (n > 3)
		snprintf(text + at, sizeof(text) - at, " and %zu more", n - 3);
	if (*given->undo)
		snprintf(way, sizeof(way), "'congctl use --undo %s' takes a choice back, ", given->undo);
	return congctl_fail(err, -EBUSY, "'%s' is held by %s: %s--drain moves all of them elsewhere first%s", name, text, way,
			    given->locked ? "" : ", --force leaves them behind");
}

static int find_rules(const char *name, struct given *given, struct congctl_error *err)
{
	struct congctl_rule *rules;
	size_t n;
	int ret = congctl_rules(&rules, &n, err);

	*given = (struct given){};
	for (size_t i = 0; i < n && !ret; i++) {
		if (strcmp(rules[i].name, name))
			continue;
		given->n++;
		given->locked |= rules[i].selection.lock;
		if (!*given->undo)
			memcpy(given->undo, rules[i].undo, CONGCTL_UNDO_MAX);
	}
	free(rules);
	return ret;
}

static int name_holders(const struct registered *r, const struct given *given, struct congctl_error *err)
{
	struct congctl_holder *list;
	size_t n, held = 0;
	int ret = congctl_holders(r->name, &list, &n, err);

	if (ret)
		return ret;
	while (held < n && list[held].kind != CONGCTL_HOLDER_OLD) /* they come last */
		held++;
	if (held)
		ret = refuse(r->name, list, held, given, err);
	else if (r->users > 0)
		ret = congctl_fail(err, -EBUSY, "'%s' is held by %lld socket%s not connected or of namespaces out of reach: end what holds it, "
				   "or --force leaves it behind", r->name, (long long)r->users, r->users == 1 ? "" : "s");
	free(list);
	return ret;
}

int congctl_check_idle(const char *name, struct congctl_error *err)
{
	char real[CONGCTL_NAME_MAX + 1];
	struct registered found;
	struct given given;
	int ret;

	ret = congctl_unregister_check(name, real, err);
	if (!ret)
		ret = registry_find(real, &found);
	if (!ret && found.users < 0)
		ret = -EPERM;
	if (ret)
		return congctl_fail(err, ret, "no privilege to see who holds '%s': run it as root or give it CAP_SYS_ADMIN, or --force", real);
	ret = find_rules(real, &given, err);
	if (ret || (!found.users && !given.n)) /* the kernel counts sockets and defaults */
		return ret;
	return name_holders(&found, &given, err);
}

static int remove_pins(const char *name, const char *path, struct congctl_error *err)
{
	if (unlink(path) && errno != ENOENT) {
		int ret = -errno;

		return congctl_fail(err, ret, "cannot remove %s: %s", path, strerror(-ret));
	}
	previous_drop(name);
	source_forget(name);
	rmdir(CONGCTL_PIN_DIR); /* stays while others are in it */
	return 0;
}

static bool wait_until_gone(const char *name)
{
	for (int ms = 0; ms < GONE_MS; ms++) {
		if (!congctl_is_available(name))
			return true;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

int congctl_unregister(const char *name, int64_t *users, struct congctl_error *err)
{
	char real[CONGCTL_NAME_MAX + 1], path[PATH_MAX];
	struct registered found;
	struct given given;
	int ret;

	ret = congctl_unregister_check(name, real, err);
	if (!ret)
		ret = registry_find(real, &found);
	if (ret)
		return congctl_fail(err, ret, "'%s' went away meanwhile", name);
	ret = find_rules(real, &given, err);
	if (ret)
		return ret;
	if (given.locked)
		return congctl_fail(err, -EBUSY, "a route locks '%s', and 'ip route' crashes on it once the algorithm is gone: --drain "
				    "moves the route, or 'ip route change' it", real);
	if (found.pinned && faccessat(AT_FDCWD, CONGCTL_PIN_DIR, W_OK, AT_EACCESS)) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot remove the pin of '%s': %s: %s", real, strerror(-ret), name_pin_remedy(ret));
	}
	name_pin_path(real, path);
	ret = take_out(&found, path);
	if (ret && !found.pinned) /* removing a pin of ours unregisters in any case */
		return congctl_fail(err, ret, "cannot unregister '%s': this kernel does not detach links (%s): end the process that holds link %u or remove its pin",
				    real, strerror(-ret), found.link_id);
	ret = found.pinned ? remove_pins(real, path, err) : 0;
	if (ret)
		return ret;
	congctl_sweep(); /* one that a killed process had held leaves its pin */
	if (!wait_until_gone(real))
		return congctl_fail(err, -EBUSY, "'%s' is still registered: another process or pin holds its link %u", real, found.link_id);
	if (users) {
		*users = found.users > 0 ? registry_users(found.map_id) : found.users;
		if (*users == -ENOENT)
			*users = 0;
	}
	return 0;
}
