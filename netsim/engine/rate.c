// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "rate.h"

static int rate_check(const struct link_config *config)
{
	if (config->rate_bps > RATE_MAX_BPS)
		return -EINVAL;
	if (config->n_steps && (!config->rate_bps || !config->steps))
		return -EINVAL; /* a link without a rate has nothing to change */
	for (size_t i = 0; i < config->n_steps; i++) {
		if (config->steps[i].rate_bps > RATE_MAX_BPS || config->steps[i].at_ns == ENGINE_NEVER)
			return -EINVAL;
		if (i && config->steps[i].at_ns <= config->steps[i - 1].at_ns)
			return -EINVAL;
	}
	return 0;
}

int rate_init(struct rate *r, const struct link_config *config, uint64_t now_ns)
{
	int ret = rate_check(config);

	if (ret)
		return ret;
	*r = (struct rate){.bps = config->rate_bps, .since_ns = now_ns, .step = config->steps};
	r->end = config->n_steps ? config->steps + config->n_steps : config->steps;
	r->until_ns = r->step != r->end ? r->step->at_ns : ENGINE_NEVER;
	rate_advance(r, now_ns);
	return 0;
}

void rate_advance(struct rate *r, uint64_t now_ns)
{
	while (r->until_ns <= now_ns) {
		uint64_t at_ns = r->until_ns > r->since_ns ? r->until_ns : r->since_ns; /* not before the link was */

		r->work = rate_work(r, at_ns);
		r->up_ns = rate_up_ns(r, at_ns);
		r->since_ns = at_ns;
		r->bps = r->step++->rate_bps;
		r->len = 0;
		r->until_ns = r->step != r->end ? r->step->at_ns : ENGINE_NEVER;
	}
}

/* The long way: a length not seen last time, an outage, or a step before the packet is through. */
uint64_t rate_finish_stepped(struct rate *r, uint64_t now_ns, uint32_t len)
{
	uint64_t work = (uint64_t)len * 8 * NS_PER_S + r->remainder, bps = r->bps;

	if (bps && len != r->len) {
		r->len = len;
		r->len_ns = (work - r->remainder) / bps;
		r->len_remainder = (work - r->remainder) % bps;
	}
	for (const struct rate_step *step = r->step;; bps = step++->rate_bps) {
		uint64_t until_ns = step != r->end ? step->at_ns : ENGINE_NEVER;

		if (bps) {
			uint64_t ns = work / bps, left = work % bps;

			if (ns < until_ns - now_ns || (ns == until_ns - now_ns && !left)) {
				r->remainder = left;
				return now_ns + ns;
			}
			work -= bps * (until_ns - now_ns);
		} else if (until_ns == ENGINE_NEVER) {
			return ENGINE_NEVER;
		}
		now_ns = until_ns;
	}
}

unsigned __int128 rate_work(const struct rate *r, uint64_t now_ns)
{
	return r->work + (unsigned __int128)r->bps * (now_ns - r->since_ns);
}
