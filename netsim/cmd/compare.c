// SPDX-License-Identifier: GPL-2.0-only
/*
 * netsim compare: a set of scenarios on two engines, or with several algorithms on one. Which cells there are is the set's
 * (scenario/vary.h), the runs are compare_runs.c's, the figures are report/comparison.h's.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cmd.h"
#include "../report/report.h"
#include "cell.h"
#include "compare.h"

#define MAX_VARY 16

struct compare_options {
	const char *file, *engines, *cc, *repeat, *dir;
	const char *vary[MAX_VARY];
	size_t n_vary;
	bool json;
};

/* --- options -------------------------------------------------------------------------------------------------------- */

static const char usage[] =
	"usage: netsim compare SCENARIO.yaml [OPTION]...\n"
	"Run a scenario, or the set of scenarios that its 'vary' makes of it, on two engines, or with several algorithms on one, and show\n"
	"the differences.\n\n"
	"  --engines LIST     sim (default), emu, or sim,emu: the simulator beside the kernel's TCP (root)\n"
	"  --cc A,B...        the algorithms of the flows that name none; on one engine they are compared, seed by seed\n"
	"  --vary KEY=V1,V2.. one more setting to vary, over the file's: a key of 'netsim keys', or cc; may be given again\n"
	"  --repeat N         runs of each, with the seeds s, s+1...: from two on with 95 % confidence intervals\n"
	"  -o, --output D     write compare.json and compare.csv (a line for each run) into the directory D\n"
	"  -j, --json         compare.json on standard output instead of the table\n\n"
	"exit code: 0 done, 1 failed or void, 2 misuse, 130 interrupted\n";

static int set_option(struct compare_options *o, int c, const char *option)
{
	switch (c) {
	case 'e':
		o->engines = optarg;
		return 0;
	case 'c':
		o->cc = optarg;
		return 0;
	case 'r':
		o->repeat = optarg;
		return 0;
	case 'o':
		o->dir = optarg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'v':
		if (o->n_vary < MAX_VARY) {
			o->vary[o->n_vary++] = optarg;
			return 0;
		}
		fprintf(stderr, "netsim compare: too many --vary: at most %d\n", MAX_VARY);
		return -E2BIG;
	}
	fprintf(stderr, "netsim compare: option '%s' is unknown, or its value is missing: 'netsim compare -h' lists the options\n", option);
	return -EINVAL;
}

/* 0, -ECANCELED after -h, or misuse */
static int parse(struct compare_options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{"engines", required_argument, NULL, 'e'}, {"cc", required_argument, NULL, 'c'},
		{"vary", required_argument, NULL, 'v'},    {"repeat", required_argument, NULL, 'r'},
		{"output", required_argument, NULL, 'o'},  {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
	};
	int c, ret = 0;

	opterr = 0;
	while (!ret && (c = getopt_long(argc, argv, "o:jh", options, NULL)) != -1) {
		if (c == 'h')
			fputs(usage, stdout);
		ret = c == 'h' ? -ECANCELED : set_option(o, c, argv[optind - 1]);
	}
	if (ret)
		return ret;
	if (optind + 1 == argc) {
		o->file = argv[optind];
		return 0;
	}
	if (optind == argc)
		fputs("netsim compare: there is no scenario file: one such as netsim/scenarios/fidelity.yaml\n", stderr);
	else
		fprintf(stderr, "netsim compare: '%s' is one argument too many: a single scenario file\n", argv[optind + 1]);
	return -EINVAL;
}

/* "sim,emu": each once, in this order */
static int read_engines(struct compare *c, const char *list, struct congctl_error *err)
{
	for (const char *word = list; word;) {
		const size_t n = strcspn(word, ",");
		enum session_engine engine;
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1), word);
		if (session_engine_parse(name, &engine))
			return congctl_fail(err, -EINVAL, "--engines '%s' is not an engine: sim, emu or sim,emu", name);
		if (c->n_engines == COMPARE_ENGINES || (c->n_engines && c->engines[0] == engine))
			return congctl_fail(err, -EINVAL, "--engines has '%s' twice: sim, emu or sim,emu", name);
		c->engines[c->n_engines++] = engine;
		word = word[n] ? word + n + 1 : NULL;
	}
	return 0;
}

