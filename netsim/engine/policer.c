// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "policer.h"
#include "rate.h"

int policer_init(struct policer *p, const struct link_config *config, uint64_t now_ns)
{
	uint64_t frame = config->queue.mtu_frame_bytes ? config->queue.mtu_frame_bytes : FRAME_BYTES_DEFAULT;

	if (config->police_bps > RATE_MAX_BPS || config->police_burst_bytes < frame ||
	    config->police_burst_bytes > UINT64_MAX / (8 * NS_PER_S))
		return -EINVAL;
	p->rate_bps = config->police_bps;
	p->burst = p->tokens = config->police_burst_bytes * 8 * NS_PER_S;
	p->since_ns = now_ns;
	return 0;
}

bool policer_pass(struct policer *p, uint32_t len, uint64_t now_ns)
{
	unsigned __int128 tokens = p->tokens + (unsigned __int128)p->rate_bps * (now_ns - p->since_ns);
	uint64_t cost = (uint64_t)len * 8 * NS_PER_S;

	p->tokens = tokens < p->burst ? (uint64_t)tokens : p->burst;
	p->since_ns = now_ns;
	if (p->tokens < cost)
		return false;
	p->tokens -= cost;
	return true;
}
