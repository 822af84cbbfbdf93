// SPDX-License-Identifier: GPL-2.0-only
/* Another build under the same name: the link is swapped, the former build stays pinned for the way back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "migration.h"
#include "move.h"
#include "name.h"
#include "object.h"
#include "previous.h"
#include "registry.h"
#include "source.h"

/* what runs now */
struct present {
	struct registered registered;
	int link_fd, map_fd;
};

static void present_close(struct present *p)
{
	if (p->map_fd >= 0)
		close(p->map_fd);
	if (p->link_fd >= 0)
		close(p->link_fd);
}

static int check_swappable(const char *name, const struct registered *r, int ret, struct congctl_error *err)
{
	if (ret == -ENOENT && congctl_is_available(name))
		return congctl_fail(err, -EPERM, "'%s' is the kernel's own: only what was registered through BPF has builds", name);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, "'%s' is not registered: 'congctl register' it first", name);
	if (ret && ret != -EPERM)
		return congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	if (ret || r->users < 0)
		return congctl_fail(err, -EPERM, "no privilege to look at '%s' in the kernel: %s", name, kernel_look_remedy());
	if (!r->link_id)
		return congctl_fail(err, -ENOTSUP, "'%s' is registered without a link, which needs kernel 6.4, and cannot be swapped: "
				    "'congctl unregister %s --drain' and register the new build", r->name, r->name);
	if (!r->pinned)
		return congctl_fail(err, -EPERM, "'%s' was registered by something else: 'congctl adopt %s' first", r->name, r->name);
	return 0;
}

static int present_open(const char *name, struct present *p, struct congctl_error *err)
{
	char path[PATH_MAX];
	int ret;

	*p = (struct present){.link_fd = -1, .map_fd = -1};
	congctl_sweep();
	ret = check_swappable(name, &p->registered, registry_resolve(name, &p->registered), err);
	if (ret)
		return ret;
	name_pin_path(p->registered.name, path);
	p->link_fd = bpf_obj_get(path);
	p->map_fd = bpf_map_get_fd_by_id(p->registered.map_id);
	if (p->link_fd >= 0 && p->map_fd >= 0)
		return 0;
	ret = congctl_fail(err, -errno, "cannot open the present build of '%s': %s", p->registered.name, strerror(errno));
	present_close(p);
	return ret;
}

static void note(char *text, size_t size, const char *name, const char *why)
{
	size_t n = strlen(text);

	snprintf(text + n, size - n, "%s%s %s", n ? ", " : "", name, why);
}

/* The values the tunables have now, as far as the new build has room for them. */
static int keep_tunables(struct congctl_object *obj, const char *name, struct congctl_moved *moved, struct congctl_error *err)
{
	const struct congctl_info *was;
	struct congctl_object *running;
	char value[24], why[96];
	int ret;

	ret = congctl_running_open(&running, name, err);
	if (ret)
		return ret;
	was = congctl_object_info(running);
	for (size_t i = 0; i < was->n_tunables && !ret; i++) {
		const struct congctl_tunable *t = &was->tunables[i];

		snprintf(value, sizeof(value), "%llu", (unsigned long long)t->value);
		ret = congctl_object_set(obj, t->name, value, NULL);
		if (ret == -ERANGE)
			snprintf(why, sizeof(why), "(%s is out of its new range)", value);
		else if (ret == -ENOENT)
			snprintf(why, sizeof(why), "(%s, it is no more)", value);
		if (ret == -ERANGE || (ret == -ENOENT && t->value != t->initial))
			note(moved->unkept, sizeof(moved->unkept), t->name, why);
		if (ret == -ERANGE || ret == -ENOENT)
			ret = 0;
		else if (ret)
			congctl_fail(err, ret, "cannot set tunable '%s' of the new build to %s", t->name, value);
	}
	congctl_object_close(running);
	return ret;
}

/* The file that the build which runs came from; of several algorithms in it the one of that name. */
static int open_again(struct congctl_object **obj, const char *name, struct congctl_error *err)
{
	struct congctl_object **objs;
	char file[PATH_MAX];
	size_t n, k = 0;
	int ret;

	if (!source_of(name, file))
		return congctl_fail(err, -ENOENT, "it is not known which file '%s' came from: give the FILE of the new build", name);
	if (access(file, F_OK) && errno == ENOENT)
		return congctl_fail(err, -ENOENT, "'%s' came from %s, which is not there any more: give the FILE of the new build", name, file);
	ret = congctl_object_open_all(&objs, &n, file, err);
	if (ret)
		return ret;
	while (n > 1 && k < n && strcmp(objs[k]->info.name, name))
		k++;
	if (k == n)
		ret = congctl_fail(err, -EINVAL, "'%s' came from %s, which holds %zu algorithms: give one of them as FILE#NAME", name, file, n);
	else
		*obj = objs[k];
	for (size_t i = 0; i < n; i++) {
		if (i != k)
			congctl_object_close(objs[i]);
	}
	free(objs);
	return ret;
}

