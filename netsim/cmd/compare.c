// SPDX-License-Identifier: GPL-2.0-only
/*
 * netsim compare: a set of scenarios on two engines, or with several algorithms on one. Which cells there are is the set's
 * (scenario/vary.h), each run is a process of its own (cells.h), the figures are report/comparison.h's.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "../cmd.h"
#include "../report/comparison.h"
#include "cell.h"
#include "cells.h"

#define MAX_VARY 16
#define TRIES 4 /* of a run that is void */
#define RETRIES_SIDE_BY_SIDE 2
#define MAX_RUNS 100000
#define N_ENGINES 2

struct compare_options {
	const char *file, *engines, *cc, *repeat, *dir;
	const char *vary[MAX_VARY];
	size_t n_vary;
	bool json;
};

struct compare {
	struct scenario base;
	struct vary vary;
	enum session_engine engines[N_ENGINES];
	size_t n_engines;
	struct vary_key ccs;                /* the arms if there is one engine */
	const char *keys[VARY_MAX_MAPS * VARY_MAX_KEYS];
	struct comparison comparison;
	struct scenario *scenarios;         /* of cell and algorithm */
	struct cell *runs;                  /* in the order they are made */
	struct compared_run *figures;
	struct vary_setting *settings;
	struct session sessions[N_ENGINES]; /* an algorithm is another thing to each engine */
};

static const char *const engine_names[] = {[SESSION_EMU] = "emu", [SESSION_SIM] = "sim"};

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
		if (c->n_engines == N_ENGINES || (c->n_engines && c->engines[0] == engine))
			return congctl_fail(err, -EINVAL, "--engines has '%s' twice: sim, emu or sim,emu", name);
		c->engines[c->n_engines++] = engine;
		word = word[n] ? word + n + 1 : NULL;
	}
	return 0;
}

/* --- cells and arms ------------------------------------------------------------------------------------------------------- */

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

/* Two engines: held against the emulator. One: its algorithms, against the first. */
static int choose_arms(struct compare *c, struct congctl_error *err)
{
	struct comparison *r = &c->comparison;
	int ret = 0;

	*r = (struct comparison){.name = c->base.name, .what = "engine", .repeat = c->base.repeat, .seed = c->base.seed, .keys = c->keys};
	if (c->n_engines == 1) {
		r->what = "cc";
		r->engine = engine_names[c->engines[0]];
		ret = vary_take(&c->vary, "cc", &c->ccs, err);
		if (!ret && c->ccs.n < 2)
			ret = congctl_fail(err, -EINVAL, "one engine and one algorithm, nothing to compare: --engines sim,emu, or two with --cc A,B");
	}
	for (size_t i = 0; i < c->n_engines && c->n_engines > 1; i++) {
		r->arms[r->n_arms++] = engine_names[c->engines[i]];
		r->reference = c->engines[i] == SESSION_EMU ? i : r->reference;
	}
	for (size_t i = 0; i < c->ccs.n; i++)
		r->arms[r->n_arms++] = c->ccs.values[i];
	r->n_keys = vary_keys(&c->vary, c->keys);
	r->n_cells = vary_count(&c->vary);
	if (!ret && (r->n_cells > VARY_MAX_CELLS / r->n_arms || r->n_cells * r->n_arms * r->repeat > MAX_RUNS))
		ret = congctl_fail(err, -E2BIG, "%zu cells are too many: at most %zu, and at most %d runs in all", r->n_cells,
				   VARY_MAX_CELLS / r->n_arms, MAX_RUNS);
	return ret;
}

static size_t scenarios_per_cell(const struct compare *c)
{
	return c->ccs.n ? c->ccs.n : 1;
}

