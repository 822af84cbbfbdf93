/* SPDX-License-Identifier: GPL-2.0-only */
/* loss.h - does the link lose this packet? Drawn on arrival, before the queue. */
#ifndef NETSIM_LOSS_H
#define NETSIM_LOSS_H

#include "engine.h"

struct loss {
	struct loss_config config;
	uint64_t count; /* periodic: packets since the last loss; by number: packets so far */
	size_t next;    /* by number: the next to lose */
	bool bad;       /* Gilbert-Elliott: the state; good at first */
	struct rng rng;
};

/* -EINVAL: unknown kind, a probability outside 0 … 1, a period of 0, numbers that do not ascend from 1 */
int loss_init(struct loss *l, const struct loss_config *config, uint64_t seed, uint64_t stream);
bool loss_draw(struct loss *l);

#endif
