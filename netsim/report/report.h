/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h - what a person or a program reads after a run: a table, and a directory with scenario.yaml, manifest.json,
 * flows.csv, samples.csv, queue.csv, summary.json and report.html.
 */
#ifndef NETSIM_REPORT_H
#define NETSIM_REPORT_H

#include "../measure/run.h"

struct report_run {
	const struct scenario *scenario;
	struct run_result *results; /* one per repeat */
	size_t n_results;
	const char *label;          /* what sets this cell apart, e.g. "bpf_cubic"; may be NULL */
};

/* The table at the end of a run: per flow, then per link; medians when there are repeats. */
void report_table(FILE *f, const struct report_run *run);

/* Everything for one scenario (all repeats) in `dir`, which is created. Written beside it first and moved in place whole, so that
 * a directory that exists is complete. -EEXIST if it is there and not an earlier result directory. */
int report_write(const struct report_run *run, const char *dir, struct congctl_error *err);

/* report.html over several runs side by side (demo, compare): one page, self-contained, SVG inline. */
int report_html(const struct report_run *runs, size_t n, const char *title, const char *file, struct congctl_error *err);

#endif
