// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

bool report_is_simulated(const struct report_run *run)
{
	return run->n_results && !strcmp(run->results[0].engine, "sim");
}

typedef double (*figure_fn)(const struct run_result *r, size_t flow);

static double goodput(const struct run_result *r, size_t flow)
{
	return r->flows[flow].goodput_bps;
}

static double share(const struct run_result *r, size_t flow)
{
	return r->flows[flow].share;
}

static double rtt_p50(const struct run_result *r, size_t flow)
{
	return r->flows[flow].rtt_us.n ? r->flows[flow].rtt_us.p50 : NAN;
}

static double rtt_p95(const struct run_result *r, size_t flow)
{
	return r->flows[flow].rtt_us.n ? r->flows[flow].rtt_us.p95 : NAN;
}

static double retransmits(const struct run_result *r, size_t flow)
{
	return (double)r->flows[flow].retransmits;
}

static double flow_marks(const struct run_result *r, size_t flow)
{
	return (double)r->flows[flow].marks;
}

static double received(const struct run_result *r, size_t flow)
{
	return (double)r->flows[flow].received_bytes;
}

static double completion(const struct run_result *r, size_t flow)
{
	const struct flow_result *f = &r->flows[flow];

	return f->finished_ns == ENGINE_NEVER ? NAN : (double)(f->finished_ns - f->start_ns) / 1e9;
}

static double total_goodput(const struct run_result *r, size_t flow)
{
	return r->goodput_bps;
}

static double utilisation(const struct run_result *r, size_t flow)
{
	return r->utilisation;
}

static double jain(const struct run_result *r, size_t flow)
{
	return r->jain;
}

static double queue_mean(const struct run_result *r, size_t flow)
{
	return r->link.queue_pkts_mean;
}

static double queue_p95(const struct run_result *r, size_t flow)
{
	return (double)r->link.queue_pkts_p95;
}

static double queue_max(const struct run_result *r, size_t flow)
{
	return (double)r->link.queue_pkts_max;
}

static double drops(const struct run_result *r, size_t flow)
{
	return (double)r->link.window_dropped_pkts;
}

static double marks(const struct run_result *r, size_t flow)
{
	return (double)r->link.window_marked_pkts;
}

static double losses(const struct run_result *r, size_t flow)
{
	return (double)r->link.window_lost_pkts;
}

static double link_utilisation(const struct run_result *r, size_t i)
{
	const struct link_stats *st = &r->links[i].stats;

	return st->window_capacity_bytes ? (double)st->window_out_bytes / (double)st->window_capacity_bytes : NAN;
}

static double link_queue_mean(const struct run_result *r, size_t i)
{
	return r->links[i].stats.queue_pkts_mean;
}

static double link_queue_p95(const struct run_result *r, size_t i)
{
	return (double)r->links[i].stats.queue_pkts_p95;
}

static double link_drops(const struct run_result *r, size_t i)
{
	return (double)r->links[i].stats.window_dropped_pkts;
}

static double link_marks(const struct run_result *r, size_t i)
{
	return (double)r->links[i].stats.window_marked_pkts;
}

static double link_losses(const struct run_result *r, size_t i)
{
	return (double)r->links[i].stats.window_lost_pkts;
}

/* which number the k-th flow of the figures has in each repeat: numbers follow the starts, which differ where flows come at random */
struct numbers {
	const struct report_run *run;
	size_t room, *of; /* of[repeat * room + k] */
	double *values;   /* of one figure in each repeat */
};

static size_t number_of(const struct numbers *m, size_t repeat, size_t k)
{
	return m->of ? m->of[repeat * m->room + k] : k;
}

/* The figure of every valid repeat that has that flow and knows it; how many. */
static size_t gather(const struct numbers *m, figure_fn get, size_t k)
{
	size_t n = 0;

	for (size_t i = 0; i < m->run->n_results; i++) {
		const struct run_result *r = &m->run->results[i];

		if (!r->valid)
			continue;
		m->values[n] = get(r, number_of(m, i, k));
		n += isfinite(m->values[n]);
	}
	return n;
}

static double median(const struct numbers *m, figure_fn get, size_t k)
{
	size_t n = gather(m, get, k);

	return n ? quantiles_of(m->values, n).p50 : NAN;
}

static struct interval interval(const struct numbers *m, figure_fn get, size_t k)
{
	struct interval ci = median_ci95(m->values, gather(m, get, k));

	return ci.n ? ci : (struct interval){NAN, NAN, NAN, 0};
}