static int load_build(struct congctl_object *obj, const struct present *p, struct congctl_moved *moved, struct congctl_error *err)
{
	const char *name = p->registered.name;
	char own_name[CONGCTL_NAME_MAX + 1];
	int ret;

	memcpy(own_name, obj->info.name, sizeof(own_name));
	ret = build_check_name(obj, own_name, &p->registered, err);
	if (!ret && strcmp(own_name, name))
		ret = congctl_object_rename(obj, name, err);
	if (!ret)
		ret = keep_tunables(obj, name, moved, err);
	if (!ret)
		ret = congctl_object_load(obj, err);
	if (!ret && !obj->link_mode)
		ret = congctl_fail(err, -ENOTSUP, "this kernel cannot swap '%s': it has no links for struct_ops (6.4): "
				   "'congctl unregister %s --drain' and register the new build", name, name);
	if (!ret)
		ret = object_make_ready(obj, err);
	return ret;
}

/* Live sockets that have the former build, after a swap that stands: moved, or told. What goes wrong here leaves them with it: false. */
static bool follow(const struct present *p, struct migration *m, struct congctl_moved *moved)
{
	struct congctl_moved sockets = {};
	struct congctl_error err = {};
	int64_t left;
	bool done;

	done = !m || !move_version(m, p->registered.name, &sockets, &err);
	if (!done)
		snprintf(sockets.why, sizeof(sockets.why), "%.*s", (int)sizeof(sockets.why) - 1, err.text);
	congctl_error_clear(&err);
	moved->moved += sockets.moved;
	moved->unmoved += sockets.unmoved;
	if (!*moved->why)
		memcpy(moved->why, sockets.why, sizeof(moved->why));
	left = m ? 0 : registry_users(p->registered.map_id);
	if (left <= 0)
		return done;
	moved->unmoved = left;
	if (!*moved->why)
		snprintf(moved->why, sizeof(moved->why), "they keep the former build unless --migrate moves them");
	return done;
}

/* Does the new build differ in nothing from the one that runs? */
static bool is_twin(const struct congctl_object *obj, const struct present *p)
{
	struct congctl_object *running;
	bool same;

	if (congctl_running_open(&running, p->registered.name, NULL))
		return false;
	same = build_same(obj, running, &p->registered);
	congctl_object_close(running);
	return same;
}

static int swap_to(const struct congctl_object *obj, const struct present *p, struct congctl_moved *moved, struct congctl_error *err)
{
	bool twin = is_twin(obj, p);
	int lock = previous_lock(err), former, ret;

	if (lock < 0)
		return lock;
	former = previous_open(p->registered.name);
	ret = previous_swap(&(struct previous_swap){.name = p->registered.name, .link_fd = p->link_fd, .old_fd = p->map_fd,
						    .new_fd = bpf_map__fd(obj->map), .file = obj->info.file,
						    .twin = twin && former >= 0}, moved, err);
	if (former >= 0)
		close(former);
	previous_unlock(lock);
	return ret;
}

int congctl_update(const char *name, const char *file, bool migrate, struct congctl_moved *moved, struct congctl_error *err)
{
	struct congctl_object *obj = NULL;
	struct migration *m = NULL;
	struct present p;
	int ret;

	memset(moved, 0, sizeof(*moved));
	ret = present_open(name, &p, err);
	if (ret)
		return ret;
	ret = migrate ? migration_open(&m, -1, err) : 0; /* before the swap, so that a refusal changes nothing */
	if (!ret)
		ret = file ? congctl_object_open(&obj, file, err) : open_again(&obj, p.registered.name, err);
	if (!ret)
		ret = load_build(obj, &p, moved, err);
	if (!ret)
		ret = swap_to(obj, &p, moved, err);
	if (!ret)
		follow(&p, m, moved);
	congctl_object_close(obj);
	migration_close(m);
	present_close(&p);
	return ret;
}

/* Under the lock. One that was cut short has swapped already: only the sockets are left to move. `marked`: there was one before the lock,
 * and if it is over by now, whoever had the lock has done it. */
static int roll_back(const struct present *p, bool migrate, bool marked, struct congctl_moved *moved, struct congctl_error *err)
{
	const char *name = p->registered.name;
	int former, ret;

	if (marked)
		return previous_is_marked(name) ? 0 : previous_lost(name, err);
	former = previous_open(name);
	if (former == -ENOENT)
		return congctl_fail(err, former, "'%s' has no former build: 'congctl update' leaves one", name);
	if (former < 0)
		return congctl_fail(err, former, "cannot open the former build of '%s': %s", name, strerror(-former));
	ret = previous_swap(&(struct previous_swap){.name = name, .link_fd = p->link_fd, .old_fd = p->map_fd, .new_fd = former,
						    .mark = migrate}, moved, err);
	close(former);
	return ret;
}

int congctl_rollback(const char *name, bool migrate, struct congctl_moved *moved, struct congctl_error *err)
{
	struct migration *m = NULL;
	int ret, lock = -1;
	struct present p;
	bool marked;

	memset(moved, 0, sizeof(*moved));
	ret = present_open(name, &p, err);
	if (ret)
		return ret;
	marked = migrate && previous_is_marked(p.registered.name);
	ret = migrate ? migration_open(&m, -1, err) : 0;
	if (!ret)
		ret = lock = previous_lock(err);
	if (ret >= 0)
		ret = roll_back(&p, migrate, marked, moved, err);
	if (!ret && follow(&p, m, moved) && migrate) /* else the same command again goes on */
		previous_unmark(p.registered.name);
	previous_unlock(lock);
	migration_close(m);
	present_close(&p);
	return ret;
}
