// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_codel.c - controlled delay: drops at the head by sojourn time; see codel.c for the law.
 *
 * Reference: RFC 8289. A limit in packets or bytes is optional, and drops at the tail.
 */
#include "codel.h"

struct queue {
	struct queue_base base; /* first: see struct queue */
	struct codel codel;
	struct codel_params params;
	uint64_t limit_bytes, limit_pkts;
};

static int queue_codel_init(struct queue *q, const struct queue_config *config)
{
	q->limit_bytes = queue_default(config->limit_bytes, UINT64_MAX);
	q->limit_pkts = queue_default(config->limit_pkts, UINT64_MAX);
	return codel_params_init(&q->params, config);
}

static bool queue_codel_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	if (q->base.pkts >= q->limit_pkts || p->len > q->limit_bytes || q->base.bytes > q->limit_bytes - p->len)
		return false;
	codel_push(&q->codel, &q->base, p);
	return true;
}

static struct packet *queue_codel_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	return codel_dequeue(&q->codel, &q->params, &q->base, now_ns, dropped);
}

static void queue_codel_fini(struct queue *q, struct packet **dropped)
{
	struct packet *p;

	while ((p = codel_pop(&q->codel, &q->base)))
		queue_drop(p, dropped);
}

static const struct queue_ops queue_codel = {
	.name = "codel",
	.size = sizeof(struct queue),
	.init = queue_codel_init,
	.enqueue = queue_codel_enqueue,
	.dequeue = queue_codel_dequeue,
	.fini = queue_codel_fini,
};
QUEUE_DISCIPLINE(queue_codel);
