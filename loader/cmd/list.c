// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "command.h"

static const char *const origins[] = {
	[CONGCTL_BUILTIN] = "kernel", [CONGCTL_OURS] = "congctl",	[CONGCTL_FOREIGN] = "foreign",
	[CONGCTL_UNKNOWN] = "unknown", [CONGCTL_CATALOGUE] = "catalogue",
};

static const struct field fields[] = {
	FIELD(struct congctl_entry, name, FIELD_CHARS, "NAME"),
	FIELD_ENUM(struct congctl_entry, origin, origins, "ORIGIN"),
	FIELD(struct congctl_entry, users, FIELD_I64, "USERS"),
	FIELD(struct congctl_entry, is_default, FIELD_BOOL, "DEFAULT"),
	FIELD(struct congctl_entry, allowed, FIELD_BOOL, "ALLOWED"),
	FIELD(struct congctl_entry, status, FIELD_CHARS, "STATUS"),
	FIELD(struct congctl_entry, title, FIELD_CHARS, "TITLE"),
	FIELD(struct congctl_entry, map_id, FIELD_ID, NULL),
	FIELD(struct congctl_entry, file, FIELD_CHARS, NULL),
	{},
};

static int list_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_entry *entries;
	size_t n;

	if (congctl_list(&entries, &n, &err))
		return command_failed(in, &err);
	output_table(&in->out, "algorithms", fields, entries, n, sizeof(*entries));
	free(entries);
	return EXIT_DONE;
}

static const struct command list = {
	.name = "list",
	.args = "",
	.summary = "what the kernel has, what is registered, what can be",
	.details = "ORIGIN is kernel (built in), congctl (registered by it), foreign (registered by something else),\n"
		   "unknown (one of these: only CAP_SYS_ADMIN may look) or catalogue (a file that can be registered).\n"
		   "USERS counts the sockets that have it, and the network namespaces whose default it is.\n"
		   "ALLOWED: processes without privilege may choose it.",
	.run = list_run,
};
COMMAND(list);
