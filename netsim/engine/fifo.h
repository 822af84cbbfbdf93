/* SPDX-License-Identifier: GPL-2.0-only */
/* fifo.h - packets in order, chained through packet.next: what queues and delay lines are made of. */
#ifndef NETSIM_FIFO_H
#define NETSIM_FIFO_H

#include "engine.h"

struct fifo {
	struct packet *head, *tail;
};

static inline void fifo_push(struct fifo *f, struct packet *p)
{
	p->next = NULL;
	if (f->head)
		f->tail->next = p;
	else
		f->head = p;
	f->tail = p;
}

static inline struct packet *fifo_pop(struct fifo *f)
{
	struct packet *p = f->head;

	if (p) {
		f->head = p->next;
		__builtin_prefetch(f->head); /* thousands of packets are not in the cache */
		p->next = NULL;
	}
	return p;
}

#endif
