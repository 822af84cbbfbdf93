/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pi.h - the proportional integral controller that PIE (RFC 8033, 4.2) and DualPI2 (RFC 9332, Appendix A) share:
 * each Tupdate, p <- p + alpha (delay - target) + beta (delay - previous delay), in seconds and Hz.
 *
 * There is no timer: whoever changes the queue first catches up on the updates due until then. In between the queue stood still,
 * so its delay at each of those moments is known: the age of its head. Updates are at multiples of Tupdate.
 */
#ifndef NETSIM_PI_H
#define NETSIM_PI_H

#include <errno.h>
#include <math.h>

#include "queue.h"

#define TUPDATE_MIN_NS 10000 /* below this a run would do little but update */

struct pi {
	double p; /* 0 … 1 */
	double alpha, beta;
	uint64_t target_ns, tupdate_ns;
	uint64_t delay_old_ns; /* at the last update */
	uint64_t next_ns;      /* of the next update */
};

static inline int pi_init(struct pi *pi, const struct queue_config *config, const struct pi *defaults)
{
	pi->target_ns = queue_default(config->target_ns, defaults->target_ns);
	pi->tupdate_ns = queue_default(config->tupdate_ns, defaults->tupdate_ns);
	pi->alpha = config->alpha != 0 ? config->alpha : defaults->alpha;
	pi->beta = config->beta != 0 ? config->beta : defaults->beta;
	pi->next_ns = pi->tupdate_ns;
	if (pi->tupdate_ns < TUPDATE_MIN_NS)
		return -EINVAL;
	if (!isfinite(pi->alpha) || !isfinite(pi->beta) || pi->alpha < 0 || pi->beta < 0)
		return -EINVAL;
	return 0;
}

/* the age of the head of a queue: its delay */
static inline uint64_t pi_age_ns(const struct fifo *f, uint64_t now_ns)
{
	return f->head ? now_ns - f->head->arrived_ns : 0;
}

/* what the controller adds to p */
static inline double pi_change(const struct pi *pi, uint64_t delay_ns)
{
	double error = (double)delay_ns - (double)pi->target_ns, trend = (double)delay_ns - (double)pi->delay_old_ns;

	return (pi->alpha * error + pi->beta * trend) * 1e-9;
}

static inline double pi_bound(double p)
{
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* Over to the first update after now: when those before would change nothing. */
static inline void pi_skip(struct pi *pi, uint64_t now_ns)
{
	pi->next_ns += ((now_ns - pi->next_ns) / pi->tupdate_ns + 1) * pi->tupdate_ns;
}

#endif
