// SPDX-License-Identifier: GPL-2.0-only
/* link_stats.c - what a link counted, since the start and within the measured window. */
#include "link.h"

void link_measure_from_now(struct link *l)
{
	uint64_t now_ns = engine_now(l->engine);

	if (l->history) {
		histogram_clear(&l->history->queue_pkts);
		histogram_clear(&l->history->sojourn_ns);
	}
	l->window_start_ns = l->queue_since_ns = now_ns;
	l->busy_ns = 0;
	l->busy_since_ns = rate_up_ns(&l->rate, now_ns);
	l->work_at_start = rate_work(&l->rate, now_ns);
	link_counters(l, &l->at_start);
}

static uint64_t window_capacity_bytes(const struct link *l)
{
	uint64_t now_ns = engine_now(l->engine);

	if (l->trace)
		return (trace_count(l->trace, now_ns) - trace_count(l->trace, l->window_start_ns)) * TRACE_BYTES;
	return (uint64_t)((rate_work(&l->rate, now_ns) - l->work_at_start) / (8 * NS_PER_S));
}

void link_counters(const struct link *l, struct link_stats *out)
{
	static const struct queue_base none;
	const struct queue_base *queue = l->queue ? link_queue(l) : &none;
	uint64_t now_ns = engine_now(l->engine);

	*out = (struct link_stats){
		.in_pkts = l->in_pkts,
		.in_bytes = l->in_bytes,
		.lost_pkts = l->lost_pkts,
		.dropped_pkts = l->dropped_pkts,
		.policed_pkts = l->policed_pkts,
		.duplicated_pkts = l->line.duplicated_pkts,
		.marked_pkts = queue->marked,
		.out_pkts = l->out_pkts,
		.out_bytes = l->out_bytes,
		.queued_pkts = queue->pkts,
		.queued_bytes = queue->bytes,
		.inside_pkts = queue->pkts + !!l->wire + l->line.pkts,
		.delivered_pkts = l->delivered_pkts,
		.busy_ns = l->busy_ns + (l->busy ? rate_up_ns(&l->rate, now_ns) - l->busy_since_ns : 0),
		.window_ns = now_ns - l->window_start_ns,
		.window_capacity_bytes = window_capacity_bytes(l),
		.window_out_bytes = l->out_bytes - l->at_start.out_bytes,
		.window_in_pkts = l->in_pkts - l->at_start.in_pkts,
		.window_dropped_pkts = l->dropped_pkts - l->at_start.dropped_pkts,
		.window_lost_pkts = l->lost_pkts - l->at_start.lost_pkts,
		.window_marked_pkts = queue->marked - l->at_start.marked_pkts,
	};
}

void link_stats(const struct link *l, struct link_stats *out)
{
	struct histogram queue_pkts; /* with the time at the present occupancy */
	const struct histogram *sojourn_ns;

	link_counters(l, out);
	if (!l->history)
		return;
	queue_pkts = l->history->queue_pkts;
	sojourn_ns = &l->history->sojourn_ns;
	histogram_add(&queue_pkts, link_queue(l)->pkts, engine_now(l->engine) - l->queue_since_ns);
	out->queue_pkts_mean = histogram_mean(&queue_pkts);
	out->queue_pkts_p50 = histogram_quantile(&queue_pkts, 0.50);
	out->queue_pkts_p95 = histogram_quantile(&queue_pkts, 0.95);
	out->queue_pkts_p99 = histogram_quantile(&queue_pkts, 0.99);
	out->queue_pkts_max = queue_pkts.max;
	out->sojourn_ns_p50 = histogram_quantile(sojourn_ns, 0.50);
	out->sojourn_ns_p95 = histogram_quantile(sojourn_ns, 0.95);
	out->sojourn_ns_p99 = histogram_quantile(sojourn_ns, 0.99);
	out->sojourn_ns_max = sojourn_ns->max;
}
