// SPDX-License-Identifier: GPL-2.0-only
/* pool.c - packets of the emulator, allocated in slabs and recycled; the buffers they point into are counted. */
#include <stdlib.h>

#include "segment.h"

#define SLAB_PACKETS 256

struct slab {
	struct slab *next;
	struct emu_packet packets[SLAB_PACKETS];
};

struct segment_pool {
	struct packet *unused;
	struct slab *slabs;
	uint64_t used;
};

struct segment_pool *segment_pool_new(void)
{
	return calloc(1, sizeof(struct segment_pool));
}

void segment_pool_free(struct segment_pool *pool)
{
	if (!pool)
		return;
	while (pool->slabs) {
		struct slab *s = pool->slabs;

		pool->slabs = s->next;
		free(s);
	}
	free(pool);
}

static int pool_grow(struct segment_pool *pool)
{
	struct slab *s = malloc(sizeof(*s));

	if (!s)
		return -1;
	s->next = pool->slabs;
	pool->slabs = s;
	for (int i = 0; i < SLAB_PACKETS; i++) {
		s->packets[i].p.next = pool->unused;
		pool->unused = &s->packets[i].p;
	}
	return 0;
}

struct emu_packet *segment_packet_get(struct segment_pool *pool)
{
	struct packet *p;

	if (!pool->unused && pool_grow(pool))
		return NULL;
	p = pool->unused;
	pool->unused = p->next;
	p->next = NULL;
	pool->used++;
	return (struct emu_packet *)p;
}

struct emu_packet *segment_packet_copy(struct segment_pool *pool, const struct emu_packet *p)
{
	struct emu_packet *copy = segment_packet_get(pool);

	if (!copy)
		return NULL;
	*copy = *p;
	copy->p.next = NULL;
	if (copy->buffer)
		copy->buffer->refs++;
	return copy;
}

void segment_packet_put(struct segment_pool *pool, struct emu_packet *p)
{
	if (p->buffer && !--p->buffer->refs)
		free(p->buffer);
	p->buffer = NULL;
	p->p.next = pool->unused;
	pool->unused = &p->p;
	pool->used--;
}

uint64_t segment_pool_used(const struct segment_pool *pool)
{
	return pool->used;
}
