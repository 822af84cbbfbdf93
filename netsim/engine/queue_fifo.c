// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_fifo.c - first in, first out; drop-tail at a limit in packets, in bytes, in time, in several of them, or without a limit.
 *
 * The limit in time is kept as bytes at the present rate. A link whose rate falls to 0 keeps the last one: during an outage the
 * buffer is as large as before it.
 */
#include <errno.h>

#include "queue.h"

struct queue {
	struct droptail droptail;
	uint64_t limit_ns;          /* 0: none */
	uint64_t limit_ahead_bytes; /* what may wait before a packet that is let in; UINT64_MAX: no limit in time */
};

static void fifo_set_rate(struct queue *q, uint64_t rate_bps)
{
	unsigned __int128 ahead_bytes = (unsigned __int128)q->limit_ns * rate_bps / 8000000000U; /* ns x bit/s to bytes */

	if (q->limit_ns && rate_bps)
		q->limit_ahead_bytes = ahead_bytes < UINT64_MAX ? (uint64_t)ahead_bytes : UINT64_MAX;
}

static int fifo_init(struct queue *q, const struct queue_config *config)
{
	if (config->mark_threshold_pkts || config->mark_threshold_bytes)
		return -EINVAL; /* it never marks: whoever sets a threshold means "step" */
	if (config->limit_ns && !config->rate_bps)
		return -EINVAL; /* no rate to turn time into bytes */
	droptail_init(&q->droptail, config);
	q->limit_ns = config->limit_ns;
	q->limit_ahead_bytes = UINT64_MAX;
	fifo_set_rate(q, config->rate_bps);
	return 0;
}

static bool fifo_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	return q->droptail.base.bytes <= q->limit_ahead_bytes && droptail_enqueue(&q->droptail, p);
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
	.set_rate = fifo_set_rate,
};
QUEUE_DISCIPLINE(queue_fifo);
