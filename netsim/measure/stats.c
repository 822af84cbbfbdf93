// SPDX-License-Identifier: GPL-2.0-only
/* Statistics of plain numbers. Pure; no result is ever NaN. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define BOOTSTRAP_RESAMPLES 10000
#define BOOTSTRAP_SEED 0x636f6e676374ull /* any constant will do: the same values give the same interval everywhere */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double quantile_of_sorted(const double *v, size_t n, double q)
{
	double rank = (double)(n - 1) * q;
	size_t low = (size_t)rank;

	if (low + 1 >= n)
		return v[n - 1];
	return v[low] + (v[low + 1] - v[low]) * (rank - (double)low);
}

struct quantiles quantiles_of(double *values, size_t n)
{
	struct quantiles q = {.n = n};
	double sum = 0;

	if (!n)
		return q;
	qsort(values, n, sizeof(*values), compare_doubles);
	for (size_t i = 0; i < n; i++)
		sum += values[i];
	q.mean = sum / (double)n;
	q.p50 = quantile_of_sorted(values, n, 0.50);
	q.p95 = quantile_of_sorted(values, n, 0.95);
	q.p99 = quantile_of_sorted(values, n, 0.99);
	q.max = values[n - 1];
	return q;
}

double jain_index(const double *x, size_t n)
{
	double sum = 0, squares = 0, max = 0;

	for (size_t i = 0; i < n; i++)
		max = fmax(max, fabs(x[i]));
	if (max == 0)
		return 0;
	for (size_t i = 0; i < n; i++) { /* of x/max: the index has no unit, and the square of a large x overflows */
		sum += x[i] / max;
		squares += x[i] / max * (x[i] / max);
	}
	return sum * sum / ((double)n * squares);
}

double harm_more_is_better(double solo, double with)
{
	return solo == 0 ? 0 : (solo - with) / solo;
}

double harm_less_is_better(double solo, double with)
{
	return with == 0 ? 0 : (with - solo) / with;
}

/* splitmix64 */
static uint64_t random_u64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* the value at `rank` of a resample in which sorted[i] was drawn drawn[i] times */
static double value_at_rank(const double *sorted, const uint32_t *drawn, size_t rank)
{
	size_t seen = 0, i = 0;

	for (;; i++) {
		seen += drawn[i];
		if (seen > rank)
			return sorted[i];
	}
}

static double resampled_median(const double *sorted, uint32_t *drawn, size_t n, uint64_t *rng)
{
	double upper;

	memset(drawn, 0, n * sizeof(*drawn));
	for (size_t i = 0; i < n; i++)
		drawn[random_u64(rng) % n]++;
	upper = value_at_rank(sorted, drawn, n / 2);
	return n % 2 ? upper : (value_at_rank(sorted, drawn, n / 2 - 1) + upper) / 2;
}

static void bootstrap(struct interval *ci, const double *sorted, size_t n, double *medians, uint32_t *drawn)
{
	uint64_t rng = BOOTSTRAP_SEED;

	for (size_t k = 0; k < BOOTSTRAP_RESAMPLES; k++)
		medians[k] = resampled_median(sorted, drawn, n, &rng);
	qsort(medians, BOOTSTRAP_RESAMPLES, sizeof(*medians), compare_doubles);
	ci->low = quantile_of_sorted(medians, BOOTSTRAP_RESAMPLES, 0.025);
	ci->high = quantile_of_sorted(medians, BOOTSTRAP_RESAMPLES, 0.975);
}

struct interval median_ci95(const double *x, size_t n)
{
	struct interval ci = {.n = n};
	double *sorted, *medians;
	uint32_t *drawn;

	if (!n)
		return ci;
	sorted = malloc(n * sizeof(*sorted));
	medians = malloc(BOOTSTRAP_RESAMPLES * sizeof(*medians));
	drawn = malloc(n * sizeof(*drawn));
	if (sorted && medians && drawn) {
		memcpy(sorted, x, n * sizeof(*sorted));
		qsort(sorted, n, sizeof(*sorted), compare_doubles);
		ci.median = ci.low = ci.high = quantile_of_sorted(sorted, n, 0.5);
		if (n > 1)
			bootstrap(&ci, sorted, n, medians, drawn);
	} else {
		ci.n = 0; /* unknown */
	}
	free(sorted);
	free(medians);
	free(drawn);
	return ci;
}
