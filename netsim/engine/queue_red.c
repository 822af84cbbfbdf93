// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_red.c - random early detection: an average of the queue in bytes decides how likely an arriving packet is dropped or
 * marked.
 *
 *   average   avg <- (1 - w) avg + w q at each arrival, q: bytes waiting; after an idle time in which m full-size frames could
 *             have left, avg <- (1 - w)^m avg
 *   below min     nothing                                    | p_b = 0
 *   min to max    early drop, ECT packets are marked         | p_b = max_p (avg - min) / (max - min)
 *   gentle        max to 2 max: the same                     | p_b = max_p + (1 - max_p) (avg - max) / max
 *   above         every packet is dropped, ECT ones too (RFC 3168, section 7)
 *   spacing       p_a = p_b / (1 - count p_b), count: packets since the last drop or mark; uniform over 1 / p_b packets
 *
 * min = max is a step: ECT packets are marked at and above it, others dropped. With w = 1 that is DCTCP's K (RFC 8257, 3.1).
 *
 * References: Floyd and Jacobson, "Random Early Detection Gateways for Congestion Avoidance", ToN 1(4), 1993 (Figure 2);
 * RFC 2309; Floyd, "RED: Discussions of Setting Parameters", 1997 (defaults: min 5 packets, max 3 min, max_p 0.1, w 0.002) and
 * "Recommendation on using the gentle_ variant of RED", 2000; RFC 3168 (ECN).
 * Differences: 1. q does not count the packet on the wire; 2. an idle time is of at least one frame, so that a packet that finds
 * nothing waiting is a sample of 0; 3. early drops are by packet, whatever its length.
 */
#include <errno.h>

#include "queue.h"

#define MIN_FRAMES 5
#define MAX_BY_MIN 3
#define MAX_PROBABILITY 0.1
#define WEIGHT 0.002

struct queue {
	struct droptail droptail;
	double avg_bytes, weight;
	double min_bytes, max_bytes;
	double end_bytes;          /* from here on everything is dropped; infinite for a step */
	double slope, gentle_slope; /* of p_b by bytes */
	double max_probability;
	uint64_t frame_ns;         /* time of a full-size frame on the wire; 0: the link stands */
	uint64_t empty_since_ns;
	uint64_t since;            /* packets since the last drop or mark, while avg is above min */
	uint32_t frame_bytes;
	bool ecn, counting;
	struct rng rng;
};

static void red_set_rate(struct queue *q, uint64_t rate_bps)
{
	q->frame_ns = rate_bps ? q->frame_bytes * 8000000000ULL / rate_bps : 0;
}

static int red_init(struct queue *q, const struct queue_config *config)
{
	uint64_t min_bytes = config->min_bytes, max_bytes = config->max_bytes;

	q->frame_bytes = queue_frame_bytes(config);
	if (!min_bytes)
		min_bytes = max_bytes ? max_bytes / MAX_BY_MIN : (uint64_t)MIN_FRAMES * q->frame_bytes;
	if (!max_bytes)
		max_bytes = MAX_BY_MIN * min_bytes;
	q->weight = config->weight != 0 ? config->weight : WEIGHT;
	q->max_probability = config->max_probability != 0 ? config->max_probability : MAX_PROBABILITY;
	if (!min_bytes || min_bytes > max_bytes || max_bytes > INT64_MAX)
		return -EINVAL;
	if (!(q->weight > 0 && q->weight <= 1 && q->max_probability > 0 && q->max_probability <= 1))
		return -EINVAL;
	droptail_init(&q->droptail, config);
	q->ecn = config->ecn;
	q->min_bytes = (double)min_bytes;
	q->max_bytes = (double)max_bytes;
	if (min_bytes < max_bytes)
		q->slope = q->max_probability / (q->max_bytes - q->min_bytes);
	q->end_bytes = config->gentle ? 2 * q->max_bytes : q->max_bytes;
	q->gentle_slope = (1 - q->max_probability) / q->max_bytes;
	rng_seed(&q->rng, config->seed, config->stream);
	red_set_rate(q, config->rate_bps);
	return 0;
}

/* x^n: products of squares */
static double red_power(double x, uint64_t n)
{
	double result = 1;

	for (; n; n >>= 1, x *= x) {
		if (n & 1)
			result *= x;
	}
	return result;
}

static void red_average(struct queue *q, uint64_t now_ns)
{
	uint64_t frames;

	if (q->droptail.base.pkts) {
		q->avg_bytes += q->weight * ((double)q->droptail.base.bytes - q->avg_bytes);
		return;
	}
	frames = q->frame_ns ? (now_ns - q->empty_since_ns) / q->frame_ns : 0;
	q->avg_bytes *= red_power(1 - q->weight, frames ? frames : 1);
}

/* Is this packet to be dropped or marked? */
static bool red_picks(struct queue *q)
{
	double p;

	if (q->avg_bytes < q->min_bytes) {
		q->counting = false;
		return false;
	}
	q->since = q->counting ? q->since + 1 : 0;
	q->counting = true;
	if (q->avg_bytes >= q->end_bytes || q->min_bytes == q->max_bytes)
		return true;
	if (q->avg_bytes < q->max_bytes)
		p = q->slope * (q->avg_bytes - q->min_bytes);
	else
		p = q->max_probability + q->gentle_slope * (q->avg_bytes - q->max_bytes);
	return p > 0 && rng_uniform(&q->rng) * (1 - (double)q->since * p) < p; /* u < p_a, without its division */
}

static bool red_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	bool may_mark;

	red_average(q, now_ns);
	if (droptail_full(&q->droptail, p)) {
		q->since = 0;
		return false;
	}
	if (red_picks(q)) {
		q->since = 0;
		may_mark = q->ecn && (q->avg_bytes < q->end_bytes || q->min_bytes == q->max_bytes);
		if (!may_mark || !queue_mark(&q->droptail.base, p))
			return false;
	}
	droptail_push(&q->droptail, p);
	return true;
}

static struct packet *red_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	struct packet *p = droptail_dequeue(&q->droptail);

	if (p && !q->droptail.base.pkts)
		q->empty_since_ns = now_ns;
	return p;
}

static void red_fini(struct queue *q, struct packet **dropped)
{
	droptail_fini(&q->droptail, dropped);
}

static const struct queue_ops queue_red = {
	.name = "red",
	.size = sizeof(struct queue),
	.init = red_init,
	.enqueue = red_enqueue,
	.dequeue = red_dequeue,
	.fini = red_fini,
	.set_rate = red_set_rate,
};
QUEUE_DISCIPLINE(queue_red);
