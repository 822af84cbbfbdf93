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
	double sum = 0;

	for (size_t i = 0; i < r->n_flows; i++)
		sum += r->flows[i].goodput_bps;
	return sum;
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

/* The figure of every valid repeat that has that flow and knows it; how many. */
static size_t gather(const struct report_run *run, figure_fn get, size_t flow, double *values)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];

		if (!r->valid)
			continue;
		values[n] = get(r, flow);
		n += isfinite(values[n]);
	}
	return n;
}

static double median(const struct report_run *run, figure_fn get, size_t flow, double *values)
{
	size_t n = gather(run, get, flow, values);

	return n ? quantiles_of(values, n).p50 : NAN;
}

static struct interval interval(const struct report_run *run, figure_fn get, size_t flow, double *values)
{
	struct interval ci = median_ci95(values, gather(run, get, flow, values));

	return ci.n ? ci : (struct interval){NAN, NAN, NAN, 0};
}

static void fill_flow(struct flow_figures *f, const struct report_run *run, size_t flow, double *values)
{
	for (size_t i = 0; i < run->n_results; i++) {
		if (run->results[i].valid)
			f->error = run->results[i].flows[flow].error;
	}
	f->goodput_bps = interval(run, goodput, flow, values);
	f->share = median(run, share, flow, values);
	f->rtt_p50_us = median(run, rtt_p50, flow, values);
	f->rtt_p95_us = median(run, rtt_p95, flow, values);
	f->retransmits = median(run, retransmits, flow, values);
	f->marks = median(run, flow_marks, flow, values);
	f->received_bytes = median(run, received, flow, values);
	f->fct_s = f->is_sized ? median(run, completion, flow, values) : NAN;
}

static void fill_link(struct report_figures *f, const struct report_run *run, double *values)
{
	f->goodput_bps = interval(run, total_goodput, 0, values);
	f->utilisation = interval(run, utilisation, 0, values);
	f->jain = interval(run, jain, 0, values);
	f->queue_mean_pkts = interval(run, queue_mean, 0, values);
	f->queue_p95_pkts = median(run, queue_p95, 0, values);
	f->queue_max_pkts = median(run, queue_max, 0, values);
	f->drops = median(run, drops, 0, values);
	f->marks = median(run, marks, 0, values);
	f->losses = median(run, losses, 0, values);
}

int figures_make(struct report_figures *f, const struct report_run *run)
{
	double *values = calloc(run->n_results + 1, sizeof(*values));

	memset(f, 0, sizeof(*f));
	f->n_runs = run->n_results;
	f->n_flows = run->n_results ? run->results[0].n_flows : 0;
	f->flows = calloc(f->n_flows + 1, sizeof(*f->flows));
	if (!values || !f->flows) {
		free(values);
		return -ENOMEM;
	}
	for (size_t i = 0; i < run->n_results; i++) {
		f->n_valid += run->results[i].valid;
		if (!run->results[i].valid && !f->void_reason)
			f->void_reason = run->results[i].void_reason;
		if (run->results[i].n_flows < f->n_flows)
			f->n_flows = run->results[i].n_flows;
	}
	for (size_t i = 0; i < f->n_flows; i++) {
		const struct flow_result *first = &run->results[0].flows[i];

		f->flows[i].name = first->name;
		f->flows[i].cc = first->cc;
		f->flows[i].is_sized = run->scenario->flows[first->group].size_bytes;
		fill_flow(&f->flows[i], run, i, values);
	}
	fill_link(f, run, values);
	free(values);
	return 0;
}

void figures_free(struct report_figures *f)
{
	free(f->flows);
	f->flows = NULL;
}
