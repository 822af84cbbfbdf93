// SPDX-License-Identifier: GPL-2.0-only
/* The table on the terminal. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include <congctl/units.h>

#include "figures.h"

#define MAX_ROWS 20 /* flows shown one by one */
#define MAX_UNTOLD_LINKS 2 /* a bottleneck and its way back: told by the line of the bottleneck */

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

/* "1.234 s", "12.3 ms": three digits, whatever the size */
static const char *duration(char *buf, size_t size, double s)
{
	if (!isfinite(s))
		return number(buf, size, s, 0, "");
	return s < 1 ? number(buf, size, s * 1e3, s < 0.1 ? 2 : 1, " ms") : number(buf, size, s, s < 10 ? 3 : 1, " s");
}

static void print_transfer(FILE *f, const struct transfer_row *row, int width)
{
	char name[64], done[32], fct[4][16];
	const double times[] = {row->fct_s.mean, row->fct_s.p50, row->fct_s.p95, row->fct_s.p99};
	const double slowdowns[] = {row->slowdown.mean, row->slowdown.p50, row->slowdown.p95, row->slowdown.p99};

	snprintf(name, sizeof(name), "%s%s", row->size_class ? "  " : "", row->size_class ? row->size_class : row->name);
	snprintf(done, sizeof(done), "%.0f/%.0f", row->completed, row->total);
	fprintf(f, "%-*s  %13s", width, name, done);
	for (size_t i = 0; i < 4; i++)
		fprintf(f, " %9s", duration(fct[i], sizeof(fct[i]), times[i]));
	for (size_t i = 0; i < 4; i++)
		fprintf(f, " %8s", number(fct[i], sizeof(fct[i]), slowdowns[i], 2, ""));
	putc('\n', f);
}

static void print_transfers(FILE *f, const struct report_figures *figures)
{
	bool sizes = false, head = false;
	int width = 9;

	for (size_t i = 0; i < figures->n_transfers; i++)
		width = (int)strlen(figures->transfers[i].name) > width ? (int)strlen(figures->transfers[i].name) : width;
	for (size_t i = 0; i < figures->n_transfers; i++) {
		if (figures->transfers[i].one_flow)
			continue;
		if (!head)
			fprintf(f, "%s%-*s  %13s %9s %9s %9s %9s %8s %8s %8s %8s\n", figures->n_flows ? "\n" : "", width, "transfers",
				"completed", "FCT mean", "p50", "p95", "p99", "slowdown", "p50", "p95", "p99");
		head = true;
		sizes |= figures->transfers[i].size_class != NULL;
		print_transfer(f, &figures->transfers[i], width);
	}
	if (sizes)
		fputs("small: below 100 kB, large: above 10 MB\n", f);
}

static void print_links(FILE *f, const struct report_figures *figures)
{
	int width = 4;

	for (size_t i = 0; i < figures->n_links; i++)
		width = (int)strlen(figures->links[i].name) > width ? (int)strlen(figures->links[i].name) : width;
	fprintf(f, "\n%-*s  %11s %12s %10s %8s %8s %8s\n", width, "link", "utilisation", "queue mean", "p95", "dropped", "marked", "lost");
	for (size_t i = 0; i < figures->n_links; i++) {
		const struct link_figures *l = &figures->links[i];
		char used[16], mean[24], p95[24];

		fprintf(f, "%-*s  %11s %12s %10s %8.0f %8.0f %8.0f\n", width, l->name, number(used, sizeof(used), l->utilisation * 100, 1, " %"),
			number(mean, sizeof(mean), l->queue_mean_pkts, 1, " pkts"), number(p95, sizeof(p95), l->queue_p95_pkts, 0, " pkts"),
			l->drops, l->marks, l->losses);
	}
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
	if (s->topology != TOPOLOGY_DUMBBELL)
		fprintf(f, ", %s", scenario_topology_name(s));
	if (s->link.queue.discipline != QUEUE_AUTO)
		fprintf(f, ", %s", scenario_discipline_name(s));
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

		if (figures.n_flows)
			fprintf(f, "%-*s  %-15s %12s %7s %9s %9s %8s %7s\n", width, "flow", "cc", "goodput", "share", "RTT p50", "RTT p95",
				"retrans", "marks");
		for (size_t i = 0; i < figures.n_flows && i < MAX_ROWS; i++)
			print_flow(f, &figures.flows[i], width, figures.n_runs > 1);
		if (figures.n_flows > MAX_ROWS)
			fprintf(f, "… and %zu more flows: see flows.csv of the result directory (-o)\n", figures.n_flows - MAX_ROWS);
		print_transfers(f, &figures);
		print_link(f, &figures);
		if (figures.n_links > MAX_UNTOLD_LINKS)
			print_links(f, &figures);
	}
	figures_free(&figures);
}
