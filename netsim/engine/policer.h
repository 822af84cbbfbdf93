/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policer.h - a token bucket before the queue: a packet takes its length in tokens or, if there are fewer, is dropped and
 * takes none. The bucket starts full. Tokens are counted in 10^-9 bit, so that the rate is exact whatever the arrivals.
 */
#ifndef NETSIM_POLICER_H
#define NETSIM_POLICER_H

#include "engine.h"

struct policer {
	uint64_t rate_bps;
	uint64_t burst, tokens; /* 10^-9 bit */
	uint64_t since_ns;      /* when the tokens were counted */
};

/* -EINVAL: a burst that holds no full-size frame, or figures beyond reason */
int policer_init(struct policer *p, const struct link_config *config, uint64_t now_ns);
bool policer_pass(struct policer *p, uint32_t len, uint64_t now_ns);

#endif
