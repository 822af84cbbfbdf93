// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_pie.c - proportional integral controller enhanced: the delay and its trend decide how likely an arriving packet is
 * dropped.
 *
 * Reference: RFC 8033, sections 4.1 (random dropping), 4.2 (probability, auto-tuning), 4.3 (delay by timestamps, one of the two
 * ways it allows: here the age of the packet at the head), 4.4 (burst allowance), 5.1 (ECN), 5.4 (derandomisation), 5.5 (cap).
 * Differences: 1. always active: without 5.3, which turns PIE on and off by the share of the buffer in use; 2. a burst is let
 * through before the probability is accumulated; 3. the mean packet of its safeguards is the full-size frame.
 */
#include "pi.h"

#define MAX_BURST_NS 150000000ULL     /* 4.4 */
#define MARK_MAX 0.1                  /* 5.1: above this probability ECT packets are dropped as well */
#define ACCUMULATED_MIN 0.85          /* 5.4 */
#define ACCUMULATED_MAX 8.5
#define CAP_ABOVE 0.1                 /* 5.5 */
#define CAP 0.02
#define DECAY 0.98                    /* 4.2 */
#define SAFE_PROBABILITY 0.2          /* 4.1: below this and half of target nothing is dropped … */
#define SAFE_FRAMES 2                 /* … nor with no more than this waiting */

static const struct pi pie_defaults = {.target_ns = 15000000, .tupdate_ns = 15000000, .alpha = 0.125, .beta = 1.25};

struct queue {
	struct droptail droptail;
	struct pi pi;
	uint64_t burst_ns;     /* allowance left */
	double accumulated;    /* probability since the last drop */
	uint32_t safe_bytes;
	bool ecn;
	struct rng rng;
};

static int pie_init(struct queue *q, const struct queue_config *config)
{
	droptail_init(&q->droptail, config);
	q->burst_ns = MAX_BURST_NS;
	q->safe_bytes = SAFE_FRAMES * queue_frame_bytes(config);
	q->ecn = config->ecn;
	rng_seed(&q->rng, config->seed, config->stream);
	return pi_init(&q->pi, config, &pie_defaults);
}

/* RFC 8033, 4.2: the lower the probability, the smaller the steps */
static double pie_tuning(double p)
{
	static const struct {
		double below, factor;
	} table[] = {{1e-6, 1.0 / 2048}, {1e-5, 1.0 / 512}, {1e-4, 1.0 / 128}, {1e-3, 1.0 / 32}, {1e-2, 1.0 / 8}, {1e-1, 1.0 / 2}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (p < table[i].below)
			return table[i].factor;
	}
	return 1;
}

static void pie_update(struct queue *q, uint64_t delay_ns)
{
	struct pi *pi = &q->pi;
	double change = pi_change(pi, delay_ns) * pie_tuning(pi->p);

	if (pi->p >= CAP_ABOVE && change > CAP)
		change = CAP;
	pi->p += change;
	if (!delay_ns && !pi->delay_old_ns)
		pi->p *= DECAY;
	pi->p = pi_bound(pi->p);
	q->burst_ns -= q->burst_ns < pi->tupdate_ns ? q->burst_ns : pi->tupdate_ns;
	if (pi->p == 0 && delay_ns < pi->target_ns / 2 && pi->delay_old_ns < pi->target_ns / 2)
		q->burst_ns = MAX_BURST_NS;
	pi->delay_old_ns = delay_ns;
}

static void pie_catch_up(struct queue *q, uint64_t now_ns)
{
	struct pi *pi = &q->pi;

	while (now_ns >= pi->next_ns) {
		if (!q->droptail.base.pkts && !pi->delay_old_ns && pi->p == 0 && q->burst_ns == MAX_BURST_NS) {
			pi_skip(pi, now_ns);
			return;
		}
		pie_update(q, pi_age_ns(&q->droptail.fifo, pi->next_ns));
		pi->next_ns += pi->tupdate_ns;
	}
}

/* drop_early() of RFC 8033, Appendix A */
static bool pie_picks(struct queue *q)
{
	const struct pi *pi = &q->pi;

	if (q->burst_ns)
		return false;
	if ((pi->delay_old_ns < pi->target_ns / 2 && pi->p < SAFE_PROBABILITY) || q->droptail.base.bytes <= q->safe_bytes)
		return false;
	if (pi->p == 0)
		q->accumulated = 0;
	q->accumulated += pi->p;
	if (q->accumulated < ACCUMULATED_MIN)
		return false;
	if (q->accumulated < ACCUMULATED_MAX && rng_uniform(&q->rng) >= pi->p)
		return false;
	q->accumulated = 0;
	return true;
}

static bool pie_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	pie_catch_up(q, now_ns);
	if (droptail_full(&q->droptail, p))
		return false;
	if (pie_picks(q) && !(q->ecn && q->pi.p < MARK_MAX && queue_mark(&q->droptail.base, p)))
		return false;
	droptail_push(&q->droptail, p);
	return true;
}

static struct packet *pie_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	pie_catch_up(q, now_ns);
	return droptail_dequeue(&q->droptail);
}

static void pie_fini(struct queue *q, struct packet **dropped)
{
	droptail_fini(&q->droptail, dropped);
}

static const struct queue_ops queue_pie = {
	.name = "pie",
	.size = sizeof(struct queue),
	.init = pie_init,
	.enqueue = pie_enqueue,
	.dequeue = pie_dequeue,
	.fini = pie_fini,
};
QUEUE_DISCIPLINE(queue_pie);
