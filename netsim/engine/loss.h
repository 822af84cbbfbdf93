/* SPDX-License-Identifier: GPL-2.0-only */
/* loss.h - does the link lose this packet? Drawn on arrival, before the queue. */
#ifndef NETSIM_LOSS_H
#define NETSIM_LOSS_H

#include "engine.h"

struct loss {
	struct loss_config config;
	uint64_t count; /* periodic: packets since the last loss */
	struct rng rng;
};

/* -EINVAL: unknown kind, a probability outside 0 … 1, a period of 0 */
int loss_init(struct loss *l, const struct loss_config *config, uint64_t seed, uint64_t stream);
bool loss_draw(struct loss *l);

#endif
