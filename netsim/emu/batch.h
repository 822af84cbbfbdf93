/* SPDX-License-Identifier: GPL-2.0-only */
/* batch.h - packets that reached a port within one run of the engine, written together. Order within a flow is kept. */
#ifndef NETSIM_BATCH_H
#define NETSIM_BATCH_H

#include "../engine/histogram.h"
#include "port.h"

#define BATCH_TRAINS 256
#define BATCH_SLOTS 256

/* neighbours of one flow: one write */
struct train {
	uint32_t n, payload;
	struct emu_packet *packets[SEGMENT_MERGE_MAX];
};

struct batch {
	const struct port *port;
	struct segment_pool *pool;
	uint32_t merge_max;               /* segments in one write */
	const uint64_t *origin_mono_ns;   /* time 0 of the engine */
	struct histogram *lateness_ns;    /* start of the write against the schedule, per packet */
	uint64_t written, write_errors;   /* packets */
	uint32_t n_trains;
	uint16_t slots[BATCH_SLOTS];      /* by flow: its last train + 1, or 0 */
	struct train trains[BATCH_TRAINS];
};

void batch_add(struct batch *b, struct emu_packet *p); /* writes by itself when it is full */
void batch_write(struct batch *b);

#endif
