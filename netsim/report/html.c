// SPDX-License-Identifier: GPL-2.0-only
/* report.html: one page that a stranger can read, with nothing fetched from anywhere. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "directory.h"
#include "figures.h"
#include "plot.h"

#define MAX_ROWS 100 /* flows in the table; the rest is in flows.csv */

static const char style[] =
	"body{font:16px/1.5 sans-serif;color:#222;background:#fff;max-width:60em;margin:2em auto;padding:0 1em}"
	"table{border-collapse:collapse;margin:1em 0;font-size:90%}caption{text-align:left;font-weight:bold}"
	"th,td{padding:.25em .8em;text-align:right;border-bottom:1px solid #ddd}th:first-child,td:first-child,td.t,th.t{text-align:left}"
	".void{border-left:.4em solid #D55E00;padding-left:1em}.small{font-size:85%;color:#555}svg{max-width:100%;height:auto}"
	"dt{font-weight:bold}figure{margin:1.5em 0}code{overflow-wrap:anywhere}";

static const struct {
	const char *term, *meaning;
} glossary[] = {
	{"bottleneck", "the slowest link of the path: all packets of all flows pass it, and those it cannot send at once wait in its buffer"},
	{"BDP", "bandwidth-delay product: rate times round-trip time, the data needed on its way to keep the link busy"},
	{"cc", "the congestion-control algorithm of the sender: it decides how much may be on its way. A name that begins with bpf_ is a "
	       "plugin; others are the kernel's own"},
	{"goodput", "what the receiving program got per second: repeated data and headers do not count"},
	{"share", "the flow's part of what all flows together received"},
	{"RTT", "round-trip time the sender measured, smoothed: propagation plus waiting in the buffer. p50 is the median, 95 of 100 samples are "
		"below p95"},
	{"cwnd", "congestion window: how many packets the sender allows itself to have on their way"},
	{"retransmits", "packets sent again, over the whole run"},
	{"marks", "packets that were marked (ECN CE) instead of being dropped"},
	{"utilisation", "how much of the bottleneck's rate was used. Rates count whole frames, so goodput stays some 4.4 % below it"},
	{"Jain's index", "1 when all flows have the same goodput, 1/n when one of n has all of it"},
	{"FCT", "flow completion time of a transfer: from when it was asked for to its last byte"},
	{"slowdown", "FCT over the least time the transfer takes on an empty network: 1 is perfect"},
	{"warm-up", "the grey part of the pictures: the beginning, which no figure of the tables counts"},
	{"95 % interval", "where the median of further repeats would lie with 95 % confidence (bootstrap)"},
};

static void put_text(FILE *f, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", f);
			break;
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			putc(*text, f);
		}
	}
}

static void put_cell(FILE *f, double value, int digits, const char *unit)
{
	if (isfinite(value))
		fprintf(f, "<td>%.*f%s</td>", digits, value, unit);
	else
		fputs("<td>–</td>", f);
}

