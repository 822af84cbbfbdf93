/* SPDX-License-Identifier: GPL-2.0-only */
/* queue.h - a drop-tail list with limits, which disciplines build on, and the registry of disciplines. */
#ifndef NETSIM_QUEUE_H
#define NETSIM_QUEUE_H

#include "fifo.h"

const struct queue_ops *queue_find(const char *discipline); /* NULL: there is none */

struct droptail {
	struct queue_base base; /* first: see struct queue */
	struct fifo fifo;
	uint64_t limit_bytes, limit_pkts; /* UINT64_MAX: none */
};

void droptail_init(struct droptail *q, const struct queue_config *config);
bool droptail_enqueue(struct droptail *q, struct packet *p);
struct packet *droptail_dequeue(struct droptail *q);
void droptail_fini(struct droptail *q, struct packet **dropped);

#endif
