// SPDX-License-Identifier: GPL-2.0-only
/* A comparison as a table on the terminal and as lines of CSV. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "csv.h"

int comparison_differences(struct comparison_differences *d, const struct comparison *c)
{
	const size_t other = !c->reference;

	d->goodput = calloc(c->n_cells + 1, sizeof(double));
	d->rtt = calloc(c->n_cells + 1, sizeof(double));
	if (!d->goodput || !d->rtt)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct compared_run *runs = c->cells[i].arms[other].runs, *reference = c->cells[i].arms[c->reference].runs;

		d->goodput[i] = compared_relative(compared_median(runs, c->repeat, COMPARED_GOODPUT_BPS),
						  compared_median(reference, c->repeat, COMPARED_GOODPUT_BPS));
		d->rtt[i] = compared_relative(compared_median(runs, c->repeat, COMPARED_RTT_P50_US),
					      compared_median(reference, c->repeat, COMPARED_RTT_P50_US));
	}
	return 0;
}

bool comparison_misses(double goodput, double rtt)
{
	return fabs(goodput) > COMPARISON_GOODPUT_LIMIT || fabs(rtt) > COMPARISON_RTT_LIMIT;
}

/* --- settings: only what differs from cell to cell is shown ---------------------------------------------------------- */

static const char *value_of(const struct comparison *c, size_t cell, size_t key)
{
	const char *value = c->cells[cell].settings[key].value;

	return value ? value : "-";
}

static bool is_shown(const struct comparison *c, size_t key)
{
	for (size_t i = 1; i < c->n_cells; i++) {
		if (strcmp(value_of(c, i, key), value_of(c, 0, key)))
			return true;
	}
	return false;
}

static int width_of(const struct comparison *c, size_t key)
{
	size_t width = strlen(c->keys[key]);

	for (size_t i = 0; i < c->n_cells; i++)
		width = strlen(value_of(c, i, key)) > width ? strlen(value_of(c, i, key)) : width;
	return (int)width;
}

/* the values of a cell, or the names of the keys (cell = n_cells) */
static void print_settings(FILE *f, const struct comparison *c, size_t cell)
{
	for (size_t k = 0; k < c->n_keys; k++) {
		if (is_shown(c, k))
			fprintf(f, "%-*s  ", width_of(c, k), cell < c->n_cells ? value_of(c, cell, k) : c->keys[k]);
	}
}

static int settings_width(const struct comparison *c)
{
	int width = 0;

	for (size_t k = 0; k < c->n_keys; k++)
		width += is_shown(c, k) ? width_of(c, k) + 2 : 0;
	return width;
}

/* --- two engines -------------------------------------------------------------------------------------------------------- */

#define COLUMN 9

