// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "command.h"

#define MAX_NAMES 64

struct gone {
	char name[CONGCTL_NAME_MAX + 1];
	int64_t users;
};

static const struct field fields[] = {
	FIELD(struct gone, name, FIELD_CHARS, "UNREGISTERED"),
	FIELD(struct gone, users, FIELD_I64, "KEPT BY"),
	{},
};

static int unregister_run(struct invocation *in)
{
	struct gone gone[MAX_NAMES];
	struct congctl_error err = {};

	for (size_t i = 0; i < in->n_args; i++) {
		if (congctl_unregister_check(in->args[i], gone[i].name, &err))
			return command_failed(in, &err);
		for (size_t k = 0; k < i; k++) {
			if (!strcmp(gone[k].name, gone[i].name))
				return command_misused(in, "'%s' is given twice", gone[i].name);
		}
	}
	for (size_t i = 0; i < in->n_args; i++) {
		if (congctl_unregister(gone[i].name, &gone[i].users, &err))
			return command_failed(in, &err);
		if (gone[i].users > 0)
			output_say(&in->out, "%lld connections keep %s until they end; new ones cannot choose it",
				   (long long)gone[i].users, gone[i].name);
	}
	output_table(&in->out, "unregistered", fields, gone, in->n_args, sizeof(*gone));
	return EXIT_DONE;
}

static const struct command unregister = {
	.name = "unregister",
	.args = "NAME...",
	.summary = "take algorithms out of the kernel's list",
	.details = "Connections that have one keep it until they end. Also takes what something else registered.",
	.min_args = 1,
	.max_args = MAX_NAMES,
	.run = unregister_run,
};
COMMAND(unregister);
