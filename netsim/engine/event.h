/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * event.h - the engine's inside, for the files of this directory: room for events is reserved beforehand, so that
 * scheduling on the packet path cannot fail.
 */
#ifndef NETSIM_EVENT_H
#define NETSIM_EVENT_H

#include "engine.h"

/* Reserve room for `n` more events that are pending at the same time. -ENOMEM */
int engine_reserve(struct engine *e, size_t n);
/* As engine_at(), within what was reserved. */
void engine_schedule(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg);

/* Links belong to an engine, which frees them. */
void engine_adopt(struct engine *e, struct link *l);
uint64_t engine_seed(const struct engine *e);
uint64_t engine_next_stream(struct engine *e); /* 1, 2, 3 … : one random stream per caller */

void link_free(struct link *l);
struct link *link_next(const struct link *l);
void link_set_next(struct link *l, struct link *next);
void link_arrive_alone(void *arg); /* the event of a reordered packet: arg is the packet, and nobody else has it */

#endif
