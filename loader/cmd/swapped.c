// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "swapped.h"

struct swapped {
	const char *name;
	uint64_t moved, unmoved;
	const char *why, *unkept;
};

static const struct field fields[] = {
	FIELD(struct swapped, name, FIELD_TEXT, "swapped"),
	FIELD(struct swapped, moved, FIELD_U64, "sockets moved"),
	FIELD(struct swapped, unmoved, FIELD_U64, "sockets not moved"),
	FIELD(struct swapped, why, FIELD_TEXT, "because"),
	FIELD(struct swapped, unkept, FIELD_TEXT, "tunables not kept"),
	{},
};

/* in text, when there are no sockets to speak of and nothing went wrong */
static const struct field alone[] = {
	FIELD(struct swapped, name, FIELD_TEXT, "swapped"),
	FIELD(struct swapped, unkept, FIELD_TEXT, "tunables not kept"),
	{},
};

void swapped_show(struct invocation *in, const struct congctl_moved *moved)
{
	struct swapped row = {.name = in->args[0], .moved = moved->moved, .unmoved = moved->unmoved, .why = moved->why,
			      .unkept = moved->unkept};

	in->out.done = true;
	output_record(&in->out, in->out.json || row.moved || row.unmoved || *row.why ? fields : alone, &row);
}
