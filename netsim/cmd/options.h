/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line of what runs scenarios: one scenario file, -o, -j, -h, the command's own long options; and its last word. */
#ifndef NETSIM_OPTIONS_H
#define NETSIM_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <congctl/congctl.h>

#define OPTIONS_OWN 256 /* getopt's values of a command's own options begin here */
#define OPTIONS_COMMON                                                                                                  \
	{"output", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}

struct options {
	const char *command;      /* "run" */
	void (*usage)(FILE *f);
	int (*set)(void *own, int option, const char *value); /* one of the command's own; it complains itself */
	void *own;
	/* what was said */
	const char *file, *dir;   /* NULL: not given */
	bool json;
};

/* `table` ends with an empty entry. 0, -ECANCELED after -h, or misuse, which has been complained of. */
int options_parse(struct options *o, const struct option *table, int argc, char **argv);
/* of the option that getopt_long() has just refused; gives misuse */
int options_complain(const char *command, char **argv);
/* What went wrong, if the exit code says that something did; gives the exit code. */
int options_end(const char *command, int code, struct congctl_error *err);

#endif
