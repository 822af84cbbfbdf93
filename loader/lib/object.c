// SPDX-License-Identifier: GPL-2.0-only
/* An algorithm in a file: open, look at, change before load. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "btf_check.h"
#include "capture.h"
#include "name.h"
#include "object.h"

/* libbpf 1.1 does not know section .struct_ops.link, and link mode is chosen at load anyway: one name for both. */
static void unify_section(struct image *im)
{
	struct image_section *ops = image_section(im, ".struct_ops.link"), *btf = image_section(im, ".BTF");
	static const char name[] = ".struct_ops.link";

	if (!ops)
		return;
	((char *)ops->name)[strlen(SECTION_OPS)] = '\0';
	for (size_t i = 0; btf && i + sizeof(name) <= btf->size; i++) {
		if (!memcmp(btf->data + i, name, sizeof(name)))
			btf->data[i + strlen(SECTION_OPS)] = '\0';
	}
}

/* In a file the offsets in BTF are not filled in: the symbols have them. */
static int place_tunables(struct congctl_object *obj, struct congctl_error *err)
{
	const struct image_section *s = image_section(&obj->image, SECTION_TUNABLES);
	struct image_symbol symbol;

	for (size_t i = 0; i < obj->info.n_tunables; i++) {
		struct congctl_tunable *t = &obj->tunables[i];
		struct slot *slot = &obj->slots[i];

		if (!s || image_symbol_in(&obj->image, s, t->name, slot->size, &symbol))
			return congctl_fail(err, -EINVAL, "'%s' is damaged: tunable '%s' does not lie in section %s; build it again",
					    obj->info.file, t->name, SECTION_TUNABLES);
		slot->offset = symbol.value;
		t->value = slot_load(slot, s->data);
	}
	return 0;
}

static int read_object(struct congctl_object *obj, struct congctl_error *err)
{
	const char *file = obj->info.file;
	const struct image_section *s;
	struct btf *btf;
	int ret;

	unify_section(&obj->image);
	s = image_section(&obj->image, ".BTF");
	if (!s)
		return congctl_fail(err, -EINVAL, "'%s' has no BTF: build it with clang -g -target bpf", file);
	capture_begin();
	btf = btf__new(s->data, s->size);
	ret = btf ? btf_check(btf) : -errno;
	free(capture_end());
	if (ret)
		ret = congctl_fail(err, -EINVAL, "'%s' is damaged: its BTF cannot be read; build it again", file);
	if (!ret)
		ret = ops_read(obj, btf, err);
	if (!ret)
		ret = meta_read(obj, btf, err);
	if (!ret)
		ret = place_tunables(obj, err);
	btf__free(btf);
	return ret;
}

int congctl_object_open(struct congctl_object **out, const char *name_or_path, struct congctl_error *err)
{
	struct congctl_object *obj;
	char path[PATH_MAX];
	int ret;

	*out = NULL;
	ret = name_resolve(name_or_path, path, err);
	if (ret)
		return ret;
	obj = calloc(1, sizeof(*obj));
	if (!obj)
		return congctl_fail(err, -ENOMEM, "out of memory");
	obj->link_fd = -1;
	snprintf(obj->info.file, sizeof(obj->info.file), "%.*s", (int)sizeof(obj->info.file) - 1, path);
	ret = image_read(&obj->image, path, err);
	if (!ret)
		ret = read_object(obj, err);
	if (ret) {
		congctl_object_close(obj);
		return ret;
	}
	*out = obj;
	return 0;
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
	if (obj->bpf || !obj->name)
		return congctl_fail(err, -EBUSY, "'%s' is loaded already: name it before", obj->info.name);
	memset(obj->name, 0, CONGCTL_NAME_MAX + 1);
	memcpy(obj->name, name, strlen(name));
	snprintf(obj->info.name, sizeof(obj->info.name), "%s", name);
	return 0;
}

/* "a, b, c" */
static const char *tunable_names(const struct congctl_info *info, char *buf, size_t size)
{
	size_t n = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < info->n_tunables && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%s", i ? ", " : "", info->tunables[i].name);
	return buf;
}

int congctl_object_set(struct congctl_object *obj, const char *tunable, const char *value, struct congctl_error *err)
{
	const struct image_section *s = image_section(&obj->image, SECTION_TUNABLES);
	char names[512];
	uint64_t number;
	int ret;

	if (obj->bpf || !obj->name)
		return congctl_fail(err, -EBUSY, "'%s' is loaded already: set its tunables before", obj->info.name);
	for (size_t i = 0; i < obj->info.n_tunables; i++) {
		struct congctl_tunable *t = &obj->tunables[i];

		if (strcmp(t->name, tunable))
			continue;
		ret = congctl_parse_u64(value, &number);
		if (ret == -EINVAL)
			return congctl_fail(err, ret, "'%s' is not a value for tunable '%s': give a decimal number from %llu to %llu",
					    value, tunable, (unsigned long long)t->min, (unsigned long long)t->max);
		if (ret || number < t->min || number > t->max)
			return congctl_fail(err, -ERANGE, "%s is out of range for tunable '%s' of '%s': give %llu to %llu", value,
					    tunable, obj->info.name, (unsigned long long)t->min, (unsigned long long)t->max);
		slot_store(&obj->slots[i], s->data, number);
		t->value = number;
		return 0;
	}
	return congctl_fail(err, -ENOENT, "'%s' has no tunable '%s': it has %s", obj->info.name, tunable,
			    tunable_names(&obj->info, names, sizeof(names)));
}
