// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the one algorithm of an object: the variable of type struct tcp_congestion_ops in section .struct_ops, its name
 * and its operations, which are relocations of that section. What the kernel would refuse without a word is checked here.
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

/* the structure's type and symbol */
struct found {
	const struct btf_type *type;
	struct image_section *section;
	struct image_symbol symbol;
};

static int find_struct(struct congctl_object *obj, const struct btf *btf, struct found *found, struct congctl_error *err)
{
	const char *file = obj->info.file, *name;
	const struct btf_type *section, *var;
	int id;

	found->section = image_section(&obj->image, SECTION_OPS);
	id = btf__find_by_name_kind(btf, SECTION_OPS, BTF_KIND_DATASEC);
	if (!found->section || id < 0)
		return congctl_fail(err, -EINVAL, "'%s' is a BPF object without struct_ops: it holds no congestion-control algorithm, see CC_REGISTER in cc.bpf.h",
				    file);
	section = btf__type_by_id(btf, id);
	if (btf_vlen(section) != 1)
		return congctl_fail(err, -EINVAL, "'%s' holds %u struct_ops structures: this version takes one algorithm per file, split it",
				    file, btf_vlen(section));
	var = btf__type_by_id(btf, btf_var_secinfos(section)->type);
	if (!var || !btf_is_var(var))
		return congctl_fail(err, -EINVAL, "'%s' is damaged: section %s has no variable; build it again", file, SECTION_OPS);
	name = btf_name(btf, var->name_off);
	id = btf__resolve_type(btf, var->type);
	found->type = id > 0 ? btf__type_by_id(btf, id) : NULL;
	if (!found->type || !btf_is_struct(found->type) || strcmp(btf_name(btf, found->type->name_off), OPS_TYPE))
		return congctl_fail(err, -EINVAL, "'%s' holds a struct %s, not a congestion-control algorithm (struct %s)", file,
				    found->type ? btf_name(btf, found->type->name_off) : "of unknown type", OPS_TYPE);
	if (image_symbol_in(&obj->image, found->section, name, found->type->size, &found->symbol))
		return congctl_fail(err, -EINVAL, "'%s' is damaged: '%s' does not lie in section %s; build it again", file, name,
				    SECTION_OPS);
	return 0;
}

static int read_name(struct congctl_object *obj, const struct btf *btf, const struct found *found,
		     struct congctl_error *err)
{
	const struct btf_member *m = btf_members(found->type);

	for (uint16_t i = 0; i < btf_vlen(found->type); i++) {
		uint32_t offset = btf_member_bit_offset(found->type, i) / 8;

		if (strcmp(btf_name(btf, m[i].name_off), "name"))
			continue;
		if (offset + CONGCTL_NAME_MAX + 1 > found->type->size)
			break;
		obj->name = (char *)found->section->data + found->symbol.value + offset;
		if (!memchr(obj->name, '\0', CONGCTL_NAME_MAX + 1))
			return congctl_fail(err, -EINVAL, "the name '%.16s…' in '%s' is longer than %d characters, the most the kernel takes: shorten it",
					    obj->name, obj->info.file, CONGCTL_NAME_MAX);
		snprintf(obj->info.name, sizeof(obj->info.name), "%s", obj->name);
		return name_check(obj->name, true, err);
	}
	return congctl_fail(err, -EINVAL, "struct %s in '%s' has no name[16]: build it with congctl's kernel.h", OPS_TYPE,
			    obj->info.file);
}

static int read_flags(struct congctl_object *obj, const struct btf *btf, const struct found *found)
{
	const struct btf_member *m = btf_members(found->type);
	uint32_t offset, flags;

	for (uint16_t i = 0; i < btf_vlen(found->type); i++) {
		if (strcmp(btf_name(btf, m[i].name_off), "flags"))
			continue;
		offset = btf_member_bit_offset(found->type, i) / 8;
		if (offset + sizeof(flags) > found->type->size)
			break;
		memcpy(&flags, found->section->data + found->symbol.value + offset, sizeof(flags));
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

static int read_programs(struct congctl_object *obj, const struct btf *btf, const struct found *found,
			 struct congctl_error *err)
{
	struct image_symbol target;
	uint64_t offset;
	size_t n = 0;

	while (!image_relocation(&obj->image, found->section, n, &offset, &target))
		n++;
	obj->programs = calloc(n + 1, sizeof(*obj->programs));
	if (!obj->programs)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		struct congctl_program *p = &obj->programs[obj->info.n_programs];

		if (image_relocation(&obj->image, found->section, i, &offset, &target))
			break;
		snprintf(p->op, sizeof(p->op), "%.*s", (int)sizeof(p->op) - 1,
			 member_at(btf, found->type, offset - found->symbol.value));
		if (!*p->op || !target.section)
			continue;
		read_program(&obj->image, &target, p);
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
	const struct image_section *s = image_section(&obj->image, "license");
	char license[64];

	snprintf(license, sizeof(license), "%.*s", s ? (int)(s->size < 63 ? s->size : 63) : 0, s ? (char *)s->data : "");
	for (size_t i = 0; i < sizeof(compatible) / sizeof(*compatible); i++) {
		if (!strcmp(license, compatible[i]))
			return 0;
	}
	return congctl_fail(err, -EINVAL, "'%s' has the license '%s': the kernel takes struct_ops programs under the GPL only, e.g. \"GPL\" or \"Dual BSD/GPL\"",
			    obj->info.file, license);
}

int ops_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err)
{
	struct found found;
	int ret;

	ret = find_struct(obj, btf, &found, err);
	if (!ret)
		ret = read_name(obj, btf, &found, err);
	if (!ret)
		ret = read_flags(obj, btf, &found);
	if (!ret)
		ret = read_programs(obj, btf, &found, err);
	if (!ret)
		ret = check_required(obj, err);
	if (!ret)
		ret = check_license(obj, err);
	return ret;
}
