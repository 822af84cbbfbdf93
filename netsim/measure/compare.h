/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compare.h - what is compared of runs of one scenario by several arms (engines, or algorithms), and how. Pure. A figure that is not
 * known is NAN and takes no part.
 */
#ifndef NETSIM_COMPARE_H
#define NETSIM_COMPARE_H

#include "run.h"

enum compared_figure { COMPARED_GOODPUT_BPS, COMPARED_RTT_P50_US, COMPARED_RETRANSMITS, COMPARED_FIGURES };

struct compared_run {
	bool valid;
	double figures[COMPARED_FIGURES]; /* goodput and retransmits of all flows together, RTT the median of theirs */
};

struct compared_run compared_of(const struct run_result *r);
/* Over the valid runs; NAN: none is. */
double compared_median(const struct compared_run *runs, size_t n, enum compared_figure figure);
/* Median and 95 % confidence interval, n: of how many. */
struct interval compared_interval(const struct compared_run *runs, size_t n, enum compared_figure figure);
/* The same of run k of `runs` less run k of `reference` (the same seed), where both are valid. */
struct interval compared_paired(const struct compared_run *runs, const struct compared_run *reference, size_t n,
				enum compared_figure figure);
double compared_relative(double value, double reference); /* value / reference - 1; NAN without both, or of 0 */
double median_absolute(const double *x, size_t n);        /* of those that are known; NAN: none is */

#endif
