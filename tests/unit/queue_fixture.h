/* SPDX-License-Identifier: GPL-2.0-only */
/* queue_fixture.h - one discipline without a link around it: packets in and out at times the test chooses. */
#ifndef TESTS_QUEUE_FIXTURE_H
#define TESTS_QUEUE_FIXTURE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/engine/queue.h"

#define US 1000ULL
#define MS 1000000ULL
#define SECOND 1000000000ULL

struct bench {
	const struct queue_ops *ops;
	struct queue *queue;
	uint64_t in, in_bytes, out, out_bytes, dropped, dropped_bytes;
	uint64_t dropped_not_ect, dropped_ect, ce_in, ce_out, marks_lost; /* marks_lost: CE packets that were dropped */
};

static inline int bench_open(struct bench *b, const struct queue_config *config)
{
	int ret;

	*b = (struct bench){.ops = queue_find(config->discipline)};
	b->queue = calloc(1, b->ops->size);
	ret = b->ops->init(b->queue, config);
	if (ret) {
		free(b->queue);
		b->queue = NULL;
	}
	return ret;
}

/* What init answers; what it gave is given back. */
static inline int bench_probe(struct queue_config config)
{
	struct packet *list = NULL;
	struct bench b;
	int ret = bench_open(&b, &config);

	if (!ret)
		b.ops->fini(b.queue, &list);
	free(b.queue);
	return ret;
}

static inline const struct queue_base *bench_base(const struct bench *b)
{
	return (const struct queue_base *)b->queue;
}

static inline void bench_dropped(struct bench *b, struct packet *p)
{
	b->dropped++;
	b->dropped_bytes += p->len;
	b->dropped_not_ect += p->ecn == ECN_NOT_ECT;
	b->dropped_ect += p->ecn == ECN_ECT0 || p->ecn == ECN_ECT1;
	b->marks_lost += p->ecn == ECN_CE;
	free(p);
}

static inline uint64_t bench_drop_list(struct bench *b, struct packet *list)
{
	uint64_t n = 0;

	for (; list; n++) {
		struct packet *p = list;

		list = p->next;
		bench_dropped(b, p);
	}
	return n;
}

static inline bool bench_put(struct bench *b, uint64_t now_ns, uint32_t flow, uint32_t len, uint8_t ecn)
{
	struct packet *p = calloc(1, sizeof(*p));

	*p = (struct packet){.arrived_ns = now_ns, .len = len, .flow = flow, .ecn = ecn};
	b->in++;
	b->in_bytes += len;
	b->ce_in += ecn == ECN_CE;
	if (b->ops->enqueue(b->queue, p, now_ns))
		return true;
	bench_dropped(b, p);
	return false;
}

struct taken {
	bool any;
	uint64_t arrived_ns, dropped;
	uint32_t flow, len;
	uint8_t ecn;
};

static inline struct taken bench_take(struct bench *b, uint64_t now_ns)
{
	struct packet *dropped = NULL;
	struct packet *p = b->ops->dequeue(b->queue, now_ns, &dropped);
	struct taken t = {.dropped = bench_drop_list(b, dropped)};

	if (!p)
		return t;
	t.any = true;
	t.arrived_ns = p->arrived_ns;
	t.flow = p->flow;
	t.len = p->len;
	t.ecn = p->ecn;
	b->out++;
	b->out_bytes += p->len;
	b->ce_out += p->ecn == ECN_CE;
	free(p);
	return t;
}

static inline void bench_close(struct bench *b)
{
	struct packet *list = NULL;

	b->ops->fini(b->queue, &list);
	bench_drop_list(b, list);
	free(b->queue);
	b->queue = NULL;
}

static inline void bench_check_conserved(const struct bench *b)
{
	CU_ASSERT_EQUAL(b->in, b->out + b->dropped + bench_base(b)->pkts);
	CU_ASSERT_EQUAL(b->in_bytes, b->out_bytes + b->dropped_bytes + bench_base(b)->bytes);
}

/*
 * Arrivals and departures at random: in = out + dropped + waiting after every one of them, in packets and in bytes; every mark is
 * counted once; a packet that is not ECN-capable leaves unmarked; one that came with CE keeps it; fini gives all back.
 */
static inline void bench_random(struct queue_config config, uint64_t seed, bool may_mark)
{
	struct bench b;
	struct rng rng;
	uint64_t now_ns = 0;

	config.seed = seed;
	CU_ASSERT_EQUAL_FATAL(bench_open(&b, &config), 0);
	rng_seed(&rng, seed, 1);
	for (int i = 0; i < 20000; i++) {
		uint64_t r = rng_u64(&rng);
		bool filling = i / 2500 % 2 == 0; /* by turns it grows and drains */

		now_ns += (r >> 8) % (i % 5000 == 4999 ? SECOND : MS);
		if (r % 8 < (filling ? 6 : 3)) {
			bench_put(&b, now_ns, (r >> 32) % 40, 60 + (r >> 40) % 1455, (r >> 16) % 4);
		} else {
			struct taken t = bench_take(&b, now_ns);

			CU_ASSERT(t.any || !bench_base(&b)->pkts);
			CU_ASSERT(now_ns >= t.arrived_ns);
		}
		bench_check_conserved(&b);
	}
	CU_ASSERT(b.out > 4000);
	CU_ASSERT_EQUAL(bench_base(&b)->marked > 0, may_mark);
	uint64_t marked = bench_base(&b)->marked;

	bench_close(&b);
	CU_ASSERT_EQUAL(b.in, b.out + b.dropped);
	CU_ASSERT_EQUAL(b.in_bytes, b.out_bytes + b.dropped_bytes);
	CU_ASSERT_EQUAL(b.ce_in + marked, b.ce_out + b.marks_lost);
	printf("(seed %llu: %llu in, %llu dropped, %llu marked) ", (unsigned long long)seed, (unsigned long long)b.in,
	       (unsigned long long)b.dropped, (unsigned long long)marked);
}

#endif