/* In front of what is wrong with a cell: which it is. */
static int complain_cell(const struct vary_setting *settings, size_t n, const struct congctl_error *inner, struct congctl_error *err)
{
	char cell[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < n && used < sizeof(cell); i++) {
		if (settings[i].value)
			used += (size_t)snprintf(cell + used, sizeof(cell) - used, "%s%s %s", used ? ", " : "with ", settings[i].key,
						 settings[i].value);
	}
	return congctl_fail(err, -EINVAL, "%s%s%s", cell, used ? ": " : "", inner->text);
}

static int make_scenario(const struct compare *c, struct scenario *s, const struct vary_setting *settings, const char *cc,
			 struct congctl_error *err)
{
	struct congctl_error inner = {0};
	int ret = 0;

	*s = c->base;
	for (size_t i = 0; !ret && i < c->comparison.n_keys; i++) {
		if (!settings[i].value)
			continue;
		if (!strcmp(settings[i].key, "cc"))
			cc = settings[i].value;
		else
			ret = scenario_set(s, settings[i].key, settings[i].value, &inner);
	}
	if (!ret)
		ret = scenario_finish(s, cc, &inner);
	return ret ? complain_cell(settings, c->comparison.n_keys, &inner, err) : 0;
}

static int make_scenarios(struct compare *c, struct congctl_error *err)
{
	const struct comparison *r = &c->comparison;
	const size_t per_cell = scenarios_per_cell(c);
	int ret = 0;

	for (size_t i = 0; !ret && i < r->n_cells; i++) {
		r->cells[i].settings = c->settings + i * r->n_keys;
		vary_cell(&c->vary, i, c->keys, r->n_keys, r->cells[i].settings);
		for (size_t k = 0; !ret && k < per_cell; k++)
			ret = make_scenario(c, &c->scenarios[i * per_cell + k], r->cells[i].settings, c->ccs.n ? c->ccs.values[k] : NULL,
					    err);
	}
	return ret;
}

/* Engine after engine; algorithms with the same seed next to each other, so that what disturbs one meets the other. */
static size_t run_index(const struct compare *c, size_t cell, size_t arm, size_t repeat)
{
	const struct comparison *r = &c->comparison;

	return c->n_engines > 1 ? (arm * r->n_cells + cell) * r->repeat + repeat : (cell * r->repeat + repeat) * r->n_arms + arm;
}

static void make_runs(struct compare *c)
{
	const struct comparison *r = &c->comparison;

	for (size_t i = 0; i < r->n_cells * r->n_arms * r->repeat; i++) {
		const size_t cell = i / r->repeat / r->n_arms, arm = i / r->repeat % r->n_arms, repeat = i % r->repeat;

		r->cells[cell].arms[arm].runs = c->figures + i / r->repeat * r->repeat;
		c->runs[run_index(c, cell, arm, repeat)] = (struct cell){
			.scenario = &c->scenarios[cell * scenarios_per_cell(c) + (c->n_engines > 1 ? 0 : arm)],
			.engine = c->engines[c->n_engines > 1 ? arm : 0],
			.seed = r->seed + repeat,
		};
	}
}

static int make_cells(struct compare *c, struct congctl_error *err)
{
	struct comparison *r = &c->comparison;
	const size_t n_runs = r->n_cells * r->n_arms * r->repeat;

	c->scenarios = calloc(r->n_cells * scenarios_per_cell(c), sizeof(*c->scenarios));
	c->settings = calloc(r->n_cells * r->n_keys + 1, sizeof(*c->settings));
	c->runs = calloc(n_runs, sizeof(*c->runs));
	c->figures = calloc(n_runs, sizeof(*c->figures));
	r->cells = calloc(r->n_cells, sizeof(*r->cells));
	if (!c->scenarios || !c->settings || !c->runs || !c->figures || !r->cells)
		return congctl_fail(err, -ENOMEM, "out of memory for %zu runs: fewer cells", n_runs);
	make_runs(c);
	return make_scenarios(c, err);
}

