// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the algorithms of an object: variables of type struct tcp_congestion_ops in section .struct_ops or .struct_ops.link,
 * their names, and their operations, which are relocations of that section. What the kernel would refuse without a word is
 * checked here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "name.h"
#include "object.h"

static const char *btf_name(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

static int find_place(const struct image *im, const struct btf *btf, const char *file, struct ops_place *place, uint32_t variable,
		      struct congctl_error *err)
{
	const struct btf_type *var = btf__type_by_id(btf, variable);
	const char *name;
	int id;

	if (!var || !btf_is_var(var))
		return congctl_fail(err, -EINVAL, "'%s' is damaged: section %s has no variable; build it again", file,
				    place->section->name);
	name = btf_name(btf, var->name_off);
	id = btf__resolve_type(btf, var->type);
	place->type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	if (!place->type || !btf_is_struct(place->type) || strcmp(btf_name(btf, place->type->name_off), OPS_TYPE))
		return congctl_fail(err, -EINVAL, "'%s' holds a struct %s, not a congestion-control algorithm (struct %s)", file,
				    place->type ? btf_name(btf, place->type->name_off) : "of unknown type", OPS_TYPE);
	if (image_symbol_in(im, place->section, name, place->type->size, &place->symbol))
		return congctl_fail(err, -EINVAL, "'%s' is damaged: '%s' does not lie in section %s; build it again", file, name,
				    place->section->name);
	return 0;
}

int ops_find(const struct image *im, const struct btf *btf, const char *file, struct ops_place places[OPS_PLACES_MAX], size_t *n,
	     struct congctl_error *err)
{
	static const char *const names[] = {SECTION_OPS, SECTION_OPS_LINK};
	int ret, id;

	*n = 0;
	for (size_t s = 0; s < sizeof(names) / sizeof(*names); s++) {
		struct image_section *section = image_section(im, names[s]);
		const struct btf_type *type;

		id = btf__find_by_name_kind(btf, names[s], BTF_KIND_DATASEC);
		if (!section || id < 0)
			continue;
		type = btf__type_by_id(btf, id);
		for (uint16_t i = 0; i < btf_vlen(type); i++) {
			if (*n == OPS_PLACES_MAX)
				return congctl_fail(err, -E2BIG, "'%s' holds more than %d struct_ops structures: split it", file,
						    OPS_PLACES_MAX);
			places[*n].section = section;
			ret = find_place(im, btf, file, &places[*n], btf_var_secinfos(type)[i].type, err);
			if (ret)
				return ret;
			++*n;
		}
	}
	if (!*n)
		return congctl_fail(err, -EINVAL, "'%s' is a BPF object without struct_ops: it holds no congestion-control algorithm, see CC_REGISTER in cc.bpf.h",
				    file);
	return 0;
}

static int read_name(struct congctl_object *obj, const struct btf *btf, const struct ops_place *place,
		     struct congctl_error *err)
{
	const struct btf_member *m = btf_members(place->type);

	for (uint16_t i = 0; i < btf_vlen(place->type); i++) {
		uint32_t offset = btf_member_bit_offset(place->type, i) / 8;

		if (strcmp(btf_name(btf, m[i].name_off), "name"))
			continue;
		if (offset + CONGCTL_NAME_MAX + 1 > place->type->size)
			break;
		obj->name = (char *)place->section->data + place->symbol.value + offset;
		if (!memchr(obj->name, '\0', CONGCTL_NAME_MAX + 1))
			return congctl_fail(err, -EINVAL, "the name '%.16s…' in '%s' is longer than %d characters, the most the kernel takes: shorten it",
					    obj->name, obj->info.file, CONGCTL_NAME_MAX);
		snprintf(obj->info.name, sizeof(obj->info.name), "%s", obj->name);
		return name_check(obj->name, true, err);
	}
	return congctl_fail(err, -EINVAL, "struct %s in '%s' has no name[16]: build it with congctl's kernel.h", OPS_TYPE,
			    obj->info.file);
}

static int read_flags(struct congctl_object *obj, const struct btf *btf, const struct ops_place *place)
{
	const struct btf_member *m = btf_members(place->type);
	uint32_t offset, flags;

	for (uint16_t i = 0; i < btf_vlen(place->type); i++) {
		if (strcmp(btf_name(btf, m[i].name_off), "flags"))
			continue;
		offset = btf_member_bit_offset(place->type, i) / 8;
		if (offset + sizeof(flags) > place->type->size)
			break;
		memcpy(&flags, place->section->data + place->symbol.value + offset, sizeof(flags));
		obj->info.non_restricted = flags & 1; /* TCP_CONG_NON_RESTRICTED */
		break;
	}
	return 0;
}

/* the member at `offset` of the structure, "" if none begins there */
static const char *member_at(const struct btf *btf, const struct btf_type *type, uint64_t offset)
{
	for (uint16_t i = 0; i < btf_vlen(type); i++) {
		if (btf_member_bit_offset(type, i) == offset * 8)
			return btf_name(btf, btf_members(type)[i].name_off);
	}
	return "";
}

static void read_program(const struct image *im, const struct image_symbol *symbol, struct congctl_program *program)
{
	const struct image_section *code = &im->sections[symbol->section];
	const char *name = symbol->name;
	uint64_t bytes = symbol->size;

	if (!*name) { /* a static function: the relocation names its section, struct_ops/NAME */
		name = strrchr(code->name, '/') ? strrchr(code->name, '/') + 1 : code->name;
		bytes = code->size;
	}
	snprintf(program->name, sizeof(program->name), "%.*s", (int)sizeof(program->name) - 1, name);
	program->insns = bytes / 8; /* an instruction has 8 bytes */
}

static int read_programs(struct congctl_object *obj, const struct btf *btf, const struct ops_place *place,
			 struct congctl_error *err)
{
	struct image_symbol target;
	uint64_t offset;
	size_t n = 0;

	while (!image_relocation(&obj->file->image, place->section, n, &offset, &target))
		n++;
	obj->programs = calloc(n + 1, sizeof(*obj->programs));
	if (!obj->programs)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct congctl_program *p = &obj->programs[obj->info.n_programs];

		if (image_relocation(&obj->file->image, place->section, i, &offset, &target))
			break;
		snprintf(p->op, sizeof(p->op), "%.*s", (int)sizeof(p->op) - 1,
			 member_at(btf, place->type, offset - place->symbol.value));
		if (!*p->op || !target.section)
			continue; /* another algorithm's, or no function */
		read_program(&obj->file->image, &target, p);
		obj->info.n_programs++;
	}
	obj->info.programs = obj->programs;
	return 0;
}

