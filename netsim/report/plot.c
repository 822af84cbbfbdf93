// SPDX-License-Identifier: GPL-2.0-only
/* Pictures by gnuplot. Names of flows reach it in single quotes only, where it substitutes nothing. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plot.h"
#include "tool.h"

#define MAX_BINS 400

const char *const plot_titles[] = {
	[SERIES_GOODPUT] = "Goodput of each flow",
	[SERIES_CWND] = "Congestion window of each flow",
	[SERIES_RTT] = "Round-trip time of each flow",
	[SERIES_QUEUE] = "Packets waiting at the bottleneck",
};

static const char *const axes[] = {
	[SERIES_GOODPUT] = "goodput (Mbit/s)",
	[SERIES_CWND] = "cwnd (packets)",
	[SERIES_RTT] = "smoothed RTT (ms)",
	[SERIES_QUEUE] = "queue (packets)",
};

/* Okabe and Ito's colours, told apart by colour-blind readers; the eighth is grey instead of yellow, which white swallows */
const char *const plot_colours[PLOT_MAX_LINES] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#7F7F7F"};

struct drawing {
	const struct scenario *scenario;
	const struct run_result *result;
	enum series_kind kind;
	struct series series;
	size_t lines[PLOT_MAX_LINES], n_lines; /* flows that get a line of their own */
	bool band;                        /* the others are shown together */
};

static bool is_first_of_group(const struct run_result *r, size_t flow)
{
	for (size_t f = 0; f < flow; f++) {
		if (r->flows[f].group == r->flows[flow].group)
			return false;
	}
	return true;
}

/* All of them if they are few, else the first of each group of lasting flows */
static void choose_lines(struct drawing *d)
{
	const size_t n = d->series.n_flows;

	if (n <= PLOT_MAX_LINES) {
		for (d->n_lines = 0; d->n_lines < n; d->n_lines++)
			d->lines[d->n_lines] = d->n_lines;
		return;
	}
	d->band = true;
	for (size_t f = 0; f < n && d->n_lines < PLOT_MAX_LINES - 1; f++) {
		if (d->scenario->flows[d->result->flows[f].group].workload != WORKLOAD_POISSON && is_first_of_group(d->result, f))
			d->lines[d->n_lines++] = f;
	}
}

static bool has_line(const struct drawing *d, size_t flow)
{
	for (size_t i = 0; i < d->n_lines; i++) {
		if (d->lines[i] == flow)
			return true;
	}
	return false;
}

static double time_of(const struct drawing *d, size_t bin)
{
	return ((double)bin + 0.5) * d->series.bin_s;
}

static void put_line_data(FILE *f, const struct drawing *d, size_t line)
{
	fprintf(f, "$line%zu << end\n", line);
	for (size_t bin = 0; bin < d->series.n_bins; bin++) {
		float value = d->series.values[d->lines[line] * d->series.n_bins + bin];

		if (isfinite(value))
			fprintf(f, "%.3f %.5g\n", time_of(d, bin), value);
	}
	fputs("end\n", f);
}

/* time, 10 %, 50 % and 90 % quantile over the flows without a line */
static void put_band_data(FILE *f, const struct drawing *d)
{
	double *values = calloc(d->series.n_flows + 1, sizeof(*values));

	fputs("$band << end\n", f);
	for (size_t bin = 0; values && bin < d->series.n_bins; bin++) {
		size_t n = 0;

		for (size_t flow = 0; flow < d->series.n_flows; flow++) {
			float value = d->series.values[flow * d->series.n_bins + bin];

			if (isfinite(value) && !has_line(d, flow))
				values[n++] = value;
		}
		if (!n)
			continue;
		quantiles_of(values, n); /* sorts */
		fprintf(f, "%.3f %.5g %.5g %.5g\n", time_of(d, bin), quantile_of_sorted(values, n, 0.1), quantile_of_sorted(values, n, 0.5),
			quantile_of_sorted(values, n, 0.9));
	}
	fputs("end\n", f);
	free(values);
}

/* gnuplot 5.4 trips over a quote doubled at the beginning of a string: an apostrophe stands for it */
void plot_quoted(FILE *f, const char *text)
{
	putc('\'', f);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("’", f);
		else
			putc(*text, f);
	}
	putc('\'', f);
}

