// SPDX-License-Identifier: GPL-2.0-only
/* An algorithm in a file: open, look at, change before load. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "btf_check.h"
#include "capture.h"
#include "name.h"
#include "object.h"

/* libbpf knows section .struct_ops.link from 1.2 on, and link mode is chosen at load anyway: one name for both. */
static int unify_section(struct image *im, const char *file, struct congctl_error *err)
{
	struct image_section *ops = image_section(im, SECTION_OPS_LINK), *btf = image_section(im, ".BTF");
	static const char name[] = SECTION_OPS_LINK;

	if (!ops)
		return 0;
	if (image_section(im, SECTION_OPS)) {
		if (libbpf_major_version() > 1 || libbpf_minor_version() >= 2)
			return 0;
		return congctl_fail(err, -ENOTSUP, "'%s' has algorithms in both %s and %s: this libbpf (%s) takes one section, use 1.2 or later",
				    file, SECTION_OPS, SECTION_OPS_LINK, libbpf_version_string());
	}
	((char *)ops->name)[strlen(SECTION_OPS)] = '\0';
	for (size_t i = 0; btf && i + sizeof(name) <= btf->size; i++) {
		if (!memcmp(btf->data + i, name, sizeof(name)))
			btf->data[i + strlen(SECTION_OPS)] = '\0';
	}
	return 0;
}

/* .bss has no contents in the file: they are made here, and given to libbpf at load. */
static int bss_section(struct object_file *file, struct image_section *made)
{
	const struct image_section *s = image_bss(&file->image);

	if (!s)
		return -ENOENT;
	if (!file->bss)
		file->bss = calloc(1, BSS_MAX);
	if (!file->bss)
		return -ENOMEM;
	*made = *s;
	made->data = file->bss;
	made->size = BSS_MAX;
	return 0;
}

/* In a file the offsets in BTF are not filled in: the symbols have them. */
static int place_tunables(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	for (size_t i = 0; i < obj->info.n_tunables; i++) {
		struct congctl_tunable *t = &obj->tunables[i];
		struct slot *slot = &obj->slots[i];
		const char *name = btf__name_by_offset(btf, btf__type_by_id(btf, slot->section)->name_off);
		const struct image_section *s = image_section(&obj->file->image, name);
		struct image_section made;
		struct image_symbol symbol;

		if (!strcmp(name, ".bss"))
			s = bss_section(obj->file, &made) ? NULL : &made;
		if (!s || image_symbol_in(&obj->file->image, s, t->name, slot->size, &symbol))
			return congctl_fail(err, -EINVAL, "'%s' is damaged: tunable '%s' does not lie in section %s; build it again",
					    obj->info.file, t->name, name);
		slot->offset = symbol.value;
		slot->data = s->data;
		t->value = slot_load(slot, s->data);
	}
	return 0;
}

/* A handle on one algorithm of the file. */
static int make_handle(struct congctl_object **out, struct object_file *file, const char *path, const struct btf *btf,
		       const struct ops_place *place, struct congctl_error *err)
{
	struct congctl_object *obj = calloc(1, sizeof(*obj));
	int ret;

	if (!obj)
		return congctl_fail(err, -ENOMEM, "out of memory");
	obj->link_fd = -1;
	obj->file = file;
	file->refs++;
	snprintf(obj->info.file, sizeof(obj->info.file), "%.*s", (int)sizeof(obj->info.file) - 1, path);
	ret = ops_read(obj, btf, place, err);
	if (!ret)
		ret = meta_read(obj, btf, err);
	if (!ret)
		ret = place_tunables(obj, btf, err);
	if (ret)
		congctl_object_close(obj);
	else
		*out = obj;
	return ret;
}

static int read_btf(const struct image *im, const char *path, struct btf **btf, struct congctl_error *err)
{
	const struct image_section *s = image_section(im, ".BTF");
	int ret;

	if (!s)
		return congctl_fail(err, -EINVAL, "'%s' has no BTF: build it with clang -g -target bpf", path);
	capture_begin();
	*btf = btf__new(s->data, s->size);
	ret = *btf ? btf_check(*btf) : -errno;
	free(capture_end());
	if (ret)
		return congctl_fail(err, -EINVAL, "'%s' is damaged: its BTF cannot be read; build it again", path);
	return 0;
}

static int read_object(struct congctl_object **objs, size_t *n, struct object_file *file, const char *path,
		       struct congctl_error *err)
{
	struct ops_place places[OPS_PLACES_MAX];
	struct btf *btf = NULL;
	size_t found = 0;
	int ret;

	ret = image_read(&file->image, path, err);
	if (!ret)
		ret = unify_section(&file->image, path, err);
	if (!ret)
		ret = read_btf(&file->image, path, &btf, err);
	if (!ret)
		ret = ops_find(&file->image, btf, path, places, &found, err);
	for (*n = 0; !ret && *n < found; ++*n) {
		ret = make_handle(&objs[*n], file, path, btf, &places[*n], err);
		if (ret)
			break;
	}
	btf__free(btf);
	return ret;
}

static void file_put(struct object_file *file)
{
	if (!file || --file->refs)
		return;
	bpf_object__close(file->bpf);
	image_free(&file->image);
	free(file->bss);
	free(file);
}

