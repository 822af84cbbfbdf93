/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSIM_REPORT_PLOT_H
#define NETSIM_REPORT_PLOT_H

#include "series.h"

extern const char *const plot_titles[]; /* by enum series_kind */

/* A picture as an <svg> element, drawn by gnuplot (malloc'd). `id` sets its names apart from other pictures' on the page.
 * -ENOENT: gnuplot is not installed; -ENODATA: there is nothing to draw. */
int plot_svg(enum series_kind kind, const struct scenario *s, const struct run_result *r, const char *id, char **svg);
/* The distribution of the slowdown of each group's transfers, likewise. */
int plot_slowdown(const struct scenario *s, const struct run_result *r, const char *id, char **svg);

/* --- what pictures have in common --- */

#define PLOT_MAX_LINES 8
extern const char *const plot_colours[PLOT_MAX_LINES];

void plot_begin(FILE *f, const char *id);       /* terminal and frame */
void plot_quoted(FILE *f, const char *text);    /* a string constant for gnuplot */
int plot_end(FILE *script, char **svg);         /* run it */

#endif
