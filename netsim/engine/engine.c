// SPDX-License-Identifier: GPL-2.0-only
/*
 * engine.c - virtual clock and event queue: a 4-ary heap ordered by time, then by order of scheduling. Four children share two
 * cache lines, and the tree is half as deep as a binary one.
 *
 * With many events pending, those of later slots of 2^20 ns wait outside, on a wheel of lists, until the heap has come to their
 * slot. So the heap stays small and in the cache, whatever the number of timers. The order is the heap's alone: where an event waited
 * makes no difference. Invariant: the first of all events is the first of the heap.
 */
#include <errno.h>
#include <stdlib.h>

#include "event.h"

struct event {
	uint64_t when_ns, seq;
	void (*fn)(void *arg);
	void *arg;
};

struct later {
	struct event event;
	uint32_t next;
};

#define SLOT_SHIFT 20
#define WHEEL_SLOTS 4096 /* 4.3 s; what is later is in the heap */
#define HEAP_FEW 16      /* events in the heap below which nothing is put on the wheel */
#define LATER_NONE UINT32_MAX

struct engine {
	uint64_t now_ns, seq, seed, streams;
	struct event *heap;
	size_t n, room;          /* room is for those in the heap and on the wheel together, in either */
	size_t n_later;
	struct later *later;     /* nodes of the wheel's lists and of the free one */
	uint32_t later_free;
	uint64_t slot;           /* the heap has the events of slots up to this one, the wheel those of the WHEEL_SLOTS - 1 after it */
	size_t reserved; /* events that links may have pending */
	struct link *links;
	uint64_t wheel_used[WHEEL_SLOTS / 64]; /* bit by bit: the list is not empty */
	uint32_t wheel[WHEEL_SLOTS];
};

#define HEAP_ARY 4

static bool event_before(const struct event *a, const struct event *b)
{
	return a->when_ns < b->when_ns || (a->when_ns == b->when_ns && a->seq < b->seq);
}

/* inlined, or the event goes through memory and the processor waits for it */
static inline __attribute__((always_inline)) void heap_push(struct engine *e, struct event ev)
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

static bool wheel_takes(struct engine *e, uint64_t when_ns)
{
	uint64_t slot = when_ns >> SLOT_SHIFT;

	if (!e->n_later)
		e->slot = e->heap[0].when_ns >> SLOT_SHIFT;
	return slot > e->slot && slot - e->slot < WHEEL_SLOTS;
}

static void wheel_push(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	uint32_t slot = (when_ns >> SLOT_SHIFT) % WHEEL_SLOTS, i = e->later_free;
	struct later *later = &e->later[i];

	e->later_free = later->next;
	later->event = (struct event){when_ns, e->seq++, fn, arg};
	later->next = e->wheel[slot];
	e->wheel[slot] = i;
	e->wheel_used[slot / 64] |= 1ULL << slot % 64;
	e->n_later++;
}

/* The first slot after the present one that has events; there is one. */
static uint64_t wheel_next(const struct engine *e)
{
	uint32_t from = (e->slot + 1) % WHEEL_SLOTS, word = from / 64;
	uint64_t bits = e->wheel_used[word] & ~0ULL << from % 64;

	while (!bits) {
		word = (word + 1) % (WHEEL_SLOTS / 64);
		bits = e->wheel_used[word];
	}
	return e->slot + 1 + (word * 64 + __builtin_ctzll(bits) - from) % WHEEL_SLOTS;
}

static void wheel_empty_slot(struct engine *e, uint32_t slot)
{
	uint32_t i = e->wheel[slot];

	e->wheel[slot] = LATER_NONE;
	e->wheel_used[slot / 64] &= ~(1ULL << slot % 64);
	while (i != LATER_NONE) {
		struct later *later = &e->later[i];
		uint32_t next = later->next;

		heap_push(e, later->event);
		e->n_later--;
		later->next = e->later_free;
		e->later_free = i;
		i = next;
	}
}

/* The heap has lost its first: turn the wheel until what it holds is later than the heap's first. */
static void wheel_turn(struct engine *e)
{
	while (e->n_later && (!e->n || e->heap[0].when_ns >> SLOT_SHIFT > e->slot)) {
		uint64_t next = wheel_next(e);

		if (e->n && e->heap[0].when_ns >> SLOT_SHIFT < next) {
			e->slot = next - 1;
			return;
		}
		e->slot = next;
		wheel_empty_slot(e, next % WHEEL_SLOTS);
	}
}

static int heap_grow(struct engine *e, size_t want)
{
	size_t room = e->room ? e->room : 64;
	struct later *later;
	struct event *heap;

	while (room < want)
		room *= 2;
	if (room == e->room)
		return 0;
	if (room > LATER_NONE)
		return -ENOMEM;
	heap = realloc(e->heap, room * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	e->heap = heap;
	later = realloc(e->later, room * sizeof(*later));
	if (!later)
		return -ENOMEM;
	e->later = later;
	for (size_t i = room; i-- > e->room;) {
		later[i].next = e->later_free;
		e->later_free = (uint32_t)i;
	}
	e->room = room;
	return 0;
}

struct engine *engine_new(uint64_t seed)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->seed = seed;
	e->later_free = LATER_NONE;
	for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
		e->wheel[slot] = LATER_NONE;
	if (heap_grow(e, 64)) {
		free(e->heap);
		free(e);
		return NULL;
	}
	return e;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	for (size_t slot = 0; slot < WHEEL_SLOTS; slot++)
		wheel_empty_slot(e, slot);
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
	free(e->later);
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

		if (e->n_later)
			wheel_turn(e);
		e->now_ns = ev.when_ns;
		ev.fn(ev.arg);
	}
	if (until_ns > e->now_ns)
		e->now_ns = until_ns;
}

void engine_schedule(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	if (when_ns < e->now_ns)
		when_ns = e->now_ns;
	if (e->n >= HEAP_FEW && wheel_takes(e, when_ns))
		wheel_push(e, when_ns, fn, arg);
	else
		heap_push(e, (struct event){when_ns, e->seq++, fn, arg});
}

int engine_at(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	/* the links' room stays theirs, whatever of it is in use at the moment */
	int ret = heap_grow(e, e->n + e->n_later + e->reserved + 1);

	if (ret)
		return ret;
	engine_schedule(e, when_ns, fn, arg);
	return 0;
}

int engine_reserve(struct engine *e, size_t n)
{
	int ret = heap_grow(e, e->n + e->n_later + e->reserved + n);

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
