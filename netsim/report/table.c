// SPDX-License-Identifier: GPL-2.0-only
/* The table on the terminal. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <congctl/units.h>

#include "figures.h"

#define MAX_ROWS 20 /* flows shown one by one */

static const char *rate(char *buf, size_t size, double bps)
{
	if (!isfinite(bps))
		snprintf(buf, size, "-");
	else
		congctl_format_rate(buf, size, bps);
	return buf;
}

static const char *number(char *buf, size_t size, double value, int digits, const char *unit)
{
	if (!isfinite(value))
		snprintf(buf, size, "-");
	else
		snprintf(buf, size, "%.*f%s", digits, value, unit);
	return buf;
}

/* "37.2 Mbit/s [36.9, 37.5]": with an interval only when there are repeats */
static void print_interval(FILE *f, const struct interval *ci, double factor, int digits, const char *unit)
{
	char text[32];

	fprintf(f, "%s", number(text, sizeof(text), ci->median * factor, digits, unit));
	if (ci->n > 1)
		fprintf(f, " [%.*f, %.*f]", digits, ci->low * factor, digits, ci->high * factor);
}

static int name_width(const struct report_figures *f)
{
	int width = 4;

	for (size_t i = 0; i < f->n_flows && i < MAX_ROWS; i++)
		width = (int)strlen(f->flows[i].name) > width ? (int)strlen(f->flows[i].name) : width;
	return width;
}

static void print_flow(FILE *f, const struct flow_figures *flow, int width, bool repeated)
{
	char goodput[32], share[16], p50[16], p95[16], retransmits[16], marks[16], fct[24];

	fprintf(f, "%-*s  %-15s %12s %7s %9s %9s %8s %7s", width, flow->name, flow->cc[0] ? flow->cc : "-",
		rate(goodput, sizeof(goodput), flow->goodput_bps.median),
		number(share, sizeof(share), flow->share * 100, 1, " %"),
		number(p50, sizeof(p50), flow->rtt_p50_us / 1e3, 1, " ms"),
		number(p95, sizeof(p95), flow->rtt_p95_us / 1e3, 1, " ms"),
		number(retransmits, sizeof(retransmits), flow->retransmits, 0, ""),
		number(marks, sizeof(marks), flow->marks, 0, ""));
	if (flow->is_sized)
		fprintf(f, "  %s", isfinite(flow->fct_s) ? number(fct, sizeof(fct), flow->fct_s, 3, " s to complete") : "not complete");
	if (repeated && flow->goodput_bps.n > 1)
		fprintf(f, "  [%.2f, %.2f] Mbit/s", flow->goodput_bps.low / 1e6, flow->goodput_bps.high / 1e6);
	if (flow->error)
		fprintf(f, "  failed: %s", strerror(flow->error));
	putc('\n', f);
}

static void print_link(FILE *f, const struct report_figures *figures)
{
	char p95[16];

	fputs("\nlink: utilisation ", f);
	print_interval(f, &figures->utilisation, 100, 1, " %");
	fputs(", queue mean ", f);
	print_interval(f, &figures->queue_mean_pkts, 1, 1, " pkts");
	fprintf(f, ", p95 %s; dropped %.0f, marked %.0f, lost %.0f", number(p95, sizeof(p95), figures->queue_p95_pkts, 0, " pkts"),
		figures->drops, figures->marks, figures->losses);
	if (figures->n_flows > 1) {
		fputs("; Jain's index ", f);
		print_interval(f, &figures->jain, 1, 3, "");
	}
	putc('\n', f);
}

static void print_head(FILE *f, const struct report_run *run, const struct report_figures *figures)
{
	const struct scenario *s = run->scenario;
	char bps[32], rtt[32];

	fprintf(f, "%s%s%s: %s, %s, buffer %" PRIu64 " pkts", s->name, run->label ? ", " : "", run->label ? run->label : "",
		congctl_format_rate(bps, sizeof(bps), (double)s->link.rate_bps),
		congctl_format_time(rtt, sizeof(rtt), (double)s->link.rtt_ns), scenario_amount_pkts(s, &s->link.buffer));
	if (s->link.ecn.set)
		fprintf(f, ", CE from %" PRIu64 " pkts", scenario_amount_pkts(s, &s->link.ecn));
	fprintf(f, ", %g s%s, measured from %g s, seed %" PRIu64, (double)s->duration_ns / 1e9,
		report_is_simulated(run) ? " simulated" : "", (double)s->warmup_ns / 1e9, s->seed);
	if (figures->n_runs > 1)
		fprintf(f, ", median of %zu runs [95 %% confidence]", figures->n_valid);
	fputs("\n\n", f);
}

void report_table(FILE *f, const struct report_run *run)
{
	struct report_figures figures;

	if (figures_make(&figures, run)) {
		figures_free(&figures);
		fputs("out of memory\n", f);
		return;
	}
	print_head(f, run, &figures);
	if (figures.void_reason)
		fprintf(f, "VOID%s: %s\n", figures.n_valid ? " in part" : "", figures.void_reason);
	if (figures.n_valid) {
		int width = name_width(&figures);

		fprintf(f, "%-*s  %-15s %12s %7s %9s %9s %8s %7s\n", width, "flow", "cc", "goodput", "share", "RTT p50", "RTT p95",
			"retrans", "marks");
		for (size_t i = 0; i < figures.n_flows && i < MAX_ROWS; i++)
			print_flow(f, &figures.flows[i], width, figures.n_runs > 1);
		if (figures.n_flows > MAX_ROWS)
			fprintf(f, "… and %zu more flows: see flows.csv of the result directory (-o)\n", figures.n_flows - MAX_ROWS);
		print_link(f, &figures);
	}
	figures_free(&figures);
}
