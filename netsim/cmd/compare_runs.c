// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"

#define RETRIES_SIDE_BY_SIDE 2
#define MAX_RUNS 100000

static const char *const engine_names[] = {[SESSION_EMU] = "emu", [SESSION_SIM] = "sim"};

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
			ret = congctl_fail(err, -ENODATA, "one engine and one algorithm, nothing to compare: --engines sim,emu, or two with --cc A,B");
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

size_t compare_run_count(const struct compare *c)
{
	return c->comparison.n_cells * c->comparison.n_arms * c->comparison.repeat;
}

static size_t scenarios_per_cell(const struct compare *c)
{
	return c->ccs.n ? c->ccs.n : 1;
}

/* In front of what is wrong with a cell: which it is. */
static int complain_cell(const struct vary_setting *settings, size_t n, int ret, const struct congctl_error *inner,
			 struct congctl_error *err)
{
	char cell[400] = "";
	size_t used = 0;

	for (size_t i = 0; i < n && used < sizeof(cell); i++) {
		if (settings[i].value)
			used += (size_t)snprintf(cell + used, sizeof(cell) - used, "%s%s %s", used ? ", " : "with ", settings[i].key,
						 settings[i].value);
	}
	return congctl_fail(err, ret, "%s%s%s", cell, used ? ": " : "", inner->text);
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
	return ret ? complain_cell(settings, c->comparison.n_keys, ret, &inner, err) : 0;
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

	for (size_t i = 0; i < compare_run_count(c); i++) {
		const size_t cell = i / r->repeat / r->n_arms, arm = i / r->repeat % r->n_arms, repeat = i % r->repeat;

		r->cells[cell].arms[arm].runs = c->figures + i / r->repeat * r->repeat;
		c->runs[run_index(c, cell, arm, repeat)] = (struct cell){
			.scenario = &c->scenarios[cell * scenarios_per_cell(c) + (c->n_engines > 1 ? 0 : arm)],
			.engine = c->engines[c->n_engines > 1 ? arm : 0],
			.seed = r->seed + repeat,
		};
	}
}

int compare_make(struct compare *c, struct congctl_error *err)
{
	struct comparison *r = &c->comparison;
	int ret = choose_arms(c, err);
	const size_t n_runs = compare_run_count(c);

	if (ret)
		return ret;
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

void compare_free(struct compare *c)
{
	for (size_t i = 0; c->runs && i < compare_run_count(c); i++)
		run_result_free(&c->runs[i].result);
	free(c->scenarios);
	free(c->settings);
	free(c->runs);
	free(c->figures);
	free(c->comparison.cells);
	free(c);
}

/* --- the runs ----------------------------------------------------------------------------------------------------------- */

/* of the engine with that index */
static int run_engine(struct compare *c, size_t e, struct congctl_error *err)
{
	const size_t n = compare_run_count(c) / c->n_engines;
	const size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	struct cells cells = {.cells = c->runs + e * n, .n = n, .session = &c->sessions[e], .side_by_side = cpus, .tries = 1, .figures_only = true};

	if (c->engines[e] == SESSION_EMU) {
		cells.side_by_side = cpus * CELLS_PER_CPU;
		cells.rate_bps = cpus * CELLS_RATE_PER_CPU_BPS;
		cells.retry_side_by_side = RETRIES_SIDE_BY_SIDE;
		cells.tries = COMPARE_TRIES;
	}
	return cells_run(&cells, err);
}

static int run_all(struct compare *c, struct congctl_error *err)
{
	const struct comparison *r = &c->comparison;
	int ret = 0;

	for (size_t e = 0; !ret && e < c->n_engines; e++) {
		ret = session_require(c->engines[e], err);
		for (size_t i = 0; !ret && i < r->n_cells * scenarios_per_cell(c); i++)
			ret = session_algorithms(&c->sessions[e], c->engines[e], &c->scenarios[i], err);
	}
	for (size_t e = 0; !ret && e < c->n_engines; e++)
		ret = run_engine(c, e, err);
	for (size_t e = 0; e < c->n_engines; e++)
		session_end(&c->sessions[e]);
	return ret;
}

/* how many are void */
static size_t gather(struct compare *c)
{
	const struct comparison *r = &c->comparison;
	size_t n_void = 0;

	for (size_t i = 0; i < compare_run_count(c); i++) {
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

int compare_make_runs(struct compare *c, size_t *n_void, struct congctl_error *err)
{
	int ret = run_all(c, err);

	*n_void = ret ? 0 : gather(c);
	return ret;
}
