// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>
#include <stdlib.h>

#include "compare.h"

static double median_rtt_us(const struct run_result *r)
{
	double *p50 = malloc((r->n_flows + 1) * sizeof(*p50)), median = NAN;
	size_t n = 0;

	for (size_t i = 0; p50 && i < r->n_flows; i++) {
		if (r->flows[i].rtt_us.n)
			p50[n++] = r->flows[i].rtt_us.p50;
	}
	if (n)
		median = quantiles_of(p50, n).p50;
	free(p50);
	return median;
}

struct compared_run compared_of(const struct run_result *r)
{
	struct compared_run run = {.valid = r->valid, .figures = {[COMPARED_GOODPUT_BPS] = r->goodput_bps}};

	for (size_t i = 0; i < r->n_flows; i++)
		run.figures[COMPARED_RETRANSMITS] += (double)r->flows[i].retransmits;
	run.figures[COMPARED_RTT_P50_US] = median_rtt_us(r);
	return run;
}

static struct interval interval_of(double *values, size_t n)
{
	struct interval ci = median_ci95(values, n);

	free(values);
	return ci.n ? ci : (struct interval){NAN, NAN, NAN, 0};
}

/* the figure of the valid runs that know it, to be free()d; how many */
static double *known_of(const struct compared_run *runs, size_t n, enum compared_figure figure, size_t *known)
{
	double *values = malloc((n + 1) * sizeof(*values));

	*known = 0;
	for (size_t i = 0; values && i < n; i++) {
		if (runs[i].valid && isfinite(runs[i].figures[figure]))
			values[(*known)++] = runs[i].figures[figure];
	}
	return values;
}

double compared_median(const struct compared_run *runs, size_t n, enum compared_figure figure)
{
	size_t known;
	double *values = known_of(runs, n, figure, &known), median = known ? quantiles_of(values, known).p50 : NAN;

	free(values);
	return median;
}

struct interval compared_interval(const struct compared_run *runs, size_t n, enum compared_figure figure)
{
	size_t known;
	double *values = known_of(runs, n, figure, &known);

	return interval_of(values, known);
}

struct interval compared_paired(const struct compared_run *runs, const struct compared_run *reference, size_t n,
				enum compared_figure figure)
{
	double *values = malloc((n + 1) * sizeof(*values));
	size_t known = 0;

	for (size_t i = 0; values && i < n; i++) {
		const double difference = runs[i].figures[figure] - reference[i].figures[figure];

		if (runs[i].valid && reference[i].valid && isfinite(difference))
			values[known++] = difference;
	}
	return interval_of(values, known);
}

double compared_relative(double value, double reference)
{
	return isfinite(value) && isfinite(reference) && reference != 0 ? value / reference - 1 : NAN;
}

double median_absolute(const double *x, size_t n)
{
	double *values = malloc((n + 1) * sizeof(*values)), median = NAN;
	size_t known = 0;

	for (size_t i = 0; values && i < n; i++) {
		if (isfinite(x[i]))
			values[known++] = fabs(x[i]);
	}
	if (known)
		median = quantiles_of(values, known).p50;
	free(values);
	return median;
}
