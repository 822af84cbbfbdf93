// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an algorithm says about itself, in BTF declaration tags:
 *
 *   "cc:algorithm:" on cc_algorithm       the designated initialisers as written: .title = "…", .status = CC_TESTED …
 *   "cc:tunable:" on each tunable         initial:min:max:unit:effect:text
 *
 * A tunable may lie in any section; CC_TUNABLE puts it into .data.tunables.
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
#define TUNABLES_MAX CONGCTL_ASSIGNMENTS_MAX /* ours have under ten */

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

/* one store each: a program that reads it meanwhile sees the old value or the new one */
void slot_store(const struct slot *slot, uint8_t *data, uint64_t value)
{
	uint8_t v8 = value;
	uint16_t v16 = value;
	uint32_t v32 = value;

	switch (slot->size) {
	case 1:
		memcpy(data + slot->offset, &v8, 1);
		break;
	case 2:
		memcpy(data + slot->offset, &v16, 2);
		break;
	case 4:
		memcpy(data + slot->offset, &v32, 4);
		break;
	default:
		memcpy(data + slot->offset, &value, 8);
	}
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

/* The section that holds variable `var`, and where in it; NULL: none. */
static const struct btf_var_secinfo *find_section(const struct btf *btf, uint32_t var, uint32_t *section)
{
	for (uint32_t i = 1; i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);

		if (!t || !btf_is_datasec(t))
			continue;
		for (uint16_t k = 0; k < btf_vlen(t); k++) {
			if (btf_var_secinfos(t)[k].type != var)
				continue;
			*section = i;
			return btf_var_secinfos(t) + k;
		}
	}
	return NULL;
}

/* Variable `id`, which carries the tag `text`. */
static int read_tunable(const struct btf *btf, uint32_t id, const char *text, struct congctl_tunable *tunable,
			struct slot *slot, struct congctl_error *err)
{
	const struct btf_type *var = btf__type_by_id(btf, id), *type;
	const char *name = tunable->name, *section;
	const struct btf_var_secinfo *place;
	int real;

	snprintf(tunable->name, sizeof(tunable->name), "%.*s", (int)sizeof(tunable->name) - 1, btf_name(btf, var->name_off));
	tame(tunable->name);
	real = btf__resolve_type(btf, var->type);
	type = real > 0 ? btf__type_by_id(btf, real) : NULL;
	if (!type || !btf_is_int(type) || type->size > 8 || (type->size & (type->size - 1)) || !type->size)
		return congctl_fail(err, -EINVAL, "tunable '%s' is not an unsigned integer: declare it u8, u16, u32 or u64",
				    name);
	snprintf(tunable->type, sizeof(tunable->type), "u%u", type->size * 8);
	if (meta_parse_tunable(text, tunable) || (type->size < 8 && tunable->max >> (type->size * 8)))
		return congctl_fail(err, -EINVAL, "the declaration of tunable '%s' is malformed: \"%s\": see CC_TUNABLE in cc.bpf.h",
				    name, text);
	*slot = (struct slot){.size = type->size};
	place = find_section(btf, id, &slot->section);
	if (!place)
		return congctl_fail(err, -EINVAL, "tunable '%s' lies in no section: define it in this object", name);
	slot->offset = place->offset;
	section = btf_name(btf, btf__type_by_id(btf, slot->section)->name_off);
	slot->constant = !strncmp(section, ".rodata", 7);
	slot->alone = !strcmp(section, SECTION_TUNABLES);
	return 0;
}

/* what `tag` makes a tunable of, and the declaration; 0: it is another tag */
static uint32_t tagged_variable(const struct btf *btf, const struct btf_type *tag, const char **text)
{
	const struct btf_type *var;

	if (!tag || !btf_is_decl_tag(tag) || btf_decl_tag(tag)->component_idx != -1)
		return 0;
	*text = btf_name(btf, tag->name_off);
	var = btf__type_by_id(btf, tag->type);
	if (!var || !btf_is_var(var) || strncmp(*text, TAG_TUNABLE, strlen(TAG_TUNABLE)))
		return 0;
	*text += strlen(TAG_TUNABLE);
	return tag->type;
}

static int read_tunables(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	const char *text;
	int ret;

	obj->tunables = calloc(TUNABLES_MAX, sizeof(*obj->tunables));
	obj->slots = calloc(TUNABLES_MAX, sizeof(*obj->slots));
	if (!obj->tunables || !obj->slots)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (uint32_t i = 1; i < btf__type_cnt(btf); i++) {
		uint32_t var = tagged_variable(btf, btf__type_by_id(btf, i), &text);
		size_t k = obj->info.n_tunables;

		if (!var)
			continue;
		if (k == TUNABLES_MAX)
			return congctl_fail(err, -E2BIG, "'%s' has more than %d tunables: leave some out", obj->info.name, TUNABLES_MAX);
		ret = read_tunable(btf, var, text, &obj->tunables[k], &obj->slots[k], err);
		if (ret)
			return ret;
		obj->info.n_tunables++;
	}
	obj->info.tunables = obj->tunables;
	return 0;
}

int meta_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	int ret = read_algorithm(obj, btf, err);

	return ret ? ret : read_tunables(obj, btf, err);
}
