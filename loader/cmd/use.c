// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include <congctl/units.h>

#include "../lib/select.h"
#include "command.h"

static struct {
	bool is_default, lock;
	const char *netns, *cgroup, *prefix, *port, *pid, *from, *undo;
} options;

static const struct option_spec specs[] = {
	{0, "default", NULL, "new connections of this network namespace", OPTION_FLAG, &options.is_default},
	{0, "netns", "NAME|PID", "of another one: a name of 'ip netns', a path, a pid", OPTION_TEXT, &options.netns},
	{0, "cgroup", "PATH", "new connections of a cgroup2 and its children", OPTION_TEXT, &options.cgroup},
	{0, "prefix", "PREFIX", "new connections to these addresses, 10.0.0.0/8, of this\n"
				 "                               network namespace or that of --netns", OPTION_TEXT, &options.prefix},
	{0, "lock", NULL, "with --prefix: no socket may choose otherwise", OPTION_FLAG, &options.lock},
	{0, "port", "N", "new connections to or from this port", OPTION_TEXT, &options.port},
	{0, "pid", "PID", "the sockets a process has now", OPTION_TEXT, &options.pid},
	{0, "from", "OTHER", "the sockets that have another algorithm now, narrowed\n"
			     "                               by --cgroup, --netns or --prefix", OPTION_TEXT, &options.from},
	{0, "undo", "ID", "put back what that change replaced", OPTION_TEXT, &options.undo},
	{},
};

static const struct field fields[] = {
	FIELD(struct congctl_moved, moved, FIELD_U64, "moved"),
	FIELD(struct congctl_moved, unmoved, FIELD_U64, NULL),
	FIELD(struct congctl_moved, why, FIELD_CHARS, NULL),
	FIELD(struct congctl_moved, undo, FIELD_CHARS, NULL),
	{},
};

static void put(struct congctl_selection *s, enum congctl_scope scope, const char *where)
{
	s->scope = scope;
	snprintf(s->where, sizeof(s->where), "%s", where);
}

static bool fits(const char *text, size_t size)
{
	return !text || strlen(text) < size;
}

/* Exactly one scope. --from takes three of the others to narrow it, --prefix takes --netns. */
static int select_scope(struct invocation *in, struct congctl_selection *s)
{
	struct congctl_error err = {};
	size_t n = options.is_default + !!options.port + !!options.pid + !!options.from;

	if (!options.from)
		n += (options.netns && !options.prefix) + !!options.cgroup + !!options.prefix;
	if (n != 1)
		return command_misused(in, n ? "two selections at once: give one of %s" : "no selection: give one of %s",
				       "--default, --netns, --cgroup, --prefix, --port, --pid, --from");
	if (options.lock && (!options.prefix || options.from))
		return command_misused(in, "--lock is for --prefix alone");
	if (!fits(options.cgroup, sizeof(s->cgroup)) || !fits(options.netns, sizeof(s->netns)) || !fits(options.prefix, sizeof(s->prefix)))
		return command_misused(in, "an argument is too long");
	s->lock = options.lock;
	if (options.is_default) {
		put(s, CONGCTL_SCOPE_DEFAULT, "");
	} else if (options.from) {
		put(s, CONGCTL_SCOPE_FROM, options.from);
		snprintf(s->cgroup, sizeof(s->cgroup), "%s", options.cgroup ? options.cgroup : "");
		snprintf(s->netns, sizeof(s->netns), "%s", options.netns ? options.netns : "");
		snprintf(s->prefix, sizeof(s->prefix), "%s", options.prefix ? options.prefix : "");
	} else if (options.pid) {
		put(s, CONGCTL_SCOPE_PID, options.pid);
	} else if (options.port) {
		put(s, CONGCTL_SCOPE_PORT, options.port);
	} else if (options.prefix) {
		put(s, CONGCTL_SCOPE_PREFIX, options.prefix);
		snprintf(s->netns, sizeof(s->netns), "%s", options.netns ? options.netns : "");
	} else if (options.cgroup) {
		put(s, CONGCTL_SCOPE_CGROUP, options.cgroup);
	} else {
		put(s, CONGCTL_SCOPE_NETNS, options.netns);
	}
	return select_check(s, &err) ? command_misused(in, "%s", err.text) : EXIT_DONE;
}

static void report(struct invocation *in, const struct congctl_moved *moved, bool standing)
{
	in->out.done = true;
	output_record(&in->out, fields, moved);
	if (!moved->unmoved && *moved->why)
		output_say(&in->out, "there was nothing to undo: %s", moved->why);
	if (moved->unmoved)
		output_say(&in->out, "%llu socket%s could not be moved: %s", (unsigned long long)moved->unmoved, moved->unmoved == 1 ? "" : "s",
			   moved->why);
	if (*moved->undo)
		output_say(&in->out, "undo: congctl use --undo %s", moved->undo);
	else if (standing)
		output_say(&in->out, "nothing to do: it is so already");
}

static int undo(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_moved moved;
	uint64_t id;

	if (in->n_args || options.is_default || options.lock || options.netns || options.cgroup || options.prefix || options.port || options.pid ||
	    options.from)
		return command_misused(in, "--undo stands alone");
	if (congctl_parse_u64(options.undo, &id))
		return command_misused(in, "--undo '%s' is not a number: give the one that 'congctl use' said", options.undo);
	if (congctl_undo(options.undo, &moved, &err))
		return command_failed(in, &err);
	report(in, &moved, false);
	return EXIT_DONE;
}

static int use_run(struct invocation *in)
{
	struct congctl_selection s = {};
	struct congctl_error err = {};
	struct congctl_moved moved;
	int ret;

	if (options.undo)
		return undo(in);
	if (!in->n_args)
		return command_misused(in, "'use' needs a NAME");
	ret = select_scope(in, &s);
	if (ret)
		return ret;
	if (congctl_use(in->args[0], &s, &moved, &err))
		return command_failed(in, &err);
	report(in, &moved, s.scope != CONGCTL_SCOPE_PID && s.scope != CONGCTL_SCOPE_FROM);
	return EXIT_DONE;
}

static const struct command use = {
	.name = "use",
	.args = "NAME",
	.summary = "choose who gets an algorithm",
	.details = "Exactly one selection; 'congctl use --undo ID' takes no NAME. Connections that exist keep what they have, but for\n"
		   "--pid and --from, which move them and leave no rule behind. What counts when several rules fit: 'congctl explain -h'.",
	.max_args = 1,
	.options = specs,
	.run = use_run,
};
COMMAND(use);
