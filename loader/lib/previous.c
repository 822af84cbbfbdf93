// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "name.h"
#include "netns.h"
#include "previous.h"
#include "registry.h"
#include "source.h"

#define LOCK_MS 10000 /* a swap takes 10 to 20 ms, most of it one RCU grace period; 10,000 sockets to move under 100 ms more */
#define FORMER ""
#define HALF "~"
#define MARK "~~"
#define TWIN "~~~"

/* DIR/prefixNAME, a dot in the name written as in the pins */
static void previous_path(const char *name, const char *prefix, char path[PATH_MAX])
{
	char pin[PATH_MAX];

	name_pin_path(name, pin);
	snprintf(path, PATH_MAX, "%s/%s%.*s", PREVIOUS_DIR, prefix, CONGCTL_NAME_MAX, strrchr(pin, '/') + 1);
}

/* A namespace keeps the build of its default that was registered when it was set: set it again wherever `name` is the default. */
static void renew_defaults(const char *name, struct congctl_moved *moved)
{
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret) {
		snprintf(moved->why, sizeof(moved->why), "cannot list the network namespaces: %s", strerror(-ret));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		char now[CONGCTL_NAME_MAX + 1];

		if (namespace_default(&list[i], now) || strcmp(now, name))
			continue;
		ret = namespace_set_default(&list[i], name, NULL);
		if (!ret)
			continue;
		moved->unmoved++;
		snprintf(moved->why, sizeof(moved->why), "the default of %.40s keeps the former build: %s",
			 *list[i].where ? list[i].where : "this namespace", ret == -EACCES ? "it is not in tcp_allowed" : strerror(-ret));
	}
	namespace_list_free(list, n);
}

/* Under the lock: what a swap of twins that was cut short has still to do. The former build stays what it was. */
static void settle_twins(const char *name, int64_t runs)
{
	struct congctl_moved moved = {};
	char twin[PATH_MAX];
	int64_t was;

	previous_path(name, TWIN, twin);
	was = registry_pin_map(twin);
	if (was <= 0)
		return;
	source_replace(name, runs && runs != was);
	if (runs && runs != was)
		renew_defaults(name, &moved);
	unlink(twin);
}

/* Under the lock: a swap of `name` that was cut short has happened if the link runs another map than the one it set out from. */
static void settle(const char *name)
{
	char half[PATH_MAX], former[PATH_MAX], mark[PATH_MAX], pin[PATH_MAX];
	struct congctl_moved moved = {};
	int64_t runs, was, marked;

	previous_path(name, HALF, half);
	previous_path(name, FORMER, former);
	previous_path(name, MARK, mark);
	name_pin_path(name, pin);
	runs = registry_pin_map(pin);
	was = registry_pin_map(half);
	marked = registry_pin_map(mark);
	if (runs < 0 || was < 0 || marked < 0)
		return;
	settle_twins(name, runs);
	if (!runs) /* not registered: nothing to roll back */
		unlink(former);
	if (marked && marked != runs)
		unlink(mark);
	if (!was)
		return;
	source_end(name, runs && runs != was);
	if (!runs || runs == was) {
		unlink(half);
	} else {
		renew_defaults(name, &moved);
		rename(half, former);
	}
}

void previous_sweep(void)
{
	int fd = lock_directory(PREVIOUS_DIR, false, 0);
	char name[CONGCTL_NAME_MAX + 1];
	struct dirent *d;
	DIR *dir;

	if (fd < 0) /* nothing there, not ours to look at, or somebody swaps just now */
		return;
	dir = opendir(PREVIOUS_DIR);
	while (dir && (d = readdir(dir))) {
		if (*d->d_name == '.')
			continue;
		name_from_pin(d->d_name + strspn(d->d_name, "~"), name);
		settle(name);
	}
	if (dir)
		closedir(dir);
	unlock_directory(PREVIOUS_DIR, fd);
}

int previous_lock(struct congctl_error *err)
{
	int fd = lock_directory(PREVIOUS_DIR, true, LOCK_MS);

	return fd < 0 ? lock_explain(PREVIOUS_DIR, fd, err) : fd;
}

void previous_unlock(int lock)
{
	unlock_directory(PREVIOUS_DIR, lock);
}

int previous_lost(const char *name, struct congctl_error *err)
{
	return congctl_fail(err, -EBUSY, "'%s' was swapped by somebody else meanwhile: look at it and try again", name);
}

static int move_link(int link_fd, int from_fd, int to_fd)
{
	struct bpf_link_update_opts opts = {.sz = sizeof(opts), .flags = BPF_F_REPLACE, .old_prog_fd = from_fd};

	return bpf_link_update(link_fd, to_fd, &opts) ? -errno : 0;
}

