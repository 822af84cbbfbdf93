// SPDX-License-Identifier: GPL-2.0-only
/* queue_fifo.c - first in, first out; drop-tail at a limit in packets, in bytes, in both, or without a limit */
#include <errno.h>

#include "queue.h"

struct queue {
	struct droptail droptail;
};

static int fifo_init(struct queue *q, const struct queue_config *config)
{
	if (config->mark_threshold_pkts || config->mark_threshold_bytes)
		return -EINVAL; /* it never marks: whoever sets a threshold means "step" */
	droptail_init(&q->droptail, config);
	return 0;
}

static bool fifo_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	return droptail_enqueue(&q->droptail, p);
}

static struct packet *fifo_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	return droptail_dequeue(&q->droptail);
}

static void fifo_fini(struct queue *q, struct packet **dropped)
{
	droptail_fini(&q->droptail, dropped);
}

static const struct queue_ops queue_fifo = {
	.name = "fifo",
	.size = sizeof(struct queue),
	.init = fifo_init,
	.enqueue = fifo_enqueue,
	.dequeue = fifo_dequeue,
	.fini = fifo_fini,
};
QUEUE_DISCIPLINE(queue_fifo);
