// SPDX-License-Identifier: GPL-2.0-only
/* Sizes of transfers as measured in data centres, or as a file gives them. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

#define MAX_BYTES 1e15

/*
 * Web search: background flows of a cluster that answers queries, Alizadeh et al., "Data Center TCP (DCTCP)", SIGCOMM 2010, Figure 4
 * (PDF of sizes), as the points in bytes that TrafficGenerator (Bai et al., "Enabling ECN in multi-service multi-queue data centers",
 * NSDI 2016) publishes for it. Mean 1,711,250 bytes.
 */
static const struct size_cdf web_search = {12, {
	{0, 0}, {10000, 0.15}, {20000, 0.2}, {30000, 0.3}, {50000, 0.4}, {80000, 0.53}, {200000, 0.6}, {1000000, 0.7}, {2000000, 0.8},
	{5000000, 0.9}, {10000000, 0.97}, {30000000, 1},
}};

/*
 * Data mining: a cluster of large jobs, Greenberg et al., "VL2: a scalable and flexible data center network", SIGCOMM 2009, Figure 2, as
 * the points in packets of 1460 bytes that are used since Alizadeh et al., "pFabric: minimal near-optimal datacenter transport",
 * SIGCOMM 2013, Figure 4(b): half the flows are one packet. Mean 7,470,236 bytes.
 */
#define PKT 1460.0
static const struct size_cdf data_mining = {8, {
	{1 * PKT, 0.5}, {2 * PKT, 0.6}, {3 * PKT, 0.7}, {7 * PKT, 0.8}, {267 * PKT, 0.9}, {2107 * PKT, 0.95}, {66667 * PKT, 0.99},
	{666667 * PKT, 1},
}};

/* --- a file of the user's ------------------------------------------------------------------------------------------- */

struct cdf_file {
	const char *name;
	unsigned long line;
};

/* a number at *text, and only blanks behind it or another column; *text is behind them then */
static int read_number(char **text, double *value, const struct cdf_file *at, struct congctl_error *err)
{
	static const char blanks[] = " \t\r\n";
	const size_t length = strcspn(*text, blanks);
	char *end;

	*value = strtod(*text, &end);
	if (!length || end != *text + length || strspn(*text, "0123456789.eE+-") != length || !isfinite(*value))
		return congctl_fail(err, -EINVAL, "%s:%lu: '%.*s' is not a number: each line is BYTES CUMULATIVE, such as 10000 0.15", at->name,
				    at->line, length < 32 ? (int)length : 32, *text);
	*text = end + strspn(end, blanks);
	return 0;
}

static int check_point(const struct size_cdf *cdf, const struct size_point *p, const struct cdf_file *at, struct congctl_error *err)
{
	const struct size_point *last = cdf->n ? &cdf->points[cdf->n - 1] : NULL;

	if (p->bytes < 0 || p->cumulative < 0)
		return congctl_fail(err, -EINVAL, "%s:%lu: %g is negative: sizes and probabilities are not", at->name, at->line,
				    p->bytes < 0 ? p->bytes : p->cumulative);
	if (p->bytes > MAX_BYTES)
		return congctl_fail(err, -EINVAL, "%s:%lu: a size of %g bytes is too large: at most %g", at->name, at->line, p->bytes, MAX_BYTES);
	if (p->cumulative > 1)
		return congctl_fail(err, -EINVAL, "%s:%lu: the distribution does not sum to 1, it comes to %g: the second column is the part of"
				    " the sizes up to this one", at->name, at->line, p->cumulative);
	if (last && (p->bytes < last->bytes || p->cumulative < last->cumulative))
		return congctl_fail(err, -EINVAL, "%s:%lu: the lines are not sorted, %g comes after %g: both columns ascend", at->name, at->line,
				    p->bytes < last->bytes ? p->bytes : p->cumulative, p->bytes < last->bytes ? last->bytes : last->cumulative);
	return 0;
}

