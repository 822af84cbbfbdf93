/* SPDX-License-Identifier: GPL-2.0-only */
/* queue.h - a drop-tail list with limits, which disciplines build on, and the registry of disciplines. */
#ifndef NETSIM_QUEUE_H
#define NETSIM_QUEUE_H

#include "fifo.h"

const struct queue_ops *queue_find(const char *discipline); /* NULL: there is none */

/* ECN in place of a drop (RFC 3168, 5): false when the packet cannot carry a mark. One that came with CE is not counted again. */
static inline bool queue_mark(struct queue_base *base, struct packet *p)
{
	if (p->ecn == ECN_NOT_ECT)
		return false;
	base->marked += p->ecn != ECN_CE;
	p->ecn = ECN_CE;
	return true;
}

static inline void queue_drop(struct packet *p, struct packet **dropped)
{
	p->next = *dropped;
	*dropped = p;
}

static inline uint32_t queue_frame_bytes(const struct queue_config *config)
{
	return config->mtu_frame_bytes ? config->mtu_frame_bytes : 1514; /* 1500 + Ethernet header */
}

static inline uint64_t queue_default(uint64_t value, uint64_t otherwise)
{
	return value ? value : otherwise;
}

struct droptail {
	struct queue_base base; /* first: see struct queue */
	struct fifo fifo;
	uint64_t limit_bytes, limit_pkts; /* UINT64_MAX: none */
};

static inline void droptail_init(struct droptail *q, const struct queue_config *config)
{
	q->limit_bytes = queue_default(config->limit_bytes, UINT64_MAX);
	q->limit_pkts = queue_default(config->limit_pkts, UINT64_MAX);
}

static inline bool droptail_full(const struct droptail *q, const struct packet *p)
{
	return q->base.pkts >= q->limit_pkts || p->len > q->limit_bytes || q->base.bytes > q->limit_bytes - p->len;
}

/* after a look at droptail_full() */
static inline void droptail_push(struct droptail *q, struct packet *p)
{
	fifo_push(&q->fifo, p);
	q->base.pkts++;
	q->base.bytes += p->len;
}

static inline bool droptail_enqueue(struct droptail *q, struct packet *p)
{
	if (droptail_full(q, p))
		return false;
	droptail_push(q, p);
	return true;
}

static inline struct packet *droptail_dequeue(struct droptail *q)
{
	struct packet *p = fifo_pop(&q->fifo);

	if (p) {
		q->base.pkts--;
		q->base.bytes -= p->len;
	}
	return p;
}

static inline void droptail_fini(struct droptail *q, struct packet **dropped)
{
	struct packet *p;

	while ((p = droptail_dequeue(q)))
		queue_drop(p, dropped);
}

#endif
