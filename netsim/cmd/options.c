// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "../cmd.h"
#include "options.h"

int options_complain(const char *command, char **argv)
{
	const char letter[] = {'-', (char)optopt, '\0'};

	/* a letter may have others behind it that are still to come: argv[optind - 1] is not it then */
	fprintf(stderr, "netsim %s: option '%s' is unknown, or its value is missing: 'netsim %s -h' lists the options\n", command,
		optopt > 0 && optopt < OPTIONS_OWN ? letter : argv[optind - 1], command);
	return -EINVAL;
}

int options_parse(struct options *o, const struct option *table, int argc, char **argv)
{
	int c, ret = 0;

	opterr = 0;
	while (!ret && (c = getopt_long(argc, argv, "o:jh", table, NULL)) != -1) {
		if (c == 'h') {
			o->usage(stdout);
			ret = -ECANCELED;
		} else if (c == 'o') {
			o->dir = optarg;
		} else if (c == 'j') {
			o->json = true;
		} else {
			ret = c < OPTIONS_OWN ? options_complain(o->command, argv) : o->set(o->own, c, optarg);
		}
	}
	if (ret)
		return ret;
	o->file = argv[optind]; /* NULL behind the last */
	if (!o->file || !argv[optind + 1])
		return 0;
	fprintf(stderr, "netsim %s: '%s' is one argument too many: a single scenario file\n", o->command, argv[optind + 1]);
	return -EINVAL;
}

int options_end(const char *command, int code, struct congctl_error *err)
{
	if (code)
		fprintf(stderr, "netsim %s: %s\n", command, code == NETSIM_INTERRUPTED ? "interrupted: nothing was written" : err->text);
	congctl_error_clear(err);
	return code;
}
