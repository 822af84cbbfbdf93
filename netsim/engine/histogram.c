// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "histogram.h"

void histogram_clear(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
}

/* the middle of a bin, which below 128 is its one value */
static uint64_t bin_value(unsigned int bin)
{
	unsigned int shift;

	if (bin < 1 << HISTOGRAM_BITS)
		return bin;
	shift = (bin >> HISTOGRAM_BITS) - 1;
	return ((uint64_t)((bin & ((1 << HISTOGRAM_BITS) - 1)) + (1 << HISTOGRAM_BITS)) << shift) + ((1ULL << shift) >> 1);
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	double rank = q * h->total;
	uint64_t seen = 0;

	if (!h->total)
		return 0;
	for (unsigned int i = 0; i < HISTOGRAM_BINS; i++) {
		seen += h->bins[i];
		if (seen && (double)seen >= rank)
			return bin_value(i) < h->max ? bin_value(i) : h->max;
	}
	return h->max;
}

double histogram_mean(const struct histogram *h)
{
	return h->total ? (double)h->sum / (double)h->total : 0;
}
