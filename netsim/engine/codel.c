// SPDX-License-Identifier: GPL-2.0-only
/*
 * codel.c - CoDel's control law: once every packet has waited longer than target for an interval, drop at the head, the next time
 * after interval / sqrt(count), until the sojourn time falls below target.
 *
 * References: RFC 8289, section 5 (pseudocode); ECN in place of a drop and ce_threshold: RFC 8290, 5.2.6 and 5.2.7.
 * Difference: maxpacket is the link's full-size frame from the start, not the largest packet seen so far.
 */
#include <errno.h>
#include <math.h>

#include "codel.h"

#define TARGET_NS   5000000ULL         /* RFC 8289, section 4 */
#define INTERVAL_NS 100000000ULL       /* RFC 8289, section 4 */
#define TIME_MAX_NS 3600000000000ULL   /* 16 intervals added to any time of a run cannot overflow */
#define REENTRY_INTERVALS 16           /* RFC 8289, deque(): dropping that resumes this soon goes on at the old rate */

int codel_params_init(struct codel_params *params, const struct queue_config *config)
{
	params->target_ns = queue_default(config->target_ns, TARGET_NS);
	params->interval_ns = queue_default(config->interval_ns, INTERVAL_NS);
	params->ce_threshold_ns = queue_default(config->ce_threshold_ns, UINT64_MAX);
	params->frame_bytes = queue_frame_bytes(config);
	params->ecn = config->ecn;
	if (params->interval_ns > TIME_MAX_NS || params->target_ns > params->interval_ns)
		return -EINVAL;
	return 0;
}

void codel_push(struct codel *c, struct queue_base *total, struct packet *p)
{
	fifo_push(&c->fifo, p);
	c->pkts++;
	c->bytes += p->len;
	total->pkts++;
	total->bytes += p->len;
}

struct packet *codel_pop(struct codel *c, struct queue_base *total)
{
	struct packet *p = fifo_pop(&c->fifo);

	if (p) {
		c->pkts--;
		c->bytes -= p->len;
		total->pkts--;
		total->bytes -= p->len;
	}
	return p;
}

/* dodequeue() of RFC 8289, section 5: the head, and whether it may be dropped */
static struct packet *codel_next(struct codel *c, const struct codel_params *params, struct queue_base *total, uint64_t now_ns,
				 bool *ok_to_drop)
{
	struct packet *p = codel_pop(c, total);

	*ok_to_drop = false;
	if (!p || now_ns - p->arrived_ns < params->target_ns || c->bytes <= params->frame_bytes)
		c->first_above_ns = 0;
	else if (!c->first_above_ns)
		c->first_above_ns = now_ns + params->interval_ns;
	else
		*ok_to_drop = now_ns >= c->first_above_ns;
	return p;
}

/* control_law() of RFC 8289, section 5 */
static uint64_t codel_after(const struct codel *c, const struct codel_params *params, uint64_t from_ns)
{
	return from_ns + (uint64_t)((double)params->interval_ns / sqrt(c->count));
}

/* Drop p and take the next, or mark and keep it. */
static struct packet *codel_signal(struct codel *c, const struct codel_params *params, struct queue_base *total, uint64_t now_ns,
				   struct packet *p, struct packet **dropped, bool *ok_to_drop)
{
	if (params->ecn && queue_mark(total, p))
		return p;
	queue_drop(p, dropped);
	return codel_next(c, params, total, now_ns, ok_to_drop);
}

/* deque() of RFC 8289, section 5 */
struct packet *codel_dequeue(struct codel *c, const struct codel_params *params, struct queue_base *total, uint64_t now_ns,
			     struct packet **dropped)
{
	bool ok_to_drop;
	struct packet *p = codel_next(c, params, total, now_ns, &ok_to_drop);

	if (c->dropping) {
		c->dropping = ok_to_drop;
		while (c->dropping && now_ns >= c->drop_next_ns) {
			struct packet *signalled = p;

			c->count++;
			p = codel_signal(c, params, total, now_ns, p, dropped, &ok_to_drop);
			c->dropping = ok_to_drop;
			if (ok_to_drop)
				c->drop_next_ns = codel_after(c, params, c->drop_next_ns);
			if (p == signalled) /* one mark for a packet, however late it is */
				break;
		}
	} else if (ok_to_drop) {
		uint32_t delta = c->count - c->last_count;
		bool soon = now_ns < c->drop_next_ns + REENTRY_INTERVALS * params->interval_ns;

		p = codel_signal(c, params, total, now_ns, p, dropped, &ok_to_drop);
		c->dropping = true;
		c->count = delta > 1 && soon ? delta : 1;
		c->drop_next_ns = codel_after(c, params, now_ns);
		c->last_count = c->count;
	}
	if (p && now_ns - p->arrived_ns > params->ce_threshold_ns)
		queue_mark(total, p);
	return p;
}
