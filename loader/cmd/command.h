/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * command.h - a verb of congctl is one file: its options as data, its help, its run(). The file registers itself.
 */
#ifndef CONGCTL_COMMAND_H
#define CONGCTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include <congctl/congctl.h>

#include "output.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSE = 2 };

enum option_kind {
	OPTION_FLAG, /* value is a bool */
	OPTION_TEXT, /* value is a const char * */
	OPTION_LIST, /* value is a struct text_list: may be given several times */
};

struct text_list {
	const char *at[64];
	size_t n;
};

struct option_spec {
	char letter;      /* 0: none */
	const char *name; /* long name; NULL ends the table */
	const char *arg;  /* what the help calls the argument */
	const char *help;
	enum option_kind kind;
	void *value;
};

struct invocation {
	const struct command *command;
	const char *const *args; /* what is left after the options */
	size_t n_args;
	struct output out;
	bool debug;  /* -d */
};

struct command {
	const char *name, *args, *summary;
	const char *details; /* further lines of the help; may be NULL */
	size_t min_args, max_args;
	const struct option_spec *options; /* may be NULL; -j -d -h are every command's */
	int (*run)(struct invocation *in); /* an exit code */
};

/* COMMAND(list): the table of commands is a linker section, no list is kept */
#define COMMAND(variable)                                                                                              \
	static const struct command *const variable##_entry __attribute__((section("congctl_commands"), used)) = &variable

/* options.c: fill in what the tables point to, then run; -h and misuse end here. */
int command_main(const struct command *command, int argc, char **argv);
bool command_wants_json(int argc, char **argv); /* known before the first complaint, so that it is JSON as well */
/* Say the failure as the output format wants it; the raw log too if -d asked for it. Returns EXIT_FAILED; clears `err`. */
int command_failed(struct invocation *in, struct congctl_error *err);
/* The same for a command line that is wrong whatever the machine and the files are like, before they are looked at: EXIT_MISUSE. */
int command_misused(struct invocation *in, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Misuse if one of the words is there twice, or what is before `end` in it. */
int command_check_once(struct invocation *in, const char *const *words, size_t n, const char *end);

#endif
