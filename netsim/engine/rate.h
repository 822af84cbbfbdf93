/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rate.h - how long a packet is on the wire, at a rate that may change on the way, and what the wire could have carried.
 *
 * Work is counted in 10^-9 bit: a packet is len × 8 × 10^9 of it, and a wire of `bps` does `bps` of it every ns. So nothing is
 * ever rounded: what is left over when a packet ends on the whole ns before its true end is carried to the next.
 */
#ifndef NETSIM_RATE_H
#define NETSIM_RATE_H

#include "engine.h"

#define NS_PER_S 1000000000ULL
#define RATE_MAX_BPS 10000000000000ULL /* 10 Tbit/s: the work of a day stays far below 2^128, of a packet below 2^64 */

struct rate {
	uint64_t bps;            /* at present; 0: an outage */
	uint64_t remainder;      /* work of the packet before, not yet done */
	uint64_t len_ns, len_remainder; /* time and remainder of a packet of `len` bytes at the present rate */
	uint32_t len;
	uint64_t until_ns;       /* the next step, or ENGINE_NEVER */
	uint64_t since_ns;       /* of the last step */
	uint64_t up_ns;          /* time without outages, up to since_ns */
	unsigned __int128 work;  /* that could be done up to since_ns */
	const struct rate_step *step, *end; /* still to come */
};

/* Steps that have passed take effect at once. -EINVAL: not in order, or a rate beyond RATE_MAX_BPS */
int rate_init(struct rate *r, const struct link_config *config, uint64_t now_ns);
void rate_advance(struct rate *r, uint64_t now_ns); /* take the steps up to and including now */
uint64_t rate_finish_stepped(struct rate *r, uint64_t now_ns, uint32_t len);
unsigned __int128 rate_work(const struct rate *r, uint64_t now_ns); /* that could be done so far */

/* When a packet is through that goes on the wire now, the steps to come included; ENGINE_NEVER if an outage has no end. */
static inline uint64_t rate_finish(struct rate *r, uint64_t now_ns, uint32_t len)
{
	uint64_t ns, remainder;

	if (len != r->len)
		return rate_finish_stepped(r, now_ns, len);
	ns = r->len_ns;
	remainder = r->remainder + r->len_remainder;
	if (remainder >= r->bps) {
		remainder -= r->bps;
		ns++;
	}
	if (ns >= r->until_ns - now_ns)
		return rate_finish_stepped(r, now_ns, len);
	r->remainder = remainder;
	return now_ns + ns;
}

/* Time without outages so far. */
static inline uint64_t rate_up_ns(const struct rate *r, uint64_t now_ns)
{
	return r->up_ns + (r->bps ? now_ns - r->since_ns : 0);
}

#endif
