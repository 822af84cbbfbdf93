// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "link.h"

int line_init(struct line *line, const struct link_config *config, uint64_t seed, uint64_t stream)
{
	if (config->delay_ns > DELAY_MAX_NS || config->jitter_ns > DELAY_MAX_NS || config->aggregate_ns > DELAY_MAX_NS)
		return -EINVAL;
	if (!(config->duplicate >= 0 && config->duplicate <= 1)) /* catches NaN, too */
		return -EINVAL;
	*line = (struct line){
		.delay_ns = config->delay_ns,
		.plain = !config->jitter_ns && !config->duplicate && !config->aggregate_ns,
		.reorder = config->reorder && config->jitter_ns,
		.jitter_ns = config->jitter_ns,
		.duplicate = config->duplicate,
		.aggregate_ns = config->aggregate_ns,
		.aggregate_pkts = config->aggregate_pkts,
	};
	rng_seed(&line->rng, seed, stream);
	return 0;
}

/* 0 … jitter, each as likely as the other but for one in 2^64 / jitter */
static uint64_t line_draw_jitter(struct line *line)
{
	return line->jitter_ns ? (uint64_t)(((unsigned __int128)rng_u64(&line->rng) * (line->jitter_ns + 1)) >> 64) : 0;
}

static struct packet *line_draw_duplicate(struct line *line, const struct packet *p)
{
	struct packet *copy;

	if (!line->duplicate || rng_uniform(&line->rng) >= line->duplicate || !p->path->copy)
		return NULL;
	copy = p->path->copy(p->path->arg, p);
	if (copy)
		line->duplicated_pkts++;
	return copy;
}

/* Everything held leaves. What arrives meanwhile is the beginning of the next aggregate. */
static void line_let_go(struct link *l)
{
	struct fifo held = l->line.held;
	struct packet *p;

	l->line.held = (struct fifo){0};
	l->line.held_pkts = 0;
	while ((p = fifo_pop(&held))) {
		l->line.pkts--;
		p->due_ns = engine_now(l->engine);
		link_leave(l, p);
	}
}

/* The event of an aggregate that was complete before its time finds a later one, or none. */
static void line_hold_over(void *arg)
{
	struct link *l = arg;
	struct line *line = &l->line;

	line->timer = line->held_pkts && line->let_go_ns > engine_now(l->engine);
	if (line->timer)
		engine_schedule(l->engine, line->let_go_ns, line_hold_over, l);
	else
		line_let_go(l);
}

static void line_hold(struct link *l, struct packet *p)
{
	struct line *line = &l->line;

	fifo_push(&line->held, p);
	if (!line->held_pkts++)
		line->let_go_ns = engine_now(l->engine) + line->aggregate_ns;
	if (line->held_pkts == line->aggregate_pkts) {
		line_let_go(l);
	} else if (!line->timer) {
		line->timer = true;
		engine_schedule(l->engine, line->let_go_ns, line_hold_over, l);
	}
}

static void line_arrived(struct link *l, struct packet *p)
{
	if (l->line.aggregate_ns) {
		line_hold(l, p);
		return;
	}
	l->line.pkts--;
	link_leave(l, p);
}

/* The next one is there already: while this one is dealt with, the one after it and what the next one leads to are fetched. */
static void line_look_ahead(const struct packet *next)
{
	const struct path *path = next->path;

	__builtin_prefetch(next->next);
	if (next->hop + 1 == path->n_links && path->expect)
		path->expect(path->arg, next);
}

void line_arrive(void *arg)
{
	struct link *l = arg;
	struct packet *p = fifo_pop(&l->line.fifo), *next = l->line.fifo.head;

	if (next) {
		engine_schedule(l->engine, next->due_ns, line_arrive, l);
		line_look_ahead(next);
	}
	line_arrived(l, p);
}

void link_arrive_alone(void *arg)
{
	struct packet *p = arg;

	line_arrived(p->path->links[p->hop], p);
}

/* Memory for a reordered packet's event may lack: then the link drops it. */
static void line_propagate(struct link *l, struct packet *p, uint64_t due_ns)
{
	struct line *line = &l->line;

	p->due_ns = due_ns;
	line->pkts++;
	if (line->reorder) {
		if (engine_at(l->engine, due_ns, link_arrive_alone, p)) {
			line->pkts--;
			l->dropped_pkts++;
			packet_drop(p);
		}
		return;
	}
	if (!line->fifo.head && due_ns == engine_now(l->engine)) {
		line_arrived(l, p);
		return;
	}
	if (!line->fifo.head)
		engine_schedule(l->engine, due_ns, line_arrive, l);
	fifo_push(&line->fifo, p);
}

void line_enter_spread(struct link *l, struct packet *p)
{
	struct line *line = &l->line;
	struct packet *copy = line_draw_duplicate(line, p);
	uint64_t due_ns = engine_now(l->engine) + line->delay_ns + line_draw_jitter(line);

	if (!line->reorder && due_ns < line->last_due_ns)
		due_ns = line->last_due_ns;
	line->last_due_ns = due_ns;
	if (copy) {
		copy->path = p->path;
		copy->hop = p->hop;
	}
	line_propagate(l, p, due_ns);
	if (copy)
		line_propagate(l, copy, due_ns);
}

void line_drain(struct line *line, struct packet **list)
{
	struct packet *p;

	while ((p = fifo_pop(&line->fifo)) || (p = fifo_pop(&line->held))) {
		p->next = *list;
		*list = p;
	}
}
