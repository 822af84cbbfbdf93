// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include "command.h"
#include "finish.h"

static struct {
	bool dry_run, prune;
} options;

static const struct option_spec specs[] = {
	{'n', "dry-run", NULL, "show what would change, change nothing", OPTION_FLAG, &options.dry_run},
	{0, "prune", NULL, "remove what congctl registered or selected and the file does not name", OPTION_FLAG, &options.prune},
	{},
};

static const char *const kinds[] = {
	[CONGCTL_CHANGE_ADOPT] = "adopt",   [CONGCTL_CHANGE_REGISTER] = "register",     [CONGCTL_CHANGE_UPDATE] = "update",
	[CONGCTL_CHANGE_SET] = "set",       [CONGCTL_CHANGE_USE] = "use",               [CONGCTL_CHANGE_DROP] = "drop",
	[CONGCTL_CHANGE_UNREGISTER] = "unregister",
};

static const struct field fields[] = {
	FIELD_ENUM(struct congctl_change, kind, kinds, "CHANGE"),
	FIELD(struct congctl_change, what, FIELD_CHARS, "WHAT"),
	FIELD(struct congctl_change, from, FIELD_CHARS, "FROM"),
	FIELD(struct congctl_change, to, FIELD_CHARS, "TO"),
	{},
};

static int make_changes(void *plan, struct congctl_error *err)
{
	return congctl_plan_apply(plan, err);
}

static int apply_run(struct invocation *in)
{
	const struct congctl_change *changes;
	struct congctl_error err = {};
	struct congctl_plan *plan;
	size_t n;
	int ret;

	if (congctl_plan_open(&plan, in->args[0], options.prune, &err))
		return command_failed(in, &err);
	n = congctl_plan_changes(plan, &changes);
	output_table(&in->out, "changes", fields, changes, n, sizeof(*changes));
	if (output_flush(&in->out)) { /* the difference first */
		congctl_plan_close(plan);
		congctl_error_clear(&err);
		return EXIT_FAILED;
	}
	ret = options.dry_run || !n ? 0 : finish(make_changes, plan, &err);
	congctl_plan_close(plan);
	if (ret)
		return command_failed(in, &err);
	in->out.done = !options.dry_run;
	if (!n)
		output_say(&in->out, "no change: the machine matches %s", in->args[0]);
	else if (!options.dry_run)
		output_say(&in->out, "%zu change%s made", n, n == 1 ? "" : "s");
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command apply = {
	.name = "apply",
	.args = "FILE",
	.summary = "make the machine match a policy, all or none",
	.details = "FILE is YAML: 'algorithms', a list of {register, as, set}, and 'selections', a list of {use, PLACE} where PLACE is\n"
		   "default: yes, netns, cgroup, prefix (with lock: yes) or port. Shows each change before it makes any. When one fails,\n"
		   "those before it are undone. What the file does not name stays as it is, but with --prune.",
	.min_args = 1,
	.max_args = 1,
	.options = specs,
	.run = apply_run,
};
COMMAND(apply);
