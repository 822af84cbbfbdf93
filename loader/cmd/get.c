// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "setting.h"

static const struct field fields[] = {
	FIELD(struct setting, name, FIELD_CHARS, "ALGORITHM"),
	FIELD(struct setting, tunable, FIELD_CHARS, "TUNABLE"),
	FIELD(struct setting, value, FIELD_U64, "VALUE"),
	FIELD(struct setting, means, FIELD_CHARS, "WHICH IS"),
	FIELD(struct setting, min, FIELD_U64, "MIN"),
	FIELD(struct setting, max, FIELD_U64, "MAX"),
	FIELD(struct setting, unit, FIELD_CHARS, "UNIT"),
	FIELD(struct setting, effect, FIELD_CHARS, "FROM"),
	{},
};

struct rows {
	struct setting *at;
	size_t n;
};

static int add(struct rows *rows, const struct congctl_info *info, const struct congctl_tunable *t, struct congctl_error *err)
{
	struct setting *more = realloc(rows->at, (rows->n + 1) * sizeof(*more));

	if (!more)
		return congctl_fail(err, -ENOMEM, "out of memory");
	rows->at = more;
	setting_fill(&more[rows->n++], info, t);
	return 0;
}

/* all of them if `tunable` is empty */
static int add_matching(struct rows *rows, const struct congctl_info *info, const char *tunable, struct congctl_error *err)
{
	bool any = !*tunable;
	int ret = 0;

	for (size_t i = 0; i < info->n_tunables && !ret; i++) {
		if (*tunable && strcmp(info->tunables[i].name, tunable))
			continue;
		ret = add(rows, info, &info->tunables[i], err);
		any = true;
	}
	if (!any)
		return congctl_fail(err, -ENOENT, "'%s' has no tunable '%s': 'congctl info %s' shows which it has", info->name, tunable,
				    info->name);
	return ret;
}

static int get_one(struct invocation *in, struct rows *rows, const char *what, struct congctl_error *err)
{
	const struct congctl_info *info;
	struct congctl_object *obj;
	char tunable[64];
	int ret;

	ret = setting_open(&obj, what, strlen(what), tunable, sizeof(tunable), err);
	if (ret)
		return ret;
	info = congctl_object_info(obj);
	ret = add_matching(rows, info, tunable, err);
	if (!ret && !info->n_tunables)
		output_say(&in->out, "%s has no tunables", info->name);
	congctl_object_close(obj);
	return ret;
}

static int get_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct rows rows = {};
	int ret = 0;

	for (size_t i = 0; i < in->n_args; i++) {
		const char *text = in->args[i];

		if (*text == '.' || text[strlen(text) - 1] == '.')
			return command_misused(in, "'%s' is not NAME[.TUNABLE]", text);
	}
	for (size_t i = 0; i < in->n_args && !ret; i++)
		ret = get_one(in, &rows, in->args[i], &err);
	if (!ret)
		output_table(&in->out, "tunables", fields, rows.at, rows.n, sizeof(*rows.at));
	free(rows.at);
	return ret ? command_failed(in, &err) : EXIT_DONE;
}

static const struct command get = {
	.name = "get",
	.args = "NAME[.TUNABLE]...",
	.summary = "the tunables of running algorithms, as they are now",
	.details = "Of anything registered through BPF whose variables say that they are tunables, whoever registered it. FROM tells\n"
		   "when a new value takes effect. 'congctl info NAME' also says what each of them is.",
	.min_args = 1,
	.max_args = 64,
	.run = get_run,
};
COMMAND(get);
