// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an algorithm says about itself, in BTF declaration tags:
 *
 *   "cc:algorithm:" on cc_algorithm       the designated initialisers as written: .title = "…", .status = CC_TESTED …
 *   "cc:tunable:" on each tunable         initial:min:max:unit:effect:text
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/units.h>

#include "object.h"

#define TAG_ALGORITHM "cc:algorithm:"
#define TAG_TUNABLE "cc:tunable:"

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* Somebody else's text goes to a terminal: no control characters. */
static void tame(char *text)
{
	for (; *text; text++)
		*text = iscntrl((unsigned char)*text) ? ' ' : *text;
}

/* One or more adjacent C string literals; the text goes to `out`, cut to its size. NULL: not a literal. */
static const char *read_literals(const char *p, char *out, size_t size)
{
	size_t n = 0;

	if (*p != '"')
		return NULL;
	while (*p == '"') {
		for (p++; *p && *p != '"'; p++) {
			if (*p == '\\' && !*++p)
				return NULL;
			if (n + 1 < size)
				out[n++] = *p;
		}
		if (*p != '"')
			return NULL;
		p = skip_space(p + 1);
	}
	while (n && ((unsigned char)out[n - 1] & 0xc0) == 0x80 && n + 1 >= size)
		n--; /* a UTF-8 character cut in the middle */
	out[n] = '\0';
	tame(out);
	return p;
}

/* An expression: all up to the next comma. */
static const char *read_expression(const char *p, char *out, size_t size)
{
	size_t len = strcspn(p, ","), n = len;

	while (n && isspace((unsigned char)p[n - 1]))
		n--;
	if (!n || !(isalnum((unsigned char)*p) || *p == '_' || *p == '('))
		return NULL;
	snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1), p);
	return p + len;
}

static void take_status(const char *value, struct congctl_info *info)
{
	if (!strncmp(value, "CC_", 3))
		value += 3;
	snprintf(info->status, sizeof(info->status), "%.*s", (int)sizeof(info->status) - 1, value);
	for (char *c = info->status; *c; c++)
		*c = tolower((unsigned char)*c);
}

int meta_parse_algorithm(const char *text, struct congctl_info *info)
{
	char field[32], value[256];
	const char *p = skip_space(text);
	size_t n;

	while (*p) {
		if (*p++ != '.')
			return -EINVAL;
		n = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || n >= sizeof(field))
			return -EINVAL;
		memcpy(field, p, n);
		field[n] = '\0';
		p = skip_space(p + n);
		if (*p++ != '=')
			return -EINVAL;
		p = skip_space(p);
		p = *p == '"' ? read_literals(p, value, sizeof(value)) : read_expression(p, value, sizeof(value));
		if (!p)
			return -EINVAL;
		if (!strcmp(field, "title"))
			snprintf(info->title, sizeof(info->title), "%.*s", (int)sizeof(info->title) - 1, value);
		else if (!strcmp(field, "reference"))
			snprintf(info->reference, sizeof(info->reference), "%s", value);
		else if (!strcmp(field, "kernel"))
			snprintf(info->kernel, sizeof(info->kernel), "%.*s", (int)sizeof(info->kernel) - 1, value);
		else if (!strcmp(field, "status"))
			take_status(value, info);
		else if (!strcmp(field, "needs")) {
			info->needs_ecn = strstr(value, "CC_NEEDS_ECN");
			info->needs_pacing = strstr(value, "CC_NEEDS_PACING");
		} /* a field of a later version: not ours to judge */
		p = skip_space(p);
		if (*p == ',')
			p = skip_space(p + 1);
		else if (*p)
			return -EINVAL;
	}
	return 0;
}

/* up to the next colon, or the rest for the last one; NULL: there is no colon or it does not fit */
static const char *take_part(const char *p, char *out, size_t size, bool last)
{
	size_t n = last ? strlen(p) : strcspn(p, ":");

	if (!last && p[n] != ':')
		return NULL;
	if (!last && n >= size)
		return NULL;
	snprintf(out, size, "%.*s", (int)(n < size ? n : size - 1), p);
	tame(out);
	return last ? p + n : p + n + 1;
}

int meta_parse_tunable(const char *text, struct congctl_tunable *tunable)
{
	uint64_t *numbers[] = {&tunable->initial, &tunable->min, &tunable->max};
	const char *p = text;
	char number[24];

	for (size_t i = 0; i < 3; i++) {
		p = take_part(p, number, sizeof(number), false);
		if (!p || congctl_parse_u64(number, numbers[i]))
			return -EINVAL;
	}
	p = take_part(p, tunable->unit, sizeof(tunable->unit), false);
	if (p)
		p = take_part(p, tunable->effect, sizeof(tunable->effect), false);
	if (!p)
		return -EINVAL;
	take_part(p, tunable->text, sizeof(tunable->text), true);
	if (tunable->min > tunable->max || tunable->initial < tunable->min || tunable->initial > tunable->max)
		return -EINVAL;
	return 0;
}

