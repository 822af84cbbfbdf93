// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define MAX_OBJECTS 64

static struct {
	const char *as;
	struct text_list set;
} options;

static const struct option_spec specs[] = {
	{0, "as", "NAME", "register under this name (one object only)", OPTION_TEXT, &options.as},
	{0, "set", "TUNABLE=VALUE", "start with this value; may be repeated", OPTION_LIST, &options.set},
	{},
};

static const struct field fields[] = {
	FIELD(struct congctl_info, name, FIELD_CHARS, "REGISTERED"),
	FIELD(struct congctl_info, title, FIELD_CHARS, "TITLE"),
	FIELD(struct congctl_info, file, FIELD_CHARS, NULL),
	{},
};

static int set_tunables(struct congctl_object *obj, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < options.set.n && !ret; i++) {
		const char *text = options.set.at[i], *equals = strchr(text, '=');
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
		ret = congctl_object_set(obj, name, equals + 1, err);
	}
	return ret;
}

static int prepare(struct congctl_object **obj, const char *arg, struct congctl_error *err)
{
	int ret = congctl_object_open(obj, arg, err);

	if (!ret && options.as)
		ret = congctl_object_rename(*obj, options.as, err);
	if (!ret)
		ret = set_tunables(*obj, err);
	return ret;
}

static int check_twice(struct congctl_object **objs, size_t n, struct congctl_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = congctl_object_info(objs[i])->name;

		for (size_t k = 0; k < i; k++) {
			if (!strcmp(congctl_object_info(objs[k])->name, name))
				return congctl_fail(err, -1, "'%s' is given twice: name each algorithm once", name);
		}
	}
	return 0;
}

/* A signal in between would leave the first ones pinned: it has to wait. */
static void block_signals(sigset_t *before)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	sigprocmask(SIG_BLOCK, &ending, before);
}

static int register_and_pin(struct congctl_object **objs, size_t n, struct congctl_error *err)
{
	size_t pinned = 0;
	sigset_t before;
	int ret = 0;

	block_signals(&before);
	for (size_t i = 0; i < n && !ret; i++)
		ret = congctl_object_register(objs[i], err);
	for (; pinned < n && !ret; pinned++)
		ret = congctl_object_pin(objs[pinned], err);
	for (size_t i = 0; i < n && ret; i++)
		congctl_object_unpin(objs[i]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* All or none: each step for every object before the next one. A handle that is closed unpinned is unregistered. */
static int register_all(struct invocation *in, struct congctl_object **objs, struct congctl_error *err)
{
	size_t n = in->n_args;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++)
		ret = prepare(&objs[i], in->args[i], err);
	if (!ret)
		ret = check_twice(objs, n, err);
	for (size_t i = 0; i < n && !ret; i++)
		ret = congctl_object_load(objs[i], err);
	return ret ? ret : register_and_pin(objs, n, err);
}

static int register_run(struct invocation *in)
{
	struct congctl_object *objs[MAX_OBJECTS] = {};
	struct congctl_info infos[MAX_OBJECTS];
	struct congctl_error err = {};
	int ret;

	if (options.as && in->n_args > 1)
		return command_misused(in, "--as names one object, not %zu", in->n_args);
	for (size_t i = 0; i < options.set.n; i++) {
		if (!strchr(options.set.at[i], '='))
			return command_misused(in, "--set '%s' is not TUNABLE=VALUE", options.set.at[i]);
	}
	ret = congctl_require(&err);
	if (!ret)
		ret = register_all(in, objs, &err);
	for (size_t i = 0; i < in->n_args && !ret; i++)
		infos[i] = *congctl_object_info(objs[i]);
	if (!ret)
		output_table(&in->out, "registered", fields, infos, in->n_args, sizeof(*infos));
	for (size_t i = 0; i < in->n_args; i++)
		congctl_object_close(objs[i]);
	if (ret)
		return command_failed(in, &err);
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command register_command = {
	.name = "register",
	.args = "NAME|FILE...",
	.summary = "load algorithms and let sockets choose them, all or none",
	.details = "A NAME is an algorithm of 'congctl list'; a FILE has a '/' or a '.' in it. Registered algorithms stay until\n"
		   "'congctl unregister' or the next boot. With several objects --set applies to each of them.",
	.min_args = 1,
	.max_args = MAX_OBJECTS,
	.options = specs,
	.run = register_run,
};
COMMAND(register_command);
