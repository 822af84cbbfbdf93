// SPDX-License-Identifier: GPL-2.0-only
/* Parsing, validation and help of a command, all from its tables. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define MAX_OPTIONS 16

/* every command's */
static bool json, debug, help;
static const struct option_spec common[] = {
	{'j', "json", NULL, "print JSON", OPTION_FLAG, &json},
	{'d', "debug", NULL, "print the raw log of libbpf and the verifier on stderr", OPTION_FLAG, &debug},
	{'h', "help", NULL, "this help", OPTION_FLAG, &help},
	{},
};

struct table {
	const struct option_spec *at[MAX_OPTIONS];
	size_t n;
};

static void table_add(struct table *t, const struct option_spec *specs)
{
	for (; specs && specs->name && t->n < MAX_OPTIONS; specs++)
		t->at[t->n++] = specs;
}

static void print_help(const struct command *c, const struct table *t)
{
	printf("usage: congctl %s [OPTION]...%s%s\n\n%s\n", c->name, *c->args ? " " : "", c->args, c->summary);
	if (c->details)
		printf("\n%s\n", c->details);
	printf("\noptions:\n");
	for (size_t i = 0; i < t->n; i++) {
		const struct option_spec *o = t->at[i];
		char left[64], letter[8] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s %s\n", left, o->help);
	}
}

static const char *store(const struct option_spec *o, const char *argument)
{
	struct text_list *list = o->value;

	if (o->arg && !*argument)
		return "is empty";
	switch (o->kind) {
	case OPTION_FLAG:
		*(bool *)o->value = true;
		break;
	case OPTION_TEXT:
		if (*(const char **)o->value)
			return "is given twice";
		*(const char **)o->value = argument;
		break;
	case OPTION_LIST:
		if (list->n == sizeof(list->at) / sizeof(*list->at))
			return "is given more than 64 times";
		list->at[list->n++] = argument;
		break;
	}
	return NULL;
}

static const struct option_spec *find(const struct table *t, int got, int index)
{
	if (!got)
		return t->at[index];
	for (size_t i = 0; i < t->n; i++) {
		if (t->at[i]->letter == got)
			return t->at[i];
	}
	return NULL;
}

static int parse(struct invocation *in, const struct table *t, int argc, char **argv)
{
	struct option longs[MAX_OPTIONS + 1] = {};
	char shorts[2 * MAX_OPTIONS + 2] = ":", *s = shorts + 1;
	const struct option_spec *o;
	const char *wrong;
	int got, index = 0;

	for (size_t i = 0; i < t->n; i++) {
		o = t->at[i];
		longs[i] = (struct option){.name = o->name, .has_arg = o->arg ? required_argument : no_argument};
		if (o->letter)
			*s++ = o->letter;
		if (o->letter && o->arg)
			*s++ = ':';
	}
	opterr = 0;
	optind = 1;
	while ((got = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		if (got == ':')
			return command_misused(in, "option '%s' needs an argument", argv[optind - 1]);
		if (got == '?' && optopt) /* one letter, maybe of several in a word */
			return command_misused(in, "no option '-%c'", optopt);
		o = got == '?' ? NULL : find(t, got, index);
		if (!o)
			return command_misused(in, "no option '%s'", argv[optind - 1]);
		wrong = store(o, optarg);
		if (wrong)
			return command_misused(in, "option '--%s' %s", o->name, wrong);
	}
	in->args = (const char *const *)argv + optind;
	in->n_args = argc - optind;
	return EXIT_DONE;
}

static int check_args(struct invocation *in)
{
	const struct command *c = in->command;

	if (in->n_args < c->min_args)
		return command_misused(in, "'%s' needs %s", c->name, c->args);
	if (in->n_args > c->max_args)
		return command_misused(in, "'%s' does not take '%s'", c->name, in->args[c->max_args]);
	for (size_t i = 0; i < in->n_args; i++) {
		if (!*in->args[i])
			return command_misused(in, "'%s' is given an empty word", c->name);
	}
	return EXIT_DONE;
}

bool command_wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (*argv[i] != '-')
			continue;
		/* among other letters, or as getopt_long() understands it */
		if (argv[i][1] == '-' ? argv[i][2] && !strncmp(argv[i], "--json", strlen(argv[i])) : !!strchr(argv[i], 'j'))
			return true;
	}
	return false;
}

int command_main(const struct command *command, int argc, char **argv)
{
	struct invocation in = {.command = command};
	struct table t = {};
	int ret;

	table_add(&t, command->options);
	table_add(&t, common);
	output_open(&in.out, command_wants_json(argc, argv));
	ret = parse(&in, &t, argc, argv);
	in.debug = debug;
	if (!ret && !help)
		ret = check_args(&in);
	if (!ret && help)
		print_help(command, &t);
	else if (!ret)
		ret = command->run(&in);
	return output_close(&in.out) && !ret ? EXIT_FAILED : ret;
}

int command_failed(struct invocation *in, struct congctl_error *err)
{
	if (in->debug && err->log)
		fprintf(stderr, "%s\n", err->log);
	output_error(&in->out, *err->text ? err->text : "unexplained failure");
	congctl_error_clear(err);
	return EXIT_FAILED;
}

int command_misused(struct invocation *in, const char *format, ...)
{
	char text[512], whole[640];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	snprintf(whole, sizeof(whole), "%s: 'congctl %s -h' shows the usage", text, in->command->name);
	output_error(&in->out, whole);
	return EXIT_MISUSE;
}

int command_check_once(struct invocation *in, const char *const *words, size_t n, const char *end)
{
	for (size_t i = 0; i < n; i++) {
		const size_t length = strcspn(words[i], end);

		for (size_t k = 0; k < i; k++) {
			if (strcspn(words[k], end) == length && !strncmp(words[k], words[i], length))
				return command_misused(in, "'%.*s' is given twice", (int)length, words[i]);
		}
	}
	return EXIT_DONE;
}