uint64_t slot_load(const struct slot *slot, const uint8_t *data)
{
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	switch (slot->size) {
	case 1:
		memcpy(&v8, data + slot->offset, 1);
		return v8;
	case 2:
		memcpy(&v16, data + slot->offset, 2);
		return v16;
	case 4:
		memcpy(&v32, data + slot->offset, 4);
		return v32;
	}
	memcpy(&v64, data + slot->offset, 8);
	return v64;
}

void slot_store(const struct slot *slot, uint8_t *data, uint64_t value)
{
	uint8_t v8 = value;
	uint16_t v16 = value;
	uint32_t v32 = value;
	const void *from = slot->size == 1 ? (void *)&v8 : slot->size == 2 ? (void *)&v16 :
			   slot->size == 4 ? (void *)&v32 : (void *)&value;

	memcpy(data + slot->offset, from, slot->size);
}

static const char *btf_name(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

/* the tag `prefix` on type `id`, the text after it; NULL: none */
static const char *find_tag(const struct btf *btf, uint32_t id, const char *prefix)
{
	for (uint32_t i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);
		const char *text;

		if (!t || !btf_is_decl_tag(t) || t->type != id || btf_decl_tag(t)->component_idx != -1)
			continue;
		text = btf_name(btf, t->name_off);
		if (!strncmp(text, prefix, strlen(prefix)))
			return text + strlen(prefix);
	}
	return NULL;
}

static int read_algorithm(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	int id = btf__find_by_name_kind(btf, "cc_algorithm", BTF_KIND_VAR);
	const char *text = id > 0 ? find_tag(btf, id, TAG_ALGORITHM) : NULL;

	if (text && meta_parse_algorithm(text, &obj->info))
		return congctl_fail(err, -EINVAL, "the description of '%s' is malformed: \"%s\": see CC_ALGORITHM in cc.bpf.h",
				    obj->info.name, text);
	return 0;
}

/* One variable of .data.tunables; 1 when it became a tunable, 0 when it bears no tag. */
static int read_tunable(const struct btf *btf, const struct btf_var_secinfo *place, struct congctl_tunable *tunable,
			struct slot *slot, struct congctl_error *err)
{
	const struct btf_type *var = btf__type_by_id(btf, place->type), *type;
	const char *name, *text;
	int id;

	if (!var || !btf_is_var(var))
		return 0;
	name = btf_name(btf, var->name_off);
	text = find_tag(btf, place->type, TAG_TUNABLE);
	if (!text)
		return 0;
	snprintf(tunable->name, sizeof(tunable->name), "%.*s", (int)sizeof(tunable->name) - 1, name);
	id = btf__resolve_type(btf, var->type);
	type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	if (!type || !btf_is_int(type) || type->size > 8 || (type->size & (type->size - 1)) || !type->size)
		return congctl_fail(err, -EINVAL, "tunable '%s' is not an unsigned integer: declare it u8, u16, u32 or u64",
				    name);
	snprintf(tunable->type, sizeof(tunable->type), "u%u", type->size * 8);
	if (meta_parse_tunable(text, tunable) || (type->size < 8 && tunable->max >> (type->size * 8)))
		return congctl_fail(err, -EINVAL, "the declaration of tunable '%s' is malformed: \"%s\": see CC_TUNABLE in cc.bpf.h",
				    name, text);
	*slot = (struct slot){.offset = place->offset, .size = type->size};
	return 1;
}

static int read_tunables(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	int id = btf__find_by_name_kind(btf, SECTION_TUNABLES, BTF_KIND_DATASEC), ret;
	const struct btf_type *section;
	size_t n;

	if (id < 0)
		return 0;
	section = btf__type_by_id(btf, id);
	n = btf_vlen(section);
	obj->tunables = calloc(n + 1, sizeof(*obj->tunables));
	obj->slots = calloc(n + 1, sizeof(*obj->slots));
	if (!obj->tunables || !obj->slots)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		size_t k = obj->info.n_tunables;

		ret = read_tunable(btf, btf_var_secinfos(section) + i, &obj->tunables[k], &obj->slots[k], err);
		if (ret < 0)
			return ret;
		obj->info.n_tunables += ret;
	}
	obj->info.tunables = obj->tunables;
	return 0;
}

int meta_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	int ret = read_algorithm(obj, btf, err);

	return ret ? ret : read_tunables(obj, btf, err);
}
