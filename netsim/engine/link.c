// SPDX-License-Identifier: GPL-2.0-only
/* link.c - a link from its entry to its queue: loss → policer → queue discipline. What follows is in wire.c and line.c. */
#include <errno.h>
#include <stdlib.h>

#include "link.h"
#include "queue.h"

static void link_receive(struct link *l, struct packet *p)
{
	uint64_t now_ns = engine_now(l->engine);

	p->arrived_ns = now_ns;
	l->in_pkts++;
	l->in_bytes += p->len;
	if (l->loss && loss_draw(l->loss)) {
		l->lost_pkts++;
		packet_drop(p);
		return;
	}
	if (l->policer && !policer_pass(l->policer, p->len, now_ns)) {
		l->policed_pkts++;
		packet_drop(p);
		return;
	}
	if (!l->queue) {
		l->out_pkts++;
		l->out_bytes += p->len;
		line_enter(l, p);
		return;
	}
	link_account_queue(l, now_ns);
	if (!l->ops->enqueue(l->queue, p, now_ns)) {
		l->dropped_pkts++;
		packet_drop(p);
	} else if (!l->busy) {
		wire_start(l, now_ns);
	}
}

void link_leave(struct link *l, struct packet *p)
{
	const struct path *path = p->path;

	l->delivered_pkts++;
	if (++p->hop < path->n_links)
		link_receive(path->links[p->hop], p);
	else
		path->deliver(path->arg, p);
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

static int link_init_loss(struct link *l, const struct loss_config *config, uint64_t stream)
{
	if (config->kind == LOSS_NONE)
		return 0;
	l->loss = calloc(1, sizeof(*l->loss));
	return l->loss ? loss_init(l->loss, config, engine_seed(l->engine), stream) : -ENOMEM;
}

static int link_init_policer(struct link *l, const struct link_config *config)
{
	if (!config->police_bps)
		return 0;
	l->policer = calloc(1, sizeof(*l->policer));
	return l->policer ? policer_init(l->policer, config, engine_now(l->engine)) : -ENOMEM;
}

static int link_init_trace(struct link *l, const struct link_config *config)
{
	if (!config->trace_ns && !config->n_trace)
		return 0;
	l->trace = calloc(1, sizeof(*l->trace));
	return l->trace ? trace_init(l->trace, config) : -ENOMEM;
}

static int link_init_queue(struct link *l, const struct link_config *config, uint64_t stream)
{
	struct queue_config queue = config->queue;
	int ret;

	if (!config->rate_bps)
		return 0;
	queue.rate_bps = l->rate.bps ? l->rate.bps : config->rate_bps; /* an outage at the start: what it was before */
	queue.seed = engine_seed(l->engine);
	queue.stream = stream;
	if (!queue.mtu_frame_bytes)
		queue.mtu_frame_bytes = FRAME_BYTES_DEFAULT;
	l->ops = queue_find(queue.discipline ? queue.discipline : "fifo");
	if (!l->ops)
		return -EINVAL;
	l->history = calloc(1, sizeof(*l->history));
	l->queue = calloc(1, l->ops->size);
	if (!l->history || !l->queue)
		return -ENOMEM;
	ret = l->ops->init(l->queue, &queue);
	if (ret) {
		free(l->queue);
		l->queue = NULL;
	}
	return ret;
}

/* Every link takes its streams, used or not: what one of them does changes nothing for the others. */
static int link_init(struct link *l, const struct link_config *config)
{
	uint64_t loss_stream = engine_next_stream(l->engine), line_stream = engine_next_stream(l->engine);
	uint64_t queue_stream = engine_next_stream(l->engine), now_ns = engine_now(l->engine);
	int ret = rate_init(&l->rate, config, now_ns);

	l->window_start_ns = l->queue_since_ns = now_ns;
	if (!ret)
		ret = line_init(&l->line, config, engine_seed(l->engine), line_stream);
	if (!ret)
		ret = link_init_loss(l, &config->loss, loss_stream);
	if (!ret)
		ret = link_init_policer(l, config);
	if (!ret)
		ret = link_init_trace(l, config);
	if (!ret)
		ret = engine_reserve(l->engine, LINK_EVENTS);
	if (!ret)
		ret = link_init_queue(l, config, queue_stream);
	return ret;
}

struct link *link_new(struct engine *e, const struct link_config *config, int *error)
{
	struct link *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (l) {
		l->engine = e;
		ret = link_init(l, config);
	}
	if (ret) {
		if (l)
			link_free(l);
		if (error)
			*error = ret;
		return NULL;
	}
	wire_schedule_step(l);
	engine_adopt(e, l);
	return l;
}

void link_free(struct link *l)
{
	struct packet *list = NULL, *p;

	if (l->queue)
		l->ops->fini(l->queue, &list);
	line_drain(&l->line, &list);
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
	free(l->history);
	free(l->trace);
	free(l->policer);
	free(l->loss);
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
