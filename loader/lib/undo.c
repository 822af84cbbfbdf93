// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_rule.h"
#include "lock.h"
#include "name.h"
#include "undo.h"

#define VERSION 1
#define LOCK_MS 5000 /* a change takes milliseconds */
#define SOCKETS "+sockets"

/* The end of a sentence: why nothing could be written, and what to do. */
static const char *remedy(int ret)
{
	return ret == -EPERM ? "run it as root or give it CAP_BPF" : name_pin_remedy(ret);
}

int undo_lock(struct congctl_error *err)
{
	int fd = lock_directory(UNDO_DIR, true, LOCK_MS);

	if (fd >= 0)
		return fd;
	if (fd == -EBUSY)
		return congctl_fail(err, fd, "another process has held the lock on %s for %d seconds: try again when it is done", UNDO_DIR,
				    LOCK_MS / 1000);
	if (fd == -EINVAL)
		return lock_explain(UNDO_DIR, fd, err);
	if (fd == -EPERM || fd == -EACCES)
		return congctl_fail(err, fd, "no privilege to record the change in %s: %s", UNDO_DIR, remedy(fd));
	return congctl_fail(err, fd, "cannot record the change in %s: %s: %s", UNDO_DIR, strerror(-fd), remedy(fd));
}

void undo_unlock(int lock)
{
	unlock_directory(UNDO_DIR, lock);
}

/* Is it of a place, and not of live sockets? */
static bool is_standing(const struct undo_record *r)
{
	return r->scope != CONGCTL_SCOPE_PID && r->scope != CONGCTL_SCOPE_FROM;
}

bool undo_same_place(const struct undo_record *a, const struct undo_record *b)
{
	return is_standing(a) && is_standing(b) && a->netns_inode == b->netns_inode && a->netns_cookie == b->netns_cookie &&
	       a->cgroup == b->cgroup && a->port == b->port && !memcmp(&a->route, &b->route, sizeof(a->route));
}

static void path_of(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", UNDO_DIR, id);
}

static int store(int fd, struct undo_record *record, char id[CONGCTL_UNDO_MAX])
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info), zero = 0;
	char path[PATH_MAX];

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	snprintf(id, CONGCTL_UNDO_MAX, "%u", info.id);
	if (!*record->rule)
		snprintf(record->rule, sizeof(record->rule), "%s", id);
	record->version = VERSION;
	record->pending = UNDO_PENDING;
	path_of(id, path);
	if (bpf_map_update_elem(fd, &zero, record, BPF_ANY))
		return -errno;
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

int undo_write(struct undo_record *record, char id[CONGCTL_UNDO_MAX], struct congctl_error *err)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "congctl_undo", sizeof(uint32_t), sizeof(*record), 1, NULL), ret;

	ret = fd < 0 ? -errno : store(fd, record, id);
	if (fd >= 0)
		close(fd);
	if (ret)
		*id = '\0';
	if (ret == -EPERM || ret == -EACCES)
		return congctl_fail(err, ret, "no privilege to record the change in %s: %s", UNDO_DIR, remedy(ret));
	if (ret)
		return congctl_fail(err, ret, "cannot record the change in %s: %s: %s", UNDO_DIR, strerror(-ret), remedy(ret));
	return 0;
}

static int load(const char *id, struct undo_record *record)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info), zero = 0;
	char path[PATH_MAX];
	int fd, ret = 0;

	path_of(id, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.type != BPF_MAP_TYPE_ARRAY || info.value_size != sizeof(*record))
		ret = -EINVAL;
	else if (bpf_map_lookup_elem(fd, &zero, record))
		ret = -errno;
	else if (record->version != VERSION)
		ret = -EINVAL;
	close(fd);
	return ret;
}

static bool is_id(const char *id)
{
	return *id && strlen(id) < CONGCTL_UNDO_MAX && strspn(id, "0123456789") == strlen(id);
}

int undo_read(const char *id, struct undo_record *record, struct congctl_error *err)
{
	int ret = is_id(id) ? load(id, record) : -ENOENT;

	if (ret == -ENOENT)
		return congctl_fail(err, ret, "nothing to undo has the number '%s': 'congctl use' says it when it changes something", id);
	if (ret == -EPERM || ret == -EACCES)
		return congctl_fail(err, ret, "no privilege to read %s/%s: run it as root", UNDO_DIR, id);
	return ret ? congctl_fail(err, ret, "cannot read %s/%s: %s", UNDO_DIR, id, strerror(-ret)) : 0;
}

/* No record has such a name. */
static void sockets_path(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s" SOCKETS, UNDO_DIR, id);
}

int undo_pin_sockets(const char *id, int fd, struct congctl_error *err)
{
	char path[PATH_MAX];
	int ret;

	sockets_path(id, path);
	if (!bpf_obj_pin(fd, path))
		return 0;
	ret = -errno;
	return congctl_fail(err, ret, "cannot record the change in %s: %s", path, strerror(-ret));
}

