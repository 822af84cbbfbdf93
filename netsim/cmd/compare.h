/* SPDX-License-Identifier: GPL-2.0-only */
/* compare.h - the arms, cells and runs of a comparison. */
#ifndef NETSIM_CMD_COMPARE_H
#define NETSIM_CMD_COMPARE_H

#include "../report/comparison.h"
#include "cells.h"

#define COMPARE_TRIES 4 /* of a run that is void */
#define COMPARE_ENGINES 2

struct compare {
	struct scenario base;
	struct vary vary;
	enum session_engine engines[COMPARE_ENGINES];
	size_t n_engines;
	struct vary_key ccs;                /* the arms if there is one engine */
	const char *keys[VARY_MAX_MAPS * VARY_MAX_KEYS];
	struct comparison comparison;
	struct scenario *scenarios;         /* of cell and algorithm */
	struct cell *runs;                  /* in the order they are made */
	struct compared_run *figures;
	struct vary_setting *settings;
	struct session sessions[COMPARE_ENGINES]; /* an algorithm is another thing to each engine */
};

/* From base, vary and engines: arms, cells, a finished scenario for each, runs. Two engines are held against the emulator; with one its
 * algorithms against the first. One sentence about what is wrong, -ENODATA: there is nothing to compare, -EIO: a file that is named;
 * compare_free() in any case. */
int compare_make(struct compare *c, struct congctl_error *err);
/* Algorithms, runs, figures. `n_void`: runs that are void after all tries */
int compare_make_runs(struct compare *c, size_t *n_void, struct congctl_error *err);
size_t compare_run_count(const struct compare *c);
void compare_free(struct compare *c); /* also `c` */

#endif