/* what the command line adds to the file */
static int vary_more(struct compare *c, const struct compare_options *o, struct congctl_error *err)
{
	char cc[512];
	int ret = 0;

	for (size_t i = 0; !ret && i < o->n_vary; i++)
		ret = vary_option(&c->vary, o->vary[i], err);
	if (!ret && o->cc) {
		snprintf(cc, sizeof(cc), "cc=%s", o->cc);
		ret = vary_option(&c->vary, cc, err);
	}
	if (!ret && o->repeat)
		ret = scenario_set(&c->base, "repeat", o->repeat, err);
	return ret;
}

/* --- telling ------------------------------------------------------------------------------------------------------------ */

static int write_csv(FILE *f, const struct comparison *r, struct congctl_error *err)
{
	comparison_csv(f, r);
	return 0;
}

/* Whole or not at all: under another name first. */
static int write_file(const struct comparison *r, const char *dir, const char *name,
		      int (*write)(FILE *f, const struct comparison *r, struct congctl_error *err), struct congctl_error *err)
{
	char path[4200], made[4300];
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "%.4000s/%s", dir, name);
	snprintf(made, sizeof(made), "%s.new", path);
	f = fopen(made, "we");
	if (!f)
		return congctl_fail(err, -errno, "cannot write %s: %s", made, strerror(errno));
	ret = write(f, r, err);
	ret = report_close(f, ret);
	if (!ret && rename(made, path))
		ret = -errno;
	if (ret)
		unlink(made);
	return ret ? congctl_fail(err, ret, "cannot write %s: %s", path, strerror(-ret)) : 0;
}

static int tell(const struct comparison *r, const struct compare_options *o, struct congctl_error *err)
{
	int ret = 0;

	if (o->json)
		ret = comparison_json(stdout, r, err);
	else
		comparison_table(stdout, r);
	if (!ret && o->dir)
		ret = write_file(r, o->dir, "compare.json", comparison_json, err);
	if (!ret && o->dir)
		ret = write_file(r, o->dir, "compare.csv", write_csv, err);
	if (!ret && o->dir && !o->json)
		printf("\nwritten to %s\n", o->dir);
	return ret;
}

static int compare(struct compare *c, const struct compare_options *o, struct congctl_error *err)
{
	const struct comparison *r = &c->comparison;
	const char *dir = o->dir;
	bool new = false;
	size_t n_void = 0;
	int ret = dir ? cell_directory(&dir, NULL, &new, err) : 0;

	if (!ret)
		ret = compare_make_runs(c, &n_void, err);
	if (!ret)
		ret = tell(r, o, err);
	if (!ret && n_void)
		ret = congctl_fail(err, -EAGAIN, "%zu of %zu runs are void, %d times: try again on an idle machine", n_void,
				   compare_run_count(c), COMPARE_TRIES);
	if (new)
		rmdir(dir); /* stays if there is something in it */
	return ret;
}

/* The exit code of cells that cannot be: is it the command line's doing, or a file's? */
static int blame(const struct compare_options *o, int ret)
{
	const bool added = o->n_vary || o->cc || o->repeat;

	return ret == -ENODATA || (added && ret != -EIO) ? NETSIM_MISUSE : NETSIM_FAILED;
}

static int compare_run(int argc, char **argv)
{
	struct compare_options o = {.engines = "sim"};
	struct compare *c = calloc(1, sizeof(*c));
	struct congctl_error err = {0};
	int ret = c ? parse(&o, argc, argv) : -ENOMEM, code = NETSIM_MISUSE;

	if (ret) {
		free(c);
		return ret == -ECANCELED ? NETSIM_OK : NETSIM_MISUSE;
	}
	ret = read_engines(c, o.engines, &err);
	if (!ret && scenario_load_set(&c->base, &c->vary, o.file, &err)) {
		ret = -EINVAL;
		code = NETSIM_FAILED;
	}
	if (!ret)
		ret = vary_more(c, &o, &err);
	if (!ret) {
		ret = compare_make(c, &err);
		code = blame(&o, ret);
	}
	if (!ret) {
		ret = compare(c, &o, &err);
		code = !ret ? NETSIM_OK : netsim_stop ? NETSIM_INTERRUPTED : NETSIM_FAILED;
	}
	if (ret)
		fprintf(stderr, "netsim compare: %s\n", code == NETSIM_INTERRUPTED ? "interrupted: nothing was written" : err.text);
	congctl_error_clear(&err);
	compare_free(c);
	return code;
}

static const struct netsim_command compare_command = {"compare", "two engines, or several algorithms, on a set of scenarios", compare_run};
NETSIM_COMMAND(compare_command);
