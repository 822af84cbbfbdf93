// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "holders.h"

static const char *const kinds[] = {
	[CONGCTL_HOLDER_SOCKETS] = "sockets", [CONGCTL_HOLDER_DEFAULT] = "default", [CONGCTL_HOLDER_ROUTE] = "route",
	[CONGCTL_HOLDER_CGROUP] = "cgroup",   [CONGCTL_HOLDER_PORT] = "port",	     [CONGCTL_HOLDER_OLD] = "old build",
};

static const struct field fields[] = {
	FIELD_ENUM(struct congctl_holder, kind, kinds, "HELD BY"),
	FIELD(struct congctl_holder, where, FIELD_CHARS, "WHERE"),
	FIELD(struct congctl_holder, sockets, FIELD_U64, "SOCKETS"),
	{},
};

void holders_show(struct output *out, const struct congctl_holder *holders, size_t n)
{
	output_table(out, "holders", fields, holders, n, sizeof(*holders));
}

static int users_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_holder *holders;
	size_t n;

	if (congctl_holders(in->args[0], &holders, &n, &err))
		return command_failed(in, &err);
	if (!n)
		output_say(&in->out, "nobody holds %s", in->args[0]);
	holders_show(&in->out, holders, n);
	free(holders);
	return EXIT_DONE;
}

static const struct command users = {
	.name = "users",
	.args = "NAME",
	.summary = "who holds an algorithm: sockets, namespaces, routes, cgroups, ports",
	.details = "sockets: that have its present build, listening ones too, by network namespace (its name, or a process in it).\n"
		   "old build: sockets and defaults that still have an earlier build; 'congctl update --migrate' moves them.\n"
		   "A network namespace without a process and without a mount, as 'ip netns' makes it, is not seen.",
	.min_args = 1,
	.max_args = 1,
	.run = users_run,
};
COMMAND(users);
