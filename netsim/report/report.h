/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what a person or a program reads after a run: a table, and a directory with scenario.yaml, manifest.json,
 * flows.csv, samples.csv, queue.csv, transfers.csv, summary.json and report.html.
 */
#ifndef NETSIM_REPORT_H
#define NETSIM_REPORT_H

#include <stdio.h>

#include "../measure/run.h"

/* where an algorithm came from, for the manifest */
struct report_algorithm {
	char name[CONGCTL_NAME_MAX + 1];
	char file[256];  /* the object registered for the run, or the native plugin; empty: it was in the kernel already */
	bool native;
};

struct report_run {
	const struct scenario *scenario;
	struct run_result *results; /* one per repeat */
	size_t n_results;
	const char *label;          /* what sets this cell apart, e.g. "bpf_cubic"; may be NULL */
	const struct report_algorithm *algorithms;
	size_t n_algorithms;
	const char *command_line;   /* may be NULL */
};

bool report_is_simulated(const struct report_run *run); /* no kernel had a part in it */

/* The table at the end of a run: per flow, per group's transfers, per link; medians when there are repeats. */
void report_table(FILE *f, const struct report_run *run);

/* Everything for one scenario (all repeats) in `dir`, which is created, with the directories above it that are missing. Written
 * beside it first and moved in place whole, so that a directory that exists is complete; what fails leaves nothing behind.
 * -EEXIST if it is there and not an earlier result directory. */
int report_write(const struct report_run *run, const char *dir, struct congctl_error *err);

/* Could report_write() put a result there? To be asked before a run, not after. */
int report_check_dir(const char *dir, struct congctl_error *err);

/* summary.json */
int report_summary(FILE *f, const struct report_run *run, struct congctl_error *err);

/* fclose() of a file that was written: `ret` if that is a failure, else the file's, -ENOSPC for one. */
int report_close(FILE *f, int ret);

/* report.html over several runs side by side (demo, compare): one page, self-contained, SVG inline. No file is left on failure. */
int report_html(const struct report_run *runs, size_t n, const char *title, const char *file, struct congctl_error *err);

#endif