static void fill_flow(struct flow_figures *f, const struct numbers *m, size_t k)
{
	const struct report_run *run = m->run;
	const struct flow_result *first = &run->results[0].flows[number_of(m, 0, k)];

	f->name = first->name;
	f->cc = first->cc;
	f->is_sized = run->scenario->flows[first->group].workload == WORKLOAD_BULK && run->scenario->flows[first->group].size_bytes;
	for (size_t i = 0; i < run->n_results; i++) {
		if (run->results[i].valid)
			f->error = run->results[i].flows[number_of(m, i, k)].error;
	}
	f->goodput_bps = interval(m, goodput, k);
	f->share = median(m, share, k);
	f->rtt_p50_us = median(m, rtt_p50, k);
	f->rtt_p95_us = median(m, rtt_p95, k);
	f->retransmits = median(m, retransmits, k);
	f->marks = median(m, flow_marks, k);
	f->received_bytes = median(m, received, k);
	f->fct_s = f->is_sized ? median(m, completion, k) : NAN;
}

static void fill_bottleneck(struct report_figures *f, const struct numbers *m)
{
	f->goodput_bps = interval(m, total_goodput, 0);
	f->utilisation = interval(m, utilisation, 0);
	f->jain = interval(m, jain, 0);
	f->queue_mean_pkts = interval(m, queue_mean, 0);
	f->queue_p95_pkts = median(m, queue_p95, 0);
	f->queue_max_pkts = median(m, queue_max, 0);
	f->drops = median(m, drops, 0);
	f->marks = median(m, marks, 0);
	f->losses = median(m, losses, 0);
}

/* a scenario's links are the same in every repeat */
static int fill_links(struct report_figures *f, const struct numbers *m)
{
	const struct run_result *first = m->run->results;

	while (f->n_valid && !first->valid)
		first++;
	f->n_links = f->n_valid ? first->n_links : 0;
	f->links = calloc(f->n_links + 1, sizeof(*f->links));
	if (!f->links)
		return -ENOMEM;
	for (size_t i = 0; i < f->n_links; i++)
		f->links[i] = (struct link_figures){
			.name = first->links[i].name,
			.utilisation = median(m, link_utilisation, i),
			.queue_mean_pkts = median(m, link_queue_mean, i),
			.queue_p95_pkts = median(m, link_queue_p95, i),
			.drops = median(m, link_drops, i),
			.marks = median(m, link_marks, i),
			.losses = median(m, link_losses, i),
		};
	return 0;
}

/* The flows of a repeat that are there in every repeat, group by group; how many. */
static size_t list_flows(const struct scenario *s, const struct run_result *r, size_t *of)
{
	size_t n = 0;

	for (uint32_t g = 0; g < s->n_flows; g++) {
		for (size_t i = 0; s->flows[g].workload != WORKLOAD_POISSON && i < r->n_flows; i++) {
			if (r->flows[i].group == g)
				of[n++] = i;
		}
	}
	return n;
}

static int fill_flows(struct report_figures *f, struct numbers *m)
{
	const struct report_run *run = m->run;

	for (size_t i = 0; i < run->n_results; i++)
		m->room = run->results[i].n_flows > m->room ? run->results[i].n_flows : m->room;
	m->of = calloc(run->n_results * m->room + 1, sizeof(*m->of));
	f->flows = calloc(m->room + 1, sizeof(*f->flows));
	if (!m->of || !f->flows)
		return -ENOMEM;
	f->n_flows = run->n_results ? m->room : 0;
	for (size_t i = 0; i < run->n_results; i++) {
		size_t n = list_flows(run->scenario, &run->results[i], m->of + i * m->room);

		f->n_flows = n < f->n_flows ? n : f->n_flows;
	}
	for (size_t k = 0; k < f->n_flows; k++)
		fill_flow(&f->flows[k], m, k);
	if (!f->n_flows) /* all come at random: there is nothing to be fair to */
		f->jain = (struct interval){NAN, NAN, NAN, 0};
	return 0;
}

int figures_make(struct report_figures *f, const struct report_run *run)
{
	struct numbers m = {.run = run, .values = calloc(run->n_results + 1, sizeof(*m.values))};
	int ret = m.values ? 0 : -ENOMEM;

	memset(f, 0, sizeof(*f));
	f->n_runs = run->n_results;
	for (size_t i = 0; i < run->n_results; i++) {
		f->n_valid += run->results[i].valid;
		if (!run->results[i].valid && !f->void_reason)
			f->void_reason = run->results[i].void_reason;
	}
	if (!ret) { /* these have no numbers that could differ: before the flows have theirs */
		fill_bottleneck(f, &m);
		ret = fill_links(f, &m);
	}
	if (!ret)
		ret = fill_flows(f, &m);
	if (!ret)
		ret = figures_transfers(f, run);
	free(m.of);
	free(m.values);
	return ret;
}

void figures_free(struct report_figures *f)
{
	free(f->flows);
	free(f->transfers);
	free(f->links);
	f->flows = NULL;
	f->transfers = NULL;
	f->links = NULL;
}
