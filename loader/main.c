// SPDX-License-Identifier: GPL-2.0-only
/* congctl: the table of commands and the way to them. `congctl` alone lists. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "cmd/command.h"

extern const struct command *const __start_congctl_commands[], *const __stop_congctl_commands[];

static void print_commands(FILE *to)
{
	fprintf(to, "usage: congctl [COMMAND] [OPTION]... [ARGUMENT]...\n\nTCP congestion control as a plugin. Commands:\n");
	for (const struct command *const *c = __start_congctl_commands; c != __stop_congctl_commands; c++)
		fprintf(to, "  %-12s %s\n", (*c)->name, (*c)->summary);
	fprintf(to, "\n'congctl COMMAND -h' explains one; -j prints JSON, -d the raw logs; 'congctl' alone lists.\n");
}

static void print_version(FILE *to)
{
	fprintf(to, "congctl %s\n", CONGCTL_VERSION);
}

static const struct command *find(const char *name)
{
	for (const struct command *const *c = __start_congctl_commands; c != __stop_congctl_commands; c++) {
		if (!strcmp((*c)->name, name))
			return *c;
	}
	return NULL;
}

static int no_command(int argc, char **argv)
{
	struct output out;
	char text[256];

	snprintf(text, sizeof(text), "no command '%s': 'congctl -h' shows what there is", argv[1]);
	output_open(&out, command_wants_json(argc, argv));
	output_error(&out, text);
	output_close(&out);
	return EXIT_MISUSE;
}

/* "congctl -j list" is "congctl list -j" */
static void command_first(int argc, char **argv)
{
	char *word;
	int i = 1;

	while (i < argc && *argv[i] == '-')
		i++;
	if (i == argc)
		return;
	for (word = argv[i]; i > 1; i--)
		argv[i] = argv[i - 1];
	argv[1] = word;
}

static int say(void (*what)(FILE *to))
{
	struct output out;

	output_open(&out, false);
	what(stdout);
	return output_close(&out) ? EXIT_FAILED : EXIT_DONE;
}

int main(int argc, char **argv)
{
	const struct command *command;

	/* each load reads the kernel's 6 MB of BTF anew: keep those pages rather than fault them in again for every algorithm */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 128 << 20);
	if (argc > 1 && !strcmp(argv[1], "help"))
		argv[1] = (char *)"-h";
	command_first(argc, argv);
	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")))
		return say(print_commands);
	if (argc > 1 && (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")))
		return say(print_version);
	if (argc < 2 || *argv[1] == '-')
		return command_main(find("list"), argc, argv);
	command = find(argv[1]);
	if (command)
		return command_main(command, argc - 1, argv + 1);
	return no_command(argc, argv);
}
