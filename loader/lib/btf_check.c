// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "btf_check.h"

static bool is_name(const struct btf *btf, uint32_t offset)
{
	return btf__name_by_offset(btf, offset);
}

static bool is_type(const struct btf *btf, uint32_t id)
{
	return id < btf__type_cnt(btf);
}

static bool is_kind(const struct btf *btf, uint32_t id, uint16_t kind)
{
	const struct btf_type *t = id && is_type(btf, id) ? btf__type_by_id(btf, id) : NULL;

	return t && btf_kind(t) == kind;
}

static bool members_fit(const struct btf *btf, const struct btf_type *t)
{
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		if (!is_name(btf, btf_members(t)[i].name_off) || !is_type(btf, btf_members(t)[i].type))
			return false;
	}
	return true;
}

static bool params_fit(const struct btf *btf, const struct btf_type *t)
{
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		if (!is_name(btf, btf_params(t)[i].name_off) || !is_type(btf, btf_params(t)[i].type))
			return false;
	}
	return is_type(btf, t->type);
}

static bool values_fit(const struct btf *btf, const struct btf_type *t)
{
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		if (!is_name(btf, btf_is_enum64(t) ? btf_enum64(t)[i].name_off : btf_enum(t)[i].name_off))
			return false;
	}
	return true;
}

static bool variables_fit(const struct btf *btf, const struct btf_type *t)
{
	for (uint16_t i = 0; i < btf_vlen(t); i++) {
		uint32_t id = btf_var_secinfos(t)[i].type;

		if (!is_kind(btf, id, BTF_KIND_VAR) && !is_kind(btf, id, BTF_KIND_FUNC))
			return false;
	}
	return true;
}

/* const, volatile, typedef … lead to something else in fewer steps than there are types */
static bool chain_ends(const struct btf *btf, const struct btf_type *t)
{
	for (uint32_t steps = 0; steps < btf__type_cnt(btf); steps++) {
		if (!btf_is_mod(t) && !btf_is_typedef(t))
			return true;
		if (!is_type(btf, t->type))
			return false;
		t = btf__type_by_id(btf, t->type);
	}
	return false;
}

static bool type_fits(const struct btf *btf, const struct btf_type *t)
{
	if (!is_name(btf, t->name_off))
		return false;
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_fit(btf, t);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return values_fit(btf, t);
	case BTF_KIND_FUNC_PROTO:
		return params_fit(btf, t);
	case BTF_KIND_DATASEC:
		return variables_fit(btf, t);
	case BTF_KIND_ARRAY:
		return is_type(btf, btf_array(t)->type) && is_type(btf, btf_array(t)->index_type);
	case BTF_KIND_FUNC:
		return is_kind(btf, t->type, BTF_KIND_FUNC_PROTO);
	case BTF_KIND_VAR:
	case BTF_KIND_PTR:
	case BTF_KIND_DECL_TAG:
		return is_type(btf, t->type);
	default:
		return chain_ends(btf, t); /* what has no reference ends at once */
	}
}

int btf_check(const struct btf *btf)
{
	for (uint32_t i = 1; i < btf__type_cnt(btf); i++) {
		if (!type_fits(btf, btf__type_by_id(btf, i)))
			return -EINVAL;
	}
	return 0;
}
