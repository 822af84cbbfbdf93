// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "setting.h"

static const struct field fields[] = {
	FIELD(struct setting, name, FIELD_CHARS, "ALGORITHM"),
	FIELD(struct setting, tunable, FIELD_CHARS, "TUNABLE"),
	FIELD(struct setting, was, FIELD_U64, "WAS"),
	FIELD(struct setting, value, FIELD_U64, "IS"),
	FIELD(struct setting, means, FIELD_CHARS, "WHICH IS"),
	FIELD(struct setting, unit, FIELD_CHARS, NULL),
	FIELD(struct setting, effect, FIELD_CHARS, "FROM"),
	{},
};

/* what one argument asks for */
struct change {
	struct congctl_object *obj; /* the same for all changes of an algorithm; closed by the first */
	bool first;
	struct congctl_assignment to;
	struct setting setting;
};

static struct change changes[CONGCTL_ASSIGNMENTS_MAX];

static const struct congctl_tunable *find_tunable(const struct congctl_info *info, const char *name)
{
	for (size_t i = 0; i < info->n_tunables; i++) {
		if (!strcmp(info->tunables[i].name, name))
			return &info->tunables[i];
	}
	return NULL;
}

/* one handle for each algorithm */
static void share_handle(size_t i)
{
	struct change *c = &changes[i];

	c->first = true;
	for (size_t k = 0; k < i; k++) {
		if (strcmp(congctl_object_info(changes[k].obj)->name, congctl_object_info(c->obj)->name))
			continue;
		congctl_object_close(c->obj);
		c->obj = changes[k].obj;
		c->first = false;
		return;
	}
}

/* Look at argument `i` and change nothing. */
static int prepare(size_t i, const char *text, struct congctl_error *err)
{
	const char *equals = strchr(text, '=');
	struct change *c = &changes[i];
	const struct congctl_info *info;
	char tunable[64];
	int ret;

	ret = setting_open(&c->obj, text, equals - text, tunable, sizeof(tunable), err);
	if (ret)
		return ret;
	share_handle(i);
	info = congctl_object_info(c->obj);
	if (!*tunable)
		return congctl_fail(err, -EINVAL, "'%s' is an algorithm, not NAME.TUNABLE: 'congctl get %s' shows its tunables", info->name,
				    info->name);
	ret = congctl_running_check(c->obj, tunable, equals + 1, NULL, err);
	if (ret)
		return ret;
	setting_fill(&c->setting, info, find_tunable(info, tunable));
	c->to = (struct congctl_assignment){c->setting.tunable, equals + 1};
	for (size_t k = 0; k < i; k++) {
		if (changes[k].obj == c->obj && !strcmp(changes[k].setting.tunable, tunable))
			return congctl_fail(err, -EINVAL, "'%s.%s' is given twice: give it one value", info->name, tunable);
	}
	return 0;
}

/* All changes of the algorithm that `changes[i]` is the first of. */
static int write_algorithm(size_t i, size_t n, bool back, struct congctl_error *err)
{
	struct congctl_assignment list[CONGCTL_ASSIGNMENTS_MAX];
	char numbers[CONGCTL_ASSIGNMENTS_MAX][24];
	size_t count = 0;

	for (size_t k = i; k < n; k++) {
		if (changes[k].obj != changes[i].obj)
			continue;
		list[count] = changes[k].to;
		snprintf(numbers[count], sizeof(numbers[count]), "%llu", (unsigned long long)changes[k].setting.was);
		if (back)
			list[count].value = numbers[count];
		count++;
	}
	return congctl_running_set_all(changes[i].obj, list, count, err);
}

static int write_all(size_t n, struct congctl_error *err)
{
	size_t done = 0;
	int ret = 0;

	for (; done < n && !ret; done++)
		ret = changes[done].first ? write_algorithm(done, n, false, err) : 0;
	for (size_t i = 0; ret && i < done - 1; i++) {
		if (changes[i].first)
			write_algorithm(i, n, true, NULL);
	}
	return ret;
}

static void show(struct invocation *in)
{
	struct setting rows[CONGCTL_ASSIGNMENTS_MAX];

	for (size_t i = 0; i < in->n_args; i++) {
		const struct congctl_info *info = congctl_object_info(changes[i].obj);
		uint64_t was = changes[i].setting.was;

		setting_fill(&rows[i], info, find_tunable(info, changes[i].setting.tunable));
		rows[i].was = was;
	}
	output_table(&in->out, "set", fields, rows, in->n_args, sizeof(*rows));
}

static int check_words(struct invocation *in)
{
	for (size_t i = 0; i < in->n_args; i++) {
		const char *text = in->args[i], *equals = strchr(text, '=');
		const char *dot = equals ? memrchr(text, '.', equals - text) : NULL;

		if (!dot || dot == text || dot + 1 == equals || !equals[1])
			return command_misused(in, "'%s' is not NAME.TUNABLE=VALUE", text);
	}
	return command_check_once(in, in->args, in->n_args, "=");
}

static int set_run(struct invocation *in)
{
	struct congctl_error err = {};
	int ret = check_words(in);

	if (ret)
		return ret;
	for (size_t i = 0; i < in->n_args && !ret; i++)
		ret = prepare(i, in->args[i], &err);
	if (!ret)
		ret = write_all(in->n_args, &err);
	in->out.done = !ret;
	if (!ret)
		show(in);
	for (size_t i = 0; i < in->n_args; i++) {
		if (changes[i].first)
			congctl_object_close(changes[i].obj);
	}
	return ret ? command_failed(in, &err) : EXIT_DONE;
}

static const struct command set = {
	.name = "set",
	.args = "NAME.TUNABLE=VALUE...",
	.summary = "change tunables of running algorithms, all or none",
	.details = "VALUE is a number in the tunable's unit, or carries one itself: 10ms, 100mbit, 64KiB, 0.7 or 70% for parts of 1,\n"
		   "yes or no; it is rounded to whole units, and IS shows what it became. Connections that have the algorithm follow\n"
		   "from the moment that FROM names. 'congctl get NAME' shows tunables, ranges and units.",
	.min_args = 1,
	.max_args = CONGCTL_ASSIGNMENTS_MAX,
	.run = set_run,
};
COMMAND(set);
