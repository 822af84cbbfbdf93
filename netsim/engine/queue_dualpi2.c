// SPDX-License-Identifier: GPL-2.0-only
/*
 * queue_dualpi2.c - dual-queue coupled AQM: L4S packets (ECT(1) and CE) in a queue of their own, marked by a shallow
 * threshold and by what the Classic queue suffers.
 *
 *   p'    PI controller over the Classic delay          p_C  = p'^2      Classic: drop, or mark when ECT(0)
 *   p_L   max(ramp from minTh to minTh + range, p_CL)   p_CL = k p'      L4S: mark
 *
 * Reference: RFC 9332, Appendix A (A.1 first pass; A.2 overload: from p_CL = 1 on, L4S packets are dropped with p_C as well, and
 * from p_C = p_Cmax on, Classic ones are no longer marked). Marks and drops are spaced evenly by recur(), without random numbers.
 * The appendix leaves the scheduler open; here: weighted round robin in bytes, 15 for L4S to 1 for Classic, so that neither
 * queue can be starved.
 * Differences: 1. the larger of the two queues' delays drives p', so that L4S traffic alone cannot escape the overload rule;
 * 2. a packet counts with its own length against the limit, where the appendix takes the MTU.
 */
#include "pi.h"

#define COUPLING 2.0              /* k */
#define MIN_TH_NS 800000ULL       /* minTh; the range of the ramp is half of it: 400 us */
#define LIMIT_NS 250000000ULL     /* of the fastest rate so far */
#define WEIGHT_L 15               /* bytes of L4S to one of Classic */

static const struct pi dualpi2_defaults = {.target_ns = 15000000, .tupdate_ns = 16000000, .alpha = 0.16, .beta = 3.2};

struct half {
	struct fifo fifo;
	uint64_t pkts;
	double count; /* of recur() */
};

struct queue {
	struct queue_base base; /* first: see struct queue */
	struct half l4s, classic;
	struct pi pi;
	double p_c, p_cl; /* p_cl: at most 1 */
	double coupling, p_c_max;
	uint64_t min_th_ns, range_ns;
	int64_t classic_credit; /* bytes L4S sent past Classic packets that waited, less 15 times what those sent */
	uint64_t limit_bytes, limit_pkts;
	uint64_t fastest_bps;
	bool limit_by_rate;     /* no limit_bytes was given */
};

static void dualpi2_set_rate(struct queue *q, uint64_t rate_bps)
{
	if (!q->limit_by_rate || rate_bps <= q->fastest_bps)
		return;
	q->fastest_bps = rate_bps;
	q->limit_bytes = (uint64_t)((unsigned __int128)rate_bps * LIMIT_NS / 8000000000U);
}

static int dualpi2_init(struct queue *q, const struct queue_config *config)
{
	q->coupling = config->coupling != 0 ? config->coupling : COUPLING;
	if (!isfinite(q->coupling) || q->coupling <= 0)
		return -EINVAL;
	q->p_c_max = q->coupling > 1 ? 1 / (q->coupling * q->coupling) : 1;
	q->min_th_ns = queue_default(config->step_ns, MIN_TH_NS);
	q->range_ns = q->min_th_ns / 2;
	q->limit_pkts = queue_default(config->limit_pkts, UINT64_MAX);
	q->limit_bytes = queue_default(config->limit_bytes, UINT64_MAX);
	q->limit_by_rate = !config->limit_bytes;
	dualpi2_set_rate(q, config->rate_bps);
	return pi_init(&q->pi, config, &dualpi2_defaults);
}

/* dualpi2_update() of RFC 9332, A.1 */
static void dualpi2_update(struct queue *q, uint64_t now_ns)
{
	struct pi *pi = &q->pi;
	uint64_t l4s_ns = pi_age_ns(&q->l4s.fifo, now_ns), classic_ns = pi_age_ns(&q->classic.fifo, now_ns);
	uint64_t delay_ns = l4s_ns > classic_ns ? l4s_ns : classic_ns;

	pi->p = pi_bound(pi->p + pi_change(pi, delay_ns));
	pi->delay_old_ns = delay_ns;
	q->p_cl = pi_bound(q->coupling * pi->p);
	q->p_c = pi->p * pi->p;
}

static void dualpi2_catch_up(struct queue *q, uint64_t now_ns)
{
	struct pi *pi = &q->pi;

	while (now_ns >= pi->next_ns) {
		if (!q->base.pkts && !pi->delay_old_ns && pi->p == 0) {
			pi_skip(pi, now_ns);
			return;
		}
		dualpi2_update(q, pi->next_ns);
		pi->next_ns += pi->tupdate_ns;
	}
}

