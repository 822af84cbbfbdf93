// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - virtual clock and event queue: 4-ary heaps ordered by time, then by order of scheduling. Four children lie side by
 * side, and the tree is half as deep as a binary one. Links have a heap of their own: it has few events, which come and go with
 * every packet, while the driver's, thousands with thousands of flows, seldom come due.
 *
 * The event that runs stays where it was, at the top of its heap, until another of the same kind takes its place (most links schedule
 * their next one first) or it is over.
 */
#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct event {
	uint64_t when_ns, seq;
	void (*fn)(void *arg);
	void *arg;
};

struct heap {
	struct event *events;
	size_t n, room;
	bool vacant; /* the first is running or has run: it is there in name only */
};

struct engine {
	uint64_t now_ns, seq, seed, streams;
	struct heap packets; /* of links */
	struct heap others;  /* by engine_at() */
	size_t reserved; /* events that links may have pending */
	struct link *links;
};

_Static_assert(offsetof(struct engine, now_ns) == 0, "engine_now() finds the time there");

#define HEAP_ARY 4

static inline bool event_before(const struct event *a, const struct event *b)
{
	return a->when_ns < b->when_ns || (a->when_ns == b->when_ns && a->seq < b->seq);
}

static inline void heap_rise(struct heap *h, size_t i, struct event ev)
{
	while (i) {
		size_t parent = (i - 1) / HEAP_ARY;

		if (!event_before(&ev, &h->events[parent]))
			break;
		h->events[i] = h->events[parent];
		i = parent;
	}
	h->events[i] = ev;
}

/* from the top */
static inline void heap_sink(struct heap *h, struct event ev)
{
	size_t i = 0;

	for (;;) {
		size_t child = i * HEAP_ARY + 1, end = child + HEAP_ARY, best = child;

		if (child >= h->n)
			break;
		if (end > h->n)
			end = h->n;
		for (size_t c = child + 1; c < end; c++) {
			if (event_before(&h->events[c], &h->events[best]))
				best = c;
		}
		if (!event_before(&h->events[best], &ev))
			break;
		h->events[i] = h->events[best];
		i = best;
	}
	h->events[i] = ev;
}

/* inlined, or the event goes through memory and the processor waits for it */
static inline __attribute__((always_inline)) void heap_push(struct heap *h, struct event ev)
{
	if (h->vacant) {
		h->vacant = false;
		heap_sink(h, ev);
	} else {
		heap_rise(h, h->n++, ev);
	}
}

/* Run the first; the clock is at its time. */
static void heap_run_first(struct heap *h)
{
	struct event ev = h->events[0];

	h->vacant = true;
	ev.fn(ev.arg);
	if (h->vacant) {
		h->vacant = false;
		if (--h->n)
			heap_sink(h, h->events[h->n]);
	}
	__builtin_prefetch(h->events[0].arg); /* of thousands of timers the next is seldom in the cache */
}

static int heap_grow(struct heap *h, size_t want)
{
	size_t room = h->room ? h->room : 64;
	struct event *events;

	while (room < want)
		room *= 2;
	if (room == h->room)
		return 0;
	events = realloc(h->events, room * sizeof(*events));
	if (!events)
		return -ENOMEM;
	h->events = events;
	h->room = room;
	return 0;
}

struct engine *engine_new(uint64_t seed)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->seed = seed;
	if (heap_grow(&e->packets, 64) || heap_grow(&e->others, 64)) {
		engine_free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (size_t i = e->others.vacant; i < e->others.n; i++) {
		struct packet *p = e->others.events[i].arg;

		if (e->others.events[i].fn == link_arrive_alone)
			p->path->drop(p->path->arg, p);
	}
	while (e->links) {
		struct link *l = e->links;

		e->links = link_next(l);
		link_free(l);
	}
	free(e->packets.events);
	free(e->others.events);
	free(e);
}

/* the one that is due first; NULL: nothing is */
static struct heap *engine_first(struct engine *e)
{
	if (!e->others.n)
		return e->packets.n ? &e->packets : NULL;
	if (!e->packets.n)
		return &e->others;
	return event_before(&e->packets.events[0], &e->others.events[0]) ? &e->packets : &e->others;
}

uint64_t engine_next(const struct engine *e)
{
	const struct heap *first = engine_first((struct engine *)e);

	return first ? first->events[0].when_ns : ENGINE_NEVER;
}

void engine_run(struct engine *e, uint64_t until_ns)
{
	struct heap *first;

	while ((first = engine_first(e)) && first->events[0].when_ns <= until_ns) {
		e->now_ns = first->events[0].when_ns;
		heap_run_first(first);
	}
	if (until_ns > e->now_ns)
		e->now_ns = until_ns;
}

static struct event engine_event(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	return (struct event){when_ns > e->now_ns ? when_ns : e->now_ns, e->seq++, fn, arg};
}

void engine_schedule(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	heap_push(&e->packets, engine_event(e, when_ns, fn, arg));
}

int engine_at(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	int ret = heap_grow(&e->others, e->others.n + 1);

	if (!ret)
		heap_push(&e->others, engine_event(e, when_ns, fn, arg));
	return ret;
}

int engine_reserve(struct engine *e, size_t n)
{
	int ret = heap_grow(&e->packets, e->reserved + n);

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