int undo_open_sockets(const char *id)
{
	char path[PATH_MAX];
	int fd;

	sockets_path(id, path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

int undo_rewrite(const char *id, const struct undo_record *record)
{
	char path[PATH_MAX];
	uint32_t zero = 0;
	int fd, ret;

	path_of(id, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	ret = bpf_map_update_elem(fd, &zero, record, BPF_ANY) ? -errno : 0;
	close(fd);
	return ret;
}

void undo_drop(const char *id)
{
	char path[PATH_MAX];

	if (!*id)
		return;
	sockets_path(id, path);
	unlink(path);
	path_of(id, path);
	unlink(path);
}

void undo_sweep_sockets(void)
{
	DIR *dir = opendir(UNDO_DIR);
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char id[CONGCTL_UNDO_MAX], path[PATH_MAX];
		size_t digits = strspn(d->d_name, "0123456789");

		if (digits >= sizeof(id) || strcmp(d->d_name + digits, SOCKETS))
			continue;
		snprintf(id, sizeof(id), "%.*s", (int)digits, d->d_name);
		path_of(id, path);
		if (access(path, F_OK) && errno == ENOENT)
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	if (dir)
		closedir(dir);
}

/* Map ids are given in rising order. */
static int newest_first(const void *a, const void *b)
{
	long x = atol(((const struct undo_saved *)a)->id), y = atol(((const struct undo_saved *)b)->id);

	return (x < y) - (x > y);
}

int undo_list(struct undo_saved **list, size_t *n)
{
	DIR *dir = opendir(UNDO_DIR);
	struct undo_saved *more;
	struct dirent *d;

	*list = NULL;
	*n = 0;
	while (dir && (d = readdir(dir))) {
		if (!is_id(d->d_name))
			continue;
		more = realloc(*list, (*n + 1) * sizeof(**list));
		if (!more) {
			closedir(dir);
			free(*list);
			*list = NULL;
			*n = 0;
			return -ENOMEM;
		}
		*list = more;
		if (load(d->d_name, &more[*n].record))
			continue;
		snprintf(more[*n].id, sizeof(more[*n].id), "%.*s", CONGCTL_UNDO_MAX - 1, d->d_name);
		++*n;
	}
	if (dir)
		closedir(dir);
	if (*n)
		qsort(*list, *n, sizeof(**list), newest_first);
	return 0;
}

static bool is_default(const struct undo_record *r)
{
	return r->scope == CONGCTL_SCOPE_DEFAULT || r->scope == CONGCTL_SCOPE_NETNS;
}

const char *undo_find(const struct undo_saved *list, size_t n, const struct undo_record *like)
{
	for (size_t i = 0; i < n; i++) {
		const struct undo_record *u = &list[i].record;

		if (!strcmp(u->name, like->name) && (is_default(like) ? is_default(u) : u->scope == like->scope) &&
		    u->netns_inode == like->netns_inode && u->netns_cookie == like->netns_cookie && u->lock == like->lock &&
		    (!*like->rule || !strcmp(u->rule, like->rule)) && !memcmp(&u->route, &like->route, sizeof(u->route)))
			return list[i].id;
	}
	return "";
}

/* Who is killed in between leaves the older one too, which by its turn has nothing more to put back. */
static void inherit(struct undo_saved *newer, const struct undo_saved *older)
{
	struct undo_record *r = &newer->record;

	if (!strcmp(r->before, older->record.name) && r->before_lock == older->record.lock) { /* nobody else came between them */
		memcpy(r->before, older->record.before, sizeof(r->before));
		r->before_lock = older->record.before_lock;
		r->created = older->record.created;
		r->pending = older->record.pending;
		if (undo_rewrite(newer->id, r))
			return;
	}
	undo_drop(older->id);
}

void undo_limit(const struct undo_record *place)
{
	struct undo_saved *saved;
	size_t n, kept = 0, last = 0;

	if (undo_list(&saved, &n)) /* the newest first */
		return;
	for (size_t i = 0; i < n; i++) {
		if (!undo_same_place(&saved[i].record, place))
			continue;
		if (++kept > UNDO_KEPT)
			inherit(&saved[last], &saved[i]);
		else
			last = i;
	}
	free(saved);
}

void undo_retire(const char *name, bool retire)
{
	int lock = undo_lock(NULL);
	struct undo_saved *saved;
	size_t n;

	if (lock < 0)
		return;
	if (undo_list(&saved, &n))
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_standing(&saved[i].record) || strcmp(saved[i].record.before, name))
			continue;
		saved[i].record.pending = retire ? UNDO_RETIRED : 0;
		undo_rewrite(saved[i].id, &saved[i].record);
	}
	free(saved);
	undo_unlock(lock);
}

/* Under the lock */
static void merge(const char *name)
{
	struct undo_saved *saved;
	size_t n;

	if (undo_list(&saved, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		size_t k = i + 1; /* older ones */

		if (!is_standing(&saved[i].record) || strcmp(saved[i].record.before, name))
			continue;
		while (k < n && (!undo_same_place(&saved[k].record, &saved[i].record) || strcmp(saved[k].record.name, name)))
			k++;
		if (k < n) {
			memcpy(saved[k].record.name, saved[i].record.name, sizeof(saved[k].record.name));
			saved[k].record.lock = saved[i].record.lock;
			undo_rewrite(saved[k].id, &saved[k].record);
		}
		undo_drop(saved[i].id);
	}
	free(saved);
}

void undo_merge(const char *name)
{
	int lock = undo_lock(NULL);

	if (lock < 0)
		return;
	merge(name);
	undo_unlock(lock);
}

void undo_sweep(void)
{
	int lock = lock_directory(UNDO_DIR, false, 0);
	struct undo_saved *saved;
	size_t n;

	if (lock >= 0 && !undo_list(&saved, &n)) {
		for (size_t i = 0; i < n; i++) {
			if (saved[i].record.pending == UNDO_RETIRED && !congctl_is_available(saved[i].record.before))
				merge(saved[i].record.before);
		}
		free(saved);
		rmdir(RULES_DIR); /* all stay while others are in them */
	}
	undo_unlock(lock);
	rmdir(CONGCTL_PIN_DIR);
}
