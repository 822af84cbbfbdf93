// SPDX-License-Identifier: GPL-2.0-only
#include <congctl/units.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "holders.h"

#define MAX_NAMES 64
#define TIMEOUT_MS 10000

static struct {
	bool drain, force;
	const char *to, *timeout;
} options;

static const struct option_spec specs[] = {
	{0, "drain", NULL, "move all who hold it elsewhere first", OPTION_FLAG, &options.drain},
	{0, "to", "OTHER", "with --drain: to this one, not to the default of each namespace", OPTION_TEXT, &options.to},
	{0, "timeout", "TIME", "with --drain: all back if it takes longer, 0 for ever (10s)", OPTION_TEXT, &options.timeout},
	{0, "force", NULL, "unregister it though it is held, and show what stays behind", OPTION_FLAG, &options.force},
	{},
};

struct gone {
	char name[CONGCTL_NAME_MAX + 1];
	int64_t users;
	uint64_t moved;
};

static const struct field fields[] = {
	FIELD(struct gone, name, FIELD_CHARS, "UNREGISTERED"),
	FIELD(struct gone, users, FIELD_I64, "KEPT BY"),
	FIELD(struct gone, moved, FIELD_U64, "MOVED"),
	{},
};

static int check_options(struct invocation *in, unsigned int *timeout_ms)
{
	uint64_t ns;

	*timeout_ms = TIMEOUT_MS;
	if (options.drain && options.force)
		return command_misused(in, "--drain and --force exclude each other");
	if (!options.drain && (options.to || options.timeout))
		return command_misused(in, "--%s goes with --drain", options.to ? "to" : "timeout");
	if (!options.timeout)
		return EXIT_DONE;
	if (congctl_parse_time(options.timeout, &ns) || ns / 1000000 > UINT32_MAX || (ns && ns < 1000000))
		return command_misused(in, "--timeout '%s' is not a time such as 10s, 1ms to 4294967s or 0", options.timeout);
	*timeout_ms = ns / 1000000;
	return EXIT_DONE;
}

static int check_names(struct invocation *in, struct gone *gone)
{
	struct congctl_error err = {};

	for (size_t i = 0; i < in->n_args; i++) {
		if (congctl_unregister_check(in->args[i], gone[i].name, &err))
			return command_failed(in, &err);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(gone[k].name, gone[i].name))
				continue;
			congctl_fail(&err, -EINVAL, "'%s' is given twice: name each algorithm once", gone[i].name);
			return command_failed(in, &err);
		}
		if (!options.drain && !options.force && congctl_check_idle(gone[i].name, &err))
			return command_failed(in, &err);
	}
	return EXIT_DONE;
}

static const struct field whose[] = {FIELD(struct gone, name, FIELD_CHARS, NULL), {}};

static void show_left(struct invocation *in, const struct gone *gone, const struct congctl_holder *holders, size_t n)
{
	if (!n)
		return;
	output_say(&in->out, "what stays behind of %s:", gone->name);
	output_element_begin(&in->out, "left");
	if (in->out.json)
		output_record(&in->out, whose, gone);
	holders_show(&in->out, holders, n);
	output_element_end(&in->out);
}

/* One that cannot go does not bring back those before it. */
static void say_gone(const struct gone *first, const struct gone *failed, struct congctl_error *err)
{
	for (const struct gone *g = first; g < failed; g++) {
		size_t n = strlen(err->text);

		snprintf(err->text + n, sizeof(err->text) - n, "%s%s", g == first ? "; unregistered before it: " : ", ", g->name);
	}
}

static int unregister_one(struct invocation *in, const struct gone *first, struct gone *gone, unsigned int timeout_ms)
{
	struct congctl_drain how = {.to = options.to, .timeout_ms = timeout_ms};
	struct congctl_holder *holders = NULL;
	struct congctl_moved moved = {};
	struct congctl_error err = {};
	bool seen = false;
	size_t n = 0;
	int ret;

	if (options.force) /* without the privilege to see who has it, it goes all the same */
		seen = !congctl_holders(gone->name, &holders, &n, NULL);
	ret = options.drain ? congctl_drain(gone->name, &how, &moved, &err) : congctl_unregister(gone->name, &gone->users, &err);
	if (!ret && seen)
		show_left(in, gone, holders, n);
	free(holders);
	if (ret) {
		say_gone(first, gone, &err);
		return command_failed(in, &err);
	}
	gone->moved = moved.moved;
	if (gone->users > 0)
		output_say(&in->out, "%s stays with %lld user%s: a connection until it ends, a default until it is changed; new ones cannot choose it",
			   gone->name, (long long)gone->users, gone->users == 1 ? "" : "s");
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static int unregister_run(struct invocation *in)
{
	struct gone gone[MAX_NAMES] = {};
	unsigned int timeout_ms;
	int ret;

	ret = check_options(in, &timeout_ms);
	if (!ret)
		ret = command_check_once(in, in->args, in->n_args, "");
	if (!ret)
		ret = check_names(in, gone);
	for (size_t i = 0; i < in->n_args && !ret; i++)
		ret = unregister_one(in, gone, &gone[i], timeout_ms);
	in->out.done = !ret;
	if (!ret)
		output_table(&in->out, "unregistered", fields, gone, in->n_args, sizeof(*gone));
	return ret;
}

static const struct command unregister = {
	.name = "unregister",
	.args = "NAME...",
	.summary = "take algorithms out of the kernel's list",
	.details = "Refused while somebody holds one: sockets, the default of a namespace, a route, a cgroup, a port. Also takes what\n"
		   "something else registered, and drops the former build. --drain moves to --to OTHER, or else to the default of the\n"
		   "namespace each is in, and where that is the algorithm itself to cubic or reno; if not all can be moved, all is put\n"
		   "back and it stays. --force leaves sockets what they have until they end.",
	.min_args = 1,
	.max_args = MAX_NAMES,
	.options = specs,
	.run = unregister_run,
};
COMMAND(unregister);
