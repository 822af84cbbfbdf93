// SPDX-License-Identifier: GPL-2.0-only
/* Flow completion times and slowdowns. Pure: docs/metrics.md defines both. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../scenario/workload.h"
#include "transfers.h"

void measure_slowdowns(const struct scenario *s, struct run_result *r)
{
	uint64_t ideal_ns = 0;

	for (size_t i = 0; i < r->n_transfers; i++) {
		struct transfer *t = &r->transfers[i];
		const struct transfer *last = i ? t - 1 : NULL;

		if (!last || last->bytes != t->bytes || r->flows[last->flow].group != r->flows[t->flow].group)
			ideal_ns = workload_ideal_ns(s, r->flows[t->flow].group, t->bytes);
		t->slowdown = t->end_ns == ENGINE_NEVER || !ideal_ns ? NAN : (double)(t->end_ns - t->start_ns) / (double)ideal_ns;
	}
}

uint64_t measure_transfers_from_ns(const struct scenario *s, uint32_t group)
{
	return s->flows[group].workload == WORKLOAD_BULK ? 0 : s->warmup_ns;
}

int measure_transfers(const struct scenario *s, const struct run_result *r, uint32_t group, uint64_t min_bytes, uint64_t max_bytes,
		      struct transfer_figures *out)
{
	const uint64_t from_ns = measure_transfers_from_ns(s, group);
	double *fct_s = malloc((r->n_transfers + 1) * sizeof(*fct_s)), *slowdown = malloc((r->n_transfers + 1) * sizeof(*slowdown));
	const int ret = fct_s && slowdown ? 0 : -ENOMEM;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; !ret && i < r->n_transfers; i++) {
		const struct transfer *t = &r->transfers[i];

		if (r->flows[t->flow].group != group || t->start_ns < from_ns || t->bytes < min_bytes || t->bytes > max_bytes)
			continue;
		out->total++;
		if (t->end_ns == ENGINE_NEVER)
			continue;
		fct_s[out->completed] = (double)(t->end_ns - t->start_ns) / 1e9;
		slowdown[out->completed++] = t->slowdown;
	}
	if (!ret) {
		out->fct_s = quantiles_of(fct_s, out->completed);
		out->slowdown = quantiles_of(slowdown, out->completed);
	}
	free(fct_s);
	free(slowdown);
	return ret;
}
