// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "loss.h"

static bool is_probability(double p)
{
	return p >= 0 && p <= 1; /* NaN is none */
}

static bool numbers_ascend(const struct loss_config *config)
{
	if (!config->n_numbers || config->n_numbers > LOSS_MAX_NUMBERS || !config->numbers[0])
		return false;
	for (size_t i = 1; i < config->n_numbers; i++) {
		if (config->numbers[i] <= config->numbers[i - 1])
			return false;
	}
	return true;
}

static bool loss_possible(const struct loss_config *config)
{
	switch (config->kind) {
	case LOSS_NONE:
		return true;
	case LOSS_BERNOULLI:
		return is_probability(config->probability);
	case LOSS_PERIODIC:
		return config->period;
	case LOSS_GILBERT_ELLIOTT:
		return is_probability(config->p) && is_probability(config->r) && is_probability(config->loss_good) &&
		       is_probability(config->loss_bad);
	case LOSS_NUMBERS:
		return numbers_ascend(config);
	}
	return false;
}

int loss_init(struct loss *l, const struct loss_config *config, uint64_t seed, uint64_t stream)
{
	if (!loss_possible(config))
		return -EINVAL;
	*l = (struct loss){.config = *config};
	rng_seed(&l->rng, seed, stream);
	return 0;
}

static bool draw_gilbert_elliott(struct loss *l)
{
	if (rng_uniform(&l->rng) < (l->bad ? l->config.r : l->config.p))
		l->bad = !l->bad;
	return rng_uniform(&l->rng) < (l->bad ? l->config.loss_bad : l->config.loss_good);
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
	case LOSS_GILBERT_ELLIOTT:
		return draw_gilbert_elliott(l);
	case LOSS_NUMBERS:
		if (l->next == l->config.n_numbers || ++l->count != l->config.numbers[l->next])
			return false;
		l->next++;
		return true;
	default:
		return false;
	}
}
