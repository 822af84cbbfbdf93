// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - virtual clock and event queue: a 4-ary heap ordered by time, then by order of scheduling. Four children share two
 * cache lines, and the tree is half as deep as a binary one.
 */
#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct event {
	uint64_t when_ns, seq;
	void (*fn)(void *arg);
	void *arg;
};

struct engine {
	uint64_t now_ns, seq, seed, streams;
	struct event *heap;
	size_t n, room;
	size_t reserved; /* events that links may have pending */
	struct link *links;
};

#define HEAP_ARY 4

static bool event_before(const struct event *a, const struct event *b)
{
	return a->when_ns < b->when_ns || (a->when_ns == b->when_ns && a->seq < b->seq);
}

static void heap_push(struct engine *e, struct event ev)
{
	size_t i = e->n++;

	while (i) {
		size_t parent = (i - 1) / HEAP_ARY;

		if (!event_before(&ev, &e->heap[parent]))
			break;
		e->heap[i] = e->heap[parent];
		i = parent;
	}
	e->heap[i] = ev;
}

static struct event heap_pop(struct engine *e)
{
	struct event top = e->heap[0], last = e->heap[--e->n];
	size_t i = 0;

	for (;;) {
		size_t child = i * HEAP_ARY + 1, end = child + HEAP_ARY, best = child;

		if (child >= e->n)
			break;
		if (end > e->n)
			end = e->n;
		for (size_t c = child + 1; c < end; c++) {
			if (event_before(&e->heap[c], &e->heap[best]))
				best = c;
		}
		if (!event_before(&e->heap[best], &last))
			break;
		e->heap[i] = e->heap[best];
		i = best;
	}
	e->heap[i] = last;
	return top;
}

static int heap_grow(struct engine *e, size_t want)
{
	size_t room = e->room ? e->room : 64;
	struct event *heap;

	while (room < want)
		room *= 2;
	if (room == e->room)
		return 0;
	heap = realloc(e->heap, room * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	e->heap = heap;
	e->room = room;
	return 0;
}

struct engine *engine_new(uint64_t seed)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->seed = seed;
	if (heap_grow(e, 64)) {
		free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n; i++) {
		struct packet *p = e->heap[i].arg;

		if (e->heap[i].fn == link_arrive_alone)
			p->path->drop(p->path->arg, p);
	}
	while (e->links) {
		struct link *l = e->links;

		e->links = link_next(l);
		link_free(l);
	}
	free(e->heap);
	free(e);
}

uint64_t engine_now(const struct engine *e)
{
	return e->now_ns;
}

uint64_t engine_next(const struct engine *e)
{
	return e->n ? e->heap[0].when_ns : ENGINE_NEVER;
}

void engine_run(struct engine *e, uint64_t until_ns)
{
	while (e->n && e->heap[0].when_ns <= until_ns) {
		struct event ev = heap_pop(e);

		e->now_ns = ev.when_ns;
		ev.fn(ev.arg);
	}
	if (until_ns > e->now_ns)
		e->now_ns = until_ns;
}

void engine_schedule(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	heap_push(e, (struct event){when_ns > e->now_ns ? when_ns : e->now_ns, e->seq++, fn, arg});
}

int engine_at(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	/* the links' room stays theirs, whatever of it is in use at the moment */
	int ret = heap_grow(e, e->n + e->reserved + 1);

	if (ret)
		return ret;
	engine_schedule(e, when_ns, fn, arg);
	return 0;
}

int engine_reserve(struct engine *e, size_t n)
{
	int ret = heap_grow(e, e->n + e->reserved + n);

	if (!ret)
		e->reserved += n;
	return ret;
}

void engine_adopt(struct engine *e, struct link *l)
{
	link_set_next(l, e->links);
	e->links = l;
}

uint64_t engine_seed(const struct engine *e)
{
	return e->seed;
}

uint64_t engine_next_stream(struct engine *e)
{
	return ++e->streams;
}
