// SPDX-License-Identifier: GPL-2.0-only
/*
 * wire.c - serialisation. A packet goes on the wire when the one before it ends, by the schedule and not by when anybody woke
 * up. An idle link saves nothing up.
 *
 * By a trace: each opportunity carries TRACE_BYTES, byte by byte: of the packet on the wire, then of those the queue hands out
 * at that moment. A packet leaves with its last byte. The room for which there are no bytes is lost.
 */
#include "link.h"

static void wire_drop_list(struct link *l, struct packet *list)
{
	while (list) {
		struct packet *p = list;

		list = p->next;
		l->dropped_pkts++;
		packet_drop(p);
	}
}

static struct packet *wire_dequeue(struct link *l, uint64_t now_ns, struct packet **dropped)
{
	struct packet *p = l->ops->dequeue(l->queue, now_ns, dropped);

	if (p)
		histogram_add(&l->history->sojourn_ns, now_ns - p->arrived_ns, 1);
	return p;
}

static void wire_set_busy(struct link *l, uint64_t now_ns, bool busy)
{
	uint64_t up_ns = rate_up_ns(&l->rate, now_ns);

	if (l->busy)
		l->busy_ns += up_ns - l->busy_since_ns;
	l->busy_since_ns = up_ns;
	l->busy = busy;
}

static void wire_idle(struct link *l, uint64_t now_ns)
{
	wire_set_busy(l, now_ns, false);
	l->rate.remainder = 0;
}

static void wire_sent(void *arg);

/* Put the next packet on the wire; the caller has accounted for the queue's change. */
static void wire_next(struct link *l, uint64_t now_ns)
{
	struct packet *dropped = NULL, *p = wire_dequeue(l, now_ns, &dropped);

	l->wire = p;
	if (p) {
		uint64_t end_ns = rate_finish(&l->rate, now_ns, p->len);

		if (end_ns != ENGINE_NEVER)
			engine_schedule(l->engine, end_ns, wire_sent, l);
	} else {
		wire_idle(l, now_ns);
	}
	wire_drop_list(l, dropped);
}

static void wire_sent(void *arg)
{
	struct link *l = arg;
	uint64_t now_ns = engine_now(l->engine);
	struct packet *p = l->wire;

	l->out_pkts++;
	l->out_bytes += p->len;
	l->wire = NULL;
	if (link_queue(l)->pkts) {
		link_account_queue(l, now_ns);
		wire_next(l, now_ns);
	} else {
		wire_idle(l, now_ns);
	}
	line_enter(l, p);
}

/* One opportunity. */
static void wire_carry(struct link *l, uint64_t now_ns)
{
	uint32_t room = TRACE_BYTES;

	while (room) {
		struct packet *p = l->wire, *dropped = NULL;
		uint32_t part;

		if (!p && link_queue(l)->pkts) {
			link_account_queue(l, now_ns);
			l->wire = p = wire_dequeue(l, now_ns, &dropped);
			l->wire_left = p ? p->len : 0;
			wire_drop_list(l, dropped);
		}
		if (!p)
			return;
		part = l->wire_left < room ? l->wire_left : room;
		room -= part;
		l->wire_left -= part;
		if (!l->wire_left) {
			l->out_pkts++;
			l->out_bytes += p->len;
			l->wire = NULL;
			line_enter(l, p);
		}
	}
}

static void wire_opportunity(void *arg)
{
	struct link *l = arg;
	uint64_t now_ns = engine_now(l->engine);

	do {
		trace_use(l->trace);
		wire_carry(l, now_ns);
	} while ((l->wire || link_queue(l)->pkts) && trace_next(l->trace) <= now_ns);
	if (l->wire || link_queue(l)->pkts)
		engine_schedule(l->engine, trace_next(l->trace), wire_opportunity, l);
	else
		wire_idle(l, now_ns);
}

void wire_start(struct link *l, uint64_t now_ns)
{
	wire_set_busy(l, now_ns, true);
	if (l->trace) {
		trace_seek(l->trace, now_ns);
		engine_schedule(l->engine, trace_next(l->trace), wire_opportunity, l);
	} else {
		wire_next(l, now_ns);
	}
}

static void wire_step(void *arg)
{
	struct link *l = arg;

	rate_advance(&l->rate, engine_now(l->engine));
	if (l->ops->set_rate && l->rate.bps)
		l->ops->set_rate(l->queue, l->rate.bps);
	wire_schedule_step(l);
}

void wire_schedule_step(struct link *l)
{
	if (l->rate.until_ns != ENGINE_NEVER)
		engine_schedule(l->engine, l->rate.until_ns, wire_step, l);
}
