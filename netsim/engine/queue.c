// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "queue.h"

extern const struct queue_ops *const __start_queue_disciplines[], *const __stop_queue_disciplines[];

const struct queue_ops *queue_find(const char *discipline)
{
	/* cppcheck-suppress comparePointers ; both ends of one linker section */
	for (const struct queue_ops *const *ops = __start_queue_disciplines; ops < __stop_queue_disciplines; ops++) {
		if (!strcmp((*ops)->name, discipline))
			return *ops;
	}
	return NULL;
}

void droptail_init(struct droptail *q, const struct queue_config *config)
{
	q->limit_bytes = config->limit_bytes ? config->limit_bytes : UINT64_MAX;
	q->limit_pkts = config->limit_pkts ? config->limit_pkts : UINT64_MAX;
}

bool droptail_enqueue(struct droptail *q, struct packet *p)
{
	if (q->base.pkts >= q->limit_pkts || p->len > q->limit_bytes || q->base.bytes > q->limit_bytes - p->len)
		return false;
	fifo_push(&q->fifo, p);
	q->base.pkts++;
	q->base.bytes += p->len;
	return true;
}

struct packet *droptail_dequeue(struct droptail *q)
{
	struct packet *p = fifo_pop(&q->fifo);

	if (p) {
		q->base.pkts--;
		q->base.bytes -= p->len;
	}
	return p;
}

void droptail_fini(struct droptail *q, struct packet **dropped)
{
	struct packet *p;

	while ((p = droptail_dequeue(q))) {
		p->next = *dropped;
		*dropped = p;
	}
}
