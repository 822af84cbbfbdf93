// SPDX-License-Identifier: GPL-2.0-only
/* The figures of groups whose flows carry messages: completion times and slowdowns, medians over the repeats. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "figures.h"

#define SMALL_BELOW 100000  /* bytes */
#define LARGE_ABOVE 10000000

const char *const transfer_classes[TRANSFER_CLASSES] = {"small", "medium", "large"};

static const struct {
	uint64_t min, max;
} bounds[TRANSFER_CLASSES] = {{0, SMALL_BELOW - 1}, {SMALL_BELOW, LARGE_ABOVE}, {LARGE_ABOVE + 1, UINT64_MAX}};

enum value { TOTAL, COMPLETED, FCT, SLOWDOWN = FCT + 4, N_VALUES = SLOWDOWN + 4 };

static void spread(double *values, const struct quantiles *q)
{
	values[0] = q->n ? q->mean : NAN;
	values[1] = q->n ? q->p50 : NAN;
	values[2] = q->n ? q->p95 : NAN;
	values[3] = q->n ? q->p99 : NAN;
}

/* values[run * N_VALUES + …] of the valid repeats; how many there are, or -ENOMEM */
static int gather(const struct report_run *run, uint32_t group, int size_class, double *values)
{
	int n = 0;

	for (size_t i = 0; i < run->n_results; i++) {
		struct transfer_figures f;
		int ret = !run->results[i].valid ? 0 :
			  measure_transfers(run->scenario, &run->results[i], group, size_class < 0 ? 0 : bounds[size_class].min,
					    size_class < 0 ? UINT64_MAX : bounds[size_class].max, &f);

		if (ret)
			return ret;
		if (!run->results[i].valid)
			continue;
		values[n * N_VALUES + TOTAL] = (double)f.total;
		values[n * N_VALUES + COMPLETED] = (double)f.completed;
		spread(&values[n * N_VALUES + FCT], &f.fct_s);
		spread(&values[n * N_VALUES + SLOWDOWN], &f.slowdown);
		n++;
	}
	return n;
}

static double median(const double *values, int n, enum value which, double *known)
{
	size_t n_known = 0;

	for (int i = 0; i < n; i++) {
		known[n_known] = values[i * N_VALUES + which];
		n_known += isfinite(known[n_known]);
	}
	return n_known ? quantiles_of(known, n_known).p50 : NAN;
}

static struct transfer_quantiles medians(const double *values, int n, enum value first, double *known)
{
	return (struct transfer_quantiles){median(values, n, first, known), median(values, n, first + 1, known),
					   median(values, n, first + 2, known), median(values, n, first + 3, known)};
}

/* One more row, unless there is nothing to put in it. */
static int add_row(struct report_figures *f, const struct report_run *run, uint32_t group, int size_class, double *values)
{
	const struct scenario_flow *g = &run->scenario->flows[group];
	double *known = values + run->n_results * N_VALUES;
	const int n = gather(run, group, size_class, values);
	struct transfer_row row = {.name = g->name, .size_class = size_class < 0 ? NULL : transfer_classes[size_class]};

	if (n < 0)
		return n;
	row.one_flow = g->workload == WORKLOAD_BULK && g->count == 1;
	row.total = median(values, n, TOTAL, known);
	row.completed = median(values, n, COMPLETED, known);
	row.fct_s = medians(values, n, FCT, known);
	row.slowdown = medians(values, n, SLOWDOWN, known);
	if (row.total > 0)
		f->transfers[f->n_transfers++] = row;
	return 0;
}

int figures_transfers(struct report_figures *f, const struct report_run *run)
{
	const struct scenario *s = run->scenario;
	double *values = calloc(run->n_results + 1, (N_VALUES + 1) * sizeof(*values));
	int ret = 0;

	f->transfers = calloc(s->n_flows * (1 + TRANSFER_CLASSES) + 1, sizeof(*f->transfers));
	if (!values || !f->transfers)
		ret = -ENOMEM;
	for (uint32_t g = 0; !ret && g < s->n_flows; g++) {
		ret = add_row(f, run, g, -1, values);
		for (int c = 0; !ret && c < TRANSFER_CLASSES && s->flows[g].workload == WORKLOAD_POISSON; c++)
			ret = add_row(f, run, g, c, values);
	}
	free(values);
	return ret;
}
