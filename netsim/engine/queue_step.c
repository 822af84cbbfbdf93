// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_step.c - drop-tail with step marking: an ECT packet that arrives to find at least the threshold waiting leaves with CE.
 * Packets without ECT pass unmarked, and only a full queue drops.
 *
 * Reference: RFC 8257 section 3.1 (DCTCP, one threshold K on the instantaneous queue).
 * Difference: K may be given in packets or in bytes.
 */
#include <errno.h>

#include "queue.h"

struct queue {
	struct droptail droptail;
	uint64_t threshold_pkts, threshold_bytes; /* exactly one is not 0 */
};

static int step_init(struct queue *q, const struct queue_config *config)
{
	if (!config->limit_pkts && !config->limit_bytes)
		return -EINVAL; /* senders without ECN would fill it for ever */
	if (!config->mark_threshold_pkts == !config->mark_threshold_bytes)
		return -EINVAL;
	droptail_init(&q->droptail, config);
	q->threshold_pkts = config->mark_threshold_pkts;
	q->threshold_bytes = config->mark_threshold_bytes;
	return 0;
}

static bool step_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	const struct queue_base *base = &q->droptail.base;
	bool above = q->threshold_bytes ? base->bytes >= q->threshold_bytes : base->pkts >= q->threshold_pkts;

	if (!droptail_enqueue(&q->droptail, p))
		return false;
	if (above)
		queue_mark(&q->droptail.base, p);
	return true;
}

static struct packet *step_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	return droptail_dequeue(&q->droptail);
}

static void step_fini(struct queue *q, struct packet **dropped)
{
	droptail_fini(&q->droptail, dropped);
}

static const struct queue_ops queue_step = {
	.name = "step",
	.size = sizeof(struct queue),
	.init = step_init,
	.enqueue = step_enqueue,
	.dequeue = step_dequeue,
	.fini = step_fini,
};
QUEUE_DISCIPLINE(queue_step);