static int explain_swap(const char *name, int code, struct congctl_error *err)
{
	if (code == -EPERM)
		return previous_lost(name, err);
	if (code == -ENOLINK)
		return congctl_fail(err, -ENOENT, "'%s' was unregistered meanwhile: 'congctl register' it", name);
	if (code == -EINVAL)
		return congctl_fail(err, code, "the kernel refuses this build of '%s': its name, its flags or its set of operations", name);
	return congctl_fail(err, code, "cannot swap the build of '%s': %s", name, strerror(-code));
}

static int explain_pin(const char *name, int code, struct congctl_error *err)
{
	return congctl_fail(err, code, "cannot pin the present build of '%s' in %s: %s: %s", name, PREVIOUS_DIR, strerror(-code),
			    name_pin_remedy(code));
}

/* Under the lock. Twins need no way back, but the defaults of namespaces have to follow. */
static int swap_twins(const struct previous_swap *s, struct congctl_moved *moved, struct congctl_error *err)
{
	char twin[PATH_MAX];
	int ret;

	previous_path(s->name, TWIN, twin);
	if (bpf_obj_pin(s->old_fd, twin))
		return explain_pin(s->name, -errno, err);
	source_begin(s->name, s->file);
	ret = move_link(s->link_fd, s->old_fd, s->new_fd);
	source_replace(s->name, !ret);
	if (!ret)
		renew_defaults(s->name, moved);
	unlink(twin);
	return ret ? explain_swap(s->name, ret, err) : 0;
}

/* Under the lock */
static int swap_builds(const struct previous_swap *s, struct congctl_moved *moved, struct congctl_error *err)
{
	char half[PATH_MAX], former[PATH_MAX], mark[PATH_MAX];
	int ret;

	previous_path(s->name, HALF, half);
	previous_path(s->name, FORMER, former);
	previous_path(s->name, MARK, mark);
	if (s->mark && bpf_obj_pin(s->new_fd, mark))
		return errno == EEXIST ? previous_lost(s->name, err) : explain_pin(s->name, -errno, err);
	if (bpf_obj_pin(s->old_fd, half)) {
		ret = explain_pin(s->name, -errno, err);
		if (s->mark)
			unlink(mark);
		return ret;
	}
	source_begin(s->name, s->file);
	ret = move_link(s->link_fd, s->old_fd, s->new_fd);
	source_end(s->name, !ret);
	if (ret) {
		unlink(half);
		if (s->mark)
			unlink(mark);
		return explain_swap(s->name, ret, err);
	}
	renew_defaults(s->name, moved);
	rename(half, former); /* if that cannot be, the next settle() does it */
	return 0;
}

int previous_swap(const struct previous_swap *swap, struct congctl_moved *moved, struct congctl_error *err)
{
	int ret;

	settle(swap->name);
	ret = swap->twin ? swap_twins(swap, moved, err) : swap_builds(swap, moved, err);
	if (!ret)
		settle(swap->name); /* the mark of an earlier one */
	return ret;
}

int previous_open(const char *name)
{
	char path[PATH_MAX];
	int fd;

	previous_path(name, FORMER, path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int previous_replace(const char *name, int map_fd)
{
	int fd = lock_directory(PREVIOUS_DIR, true, LOCK_MS), ret = 0;
	char path[PATH_MAX];

	if (fd < 0)
		return fd;
	previous_path(name, FORMER, path);
	if (unlink(path) && errno != ENOENT)
		ret = -errno;
	if (!ret && map_fd >= 0 && bpf_obj_pin(map_fd, path))
		ret = -errno;
	unlock_directory(PREVIOUS_DIR, fd);
	return ret;
}

bool previous_is_marked(const char *name)
{
	char mark[PATH_MAX], pin[PATH_MAX];
	int64_t marked;

	previous_path(name, MARK, mark);
	name_pin_path(name, pin);
	marked = registry_pin_map(mark);
	return marked > 0 && marked == registry_pin_map(pin);
}

void previous_unmark(const char *name)
{
	char path[PATH_MAX];

	previous_path(name, MARK, path);
	unlink(path);
}

void previous_drop(const char *name)
{
	int fd = lock_directory(PREVIOUS_DIR, false, LOCK_MS);
	char path[PATH_MAX];

	if (fd < 0)
		return;
	previous_unmark(name);
	previous_path(name, FORMER, path);
	unlink(path);
	unlock_directory(PREVIOUS_DIR, fd);
}
