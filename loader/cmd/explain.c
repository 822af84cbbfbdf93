// SPDX-License-Identifier: GPL-2.0-only
#include "../lib/connection.h"
#include "command.h"

static const struct field fields[] = {
	FIELD(struct congctl_explanation, name, FIELD_CHARS, "algorithm"),
	FIELD(struct congctl_explanation, given_by, FIELD_CHARS, "given by"),
	FIELD(struct congctl_explanation, local, FIELD_CHARS, "local"),
	FIELD(struct congctl_explanation, remote, FIELD_CHARS, "remote"),
	FIELD(struct congctl_explanation, cgroup, FIELD_CHARS, "cgroup"),
	{},
};

static const struct field reasons[] = {
	FIELD(struct congctl_reason, rule, FIELD_CHARS, "RULE"),
	FIELD(struct congctl_reason, name, FIELD_CHARS, "ALGORITHM"),
	FIELD(struct congctl_reason, decides, FIELD_BOOL, "DECIDES"),
	FIELD(struct congctl_reason, undo, FIELD_CHARS, "UNDO"),
	{},
};

static int explain_run(struct invocation *in)
{
	const char *socket = in->args[0], *remote = in->n_args > 1 ? in->args[1] : NULL;
	struct congctl_explanation why;
	struct congctl_error err = {};

	if (connection_check(socket, remote, &err))
		return command_misused(in, "%s", err.text);
	if (congctl_explain(socket, remote, &why, &err))
		return command_failed(in, &err);
	output_record(&in->out, fields, &why);
	output_table(&in->out, "rules", reasons, why.reasons, why.n_reasons, sizeof(*why.reasons));
	return EXIT_DONE;
}

static const struct command explain = {
	.name = "explain",
	.args = "PID:FD | LOCAL REMOTE",
	.summary = "which algorithm a connection has, and which rule gave it",
	.details = "LOCAL and REMOTE are ADDRESS:PORT, [ADDRESS]:PORT for IPv6, in this network namespace. The rules that fit are shown in\n"
		   "the kernel's order: a locked route; the cgroup's and ports' rules, the closest cgroup first; a route; the default. The\n"
		   "first that counts DECIDES. An application's own choice after connecting comes before all but a locked route; nobody can\n"
		   "see it from outside, nor tell it from a rule that gives the same algorithm.",
	.min_args = 1,
	.max_args = 2,
	.run = explain_run,
};
COMMAND(explain);
