// SPDX-License-Identifier: GPL-2.0-only
/* The figures of one run, made of what its engine recorded. Pure: docs/metrics.md defines each of them. */
#include <stdlib.h>
#include <string.h>

#include "transfers.h"

#define SAMPLES_PER_SECOND 20000     /* 200 flows each 10 ms: 1.6 MB/s to keep, and with the kernel's TCP 4 % of a CPU */
#define SAMPLES_PER_RUN (4u << 20)   /* 336 MB */

uint32_t samples_per_tick(const struct scenario *s, size_t n_flows)
{
	double per_second = (double)SAMPLES_PER_RUN * 1e9 / (double)(s->duration_ns + 1);
	double per_tick;

	if (per_second > SAMPLES_PER_SECOND)
		per_second = SAMPLES_PER_SECOND;
	per_tick = per_second * (double)s->sample_ns / 1e9;
	return per_tick < 1 ? 1 : per_tick > (double)n_flows ? (uint32_t)n_flows : (uint32_t)per_tick;
}

struct queue_sample queue_sample_of(uint64_t t_ns, const struct link_stats *st)
{
	return (struct queue_sample){
		.t_ns = t_ns,
		.queued_pkts = st->queued_pkts,
		.queued_bytes = st->queued_bytes,
		.dropped_pkts = st->dropped_pkts,
		.lost_pkts = st->lost_pkts,
		.marked_pkts = st->marked_pkts,
		.out_bytes = st->out_bytes,
	};
}

void run_result_free(struct run_result *r)
{
	free(r->flows);
	free(r->samples);
	free(r->queue);
	free(r->transfers);
	free(r->links);
	r->flows = NULL;
	r->samples = NULL;
	r->queue = NULL;
	r->transfers = NULL;
	r->links = NULL;
	r->n_flows = r->n_samples = r->n_queue = r->n_transfers = r->n_links = 0;
}

static int compare_transfers(const void *a, const void *b)
{
	const struct transfer *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

void run_sort_transfers(struct run_result *r)
{
	if (r->n_transfers)
		qsort(r->transfers, r->n_transfers, sizeof(*r->transfers), compare_transfers);
}

static double rate_bps(uint64_t bytes, uint64_t ns)
{
	return ns ? (double)bytes * 8e9 / (double)ns : 0;
}

/* A transfer that completed is judged by its completion time, everything else by the measured window. */
static double goodput_bps(const struct flow_result *f)
{
	if (f->finished_ns != ENGINE_NEVER && f->finished_ns > f->start_ns)
		return rate_bps(f->received_bytes, f->finished_ns - f->start_ns);
	return rate_bps(f->window_bytes, f->window_ns);
}

static void measure_goodput(const struct scenario *s, struct run_result *r)
{
	double *in_window = calloc(r->n_flows + 1, sizeof(*in_window));
	uint64_t bytes = 0;
	size_t n = 0;

	for (size_t i = 0; i < r->n_flows; i++) {
		struct flow_result *f = &r->flows[i];

		f->goodput_bps = goodput_bps(f);
		bytes += f->window_bytes;
		/* of those that come at random, each gets what its size lets it have: no question of fairness */
		if (in_window && f->window_ns && s->flows[f->group].workload != WORKLOAD_POISSON)
			in_window[n++] = rate_bps(f->window_bytes, f->window_ns);
	}
	for (size_t i = 0; i < r->n_flows; i++)
		r->flows[i].share = bytes ? (double)r->flows[i].window_bytes / (double)bytes : 0;
	r->goodput_bps = rate_bps(bytes, r->window_ns);
	r->jain = jain_index(in_window, n);
	free(in_window);
}

/* counters never fall, so the last sample holds the whole run's */
static void measure_counters(struct run_result *r)
{
	for (size_t i = 0; i < r->n_flows; i++)
		r->flows[i].retransmits = r->flows[i].marks = 0;
	for (size_t i = 0; i < r->n_samples; i++) {
		const struct flow_sample *sample = &r->samples[i];

		r->flows[sample->flow].retransmits = sample->retransmits;
		r->flows[sample->flow].marks = sample->delivered_ce_pkts;
	}
}

enum field { FIELD_RTT, FIELD_CWND };

/* one flow's values of `field` within the window lie together: values[first[flow]] … values[first[flow + 1] - 1] */
static void gather(const struct scenario *s, const struct run_result *r, enum field field, double *values, size_t *first)
{
	memset(first, 0, (r->n_flows + 2) * sizeof(*first));
	for (int fill = 0; fill < 2; fill++) { /* count, then place: first[] is one ahead meanwhile */
		for (size_t i = 0; i < r->n_samples; i++) {
			const struct flow_sample *sample = &r->samples[i];
			uint32_t value = field == FIELD_RTT ? sample->srtt_us : sample->cwnd_pkts;

			if (sample->t_ns < s->warmup_ns || !value)
				continue;
			if (fill)
				values[first[sample->flow + 1]++] = value;
			else
				first[sample->flow + 2]++;
		}
		for (size_t f = 2; !fill && f < r->n_flows + 2; f++)
			first[f] += first[f - 1];
	}
}

static void measure_quantiles(const struct scenario *s, struct run_result *r)
{
	double *values = malloc((r->n_samples + 1) * sizeof(*values));
	size_t *first = malloc((r->n_flows + 2) * sizeof(*first));

	if (values && first) {
		gather(s, r, FIELD_RTT, values, first);
		for (size_t i = 0; i < r->n_flows; i++)
			r->flows[i].rtt_us = quantiles_of(values + first[i], first[i + 1] - first[i]);
		gather(s, r, FIELD_CWND, values, first);
		for (size_t i = 0; i < r->n_flows; i++)
			r->flows[i].cwnd_pkts = quantiles_of(values + first[i], first[i + 1] - first[i]);
	}
	free(values);
	free(first);
}

void measure_run(const struct scenario *s, struct run_result *r)
{
	measure_goodput(s, r);
	measure_counters(r);
	measure_quantiles(s, r);
	measure_slowdowns(s, r);
	r->utilisation = r->link.window_capacity_bytes ? (double)r->link.window_out_bytes / (double)r->link.window_capacity_bytes : 0;
}
