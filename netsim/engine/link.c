// SPDX-License-Identifier: GPL-2.0-only
/*
 * link.c - loss → queue → serialisation → propagation.
 *
 * A packet starts serialising when the one before it ends, by the schedule and not by when anybody woke up, and the remainder of
 * the division len × 8 × 10^9 / rate is carried: over a busy period the rate is exact. An idle link saves nothing up. Whatever the
 * occupancy, a link has at most two events pending: the end of the packet on the wire and the next to arrive at the far end.
 */
#include <errno.h>
#include <stdlib.h>

#include "event.h"
#include "histogram.h"
#include "loss.h"
#include "queue.h"

#define NS_PER_S 1000000000ULL
#define RATE_MAX_BPS 10000000000000ULL  /* 10 Tbit/s: a 64-byte frame still takes longer than the clock's 1 ns resolves … */
#define DELAY_MAX_NS (3600 * NS_PER_S)  /* … and time cannot overflow */

struct link {
	struct engine *engine;
	struct link *next;
	uint64_t rate_bps, delay_ns;
	struct loss loss;
	const struct queue_ops *ops;
	struct queue *queue;
	struct packet *wire;     /* being serialised */
	uint64_t wire_start_ns;
	uint64_t remainder;      /* of the division above, in 1/rate ns */
	struct fifo line;        /* propagating, in order of due_ns */
	uint64_t line_pkts;

	uint64_t in_pkts, in_bytes, lost_pkts, dropped_pkts, out_pkts, out_bytes, delivered_pkts, busy_ns;
	uint64_t window_start_ns, queue_since_ns; /* of the measured window; of the present occupancy */
	struct link_stats at_start;               /* counters at the start of the window */
	struct histogram queue_pkts, sojourn_ns;
};

static const struct queue_base *link_queue(const struct link *l)
{
	static const struct queue_base none;

	return l->queue ? (const struct queue_base *)l->queue : &none;
}

static void link_receive(struct link *l, struct packet *p);

/* The time up to now goes to the occupancy it was spent at: to be called before the queue changes. */
static void link_account_queue(struct link *l)
{
	uint64_t now_ns = engine_now(l->engine);

	histogram_add(&l->queue_pkts, link_queue(l)->pkts, now_ns - l->queue_since_ns);
	l->queue_since_ns = now_ns;
}

static void packet_drop(struct packet *p)
{
	p->path->drop(p->path->arg, p);
}

static void link_leave(struct link *l, struct packet *p)
{
	const struct path *path = p->path;

	l->delivered_pkts++;
	if (++p->hop < path->n_links)
		link_receive(path->links[p->hop], p);
	else
		path->deliver(path->arg, p);
}

static void link_arrive(void *arg)
{
	struct link *l = arg;
	struct packet *p = fifo_pop(&l->line);

	l->line_pkts--;
	if (l->line.head)
		engine_schedule(l->engine, l->line.head->due_ns, link_arrive, l);
	link_leave(l, p);
}

static void link_propagate(struct link *l, struct packet *p)
{
	p->due_ns = engine_now(l->engine) + l->delay_ns;
	if (!l->delay_ns) {
		link_leave(l, p);
		return;
	}
	if (!l->line.head)
		engine_schedule(l->engine, p->due_ns, link_arrive, l);
	fifo_push(&l->line, p);
	l->line_pkts++;
}

static void link_drop_list(struct link *l, struct packet *list)
{
	while (list) {
		struct packet *p = list;

		list = p->next;
		l->dropped_pkts++;
		packet_drop(p);
	}
}

static void link_sent(void *arg);

/* Put the next packet on the wire; the caller has accounted for the queue's change. */
static void link_start(struct link *l)
{
	uint64_t now_ns = engine_now(l->engine), bits_ns;
	struct packet *dropped = NULL;
	struct packet *p = l->ops->dequeue(l->queue, now_ns, &dropped);

	if (p) {
		histogram_add(&l->sojourn_ns, now_ns - p->arrived_ns, 1);
		bits_ns = (uint64_t)p->len * 8 * NS_PER_S + l->remainder;
		l->remainder = bits_ns % l->rate_bps;
		l->wire = p;
		l->wire_start_ns = now_ns;
		engine_schedule(l->engine, now_ns + bits_ns / l->rate_bps, link_sent, l);
	}
	link_drop_list(l, dropped);
}

static uint64_t link_wire_busy(const struct link *l)
{
	uint64_t from_ns = l->wire_start_ns > l->window_start_ns ? l->wire_start_ns : l->window_start_ns;

	return engine_now(l->engine) - from_ns;
}

static void link_sent(void *arg)
{
	struct link *l = arg;
	struct packet *p = l->wire;

	l->busy_ns += link_wire_busy(l);
	l->out_pkts++;
	l->out_bytes += p->len;
	l->wire = NULL;
	if (link_queue(l)->pkts) {
		link_account_queue(l);
		link_start(l);
	}
	if (!l->wire)
		l->remainder = 0;
	link_propagate(l, p);
}