static void free_compare(struct compare *c)
{
	free(c->scenarios);
	free(c->settings);
	free(c->runs);
	free(c->figures);
	free(c->comparison.cells);
	free(c);
}

/* --- the runs ----------------------------------------------------------------------------------------------------------- */

static int run_engine(struct compare *c, enum session_engine engine, struct cell *runs, size_t n, struct congctl_error *err)
{
	const size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	struct cells cells = {.cells = runs, .n = n, .side_by_side = cpus, .tries = 1, .figures_only = true};

	if (engine == SESSION_EMU) {
		cells.side_by_side = cpus * CELLS_PER_CPU;
		cells.rate_bps = cpus * CELLS_RATE_PER_CPU_BPS;
		cells.retry_side_by_side = RETRIES_SIDE_BY_SIDE;
		cells.tries = TRIES;
	}
	return cells_run(&cells, err);
}

static int run_all(struct compare *c, struct congctl_error *err)
{
	const struct comparison *r = &c->comparison;
	const size_t per_engine = r->n_cells * r->n_arms * r->repeat / c->n_engines;
	int ret = 0;

	for (size_t e = 0; !ret && e < c->n_engines; e++) {
		ret = session_require(c->engines[e], err);
		for (size_t i = 0; !ret && i < r->n_cells * scenarios_per_cell(c); i++)
			ret = session_algorithms(&c->sessions[e], c->engines[e], &c->scenarios[i], err);
	}
	for (size_t e = 0; !ret && e < c->n_engines; e++)
		ret = run_engine(c, c->engines[e], c->runs + e * per_engine, per_engine, err);
	for (size_t e = 0; e < c->n_engines; e++)
		session_end(&c->sessions[e]);
	return ret;
}

/* The figures of all runs; how many are void. */
static size_t gather(struct compare *c)
{
	const struct comparison *r = &c->comparison;
	size_t n_void = 0;

	for (size_t i = 0; i < r->n_cells * r->n_arms * r->repeat; i++) {
		const size_t cell = i / r->repeat / r->n_arms, arm = i / r->repeat % r->n_arms, repeat = i % r->repeat;
		struct comparison_arm *a = &r->cells[cell].arms[arm];
		const struct run_result *result = &c->runs[run_index(c, cell, arm, repeat)].result;

		a->runs[repeat] = compared_of(result);
		if (!result->valid && !a->void_reason)
			a->void_reason = result->void_reason;
		n_void += !result->valid;
	}
	return n_void;
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
	if (ferror(f))
		ret = ret ? ret : -EIO;
	if (fclose(f) || (!ret && rename(made, path)))
		ret = ret ? ret : -errno;
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
		ret = run_all(c, err);
	if (!ret) {
		n_void = gather(c);
		ret = tell(r, o, err);
	}
	if (!ret && n_void)
		ret = congctl_fail(err, -EAGAIN, "%zu of %zu runs are void, %d times: try again on an idle machine", n_void,
				   r->n_cells * r->n_arms * r->repeat, TRIES);
	for (size_t i = 0; i < r->n_cells * r->n_arms * r->repeat; i++)
		run_result_free(&c->runs[i].result);
	if (new)
		rmdir(dir); /* stays if there is something in it */
	return ret;
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
	if (!ret)
		ret = choose_arms(c, &err);
	if (!ret)
		ret = make_cells(c, &err);
	if (!ret) {
		ret = compare(c, &o, &err);
		code = !ret ? NETSIM_OK : netsim_stop ? NETSIM_INTERRUPTED : NETSIM_FAILED;
	}
	if (ret)
		fprintf(stderr, "netsim compare: %s\n", code == NETSIM_INTERRUPTED ? "interrupted: nothing was written" : err.text);
	congctl_error_clear(&err);
	free_compare(c);
	return code;
}

static const struct netsim_command compare_command = {"compare", "two engines, or several algorithms, on a set of scenarios", compare_run};
NETSIM_COMMAND(compare_command);