/* "a (bpf_cubic)", or "bpf_cubic" where the name is the algorithm's */
static void put_title(FILE *f, const struct drawing *d, size_t flow)
{
	const struct flow_result *r = &d->result->flows[flow];
	char title[80];

	if (d->kind == SERIES_QUEUE)
		snprintf(title, sizeof(title), "queue");
	else if (!strncmp(r->name, r->cc, strlen(r->cc)))
		snprintf(title, sizeof(title), "%s", r->name);
	else
		snprintf(title, sizeof(title), "%s (%s)", r->name, r->cc);
	plot_quoted(f, title);
}

void plot_begin(FILE *f, const char *id)
{
	fputs("set encoding utf8\n", f);
	fprintf(f, "set terminal svg size 900,300 dynamic font 'sans-serif,12' background '#ffffff' name '%s'\n", id);
	fputs("set grid lc rgb '#dddddd'\nset border 3\nset tics nomirror\nset key outside right top noenhanced\n", f);
}

static void put_settings(FILE *f, const struct drawing *d, const char *id)
{
	plot_begin(f, id);
	fprintf(f, "set xlabel 'time (s)'\nset ylabel '%s'\nset xrange [0:%g]\nset yrange [0:*]\n", axes[d->kind],
		(double)d->scenario->duration_ns / 1e9);
	if (d->scenario->warmup_ns)
		fprintf(f, "set object 1 rectangle from graph 0, graph 0 to first %g, graph 1 behind fc rgb '#eeeeee' fs solid noborder\n",
			(double)d->scenario->warmup_ns / 1e9);
}

static void put_script(FILE *f, const struct drawing *d, const char *id)
{
	put_settings(f, d, id);
	for (size_t i = 0; i < d->n_lines; i++)
		put_line_data(f, d, i);
	if (d->band)
		put_band_data(f, d);
	fputs("plot ", f);
	if (d->band)
		fprintf(f, "$band using 1:2:4 with filledcurves fc rgb '#bbbbbb' title '%zu others: 10 to 90 %%', "
			"$band using 1:3 with lines lw 2 lc rgb '#777777' dt 2 title 'their median'%s", d->series.n_flows - d->n_lines,
			d->n_lines ? ", " : "");
	for (size_t i = 0; i < d->n_lines; i++) {
		fprintf(f, "%s$line%zu using 1:2 with lines lw 1.5 lc rgb '%s' title ", i ? ", " : "", i, plot_colours[i]);
		put_title(f, d, d->lines[i]);
	}
	putc('\n', f);
}

/* without the XML declaration, so that it can stand in a page */
static int trim_svg(char *text, char **svg)
{
	char *start = strstr(text, "<svg");

	if (!start || !strstr(start, "</svg>"))
		return -EIO;
	*svg = strdup(start);
	return *svg ? 0 : -ENOMEM;
}

int plot_end(FILE *script, char **svg)
{
	char *const argv[] = {"gnuplot", NULL};
	char *output = NULL;
	int ret = fflush(script) || fseek(script, 0, SEEK_SET) ? -EIO : tool_output(argv, fileno(script), &output);

	if (!ret)
		ret = trim_svg(output, svg);
	free(output);
	return ret;
}

static bool is_empty(const struct series *series)
{
	for (size_t i = 0; i < series->n_flows * series->n_bins; i++) {
		if (isfinite(series->values[i]))
			return false;
	}
	return true;
}

int plot_svg(enum series_kind kind, const struct scenario *s, const struct run_result *r, const char *id, char **svg)
{
	struct drawing d = {.scenario = s, .result = r, .kind = kind};
	FILE *script = tmpfile();
	int ret = script ? series_make(&d.series, kind, s, r, MAX_BINS) : -errno;

	if (!ret && is_empty(&d.series))
		ret = -ENODATA;
	if (!ret) {
		choose_lines(&d);
		put_script(script, &d, id);
		ret = plot_end(script, svg);
	}
	free(d.series.values);
	if (script)
		fclose(script);
	return ret;
}