static void close_all(struct congctl_object **objs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		congctl_object_close(objs[i]);
	free(objs);
}

/* "t_one, t_two" */
static const char *names_of(struct congctl_object **objs, size_t n, char *buf, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < n && at < size; i++)
		at += snprintf(buf + at, size - at, "%s%s", i ? ", " : "", objs[i]->info.name);
	return buf;
}

/* Leave the one called `name` alone in `objs`. */
static int choose(struct congctl_object **objs, size_t *n, const char *name, struct congctl_error *err)
{
	char names[512];
	size_t k = 0;

	while (k < *n && strcmp(objs[k]->info.name, name))
		k++;
	if (k == *n)
		return congctl_fail(err, -ENOENT, "'%s' has no algorithm '%s': it has %s", objs[0]->info.file, name,
				    names_of(objs, *n, names, sizeof(names)));
	for (size_t i = 0; i < *n; i++) {
		if (i != k)
			congctl_object_close(objs[i]);
	}
	objs[0] = objs[k];
	*n = 1;
	return 0;
}

/* FILE#NAME: cut at the '#', unless there is a file called so */
static const char *cut_name(char *what)
{
	char *hash = strrchr(what, '#');

	if (!hash || !access(what, F_OK))
		return NULL;
	*hash = '\0';
	return hash + 1;
}

static bool holds(const char *path, const char *name)
{
	struct congctl_object **objs;
	bool found = false;
	size_t n;

	if (congctl_object_open_all(&objs, &n, path, NULL))
		return false;
	for (size_t i = 0; i < n; i++)
		found |= !strcmp(objs[i]->info.name, name);
	close_all(objs, n);
	return found;
}

static int is_object(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 6 && !strcmp(d->d_name + n - 6, ".bpf.o");
}

/* The first file of the catalogue that holds an algorithm of this name, though it is called otherwise. */
static bool search(const char *name, char path[PATH_MAX])
{
	struct dirent **files = NULL;
	int n = strpbrk(name, "/.") ? 0 : scandir(congctl_catalogue(), &files, is_object, alphasort);
	bool found = false;

	for (int i = 0; i < n; i++) {
		found = found || (snprintf(path, PATH_MAX, "%s/%s", congctl_catalogue(), files[i]->d_name) < PATH_MAX && holds(path, name));
		free(files[i]);
	}
	free(files);
	return found;
}

int congctl_object_open_all(struct congctl_object ***out, size_t *n, const char *name_or_path, struct congctl_error *err)
{
	struct congctl_object **objs = calloc(OPS_PLACES_MAX, sizeof(*objs));
	struct object_file *file = calloc(1, sizeof(*file));
	char *what = strdup(name_or_path), path[PATH_MAX];
	const char *name = NULL;
	size_t found = 0;
	int ret = objs && file && what ? 0 : congctl_fail(err, -ENOMEM, "out of memory");

	*out = NULL;
	*n = 0;
	if (file)
		file->refs = 1;
	if (!ret) {
		name = cut_name(what);
		ret = name_resolve(what, path, NULL);
		if (ret == -ENOENT && !name && search(what, path)) {
			name = what;
			ret = 0;
		}
		if (ret)
			name_resolve(what, path, err);
	}
	if (!ret)
		ret = read_object(objs, &found, file, path, err);
	if (!ret && name)
		ret = choose(objs, &found, name, err);
	file_put(file);
	free(what);
	if (ret) {
		close_all(objs, found);
		return ret;
	}
	*out = objs;
	*n = found;
	return 0;
}

int congctl_object_open(struct congctl_object **out, const char *name_or_path, struct congctl_error *err)
{
	struct congctl_object **objs;
	char names[512];
	size_t n;
	int ret;

	*out = NULL;
	ret = congctl_object_open_all(&objs, &n, name_or_path, err);
	if (ret)
		return ret;
	if (n > 1) {
		ret = congctl_fail(err, -EINVAL, "'%s' holds %zu algorithms (%s): name one of them as %s#%s", name_or_path, n,
				   names_of(objs, n, names, sizeof(names)), name_or_path, objs[0]->info.name);
		close_all(objs, n);
		return ret;
	}
	*out = objs[0];
	free(objs);
	return 0;
}

void congctl_object_close(struct congctl_object *obj)
{
	if (!obj)
		return;
	object_release(obj);
	file_put(obj->file);
	free(obj->tunables);
	free(obj->slots);
	free(obj->programs);
	free(obj);
}

const struct congctl_info *congctl_object_info(const struct congctl_object *obj)
{
	return &obj->info;
}

int congctl_object_rename(struct congctl_object *obj, const char *name, struct congctl_error *err)
{
	int ret = name_check(name, false, err);

	if (ret)
		return ret;
	if (!obj->name || obj->file->bpf)
		return congctl_fail(err, -EBUSY, "'%s' is loaded already: name it before", obj->info.name);
	memset(obj->name, 0, CONGCTL_NAME_MAX + 1);
	memcpy(obj->name, name, strlen(name));
	snprintf(obj->info.name, sizeof(obj->info.name), "%s", name);
	return 0;
}