static const struct {
	const char *title;
	enum compared_figure figure;
	double factor;
	int digits;
} columns[] = {
	{"goodput, Mbit/s", COMPARED_GOODPUT_BPS, 1e-6, 2},
	{"RTT p50, ms", COMPARED_RTT_P50_US, 1e-3, 1},
	{"retransmits", COMPARED_RETRANSMITS, 1, 0},
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void print_number(FILE *f, double value, int digits)
{
	if (isfinite(value))
		fprintf(f, "%*.*f", COLUMN, digits, value);
	else
		fprintf(f, "%*s", COLUMN, "-");
}

static void print_difference(FILE *f, double relative)
{
	if (isfinite(relative))
		fprintf(f, "%+*.1f %%", COLUMN - 2, relative * 100);
	else
		fprintf(f, "%*s", COLUMN, "-");
}

static void print_void(FILE *f, const struct comparison *c, const struct comparison_cell *cell)
{
	for (size_t a = 0; a < c->n_arms; a++) {
		const struct comparison_arm *arm = &cell->arms[a];
		size_t valid = 0;

		for (size_t k = 0; k < c->repeat; k++)
			valid += arm->runs[k].valid;
		if (arm->void_reason)
			fprintf(f, "  %s void%s: %s", c->arms[a], valid ? " in part" : "", arm->void_reason);
	}
}

static void print_engines(FILE *f, const struct comparison *c, size_t i, const struct comparison_differences *d)
{
	const struct comparison_cell *cell = &c->cells[i];
	const double differences[] = {d->goodput[i], d->rtt[i]};

	print_settings(f, c, i);
	for (size_t k = 0; k < N_COLUMNS; k++) {
		for (size_t a = 0; a < c->n_arms; a++)
			print_number(f, compared_median(cell->arms[a].runs, c->repeat, columns[k].figure) * columns[k].factor,
				     columns[k].digits);
		if (k < 2)
			print_difference(f, differences[k]);
	}
	print_void(f, c, cell);
	putc('\n', f);
}

static void print_missed(FILE *f, const struct comparison *c, const struct comparison_differences *d)
{
	size_t beyond = 0, without = 0;

	for (size_t i = 0; i < c->n_cells; i++) {
		if (!comparison_misses(d->goodput[i], d->rtt[i])) {
			without += !isfinite(d->goodput[i]) || !isfinite(d->rtt[i]);
			continue;
		}
		fputs(beyond++ ? "        " : "beyond: ", f);
		print_settings(f, c, i);
		fputs("goodput", f);
		print_difference(f, d->goodput[i]);
		fputs(", RTT", f);
		print_difference(f, d->rtt[i]);
		putc('\n', f);
	}
	fprintf(f, "%zu of %zu cells within %g %% of goodput and %g %% of RTT", c->n_cells - beyond - without, c->n_cells,
		COMPARISON_GOODPUT_LIMIT * 100, COMPARISON_RTT_LIMIT * 100);
	if (without)
		fprintf(f, ", %zu without figures", without);
	putc('\n', f);
}

/* "4.0 %", or "-" */
static void print_percent(FILE *f, double part)
{
	if (isfinite(part))
		fprintf(f, "%.1f %%", part * 100);
	else
		putc('-', f);
}

static void print_medians(FILE *f, const struct comparison *c, const struct comparison_differences *d)
{
	fprintf(f, "\nmedian |difference| to %s: goodput ", c->arms[c->reference]);
	print_percent(f, median_absolute(d->goodput, c->n_cells));
	fputs(", RTT p50 ", f);
	print_percent(f, median_absolute(d->rtt, c->n_cells));
	putc('\n', f);
}

static void print_engine_table(FILE *f, const struct comparison *c)
{
	struct comparison_differences d = {0};

	if (comparison_differences(&d, c)) {
		fputs("out of memory\n", f);
	} else {
		fprintf(f, "%*s", settings_width(c), "");
		for (size_t k = 0; k < N_COLUMNS; k++)
			fprintf(f, "%*s%*s", (int)c->n_arms * COLUMN, columns[k].title, k < 2 ? COLUMN : 0, "");
		putc('\n', f);
		print_settings(f, c, c->n_cells);
		for (size_t k = 0; k < N_COLUMNS; k++) {
			for (size_t a = 0; a < c->n_arms; a++)
				fprintf(f, "%*s", COLUMN, c->arms[a]);
			fprintf(f, "%*s", k < 2 ? COLUMN : 0, k < 2 ? "diff" : "");
		}
		putc('\n', f);
		for (size_t i = 0; i < c->n_cells; i++)
			print_engines(f, c, i, &d);
		print_medians(f, c, &d);
		print_missed(f, c, &d);
	}
	free(d.goodput);
	free(d.rtt);
}

/* --- algorithms --------------------------------------------------------------------------------------------------------- */

/* "37.24 [36.91, 37.50]" */
static void print_interval(FILE *f, const struct interval *ci, double factor, int digits, bool sign, int width)
{
	char text[96];

	if (!ci->n)
		snprintf(text, sizeof(text), "-");
	else if (ci->n == 1)
		snprintf(text, sizeof(text), sign ? "%+.*f" : "%.*f", digits, ci->median * factor);
	else
		snprintf(text, sizeof(text), sign ? "%+.*f [%+.*f, %+.*f]" : "%.*f [%.*f, %.*f]", digits, ci->median * factor, digits,
			 ci->low * factor, digits, ci->high * factor);
	fprintf(f, "  %*s", width, text);
}

static void print_algorithm(FILE *f, const struct comparison *c, size_t i, size_t arm)
{
	const struct comparison_cell *cell = &c->cells[i];
	const int width = c->repeat > 1 ? 22 : 16;

	print_settings(f, c, i);
	fprintf(f, "%-15s", c->arms[arm]);
	for (size_t k = 0; k < N_COLUMNS; k++) {
		const struct interval ci = compared_interval(cell->arms[arm].runs, c->repeat, columns[k].figure);

		print_interval(f, &ci, columns[k].factor, columns[k].digits, false, width);
	}
	for (size_t k = 0; k < N_COLUMNS && arm != c->reference; k++) {
		const struct interval ci = compared_paired(cell->arms[arm].runs, cell->arms[c->reference].runs, c->repeat, columns[k].figure);

		print_interval(f, &ci, columns[k].factor, columns[k].digits, true, width + 3);
	}
	if (arm + 1 == c->n_arms)
		print_void(f, c, cell);
	putc('\n', f);
}

static void print_algorithm_table(FILE *f, const struct comparison *c)
{
	const int width = c->repeat > 1 ? 22 : 16;

	print_settings(f, c, c->n_cells);
	fprintf(f, "%-15s", "cc");
	for (size_t k = 0; k < N_COLUMNS; k++)
		fprintf(f, "  %*s", width, columns[k].title);
	fprintf(f, "  %*s %s, run by run\n", width + 2 - (int)strlen(c->arms[c->reference]), "difference to", c->arms[c->reference]);
	for (size_t i = 0; i < c->n_cells; i++) {
		for (size_t arm = 0; arm < c->n_arms; arm++)
			print_algorithm(f, c, i, arm);
	}
}

/* --- both --------------------------------------------------------------------------------------------------------------- */

void comparison_table(FILE *f, const struct comparison *c)
{
	fprintf(f, "%s%s%s: %zu cell%s, medians of %zu run%s, seed %" PRIu64 "%s\n\n", c->name, c->engine ? " on " : "",
		c->engine ? c->engine : "", c->n_cells, c->n_cells > 1 ? "s" : "", c->repeat, c->repeat > 1 ? "s" : "", c->seed,
		c->engine && c->repeat > 1 ? " [95 % confidence]" : "");
	if (c->engine)
		print_algorithm_table(f, c);
	else
		print_engine_table(f, c);
}

void comparison_csv(FILE *f, const struct comparison *c)
{
	fputs("cell", f);
	for (size_t k = 0; k < c->n_keys; k++)
		fprintf(f, ",%s", c->keys[k]);
	fprintf(f, ",%s,seed,valid,goodput_bps,rtt_p50_us,retransmits\n", c->what);
	for (size_t i = 0; i < c->n_cells * c->n_arms * c->repeat; i++) {
		const size_t cell = i / c->repeat / c->n_arms, arm = i / c->repeat % c->n_arms, run = i % c->repeat;
		const struct compared_run *r = &c->cells[cell].arms[arm].runs[run];

		fprintf(f, "%zu", cell + 1);
		for (size_t k = 0; k < c->n_keys; k++) {
			const char *value = c->cells[cell].settings[k].value;

			putc(',', f);
			csv_text(f, value ? value : "");
		}
		fprintf(f, ",%s,%" PRIu64 ",%d", c->arms[arm], c->seed + run, r->valid);
		for (size_t k = 0; k < COMPARED_FIGURES; k++) {
			putc(',', f);
			if (r->valid && isfinite(r->figures[k]))
				fprintf(f, "%.0f", r->figures[k]);
		}
		putc('\n', f);
	}
}
