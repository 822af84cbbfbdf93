// SPDX-License-Identifier: GPL-2.0-only
/*
 * netsim compare: a set of scenarios on two engines, or with several algorithms on one. Which cells there are is the set's
 * (scenario/vary.h), the runs are compare_runs.c's, the figures are report/comparison.h's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cmd.h"
#include "compare.h"
#include "options.h"

#define MAX_VARY 16

struct compare_options {
	struct options common;
	const char *engines, *cc, *repeat;
	const char *vary[MAX_VARY];
	size_t n_vary;
};

/* --- options -------------------------------------------------------------------------------------------------------- */

static void usage(FILE *f)
{
	fputs("usage: netsim compare SCENARIO.yaml [OPTION]...\n"
	      "Run a scenario, or the set of scenarios that its 'vary' makes of it, on two engines, or with several algorithms on one, and show\n"
	      "the differences.\n\n"
	      "  --engines LIST     sim (default), emu, or sim,emu: the simulator beside the kernel's TCP (root)\n"
	      "  --cc A,B...        the algorithms of the flows that name none; on one engine they are compared, seed by seed\n"
	      "  --vary KEY=V1,V2.. one more setting to vary, over the file's: an option of 'netsim run', or cc; may be given again\n"
	      "  --repeat N         runs of each, with the seeds s, s+1...: from two on with 95 % confidence intervals\n"
	      "  -o, --output D     write the directory D: compare.json and compare.csv, a line for each run\n"
	      "  -j, --json         compare.json on standard output instead of the table\n\n"
	      "exit code: 0 done, 1 failed or void, 2 misuse, 130 interrupted\n", f);
}

enum { OPTION_ENGINES = OPTIONS_OWN, OPTION_CC, OPTION_VARY, OPTION_REPEAT };

static int set_option(void *own, int option, const char *value)
{
	struct compare_options *o = own;

	switch (option) {
	case OPTION_ENGINES:
		o->engines = value;
		break;
	case OPTION_CC:
		o->cc = value;
		break;
	case OPTION_REPEAT:
		o->repeat = value;
		break;
	case OPTION_VARY:
		if (o->n_vary == MAX_VARY) {
			fprintf(stderr, "netsim compare: too many --vary: at most %d\n", MAX_VARY);
			return -E2BIG;
		}
		o->vary[o->n_vary++] = value;
		break;
	}
	return 0;
}

/* 0, -ECANCELED after -h, or misuse */
static int parse(struct compare_options *o, int argc, char **argv)
{
	static const struct option table[] = {
		OPTIONS_COMMON,
		{"engines", required_argument, NULL, OPTION_ENGINES},
		{"cc", required_argument, NULL, OPTION_CC},
		{"vary", required_argument, NULL, OPTION_VARY},
		{"repeat", required_argument, NULL, OPTION_REPEAT},
		{NULL, 0, NULL, 0},
	};
	int ret = options_parse(&o->common, table, argc, argv);

	if (!ret && !o->common.file) {
		fputs("netsim compare: there is no scenario file: one such as netsim/scenarios/fidelity.yaml\n", stderr);
		ret = -EINVAL;
	}
	return ret;
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

static int tell(const struct comparison *r, const struct compare_options *o, struct congctl_error *err)
{
	int ret = 0;

	if (o->common.json)
		ret = comparison_json(stdout, r, err);
	else
		comparison_table(stdout, r);
	if (!ret && o->common.dir)
		ret = comparison_write(r, o->common.dir, err);
	if (!ret && o->common.dir && !o->common.json)
		printf("\nwritten to %s\n", o->common.dir);
	return ret;
}

static int compare(struct compare *c, const struct compare_options *o, struct congctl_error *err)
{
	const struct comparison *r = &c->comparison;
	size_t n_void = 0;
	int ret = o->common.dir ? comparison_check_dir(o->common.dir, err) : 0;

	if (!ret)
		ret = compare_make_runs(c, &n_void, err);
	if (!ret)
		ret = tell(r, o, err);
	if (!ret && n_void)
		ret = congctl_fail(err, -EAGAIN, "%zu of %zu runs are void, %d times: try again on an idle machine", n_void,
				   compare_run_count(c), COMPARE_TRIES);
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
	struct compare_options o = {.common = {.command = "compare", .usage = usage, .set = set_option, .own = &o}, .engines = "sim"};
	struct compare *c = calloc(1, sizeof(*c));
	struct congctl_error err = {0};
	int ret = c ? parse(&o, argc, argv) : -ENOMEM, code = NETSIM_MISUSE;

	if (ret) {
		free(c);
		return ret == -ECANCELED ? NETSIM_OK : NETSIM_MISUSE;
	}
	ret = read_engines(c, o.engines, &err);
	if (!ret && scenario_load_set(&c->base, &c->vary, o.common.file, &err)) {
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
	compare_free(c);
	return options_end("compare", ret ? code : NETSIM_OK, &err);
}

static const struct netsim_command compare_command = {"compare", "two engines, or several algorithms, on a set of scenarios", compare_run};
NETSIM_COMMAND(compare_command);
