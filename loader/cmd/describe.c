// SPDX-License-Identifier: GPL-2.0-only
#include "describe.h"

static const struct field record[] = {
	FIELD(struct congctl_info, name, FIELD_CHARS, "name"),
	FIELD(struct congctl_info, title, FIELD_CHARS, "title"),
	FIELD(struct congctl_info, reference, FIELD_CHARS, "reference"),
	FIELD(struct congctl_info, status, FIELD_CHARS, "status"),
	FIELD(struct congctl_info, needs_ecn, FIELD_BOOL, "needs ECN"),
	FIELD(struct congctl_info, needs_pacing, FIELD_BOOL, "needs pacing"),
	FIELD(struct congctl_info, kernel, FIELD_CHARS, "needs kernel"),
	FIELD(struct congctl_info, non_restricted, FIELD_BOOL, "unrestricted"),
	FIELD(struct congctl_info, registered, FIELD_BOOL, "registered"),
	FIELD(struct congctl_info, file, FIELD_CHARS, "file"),
	{},
};

static const struct field tunables[] = {
	FIELD(struct congctl_tunable, name, FIELD_CHARS, "TUNABLE"),
	FIELD(struct congctl_tunable, value, FIELD_U64, "VALUE"),
	FIELD(struct congctl_tunable, initial, FIELD_U64, "INITIAL"),
	FIELD(struct congctl_tunable, min, FIELD_U64, "MIN"),
	FIELD(struct congctl_tunable, max, FIELD_U64, "MAX"),
	FIELD(struct congctl_tunable, unit, FIELD_CHARS, "UNIT"),
	FIELD(struct congctl_tunable, type, FIELD_CHARS, NULL),
	FIELD(struct congctl_tunable, effect, FIELD_CHARS, "FROM"),
	FIELD(struct congctl_tunable, text, FIELD_CHARS, "WHAT IT IS"),
	{},
};

static const struct field programs[] = {
	FIELD(struct congctl_program, op, FIELD_CHARS, "OPERATION"),
	FIELD(struct congctl_program, name, FIELD_CHARS, "PROGRAM"),
	FIELD(struct congctl_program, insns, FIELD_U32, "INSNS"),
	FIELD(struct congctl_program, verified_insns, FIELD_ID, "VERIFIED"),
	FIELD(struct congctl_program, jited_bytes, FIELD_ID, "JITED BYTES"),
	{},
};

void describe(struct output *out, const struct congctl_info *info)
{
	output_record(out, record, info);
	output_table(out, "tunables", tunables, info->tunables, info->n_tunables, sizeof(*info->tunables));
	output_table(out, "programs", programs, info->programs, info->n_programs, sizeof(*info->programs));
}

void describe_all(struct output *out, struct congctl_object *const *objs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (n > 1)
			output_element_begin(out, "algorithms");
		describe(out, congctl_object_info(objs[i]));
		output_element_end(out);
	}
}
