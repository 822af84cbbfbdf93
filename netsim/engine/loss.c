// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "loss.h"

int loss_init(struct loss *l, const struct loss_config *config, uint64_t seed, uint64_t stream)
{
	switch (config->kind) {
	case LOSS_NONE:
		break;
	case LOSS_BERNOULLI:
		if (!(config->probability >= 0 && config->probability <= 1)) /* catches NaN, too */
			return -EINVAL;
		break;
	case LOSS_PERIODIC:
		if (!config->period)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	l->config = *config;
	l->count = 0;
	rng_seed(&l->rng, seed, stream);
	return 0;
}

bool loss_draw(struct loss *l)
{
	switch (l->config.kind) {
	case LOSS_BERNOULLI:
		return rng_uniform(&l->rng) < l->config.probability;
	case LOSS_PERIODIC:
		if (++l->count < l->config.period)
			return false;
		l->count = 0;
		return true;
	default:
		return false;
	}
}
