/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link.h - a link's inside, for its files:
 *
 *	link.c        entry: loss, policer, queue; birth and end
 *	wire.c        serialisation, at a rate (rate.c) or by a trace (trace.c)
 *	line.c        everything behind it
 *	link_stats.c  what was counted
 *
 * At most LINK_EVENTS are pending, whatever the occupancy: the end of the packet on the wire or the next opportunity of the
 * trace, the next step of the rate, and the line's. Only reordered packets have one each.
 */
#ifndef NETSIM_LINK_H
#define NETSIM_LINK_H

#include "event.h"
#include "histogram.h"
#include "line.h"
#include "loss.h"
#include "policer.h"
#include "rate.h"
#include "trace.h"

#define LINK_EVENTS (2 + LINE_EVENTS)

/* of a link with a queue; apart, for its size */
struct link_history {
	struct histogram queue_pkts, sojourn_ns;
};

struct link {
	struct engine *engine;
	struct loss *loss;          /* NULL: none */
	struct policer *policer;    /* NULL: none */
	const struct queue_ops *ops;
	struct queue *queue;        /* NULL: no rate, so neither queue nor wire */
	struct link_history *history;
	struct packet *wire;        /* being serialised */
	bool busy;                  /* a packet is on the wire, or waits for an opportunity */
	uint64_t queue_since_ns;    /* of the present occupancy */
	uint64_t in_pkts, in_bytes, out_pkts, out_bytes, delivered_pkts;
	struct rate rate;
	struct line line;

	struct trace *trace;        /* NULL: at the rate */
	uint32_t wire_left;         /* trace: bytes still to be carried of the packet on the wire */
	uint64_t lost_pkts, policed_pkts, dropped_pkts;
	uint64_t busy_ns, busy_since_ns; /* of busy periods that ended; start of the present one. In time without outages */
	uint64_t window_start_ns;
	unsigned __int128 work_at_start; /* of the measured window */
	struct link_stats at_start;
	struct link *next;          /* of the engine's */
};

static inline const struct queue_base *link_queue(const struct link *l)
{
	return (const struct queue_base *)l->queue;
}

/* The time up to now goes to the occupancy it was spent at: to be called before the queue changes. */
static inline void link_account_queue(struct link *l, uint64_t now_ns)
{
	histogram_add(&l->history->queue_pkts, link_queue(l)->pkts, now_ns - l->queue_since_ns);
	l->queue_since_ns = now_ns;
}

static inline void packet_drop(struct packet *p)
{
	p->path->drop(p->path->arg, p);
}

void link_leave(struct link *l, struct packet *p);    /* link.c: to the next link or the end of the path */
void wire_start(struct link *l, uint64_t now_ns);     /* wire.c: the queue of an idle link has a packet; accounted for */
void wire_schedule_step(struct link *l);              /* wire.c: the next change of the rate, if any */
void line_arrive(void *arg);                          /* line.c: the first of the line is there */

/* Into the line; the packet may have left the link, and be gone, when this returns. */
static inline void line_enter(struct link *l, struct packet *p)
{
	struct line *line = &l->line;

	if (!line->plain) {
		line_enter_spread(l, p);
		return;
	}
	p->due_ns = engine_now(l->engine) + line->delay_ns;
	if (!line->delay_ns) {
		link_leave(l, p);
		return;
	}
	if (!line->fifo.head)
		engine_schedule(l->engine, p->due_ns, line_arrive, l);
	fifo_push(&line->fifo, p);
	line->pkts++;
}

#endif
