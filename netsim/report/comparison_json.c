// SPDX-License-Identifier: GPL-2.0-only
/* A comparison for a program. A figure that is not known is null. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "comparison.h"
#include "json.h"

static const char *const figure_names[] = {"goodput_bps", "rtt_p50_us", "retransmits"};

/* KEY and KEY_ci95 */
static void add_interval(struct json_object *o, const char *key, const struct interval *ci)
{
	char name[64];

	json_add(o, key, json_number(ci->median));
	snprintf(name, sizeof(name), "%s_ci95", key);
	json_add(o, name, json_interval(ci));
}

/* against the reference: in parts of its medians, and run by run in the figure's unit */
static struct json_object *difference_object(const struct comparison *c, const struct comparison_cell *cell, size_t arm)
{
	const struct compared_run *runs = cell->arms[arm].runs, *reference = cell->arms[c->reference].runs;
	struct json_object *o = json_object_new_object();

	for (enum compared_figure i = 0; i < COMPARED_FIGURES; i++) {
		const struct interval paired = compared_paired(runs, reference, c->repeat, i);
		char name[64];

		snprintf(name, sizeof(name), "%s_relative", figure_names[i]);
		json_add(o, name, json_number(compared_relative(compared_median(runs, c->repeat, i),
								compared_median(reference, c->repeat, i))));
		add_interval(o, figure_names[i], &paired);
	}
	return o;
}

static struct json_object *arm_object(const struct comparison *c, const struct comparison_cell *cell, size_t arm)
{
	const struct comparison_arm *a = &cell->arms[arm];
	struct json_object *o = json_object_new_object();
	int64_t valid = 0;

	for (size_t k = 0; k < c->repeat; k++)
		valid += a->runs[k].valid;
	json_add(o, c->what, json_text(c->arms[arm]));
	json_add(o, "runs_valid", json_object_new_int64(valid));
	json_add(o, "void_reason", json_text(a->void_reason));
	for (enum compared_figure i = 0; i < COMPARED_FIGURES; i++) {
		const struct interval ci = compared_interval(a->runs, c->repeat, i);

		add_interval(o, figure_names[i], &ci);
	}
	json_add(o, "difference", arm == c->reference ? NULL : difference_object(c, cell, arm));
	return o;
}

static struct json_object *cell_object(const struct comparison *c, const struct comparison_cell *cell)
{
	struct json_object *o = json_object_new_object(), *settings = json_object_new_object(), *arms = json_object_new_array();

	for (size_t k = 0; k < c->n_keys; k++) {
		if (cell->settings[k].value)
			json_add(settings, c->keys[k], json_text(cell->settings[k].value));
	}
	for (size_t a = 0; a < c->n_arms; a++)
		json_object_array_add(arms, arm_object(c, cell, a));
	json_add(o, "settings", settings);
	json_add(o, "arms", arms);
	return o;
}

/* of two engines: how far apart they are in all */
static int add_differences(struct json_object *o, const struct comparison *c)
{
	struct json_object *median = json_object_new_object(), *limits = json_object_new_object(), *missed = json_object_new_array();
	struct comparison_differences d = {0};
	int ret = comparison_differences(&d, c);

	if (!ret) {
		json_add(median, "goodput_bps", json_number(median_absolute(d.goodput, c->n_cells)));
		json_add(median, "rtt_p50_us", json_number(median_absolute(d.rtt, c->n_cells)));
		for (size_t i = 0; i < c->n_cells; i++) {
			if (comparison_misses(d.goodput[i], d.rtt[i]))
				json_object_array_add(missed, json_object_new_int64((int64_t)i + 1));
		}
	}
	json_add(limits, "goodput_bps", json_number(COMPARISON_GOODPUT_LIMIT));
	json_add(limits, "rtt_p50_us", json_number(COMPARISON_RTT_LIMIT));
	json_add(o, "median_difference", median);
	json_add(o, "limits", limits);
	json_add(o, "missed", missed);
	free(d.goodput);
	free(d.rtt);
	return ret;
}

int comparison_json(FILE *f, const struct comparison *c, struct congctl_error *err)
{
	struct json_object *o = json_object_new_object(), *cells = json_object_new_array();
	int ret = 0;

	json_add(o, "scenario", json_text(c->name));
	json_add(o, "compared", json_text(c->what));
	json_add(o, "engine", json_text(c->engine));
	json_add(o, "reference", json_text(c->arms[c->reference]));
	json_add(o, "seed", json_object_new_uint64(c->seed));
	json_add(o, "repeat", json_object_new_int64((int64_t)c->repeat));
	for (size_t i = 0; i < c->n_cells; i++)
		json_object_array_add(cells, cell_object(c, &c->cells[i]));
	json_add(o, "cells", cells);
	if (!c->engine && add_differences(o, c))
		ret = congctl_fail(err, -ENOMEM, "out of memory for the comparison");
	else if (fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		ret = congctl_fail(err, -EIO, "cannot write the comparison: the disk may be full");
	json_object_put(o);
	return ret;
}
