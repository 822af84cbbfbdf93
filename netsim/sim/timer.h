/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * timer.h - a timer that is moved with every ACK costs a store, not a heap operation: moving it later leaves the pending event
 * alone, which then finds that it is early and goes to sleep again. Moving it earlier adds an event.
 */
#ifndef NETSIM_TIMER_H
#define NETSIM_TIMER_H

#include "../engine/engine.h"

struct timer {
	struct engine *engine;
	void (*fn)(void *arg);
	void *arg;
	uint64_t due_ns;   /* ENGINE_NEVER: not set */
	uint64_t event_ns; /* of the earliest event pending; ENGINE_NEVER: none */
	uint32_t events;   /* pending: while there are any, the memory has to stay */
};

void timer_init(struct timer *t, struct engine *e, void (*fn)(void *arg), void *arg);
void timer_set(struct timer *t, uint64_t due_ns); /* in place of an earlier setting */
void timer_cancel(struct timer *t);

static inline bool timer_is_set(const struct timer *t)
{
	return t->due_ns != ENGINE_NEVER;
}

#endif
