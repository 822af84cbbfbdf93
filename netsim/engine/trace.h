/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - the opportunities of a packet-delivery trace, one after the other and for ever: number i of round k is at
 * k × period + at[i]. Rounds count from the start of the run.
 */
#ifndef NETSIM_TRACE_H
#define NETSIM_TRACE_H

#include "engine.h"

#define TRACE_BYTES 1514 /* that one opportunity carries */

struct trace {
	const uint64_t *at_ns;
	size_t n, next;       /* the next opportunity is at base_ns + at_ns[next] */
	uint64_t period_ns, base_ns;
};

/* -EINVAL: moments not in order or beyond the period, no period, no moment */
int trace_init(struct trace *t, const struct link_config *config);
void trace_seek(struct trace *t, uint64_t now_ns); /* what was before now is lost; what was used stays used */
uint64_t trace_count(const struct trace *t, uint64_t now_ns); /* opportunities up to and including now */

static inline uint64_t trace_next(const struct trace *t)
{
	return t->base_ns + t->at_ns[t->next];
}

static inline void trace_use(struct trace *t)
{
	if (++t->next == t->n) {
		t->next = 0;
		t->base_ns += t->period_ns;
	}
}

#endif
