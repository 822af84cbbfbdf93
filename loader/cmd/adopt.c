// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

struct adopted {
	const char *name;
};

static const struct field fields[] = {
	FIELD(struct adopted, name, FIELD_TEXT, "ADOPTED"),
	{},
};

static int adopt_run(struct invocation *in)
{
	const struct adopted adopted = {in->args[0]};
	struct congctl_error err = {};

	if (congctl_adopt(adopted.name, &err))
		return command_failed(in, &err);
	in->out.done = true;
	output_table(&in->out, "adopted", fields, &adopted, 1, sizeof(adopted));
	return EXIT_DONE;
}

static const struct command adopt = {
	.name = "adopt",
	.args = "NAME",
	.summary = "take over what another tool registered",
	.details = "It is pinned below " CONGCTL_PIN_DIR ", so that it stays when that tool ends or removes its own pin, and\n"
		   "every command here looks after it. Connections notice nothing.",
	.min_args = 1,
	.max_args = 1,
	.run = adopt_run,
};
COMMAND(adopt);
