/* SPDX-License-Identifier: GPL-2.0-only */
/* codel.h - one queue under the control of CoDel (RFC 8289): all of `codel`, and each queue of `fq_codel`. */
#ifndef NETSIM_CODEL_H
#define NETSIM_CODEL_H

#include "queue.h"

struct codel_params {
	uint64_t target_ns, interval_ns;
	uint64_t ce_threshold_ns; /* UINT64_MAX: off */
	uint32_t frame_bytes;     /* maxpacket_ of RFC 8289: no more than this waiting is no standing queue */
	bool ecn;
};

/* the per-queue state of RFC 8289, section 5, around a queue */
struct codel {
	struct fifo fifo;
	uint64_t pkts, bytes;
	uint64_t first_above_ns; /* when the sojourn time will have been above target for an interval; 0: it is below */
	uint64_t drop_next_ns;
	uint32_t count, last_count; /* drops since dropping began; what it began with */
	bool dropping;
};

int codel_params_init(struct codel_params *params, const struct queue_config *config); /* -EINVAL */

/* `total`: of the discipline, over all its queues */
void codel_push(struct codel *c, struct queue_base *total, struct packet *p);
struct packet *codel_pop(struct codel *c, struct queue_base *total); /* the head, past the control law */
struct packet *codel_dequeue(struct codel *c, const struct codel_params *params, struct queue_base *total, uint64_t now_ns,
			     struct packet **dropped);

#endif
