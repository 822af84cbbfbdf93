/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSIM_REPORT_PLOT_H
#define NETSIM_REPORT_PLOT_H

#include "series.h"

extern const char *const plot_titles[]; /* by enum series_kind */

/* A picture as an <svg> element, drawn by gnuplot (malloc'd). `id` sets its names apart from other pictures' on the page.
 * -ENOENT: gnuplot is not installed. */
int plot_svg(enum series_kind kind, const struct scenario *s, const struct run_result *r, const char *id, char **svg);

#endif
