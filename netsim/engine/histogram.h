/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * histogram.h - weighted histogram of whole numbers in constant space: exact below 128, above that bins of 1/128 of the value,
 * so a quantile is off by less than 1 %.
 */
#ifndef NETSIM_HISTOGRAM_H
#define NETSIM_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BITS 7
#define HISTOGRAM_BINS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
	uint64_t total;   /* weight */
	uint64_t max;     /* largest value added */
	unsigned __int128 sum; /* of value × weight: exact, so the same with every compiler */
	uint64_t bins[HISTOGRAM_BINS];
};

static inline unsigned int histogram_bin(uint64_t value)
{
	unsigned int shift;

	if (value < 1 << HISTOGRAM_BITS)
		return value;
	shift = 63 - __builtin_clzll(value) - HISTOGRAM_BITS; /* value >> shift is in 128 … 255 */
	return ((shift + 1) << HISTOGRAM_BITS) + (value >> shift) - (1 << HISTOGRAM_BITS);
}

static inline void histogram_add(struct histogram *h, uint64_t value, uint64_t weight)
{
	if (!weight)
		return;
	h->bins[histogram_bin(value)] += weight;
	h->total += weight;
	h->sum += (unsigned __int128)value * weight;
	if (value > h->max)
		h->max = value;
}

void histogram_clear(struct histogram *h);
uint64_t histogram_quantile(const struct histogram *h, double q); /* 0 when empty */
double histogram_mean(const struct histogram *h);                 /* 0 when empty */

#endif
