/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * comparison.h - what netsim compare found, for a person (table) and for programs (JSON, CSV): cells, which are scenarios that
 * differ in their settings, each run by the same arms, which are engines or algorithms.
 */
#ifndef NETSIM_COMPARISON_H
#define NETSIM_COMPARISON_H

#include <stdio.h>

#include "../measure/compare.h"
#include "../scenario/vary.h"

/* an engine is thought to agree with another within these parts of the other's figure */
#define COMPARISON_GOODPUT_LIMIT 0.03
#define COMPARISON_RTT_LIMIT 0.10

struct comparison_arm {
	struct compared_run *runs; /* one per repeat: seeds seed, seed + 1 … */
	const char *void_reason;   /* of the first void run; NULL: none is */
};

struct comparison_cell {
	struct vary_setting *settings; /* one per key */
	struct comparison_arm arms[VARY_MAX_VALUES];
};

struct comparison {
	const char *name;          /* of the scenario */
	const char *what;          /* the arms are: "engine" or "cc" */
	const char *engine;        /* that all ran on; NULL: the arms are engines */
	const char *arms[VARY_MAX_VALUES];
	size_t n_arms, reference;  /* reference: the arm that the others are held against */
	const char *const *keys;
	size_t n_keys;
	struct comparison_cell *cells;
	size_t n_cells, repeat;
	uint64_t seed;
};

/* differences of two engines: one value per cell, NAN where there is none */
struct comparison_differences {
	double *goodput, *rtt;
};

int comparison_differences(struct comparison_differences *d, const struct comparison *c); /* -ENOMEM; free() both */
bool comparison_misses(double goodput, double rtt); /* is one of the differences beyond its limit? */

void comparison_table(FILE *f, const struct comparison *c);
int comparison_json(FILE *f, const struct comparison *c, struct congctl_error *err);
void comparison_csv(FILE *f, const struct comparison *c); /* one line a run */

/* compare.json and compare.csv as a directory: see directory.h */
int comparison_check_dir(const char *dir, struct congctl_error *err);
int comparison_write(const struct comparison *c, const char *dir, struct congctl_error *err);

#endif