static int read_line(struct size_cdf *cdf, char *line, const struct cdf_file *at, struct congctl_error *err)
{
	struct size_point p;
	int ret;

	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t\r\n");
	if (!*line)
		return 0;
	ret = read_number(&line, &p.bytes, at, err);
	if (!ret)
		ret = read_number(&line, &p.cumulative, at, err);
	if (ret)
		return ret;
	if (*line)
		return congctl_fail(err, -EINVAL, "%s:%lu: there is a third column: each line is BYTES CUMULATIVE, such as 10000 0.15", at->name,
				    at->line);
	if (cdf->n == SIZE_CDF_POINTS)
		return congctl_fail(err, -EINVAL, "%s:%lu: too many points: at most %d", at->name, at->line, SIZE_CDF_POINTS);
	ret = check_point(cdf, &p, at, err);
	if (!ret)
		cdf->points[cdf->n++] = p;
	return ret;
}

static int check_whole(const struct size_cdf *cdf, const struct cdf_file *at, struct congctl_error *err)
{
	const struct size_point *last;

	if (!cdf->n)
		return congctl_fail(err, -EINVAL, "%s:%lu: the distribution is empty: lines of BYTES CUMULATIVE, such as 10000 0.15", at->name,
				    at->line ? at->line : 1);
	last = &cdf->points[cdf->n - 1];
	if (last->cumulative < 1)
		return congctl_fail(err, -EINVAL, "%s:%lu: the distribution does not sum to 1, the last line has %g: it ends with 1", at->name,
				    at->line, last->cumulative);
	if (last->bytes < 1)
		return congctl_fail(err, -EINVAL, "%s:%lu: the largest size is %g bytes: at least 1", at->name, at->line, last->bytes);
	return 0;
}

static int read_file(struct size_cdf *cdf, FILE *f, const char *name, struct congctl_error *err)
{
	struct cdf_file at = {.name = name};
	char *line = NULL;
	size_t room = 0;
	int ret = 0;

	while (!ret && getline(&line, &room, f) >= 0) {
		at.line++;
		ret = read_line(cdf, line, &at, err);
	}
	if (!ret && ferror(f))
		ret = congctl_fail(err, -EIO, "cannot read %s: %s", name, strerror(errno));
	free(line);
	return ret ? ret : check_whole(cdf, &at, err);
}

int size_cdf_load(struct size_cdf *cdf, const char *name, struct congctl_error *err)
{
	FILE *f;
	int ret;

	memset(cdf, 0, sizeof(*cdf));
	if (!strcmp(name, "web-search") || !strcmp(name, "data-mining")) {
		*cdf = name[0] == 'w' ? web_search : data_mining;
		return 0;
	}
	f = fopen(name, "re");
	if (!f) {
		ret = -errno;
		return congctl_fail(err, ret, "there is no distribution of sizes '%s' (%s): web-search, data-mining or a file", name, strerror(-ret));
	}
	ret = read_file(cdf, f, name, err);
	fclose(f);
	return ret;
}

/* --- figures -------------------------------------------------------------------------------------------------------- */

double size_cdf_mean(const struct size_cdf *cdf)
{
	double mean = cdf->points[0].bytes * cdf->points[0].cumulative;

	for (size_t i = 1; i < cdf->n; i++) {
		const struct size_point *a = &cdf->points[i - 1], *b = &cdf->points[i];

		mean += (b->cumulative - a->cumulative) * (a->bytes + b->bytes) / 2;
	}
	return mean;
}

double size_cdf_draw(const struct size_cdf *cdf, double u)
{
	size_t low = 0, high = cdf->n - 1; /* the first point above u is in low … high: the last has 1 */
	const struct size_point *a, *b;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (cdf->points[middle].cumulative > u)
			high = middle;
		else
			low = middle + 1;
	}
	b = &cdf->points[high];
	if (!high)
		return b->bytes;
	a = b - 1;
	return a->bytes + (b->bytes - a->bytes) * ((u - a->cumulative) / (b->cumulative - a->cumulative));
}
