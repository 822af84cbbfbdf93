/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * line.h - what comes behind the serialiser of a link: duplication, propagation with jitter, in order or not, and aggregation.
 *
 * In order, only the first of the line has an event pending. Out of order, each packet has its own.
 */
#ifndef NETSIM_LINE_H
#define NETSIM_LINE_H

#include "fifo.h"

struct line {
	uint64_t delay_ns;
	struct fifo fifo;        /* propagating, in order of due_ns */
	uint64_t pkts;           /* here in any way */
	bool plain;              /* a delay and nothing else: what follows is not used */
	bool reorder;
	bool timer;              /* let_go's event is pending */
	uint32_t aggregate_pkts; /* 0: no limit */
	uint64_t jitter_ns;
	uint64_t last_due_ns;    /* of the packet before */
	double duplicate;
	uint64_t duplicated_pkts;
	uint64_t aggregate_ns;   /* 0: no aggregation */
	uint64_t let_go_ns;      /* when what is held goes, at the latest */
	uint32_t held_pkts;
	struct fifo held;
	struct rng rng;
};

#define DELAY_MAX_NS (3600 * 1000000000ULL) /* an hour: time cannot overflow */
#define LINE_EVENTS 2                       /* pending at most, but for those of reordered packets */

/* -EINVAL: figures beyond reason. The line's randomness is that of `stream`. */
int line_init(struct line *line, const struct link_config *config, uint64_t seed, uint64_t stream);
void line_enter_spread(struct link *l, struct packet *p); /* the way in of a line that is not plain */
void line_drain(struct line *line, struct packet **list); /* at the end: what is here, but for reordered packets */

#endif
