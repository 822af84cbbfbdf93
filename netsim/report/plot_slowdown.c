// SPDX-License-Identifier: GPL-2.0-only
/* The picture of slowdowns: how many of a group's transfers took at most so many times as long as on an empty network. */
#include <errno.h>
#include <stdlib.h>

#include "plot.h"

#define MAX_POINTS 400 /* of a line */
#define LEAST_VALUES 2

/* the slowdowns of the group's transfers that the tables count; how many */
static size_t gather(const struct scenario *s, const struct run_result *r, uint32_t group, double *values)
{
	const uint64_t from_ns = measure_transfers_from_ns(s, group);
	size_t n = 0;

	for (size_t i = 0; i < r->n_transfers; i++) {
		const struct transfer *t = &r->transfers[i];

		if (r->flows[t->flow].group == group && t->start_ns >= from_ns && t->end_ns != ENGINE_NEVER)
			values[n++] = t->slowdown;
	}
	return n;
}

static void put_data(FILE *f, uint32_t group, double *values, size_t n)
{
	const size_t points = n < MAX_POINTS ? n : MAX_POINTS;

	quantiles_of(values, n); /* sorts */
	fprintf(f, "$group%u << end\n", group);
	for (size_t i = 0; i < points; i++) {
		const size_t k = points == n ? i : i * (n - 1) / (points - 1);

		fprintf(f, "%.5g %.5g\n", values[k], 100 * ((double)k + 1) / (double)n);
	}
	fputs("end\n", f);
}

static void put_plot(FILE *f, const struct scenario *s, const uint32_t *groups, size_t n)
{
	fputs("set xlabel 'slowdown: time taken / least possible'\nset ylabel 'transfers (%)'\nset logscale x\nset yrange [0:100]\nplot ", f);
	for (size_t i = 0; i < n; i++) {
		fprintf(f, "%s$group%u using 1:2 with steps lw 1.5 lc rgb '%s' title ", i ? ", " : "", groups[i], plot_colours[i]);
		plot_quoted(f, s->flows[groups[i]].name);
	}
	putc('\n', f);
}

int plot_slowdown(const struct scenario *s, const struct run_result *r, const char *id, char **svg)
{
	double *values = calloc(r->n_transfers + 1, sizeof(*values));
	uint32_t groups[PLOT_MAX_LINES];
	FILE *script = tmpfile();
	size_t n_groups = 0;
	int ret = !values ? -ENOMEM : script ? 0 : -errno;

	if (!ret)
		plot_begin(script, id);
	for (uint32_t g = 0; !ret && g < s->n_flows && n_groups < PLOT_MAX_LINES; g++) {
		const size_t n = gather(s, r, g, values);

		if (n < LEAST_VALUES)
			continue;
		put_data(script, g, values, n);
		groups[n_groups++] = g;
	}
	if (!ret && !n_groups)
		ret = -ENODATA;
	if (!ret) {
		put_plot(script, s, groups, n_groups);
		ret = plot_end(script, svg);
	}
	free(values);
	if (script)
		fclose(script);
	return ret;
}
