// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_fq_codel.c - flow queueing with CoDel: flows hashed to queues, served by deficit round robin, those that became active
 * just now first, each under its own CoDel.
 *
 * Reference: RFC 8290, sections 4.1 (enqueue), 4.2 (dequeue), 5.2 (parameters).
 * Differences: 1. a flow is packet.flow, hashed with the run's seed; 2. packets dropped because the limit is reached are handed
 * back, and counted as waiting, until the next dequeue: enqueue can refuse only the packet it is given.
 */
#include <errno.h>
#include <stdlib.h>

#include "codel.h"

#define FLOWS 1024          /* RFC 8290, 5.2.5 */
#define FLOWS_MAX 65536
#define LIMIT_PKTS 10240    /* RFC 8290, 5.2.3 */
#define OVERFLOW_PKTS 64    /* RFC 8290, 4.1: at most so many are dropped at once, and no more than half of the queue */

struct flow_queue {
	struct codel codel;
	struct flow_queue *next; /* in a list */
	int64_t credit_bytes;
	bool listed;
};

struct flow_list {
	struct flow_queue *head, *tail;
};

struct queue {
	struct queue_base base; /* first: see struct queue */
	struct flow_list fresh, old;
	struct flow_queue *flows;
	uint64_t hash_key;
	uint32_t n_flows;
	int32_t quantum_bytes;
	struct codel_params params;
	uint64_t limit_bytes, limit_pkts;
	struct packet *overflow; /* dropped, not yet handed back; still in base, and no more in any flow queue */
	uint64_t overflow_pkts, overflow_bytes;
};

static void flow_list_push(struct flow_list *list, struct flow_queue *f)
{
	f->next = NULL;
	if (list->head)
		list->tail->next = f;
	else
		list->head = f;
	list->tail = f;
}

static void flow_list_pop(struct flow_list *list)
{
	list->head = list->head->next;
}

static int fq_codel_init(struct queue *q, const struct queue_config *config)
{
	struct rng rng;
	int ret = codel_params_init(&q->params, config);

	q->n_flows = config->flows ? config->flows : FLOWS;
	if (ret || q->n_flows > FLOWS_MAX || config->quantum_bytes > INT32_MAX)
		return -EINVAL;
	q->quantum_bytes = config->quantum_bytes ? (int32_t)config->quantum_bytes : (int32_t)queue_frame_bytes(config);
	q->limit_pkts = queue_default(config->limit_pkts, LIMIT_PKTS);
	q->limit_bytes = queue_default(config->limit_bytes, UINT64_MAX);
	rng_seed(&rng, config->seed, config->stream);
	q->hash_key = rng_u64(&rng);
	q->flows = calloc(q->n_flows, sizeof(*q->flows));
	return q->flows ? 0 : -ENOMEM;
}

static struct flow_queue *fq_codel_classify(const struct queue *q, uint32_t flow)
{
	uint64_t h = (q->hash_key ^ flow) * 0x9e3779b97f4a7c15; /* 2^64 / golden ratio */

	h = (h ^ (h >> 32)) * 0xd6e8feb86659fd93;
	return &q->flows[((h >> 32) * q->n_flows) >> 32];
}

static bool fq_codel_over_limit(const struct queue *q)
{
	return q->base.pkts - q->overflow_pkts > q->limit_pkts || q->base.bytes - q->overflow_bytes > q->limit_bytes;
}

/* RFC 8290, 4.1: from the head of the queue with most bytes, half of its packets but no more than 64 */
static void fq_codel_overflow(struct queue *q)
{
	struct flow_queue *fat = q->flows;
	struct queue_base kept = q->base;
	uint64_t n;

	for (uint32_t i = 1; i < q->n_flows; i++) {
		if (q->flows[i].codel.bytes > fat->codel.bytes)
			fat = &q->flows[i];
	}
	n = (fat->codel.pkts + 1) / 2;
	if (n > OVERFLOW_PKTS)
		n = OVERFLOW_PKTS;
	q->overflow_pkts += n;
	while (n--) {
		struct packet *p = codel_pop(&fat->codel, &q->base);

		q->overflow_bytes += p->len;
		queue_drop(p, &q->overflow);
	}
	q->base = kept;
}

static bool fq_codel_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	struct flow_queue *f = fq_codel_classify(q, p->flow);

	codel_push(&f->codel, &q->base, p);
	if (!f->listed) {
		f->listed = true;
		f->credit_bytes = q->quantum_bytes;
		flow_list_push(&q->fresh, f);
	}
	while (fq_codel_over_limit(q))
		fq_codel_overflow(q);
	return true;
}

static void fq_codel_hand_back(struct queue *q, struct packet **dropped)
{
	while (q->overflow) {
		struct packet *p = q->overflow;

		q->overflow = p->next;
		queue_drop(p, dropped);
	}
	q->base.pkts -= q->overflow_pkts;
	q->base.bytes -= q->overflow_bytes;
	q->overflow_pkts = q->overflow_bytes = 0;
}

static struct packet *fq_codel_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	struct flow_queue *f;
	struct packet *p;

	if (q->overflow)
		fq_codel_hand_back(q, dropped);
	for (;;) {
		struct flow_list *list = q->fresh.head ? &q->fresh : &q->old;

		f = list->head;
		if (!f)
			return NULL;
		if (f->credit_bytes <= 0) {
			f->credit_bytes += q->quantum_bytes;
			flow_list_pop(list);
			flow_list_push(&q->old, f);
			continue;
		}
		p = codel_dequeue(&f->codel, &q->params, &q->base, now_ns, dropped);
		if (p) {
			f->credit_bytes -= p->len;
			return p;
		}
		flow_list_pop(list);
		f->listed = list == &q->fresh; /* a new queue that ran empty waits a turn as an old one: RFC 8290, 4.2 */
		if (f->listed)
			flow_list_push(&q->old, f);
	}
}

static void fq_codel_fini(struct queue *q, struct packet **dropped)
{
	fq_codel_hand_back(q, dropped);
	for (uint32_t i = 0; i < q->n_flows; i++) {
		struct packet *p;

		while ((p = codel_pop(&q->flows[i].codel, &q->base)))
			queue_drop(p, dropped);
	}
	free(q->flows);
}

static const struct queue_ops queue_fq_codel = {
	.name = "fq_codel",
	.size = sizeof(struct queue),
	.init = fq_codel_init,
	.enqueue = fq_codel_enqueue,
	.dequeue = fq_codel_dequeue,
	.fini = fq_codel_fini,
};
QUEUE_DISCIPLINE(queue_fq_codel);