static bool dualpi2_enqueue(struct queue *q, struct packet *p, uint64_t now_ns)
{
	struct half *half = p->ecn == ECN_ECT1 || p->ecn == ECN_CE ? &q->l4s : &q->classic;

	dualpi2_catch_up(q, now_ns);
	if (q->base.pkts >= q->limit_pkts || p->len > q->limit_bytes || q->base.bytes > q->limit_bytes - p->len)
		return false;
	fifo_push(&half->fifo, p);
	half->pkts++;
	q->base.pkts++;
	q->base.bytes += p->len;
	return true;
}

/* recur() of RFC 9332, A.1: true as often as `likelihood` says, evenly spaced */
static bool dualpi2_recur(struct half *half, double likelihood)
{
	half->count += likelihood;
	if (half->count <= 1)
		return false;
	half->count -= 1;
	return true;
}

/* laqm() of RFC 9332, A.1; a lone packet is no queue (Th_len) */
static double dualpi2_ramp(const struct queue *q, uint64_t sojourn_ns)
{
	if (!q->l4s.pkts || sojourn_ns <= q->min_th_ns)
		return 0;
	if (sojourn_ns >= q->min_th_ns + q->range_ns)
		return 1;
	return (double)(sojourn_ns - q->min_th_ns) / (double)q->range_ns;
}

static bool dualpi2_l4s_is_next(const struct queue *q)
{
	if (!q->l4s.pkts || !q->classic.pkts)
		return q->l4s.pkts;
	return q->classic_credit < (int64_t)q->classic.fifo.head->len * WEIGHT_L;
}

static struct packet *dualpi2_take(struct queue *q, struct half *half)
{
	struct packet *p = fifo_pop(&half->fifo);

	half->pkts--;
	q->base.pkts--;
	q->base.bytes -= p->len;
	if (!q->classic.pkts)
		q->classic_credit = 0;
	else if (half == &q->l4s)
		q->classic_credit += p->len;
	else if (q->l4s.pkts)
		q->classic_credit -= (int64_t)p->len * WEIGHT_L;
	return p;
}

/* Is this packet to be sent? It may be marked. */
static bool dualpi2_l4s_keeps(struct queue *q, struct packet *p, uint64_t now_ns)
{
	double p_l;

	if (q->p_cl < 1) {
		p_l = dualpi2_ramp(q, now_ns - p->arrived_ns);
		if (dualpi2_recur(&q->l4s, p_l > q->p_cl ? p_l : q->p_cl))
			queue_mark(&q->base, p);
		return true;
	}
	if (dualpi2_recur(&q->l4s, q->p_c))
		return false;
	if (dualpi2_recur(&q->l4s, q->p_cl))
		queue_mark(&q->base, p);
	return true;
}

static bool dualpi2_classic_keeps(struct queue *q, struct packet *p)
{
	if (!dualpi2_recur(&q->classic, q->p_c))
		return true;
	return q->p_c < q->p_c_max && queue_mark(&q->base, p);
}

/* dualpi2_dequeue() of RFC 9332, A.2 */
static struct packet *dualpi2_dequeue(struct queue *q, uint64_t now_ns, struct packet **dropped)
{
	dualpi2_catch_up(q, now_ns);
	while (q->base.pkts) {
		bool l4s = dualpi2_l4s_is_next(q);
		struct packet *p = dualpi2_take(q, l4s ? &q->l4s : &q->classic);

		if (l4s ? dualpi2_l4s_keeps(q, p, now_ns) : dualpi2_classic_keeps(q, p))
			return p;
		queue_drop(p, dropped);
	}
	return NULL;
}

static void dualpi2_fini(struct queue *q, struct packet **dropped)
{
	while (q->base.pkts)
		queue_drop(dualpi2_take(q, q->l4s.pkts ? &q->l4s : &q->classic), dropped);
}

static const struct queue_ops queue_dualpi2 = {
	.name = "dualpi2",
	.size = sizeof(struct queue),
	.init = dualpi2_init,
	.enqueue = dualpi2_enqueue,
	.dequeue = dualpi2_dequeue,
	.fini = dualpi2_fini,
	.set_rate = dualpi2_set_rate,
};
QUEUE_DISCIPLINE(queue_dualpi2);
