// SPDX-License-Identifier: GPL-2.0-only
/* The machine as a policy: what is registered and kept by congctl, its changed tunables, the standing rules. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "policy.h"
#include "source.h"

#define OBJECT_MAX (PATH_MAX + 1 + CONGCTL_NAME_MAX)

struct collected {
	struct congctl_entry *entries;
	struct policy_saved *saved;
	struct congctl_object **running;
	char (*objects)[OBJECT_MAX]; /* one per saved */
	struct congctl_rule *rules;
	size_t n, n_rules;
};

/* Is this algorithm in `file`, at best under its name? As FILE, or FILE#NAME where there are several. */
static bool is_in(const struct congctl_info *info, const char *file, char object[OBJECT_MAX], bool *own_name)
{
	struct congctl_object **objs;
	bool found = false;
	size_t n;

	if (congctl_object_open_all(&objs, &n, file, NULL))
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct congctl_info *there = congctl_object_info(objs[i]);
		bool same_name = !strcmp(there->name, info->name);

		if ((!found || same_name) && build_same_description(info, there)) {
			snprintf(object, OBJECT_MAX, n > 1 ? "%s#%s" : "%s", file, there->name);
			*own_name = same_name;
			found = true;
		}
		congctl_object_close(objs[i]);
	}
	free(objs);
	return found;
}

/* A file of the catalogue goes by its name there. */
static void shorten(char object[OBJECT_MAX])
{
	const char *base = strrchr(object, '/') + 1, *end = strstr(base, ".bpf.o");
	char there[PATH_MAX + NAME_MAX + 2], catalogue[PATH_MAX];

	if (!end || strcmp(end, ".bpf.o") || !realpath(congctl_catalogue(), catalogue))
		return;
	snprintf(there, sizeof(there), "%s/%s", catalogue, base);
	if (!strcmp(there, object)) {
		memmove(object, base, end - base);
		object[end - base] = '\0';
	}
}

/* The file that was noted if it still is the one, else the first of the catalogue that is. */
static bool find_file(const struct congctl_info *info, const struct congctl_entry *entries, size_t n, char object[OBJECT_MAX],
		      bool *own_name)
{
	char file[PATH_MAX];
	bool found = source_of(info->name, file) && is_in(info, file, object, own_name);

	for (size_t i = 0; i < n && !found; i++)
		found = *entries[i].file && realpath(entries[i].file, file) && is_in(info, file, object, own_name);
	if (found)
		shorten(object);
	return found;
}

static int collect_algorithms(struct collected *c, size_t n, struct congctl_error *err)
{
	c->saved = calloc(n + 1, sizeof(*c->saved));
	c->running = calloc(n + 1, sizeof(*c->running));
	c->objects = calloc(n + 1, sizeof(*c->objects));
	if (!c->saved || !c->running || !c->objects)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct policy_saved *s = &c->saved[c->n];
		struct congctl_error why = {};
		int ret;

		if (c->entries[i].origin == CONGCTL_UNKNOWN)
			return congctl_fail(err, -EPERM, "no privilege to look at what is registered: %s", kernel_look_remedy());
		if (c->entries[i].origin != CONGCTL_OURS)
			continue;
		ret = congctl_running_open(&c->running[c->n], c->entries[i].name, &why);
		if (ret && ret != -ENOENT)
			congctl_fail(err, ret, "%s", why.text);
		congctl_error_clear(&why);
		if (ret == -ENOENT) /* unregistered meanwhile */
			continue;
		if (ret)
			return ret;
		s->name = c->entries[i].name;
		s->info = congctl_object_info(c->running[c->n]);
		if (find_file(s->info, c->entries, n, c->objects[c->n], &s->own_name))
			s->object = c->objects[c->n];
		c->n++;
	}
	return 0;
}

/* A namespace that only a pid leads to is another one, or none, when the file is read. */
static bool lasts(const struct congctl_selection *s)
{
	char path[PATH_MAX];

	if (s->scope != CONGCTL_SCOPE_NETNS || strspn(s->where, "0123456789") != strlen(s->where))
		return true;
	snprintf(path, sizeof(path), "/run/netns/%.32s", s->where);
	return !access(path, F_OK);
}

/* Rules that congctl made, or that lead to one of its algorithms; not those of an algorithm that is gone: no policy can ask for it. */
static int collect_rules(struct collected *c, struct congctl_error *err)
{
	size_t n, kept = 0;
	int ret = policy_read_rules(&c->rules, &n, err);

	for (size_t i = 0; !ret && i < n; i++) {
		bool ours = *c->rules[i].undo;

		for (size_t k = 0; k < c->n && !ours; k++)
			ours = !strcmp(c->saved[k].name, c->rules[i].name);
		if (!ours || !lasts(&c->rules[i].selection) || !congctl_is_available(c->rules[i].name))
			continue;
		if (kept != i)
			memcpy(&c->rules[kept], &c->rules[i], sizeof(*c->rules));
		kept++;
	}
	c->n_rules = kept;
	return ret;
}

int congctl_save(char **yaml, struct congctl_error *err)
{
	struct collected c = {};
	size_t n, size;
	FILE *f;
	int ret;

	*yaml = NULL;
	ret = congctl_list(&c.entries, &n, err);
	if (!ret)
		ret = collect_algorithms(&c, n, err);
	if (!ret)
		ret = require_lasting_pins(err); /* else it would seem that nothing is registered */
	if (!ret)
		ret = collect_rules(&c, err);
	f = ret ? NULL : open_memstream(yaml, &size);
	if (f)
		policy_write(f, c.saved, c.n, c.rules, c.n_rules);
	if (!ret && (!f || fclose(f))) {
		free(*yaml);
		*yaml = NULL;
		ret = congctl_fail(err, -ENOMEM, "out of memory");
	}
	for (size_t i = 0; c.running && i < c.n; i++)
		congctl_object_close(c.running[i]);
	free(c.entries);
	free(c.saved);
	free(c.running);
	free(c.objects);
	free(c.rules);
	return ret;
}