static bool has_op(const struct congctl_info *info, const char *op)
{
	for (size_t i = 0; i < info->n_programs; i++) {
		if (!strcmp(info->programs[i].op, op))
			return true;
	}
	return false;
}

/* tcp_register_congestion_control() demands these, and only says EINVAL */
static int check_required(const struct congctl_object *obj, struct congctl_error *err)
{
	const struct congctl_info *info = &obj->info;
	const char *missing = !has_op(info, "ssthresh")	 ? "ssthresh" :
			      !has_op(info, "undo_cwnd") ? "undo_cwnd" :
			      !has_op(info, "cong_avoid") && !has_op(info, "cong_control") ? "cong_avoid or cong_control" :
											     NULL;

	if (!missing)
		return 0;
	return congctl_fail(err, -EINVAL, "'%s' in '%s' has no %s: every algorithm needs ssthresh, undo_cwnd and cong_avoid or cong_control",
			    info->name, info->file, missing);
}

static int check_license(const struct congctl_object *obj, struct congctl_error *err)
{
	static const char *const compatible[] = {"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
						 "Dual MPL/GPL"};
	const struct image_section *s = image_section(&obj->file->image, "license");
	char license[64];

	snprintf(license, sizeof(license), "%.*s", s ? (int)(s->size < 63 ? s->size : 63) : 0, s ? (char *)s->data : "");
	for (size_t i = 0; i < sizeof(compatible) / sizeof(*compatible); i++) {
		if (!strcmp(license, compatible[i]))
			return 0;
	}
	return congctl_fail(err, -EINVAL, "'%s' has the license '%s': the kernel takes struct_ops programs under the GPL only, e.g. \"GPL\" or \"Dual BSD/GPL\"",
			    obj->info.file, license);
}

int ops_read(struct congctl_object *obj, const struct btf *btf, const struct ops_place *place, struct congctl_error *err)
{
	int ret;

	obj->variable = place->symbol.name;
	ret = read_name(obj, btf, place, err);
	if (!ret)
		ret = read_flags(obj, btf, place);
	if (!ret)
		ret = read_programs(obj, btf, place, err);
	if (!ret)
		ret = check_required(obj, err);
	if (!ret)
		ret = check_license(obj, err);
	return ret;
}