/* "Sent: 2 flows (a: bpf_cubic, …) through a bottleneck of …": what was run, in one sentence */
static void put_sentence(FILE *f, const struct report_run *run)
{
	const struct scenario *s = run->scenario;
	const bool simulated = report_is_simulated(run);
	char rate[32], rtt[32];

	fputs("<p>", f);
	put_text(f, s->description);
	fprintf(f, "%s%" PRIu32 " flow%s of %s (", s->description[0] ? " – " : "", scenario_flow_count(s),
		scenario_flow_count(s) == 1 ? "" : "s", simulated ? "simulated hosts" : "the Linux kernel");
	for (size_t i = 0; i < s->n_flows && i < 8; i++) {
		fputs(i ? ", " : "", f);
		if (s->flows[i].count > 1)
			fprintf(f, "%" PRIu32 " × ", s->flows[i].count);
		put_text(f, s->flows[i].cc);
	}
	fprintf(f, "%s) went for %g s through %s bottleneck of %s with a round-trip time of %s and room for %" PRIu64 " packets",
		s->n_flows > 8 ? " …" : "", (double)s->duration_ns / 1e9, simulated ? "a simulated" : "an emulated",
		congctl_format_rate(rate, sizeof(rate), (double)s->link.rate_bps),
		congctl_format_time(rtt, sizeof(rtt), (double)s->link.rtt_ns), scenario_amount_pkts(s, &s->link.buffer));
	if (s->topology != TOPOLOGY_DUMBBELL)
		fprintf(f, " in a %s", scenario_topology_name(s));
	if (s->link.queue.discipline != QUEUE_AUTO)
		fprintf(f, " under %s", scenario_discipline_name(s));
	if (s->link.ecn.set)
		fprintf(f, ", marking packets when %" PRIu64 " or more wait", scenario_amount_pkts(s, &s->link.ecn));
	if (s->link.loss.kind == LOSS_BERNOULLI)
		fprintf(f, ", losing %g %% of the packets at random", s->link.loss.probability * 100);
	if (s->link.loss.kind == LOSS_PERIODIC)
		fprintf(f, ", losing one packet in %" PRIu64, s->link.loss.period);
	if (s->link.loss.kind == LOSS_GILBERT_ELLIOTT)
		fputs(", losing packets in bursts", f);
	if (s->link.loss.kind == LOSS_NUMBERS)
		fprintf(f, ", losing %zu chosen packets", s->link.loss.n_numbers);
	if (run->n_results > 1)
		fprintf(f, "; %zu runs, of which the table shows the median", run->n_results);
	fputs(".</p>\n", f);
}

static void put_flow(FILE *f, const struct flow_figures *flow, bool repeated, bool sized)
{
	fputs("<tr><td>", f);
	put_text(f, flow->name);
	if (flow->error)
		fprintf(f, " (failed: %s)", strerror(flow->error));
	fputs("</td><td class=t>", f);
	put_text(f, flow->cc);
	fputs("</td>", f);
	put_cell(f, flow->goodput_bps.median / 1e6, 2, "");
	if (repeated && flow->goodput_bps.n > 1)
		fprintf(f, "<td>%.2f – %.2f</td>", flow->goodput_bps.low / 1e6, flow->goodput_bps.high / 1e6);
	else if (repeated)
		fputs("<td>–</td>", f);
	put_cell(f, flow->share * 100, 1, " %");
	put_cell(f, flow->rtt_p50_us / 1e3, 1, "");
	put_cell(f, flow->rtt_p95_us / 1e3, 1, "");
	put_cell(f, flow->retransmits, 0, "");
	put_cell(f, flow->marks, 0, "");
	if (sized)
		put_cell(f, flow->fct_s, 3, "");
	fputs("</tr>\n", f);
}

static void put_flows(FILE *f, const struct report_figures *figures)
{
	const bool repeated = figures->n_runs > 1;
	bool sized = false;

	for (size_t i = 0; i < figures->n_flows; i++)
		sized |= figures->flows[i].is_sized;
	fprintf(f, "<table><caption>Flows</caption><tr><th>flow</th><th class=t>cc</th><th>goodput<br>Mbit/s</th>%s<th>share</th>"
		"<th>RTT p50<br>ms</th><th>RTT p95<br>ms</th><th>retransmits</th><th>marks</th>%s</tr>\n",
		repeated ? "<th>95 %<br>interval</th>" : "", sized ? "<th>completion<br>s</th>" : "");
	for (size_t i = 0; i < figures->n_flows && i < MAX_ROWS; i++)
		put_flow(f, &figures->flows[i], repeated, sized);
	fputs("</table>\n", f);
	if (figures->n_flows > MAX_ROWS)
		fprintf(f, "<p class=small>%zu more flows are in flows.csv.</p>\n", figures->n_flows - MAX_ROWS);
}

