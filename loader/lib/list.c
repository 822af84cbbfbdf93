// SPDX-License-Identifier: GPL-2.0-only
/* Everything there is, merged by name: the kernel's list, the registry, the catalogue. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "object.h"
#include "registry.h"

struct list {
	struct congctl_entry *at;
	size_t n;
};

/* The entry `name`, made if there is none; NULL: out of memory. */
static struct congctl_entry *entry(struct list *l, const char *name, enum congctl_origin origin)
{
	struct congctl_entry *more;

	for (size_t i = 0; i < l->n; i++) {
		if (!strcmp(l->at[i].name, name))
			return &l->at[i];
	}
	more = realloc(l->at, (l->n + 1) * sizeof(*more));
	if (!more)
		return NULL;
	l->at = more;
	more = &l->at[l->n++];
	*more = (struct congctl_entry){.origin = origin, .users = -1};
	snprintf(more->name, sizeof(more->name), "%.*s", CONGCTL_NAME_MAX, name);
	return more;
}

static void describe(struct congctl_entry *e, const struct congctl_info *info)
{
	snprintf(e->title, sizeof(e->title), "%s", info->title);
	snprintf(e->status, sizeof(e->status), "%s", info->status);
}

static int add_available(struct list *l, enum congctl_origin origin)
{
	char *words = name_words("tcp_available_congestion_control");
	int ret = words ? 0 : -errno;

	for (char *w = words; w && *w && !ret; w += strlen(w) + 1)
		ret = entry(l, w, origin) ? 0 : -ENOMEM;
	free(words);
	return ret;
}

static int add_registered(struct list *l, const struct registered *r)
{
	struct congctl_entry *e = entry(l, r->name, CONGCTL_FOREIGN);
	struct congctl_object *obj;

	if (!e)
		return -ENOMEM;
	e->origin = r->pinned ? CONGCTL_OURS : CONGCTL_FOREIGN;
	e->map_id = r->map_id;
	e->users = r->users;
	if (r->users >= 0 && !running_open(&obj, r, NULL)) { /* it may be gone by now, or say nothing of itself */
		describe(e, congctl_object_info(obj));
		congctl_object_close(obj);
	}
	return 0;
}

static int add_file(struct list *l, const char *file)
{
	char path[PATH_MAX], name[CONGCTL_NAME_MAX + 1];
	struct congctl_error err = {};
	struct congctl_object **objs;
	struct congctl_entry *e;
	size_t stem = strlen(file) - strlen(".bpf.o"), n;
	int ret = 0;

	if (snprintf(path, sizeof(path), "%s/%s", congctl_catalogue(), file) >= PATH_MAX)
		return 0;
	if (congctl_object_open_all(&objs, &n, path, &err)) {
		snprintf(name, sizeof(name), "bpf_%.*s", stem < CONGCTL_NAME_MAX - 4 ? (int)stem : CONGCTL_NAME_MAX - 4, file);
		e = entry(l, name, CONGCTL_CATALOGUE);
		if (e && e->origin == CONGCTL_CATALOGUE) {
			snprintf(e->status, sizeof(e->status), "broken");
			snprintf(e->title, sizeof(e->title), "%.*s", (int)sizeof(e->title) - 1, err.text);
		}
		congctl_error_clear(&err);
		return e ? 0 : -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		e = entry(l, congctl_object_info(objs[i])->name, CONGCTL_CATALOGUE);
		if (e) {
			snprintf(e->file, sizeof(e->file), "%.*s", (int)sizeof(e->file) - 1, path);
			if (!*e->title)
				describe(e, congctl_object_info(objs[i]));
		}
		ret = e ? ret : -ENOMEM;
		congctl_object_close(objs[i]);
	}
	free(objs);
	return ret;
}

static int add_catalogue(struct list *l)
{
	DIR *dir = opendir(congctl_catalogue());
	struct dirent *d;
	int ret = 0;

	while (dir && !ret && (d = readdir(dir))) {
		size_t n = strlen(d->d_name);

		if (n > strlen(".bpf.o") && !strcmp(d->d_name + n - strlen(".bpf.o"), ".bpf.o"))
			ret = add_file(l, d->d_name);
	}
	if (dir)
		closedir(dir);
	return ret;
}

static void mark_words(struct list *l, const char *file, bool is_default)
{
	char *words = name_words(file);

	for (char *w = words; w && *w; w += strlen(w) + 1) {
		for (size_t i = 0; i < l->n; i++) {
			if (strcmp(l->at[i].name, w))
				continue;
			if (is_default)
				l->at[i].is_default = true;
			else
				l->at[i].allowed = true;
		}
	}
	free(words);
}

static int by_origin_and_name(const void *a, const void *b)
{
	const struct congctl_entry *x = a, *y = b;

	return x->origin != y->origin ? (int)x->origin - (int)y->origin : strcmp(x->name, y->name);
}

int congctl_list(struct congctl_entry **entries, size_t *n, struct congctl_error *err)
{
	struct registered *registered;
	struct list l = {};
	size_t n_registered;
	int ret;

	congctl_sweep();
	ret = registry_walk(&registered, &n_registered);
	if (ret && ret != -EPERM)
		return congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	/* what the walk did not find among the struct_ops maps is the kernel's own; without the walk nobody can tell */
	ret = add_available(&l, ret ? CONGCTL_UNKNOWN : CONGCTL_BUILTIN);
	for (size_t i = 0; i < n_registered && !ret; i++)
		ret = add_registered(&l, &registered[i]);
	if (!ret)
		ret = add_catalogue(&l);
	free(registered);
	if (ret) {
		free(l.at);
		return congctl_fail(err, ret, "cannot list the algorithms: %s", strerror(-ret));
	}
	mark_words(&l, "tcp_allowed_congestion_control", false);
	mark_words(&l, "tcp_congestion_control", true);
	if (l.n)
		qsort(l.at, l.n, sizeof(*l.at), by_origin_and_name);
	*entries = l.at;
	*n = l.n;
	return 0;
}
