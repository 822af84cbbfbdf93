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

/* Everything for one scenario (all repeats) as a directory: see directory.h */
int report_check_dir(const char *dir, struct congctl_error *err);
int report_write(const struct report_run *run, const char *dir, struct congctl_error *err);

/* summary.json */
int report_summary(FILE *f, const struct report_run *run, struct congctl_error *err);

/* report.html over several runs side by side (demo): one page, self-contained, SVG inline. -ENOMEM */
int report_page(FILE *f, const struct report_run *runs, size_t n, const char *title);
int report_html(const struct report_run *runs, size_t n, const char *title, const char *file, struct congctl_error *err); /* no file on failure */

#endif