static void put_link(FILE *f, const struct report_figures *figures)
{
	fputs("<table><caption>Bottleneck</caption><tr><th>utilisation</th><th>queue, mean<br>packets</th><th>queue, p95<br>packets</th>"
	      "<th>dropped</th><th>marked</th><th>lost</th><th>Jain&#39;s index</th></tr>\n<tr>", f);
	put_cell(f, figures->utilisation.median * 100, 1, " %");
	put_cell(f, figures->queue_mean_pkts.median, 1, "");
	put_cell(f, figures->queue_p95_pkts, 0, "");
	put_cell(f, figures->drops, 0, "");
	put_cell(f, figures->marks, 0, "");
	put_cell(f, figures->losses, 0, "");
	put_cell(f, figures->jain.median, 3, "");
	fputs("</tr></table>\n", f);
}

static void put_transfer(FILE *f, const struct transfer_row *row)
{
	const double fct_s[] = {row->fct_s.mean, row->fct_s.p50, row->fct_s.p95, row->fct_s.p99};
	const double slowdown[] = {row->slowdown.mean, row->slowdown.p50, row->slowdown.p95, row->slowdown.p99};

	fputs("<tr><td>", f);
	put_text(f, row->size_class ? row->size_class : row->name);
	fprintf(f, "</td><td>%.0f of %.0f</td>", row->completed, row->total);
	for (size_t i = 0; i < 4; i++)
		put_cell(f, fct_s[i] * 1e3, 1, "");
	for (size_t i = 0; i < 4; i++)
		put_cell(f, slowdown[i], 2, "");
	fputs("</tr>\n", f);
}

static void put_transfers(FILE *f, const struct report_figures *figures)
{
	bool any = false;

	for (size_t i = 0; i < figures->n_transfers; i++) {
		if (figures->transfers[i].one_flow)
			continue;
		if (!any)
			fputs("<table><caption>Transfers</caption><tr><th>group</th><th>completed</th><th>FCT mean<br>ms</th><th>p50</th><th>p95"
			      "</th><th>p99</th><th>slowdown<br>mean</th><th>p50</th><th>p95</th><th>p99</th></tr>\n", f);
		any = true;
		put_transfer(f, &figures->transfers[i]);
	}
	if (any)
		fputs("</table>\n<p class=small>Small: below 100 kB, large: above 10 MB.</p>\n", f);
}

static void put_picture(FILE *f, const char *title, char *svg)
{
	fprintf(f, "<figure><figcaption>%s</figcaption>\n%s</figure>\n", title, svg);
	free(svg);
}

/* The pictures of the first valid repeat. */
static void put_pictures(FILE *f, const struct report_run *run, size_t cell)
{
	static const enum series_kind kinds[] = {SERIES_GOODPUT, SERIES_CWND, SERIES_RTT, SERIES_QUEUE};
	const struct run_result *r = run->results;
	char id[40], *svg;

	while (!r->valid)
		r++;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int ret;

		snprintf(id, sizeof(id), "cell%zu_%zu", cell, i);
		ret = plot_svg(kinds[i], run->scenario, r, id, &svg);
		if (ret == -ENODATA)
			continue;
		if (ret) {
			fprintf(f, "<p class=small>No pictures: %s.</p>\n", ret == -ENOENT ?
				"gnuplot is not installed (Debian: gnuplot-nox)" : "gnuplot failed");
			return;
		}
		put_picture(f, plot_titles[kinds[i]], svg);
	}
	snprintf(id, sizeof(id), "cell%zu_slowdown", cell);
	if (!plot_slowdown(run->scenario, r, id, &svg))
		put_picture(f, "Slowdown of the transfers", svg);
}