static void link_receive(struct link *l, struct packet *p)
{
	uint64_t now_ns = engine_now(l->engine);

	p->arrived_ns = now_ns;
	l->in_pkts++;
	l->in_bytes += p->len;
	if (loss_draw(&l->loss)) {
		l->lost_pkts++;
		packet_drop(p);
		return;
	}
	if (!l->rate_bps) {
		l->out_pkts++;
		l->out_bytes += p->len;
		link_propagate(l, p);
		return;
	}
	link_account_queue(l);
	if (!l->ops->enqueue(l->queue, p, now_ns)) {
		l->dropped_pkts++;
		packet_drop(p);
	} else if (!l->wire) {
		link_start(l);
	}
}

void path_send(struct engine *e, struct packet *p)
{
	p->hop = 0;
	if (p->path->n_links) {
		link_receive(p->path->links[0], p);
		return;
	}
	p->due_ns = engine_now(e);
	p->path->deliver(p->path->arg, p);
}

static int link_init_queue(struct link *l, const struct queue_config *config)
{
	int ret;

	l->ops = queue_find(config->discipline ? config->discipline : "fifo");
	if (!l->ops)
		return -EINVAL;
	l->queue = calloc(1, l->ops->size);
	if (!l->queue)
		return -ENOMEM;
	ret = l->ops->init(l->queue, config);
	if (ret) {
		free(l->queue);
		l->queue = NULL;
	}
	return ret;
}

struct link *link_new(struct engine *e, const struct link_config *config, int *error)
{
	struct link *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (!l)
		goto fail;
	l->engine = e;
	l->rate_bps = config->rate_bps;
	l->delay_ns = config->delay_ns;
	l->window_start_ns = l->queue_since_ns = engine_now(e);
	ret = -EINVAL;
	if (l->rate_bps > RATE_MAX_BPS || l->delay_ns > DELAY_MAX_NS)
		goto fail;
	ret = loss_init(&l->loss, &config->loss, engine_seed(e), engine_next_stream(e));
	if (!ret)
		ret = engine_reserve(e, 2);
	if (!ret && l->rate_bps)
		ret = link_init_queue(l, &config->queue);
	if (ret)
		goto fail;
	engine_adopt(e, l);
	return l;
fail:
	free(l);
	if (error)
		*error = ret;
	return NULL;
}

void link_free(struct link *l)
{
	struct packet *list = NULL, *p;

	if (l->queue)
		l->ops->fini(l->queue, &list);
	while ((p = fifo_pop(&l->line))) {
		p->next = list;
		list = p;
	}
	if (l->wire) {
		l->wire->next = list;
		list = l->wire;
	}
	while (list) {
		p = list;
		list = p->next;
		packet_drop(p);
	}
	free(l->queue);
	free(l);
}

struct link *link_next(const struct link *l)
{
	return l->next;
}

void link_set_next(struct link *l, struct link *next)
{
	l->next = next;
}

void link_measure_from_now(struct link *l)
{
	histogram_clear(&l->queue_pkts);
	histogram_clear(&l->sojourn_ns);
	l->window_start_ns = l->queue_since_ns = engine_now(l->engine);
	l->busy_ns = 0;
	link_counters(l, &l->at_start);
}

void link_counters(const struct link *l, struct link_stats *out)
{
	const struct queue_base *queue = link_queue(l);

	*out = (struct link_stats){
		.in_pkts = l->in_pkts,
		.in_bytes = l->in_bytes,
		.lost_pkts = l->lost_pkts,
		.dropped_pkts = l->dropped_pkts,
		.marked_pkts = queue->marked,
		.out_pkts = l->out_pkts,
		.out_bytes = l->out_bytes,
		.queued_pkts = queue->pkts,
		.queued_bytes = queue->bytes,
		.inside_pkts = queue->pkts + !!l->wire + l->line_pkts,
		.delivered_pkts = l->delivered_pkts,
		.busy_ns = l->busy_ns + (l->wire ? link_wire_busy(l) : 0),
		.window_ns = engine_now(l->engine) - l->window_start_ns,
		.window_out_bytes = l->out_bytes - l->at_start.out_bytes,
		.window_in_pkts = l->in_pkts - l->at_start.in_pkts,
		.window_dropped_pkts = l->dropped_pkts - l->at_start.dropped_pkts,
		.window_lost_pkts = l->lost_pkts - l->at_start.lost_pkts,
		.window_marked_pkts = queue->marked - l->at_start.marked_pkts,
	};
}

void link_stats(const struct link *l, struct link_stats *out)
{
	struct histogram queue_pkts = l->queue_pkts; /* with the time at the present occupancy */

	histogram_add(&queue_pkts, link_queue(l)->pkts, engine_now(l->engine) - l->queue_since_ns);
	link_counters(l, out);
	out->queue_pkts_mean = histogram_mean(&queue_pkts);
	out->queue_pkts_p50 = histogram_quantile(&queue_pkts, 0.50);
	out->queue_pkts_p95 = histogram_quantile(&queue_pkts, 0.95);
	out->queue_pkts_p99 = histogram_quantile(&queue_pkts, 0.99);
	out->queue_pkts_max = queue_pkts.max;
	out->sojourn_ns_p50 = histogram_quantile(&l->sojourn_ns, 0.50);
	out->sojourn_ns_p95 = histogram_quantile(&l->sojourn_ns, 0.95);
	out->sojourn_ns_p99 = histogram_quantile(&l->sojourn_ns, 0.99);
	out->sojourn_ns_max = l->sojourn_ns.max;
}
