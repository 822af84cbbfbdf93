// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"
#include "swapped.h"

static bool migrate;

static const struct option_spec specs[] = {
	{0, "migrate", NULL, "move the live sockets of all namespaces to the new build as well", OPTION_FLAG, &migrate},
	{},
};

static int update_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_moved moved;

	if (congctl_require(&err) || congctl_update(in->args[0], in->n_args > 1 ? in->args[1] : NULL, migrate, &moved, &err))
		return command_failed(in, &err);
	swapped_show(in, &moved);
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command update = {
	.name = "update",
	.args = "NAME [FILE]",
	.summary = "swap a registered algorithm to a new build",
	.details = "Without FILE the new build is read from where the present one came from. It starts with the values the tunables have\n"
		   "now. On any failure the present build stays. New connections have the new one at once, and 'congctl rollback NAME'\n"
		   "brings the former one back. Live connections, and listeners with those they accept, keep the former one unless\n"
		   "--migrate moves them; a connection that is moved starts over with a new state.",
	.min_args = 1,
	.max_args = 2,
	.options = specs,
	.run = update_run,
};
COMMAND(update);