static int put_run(FILE *f, const struct report_run *run, size_t cell)
{
	struct report_figures figures;
	int ret = figures_make(&figures, run);

	if (!ret) {
		put_sentence(f, run);
		if (figures.void_reason) {
			fprintf(f, "<p class=void>%zu of %zu runs %s void and left out: ", figures.n_runs - figures.n_valid, figures.n_runs,
				figures.n_runs - figures.n_valid == 1 ? "is" : "are");
			put_text(f, figures.void_reason);
			fputs(".</p>\n", f);
		}
		if (figures.n_valid) {
			if (figures.n_flows)
				put_flows(f, &figures);
			put_transfers(f, &figures);
			put_link(f, &figures);
			put_pictures(f, run, cell);
		}
	}
	figures_free(&figures);
	return ret;
}

/* one line for each cell, when there are several */
static int put_overview(FILE *f, const struct report_run *runs, size_t n)
{
	fputs("<table><caption>Overview</caption><tr><th>run</th><th class=t>flows</th><th>goodput<br>Mbit/s</th><th>share of the first</th>"
	      "<th>RTT p50<br>ms</th><th>utilisation</th><th>queue, mean<br>packets</th><th>dropped</th></tr>\n", f);
	for (size_t i = 0; i < n; i++) {
		struct report_figures figures;
		int ret = figures_make(&figures, &runs[i]);

		if (ret) {
			figures_free(&figures);
			return ret;
		}
		fprintf(f, "<tr><td><a href=\"#run%zu\">", i);
		put_text(f, runs[i].label ? runs[i].label : runs[i].scenario->name);
		fprintf(f, "</a></td><td class=t>%zu</td>", figures.n_flows);
		put_cell(f, figures.goodput_bps.median / 1e6, 2, "");
		put_cell(f, figures.n_flows ? figures.flows[0].share * 100 : NAN, 1, " %");
		put_cell(f, figures.n_flows ? figures.flows[0].rtt_p50_us / 1e3 : NAN, 1, "");
		put_cell(f, figures.utilisation.median * 100, 1, " %");
		put_cell(f, figures.queue_mean_pkts.median, 1, "");
		put_cell(f, figures.drops, 0, "");
		fputs("</tr>\n", f);
		figures_free(&figures);
	}
	fputs("</table>\n", f);
	return 0;
}

static void put_end(FILE *f, const struct report_run *run)
{
	fputs("<h2>Words</h2>\n<dl>\n", f);
	for (size_t i = 0; i < sizeof(glossary) / sizeof(glossary[0]); i++) {
		fprintf(f, "<dt>%s</dt><dd>", glossary[i].term);
		put_text(f, glossary[i].meaning);
		fputs("</dd>\n", f);
	}
	fputs("</dl>\n<p class=small>Made by congctl " CONGCTL_VERSION, f);
	if (run->command_line) {
		fputs(" with <code>", f);
		put_text(f, run->command_line);
		fputs("</code>", f);
	}
	fputs(".</p>\n</body></html>\n", f);
}

int report_page(FILE *f, const struct report_run *runs, size_t n, const char *title)
{
	int ret = 0;

	fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\n<title>", f);
	put_text(f, title);
	fprintf(f, "</title>\n<style>%s</style></head>\n<body><h1>", style);
	put_text(f, title);
	fputs("</h1>\n", f);
	if (n > 1)
		ret = put_overview(f, runs, n);
	for (size_t i = 0; !ret && i < n; i++) {
		if (n > 1) {
			fprintf(f, "<h2 id=run%zu>", i);
			put_text(f, runs[i].label ? runs[i].label : runs[i].scenario->name);
			fputs("</h2>\n", f);
		}
		ret = put_run(f, &runs[i], i);
	}
	if (!ret)
		put_end(f, &runs[0]);
	return ret;
}

int report_html(const struct report_run *runs, size_t n, const char *title, const char *file, struct congctl_error *err)
{
	FILE *f = fopen(file, "we");
	int ret;

	if (!f)
		return congctl_fail(err, -errno, "cannot write %s: %s", file, strerror(errno));
	ret = directory_close(f, report_page(f, runs, n, title));
	if (ret)
		unlink(file);
	return ret ? congctl_fail(err, ret, "cannot write %s: %s", file, strerror(-ret)) : 0;
}
