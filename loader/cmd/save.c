// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

struct saved {
	const char *policy;
};

static const struct field fields[] = {FIELD(struct saved, policy, FIELD_TEXT, NULL), {}};

static int save_run(struct invocation *in)
{
	struct congctl_error err = {};
	char *yaml;

	if (congctl_save(&yaml, &err))
		return command_failed(in, &err);
	if (in->out.json)
		output_record(&in->out, fields, &(struct saved){.policy = yaml});
	else
		fputs(yaml, stdout);
	free(yaml);
	return EXIT_DONE;
}

static const struct command save = {
	.name = "save",
	.args = "",
	.summary = "write what is registered and selected as a policy",
	.details = "For 'congctl apply': what congctl registered, the tunables that are not as at the start, and the selections\n"
		   "that congctl made or that lead to one of its algorithms. Written to stdout.",
	.run = save_run,
};
COMMAND(save);
