// SPDX-License-Identifier: GPL-2.0-only
#include "swapped.h"

static bool migrate;

static const struct option_spec specs[] = {
	{0, "migrate", NULL, "move the live sockets of all namespaces back as well", OPTION_FLAG, &migrate},
	{},
};

static int rollback_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_moved moved;

	if (congctl_require(&err) || congctl_rollback(in->args[0], migrate, &moved, &err))
		return command_failed(in, &err);
	swapped_show(in, &moved);
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command rollback = {
	.name = "rollback",
	.args = "NAME",
	.summary = "swap a registered algorithm back to its former build",
	.details = "The former build has the values its tunables had when it was swapped out. The present one becomes the former one:\n"
		   "a second rollback undoes the first.",
	.min_args = 1,
	.max_args = 1,
	.options = specs,
	.run = rollback_run,
};
COMMAND(rollback);
