// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/name.h"
#include "command.h"
#include "finish.h"

#define MAX_OBJECTS 64 /* arguments, and algorithms in them */

static struct {
	const char *as;
	struct text_list set;
} options;

static const struct option_spec specs[] = {
	{0, "as", "NAME", "register under this name (one algorithm only)", OPTION_TEXT, &options.as},
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

/* the algorithms of all arguments */
struct objects {
	struct congctl_object *at[MAX_OBJECTS];
	size_t n;
};

static int prepare(struct congctl_object *obj, struct congctl_error *err)
{
	int ret = options.as ? congctl_object_rename(obj, options.as, err) : 0;

	return ret ? ret : set_tunables(obj, err);
}

static int open_one(struct objects *objs, const char *arg, struct congctl_error *err)
{
	struct congctl_object **more;
	size_t n, i;
	int ret;

	ret = congctl_object_open_all(&more, &n, arg, err);
	if (!ret && options.as && n > 1)
		ret = congctl_fail(err, -EINVAL, "'%s' holds %zu algorithms: --as names one, add #NAME to the file, such as %s#%s", arg, n, arg,
				   congctl_object_info(more[0])->name);
	if (!ret && objs->n + n > MAX_OBJECTS)
		ret = congctl_fail(err, -E2BIG, "more than %d algorithms: register them by several commands", MAX_OBJECTS);
	for (i = 0; i < n && !ret; i++) {
		ret = prepare(more[i], err);
		objs->at[objs->n++] = more[i];
	}
	for (; i < n; i++)
		congctl_object_close(more[i]);
	free(more);
	return ret;
}

static int check_twice(struct congctl_object **objs, size_t n, struct congctl_error *err)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = congctl_object_info(objs[i])->name;

		for (size_t k = 0; k < i; k++) {
			if (!strcmp(congctl_object_info(objs[k])->name, name))
				return congctl_fail(err, -EINVAL, "'%s' is given twice: name each algorithm once", name);
		}
	}
	return 0;
}

/* In a process of its own: a handle that is closed unpinned is unregistered. */
static int register_and_pin(void *arg, struct congctl_error *err)
{
	const struct objects *objs = arg;
	size_t pinned = 0;
	int ret = 0;

	for (size_t i = 0; i < objs->n && !ret; i++)
		ret = congctl_object_register(objs->at[i], err);
	for (; pinned < objs->n && !ret; pinned++)
		ret = congctl_object_pin(objs->at[pinned], err);
	for (size_t i = 0; i < objs->n && ret; i++) {
		congctl_object_unpin(objs->at[i]);
		congctl_object_close(objs->at[i]);
	}
	return ret;
}

/* All or none: each step for every object before the next one. */
static int register_all(struct invocation *in, struct objects *objs, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; i < in->n_args && !ret; i++)
		ret = open_one(objs, in->args[i], err);
	if (!ret)
		ret = check_twice(objs->at, objs->n, err);
	for (size_t i = 0; i < objs->n && !ret; i++)
		ret = congctl_object_load(objs->at[i], err);
	return ret ? ret : finish(register_and_pin, objs, err);
}

static int check_words(struct invocation *in)
{
	struct congctl_error err = {};
	int ret;

	if (options.as && in->n_args > 1)
		return command_misused(in, "--as names one object, not %zu", in->n_args);
	if (options.as && name_check(options.as, false, &err))
		return command_misused(in, "%s", err.text);
	for (size_t i = 0; i < options.set.n; i++) {
		const char *text = options.set.at[i], *equals = strchr(text, '=');

		if (!equals || equals == text || !equals[1])
			return command_misused(in, "--set '%s' is not TUNABLE=VALUE", text);
	}
	ret = command_check_once(in, options.set.at, options.set.n, "=");
	return ret ? ret : command_check_once(in, in->args, in->n_args, "");
}

static int register_run(struct invocation *in)
{
	struct congctl_info infos[MAX_OBJECTS];
	struct congctl_error err = {};
	struct objects objs = {};
	int ret = check_words(in);

	if (ret)
		return ret;
	ret = congctl_require(&err);
	if (!ret)
		ret = register_all(in, &objs, &err);
	for (size_t i = 0; i < objs.n && !ret; i++)
		infos[i] = *congctl_object_info(objs.at[i]);
	in->out.done = !ret;
	if (!ret)
		output_table(&in->out, "registered", fields, infos, objs.n, sizeof(*infos));
	for (size_t i = 0; i < objs.n; i++)
		congctl_object_close(objs.at[i]);
	if (ret)
		return command_failed(in, &err);
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command register_command = {
	.name = "register",
	.args = "NAME|FILE[#NAME]...",
	.summary = "load algorithms and let sockets choose them, all or none",
	.details = "A NAME is an algorithm of 'congctl list'; a FILE has a '/' or a '.' in it. Registered algorithms stay until\n"
		   "'congctl unregister' or the next boot. With several objects --set applies to each of them. Of a FILE with several\n"
		   "algorithms all are registered, with #NAME that one. VALUE may carry a unit, see 'congctl set -h'.",
	.min_args = 1,
	.max_args = MAX_OBJECTS,
	.options = specs,
	.run = register_run,
};
COMMAND(register_command);
