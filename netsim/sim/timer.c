// SPDX-License-Identifier: GPL-2.0-only
/*
 * timer.c - lazily moved timers. Of the events pending only the one tracked in event_ns counts; one that was overtaken by an earlier
 * setting finds another time there and does nothing.
 */
#include <stdlib.h>

#include "timer.h"

static void timer_expired(void *arg);

static void timer_schedule(struct timer *t, uint64_t when_ns)
{
	if (engine_at(t->engine, when_ns, timer_expired, t))
		abort(); /* no memory for an event of a few words: a run with a timer missing must not go on */
	t->event_ns = when_ns;
	t->events++;
}

static void timer_expired(void *arg)
{
	struct timer *t = arg;
	uint64_t now_ns = engine_now(t->engine);

	t->events--;
	if (t->event_ns != now_ns)
		return;
	t->event_ns = ENGINE_NEVER;
	if (t->due_ns == ENGINE_NEVER)
		return;
	if (t->due_ns > now_ns) {
		timer_schedule(t, t->due_ns);
		return;
	}
	t->due_ns = ENGINE_NEVER;
	t->fn(t->arg);
}

void timer_init(struct timer *t, struct engine *e, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer){.engine = e, .fn = fn, .arg = arg, .due_ns = ENGINE_NEVER, .event_ns = ENGINE_NEVER};
}

void timer_set(struct timer *t, uint64_t due_ns)
{
	uint64_t now_ns = engine_now(t->engine);

	t->due_ns = due_ns > now_ns ? due_ns : now_ns;
	if (t->due_ns < t->event_ns)
		timer_schedule(t, t->due_ns);
}

void timer_cancel(struct timer *t)
{
	t->due_ns = ENGINE_NEVER;
}
