// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "series.h"

#define LEAST_GOODPUT_BIN_S 0.1 /* shorter ones show the sampling, not the flow */

static size_t bin_of(const struct series *series, uint64_t t_ns)
{
	size_t bin = (size_t)((double)t_ns / 1e9 / series->bin_s);

	return bin < series->n_bins ? bin : series->n_bins - 1;
}

/* mean of what was sampled in a bin */
static void fill_means(struct series *series, enum series_kind kind, const struct run_result *r, uint32_t *count)
{
	const size_t n = kind == SERIES_QUEUE ? r->n_queue : r->n_samples;

	for (size_t i = 0; i < n; i++) {
		const struct flow_sample *sample = &r->samples[i];
		double value;
		size_t at;

		if (kind == SERIES_QUEUE) {
			value = (double)r->queue[i].queued_pkts;
			at = bin_of(series, r->queue[i].t_ns);
		} else {
			value = kind == SERIES_CWND ? sample->cwnd_pkts : sample->srtt_us / 1e3;
			at = sample->flow * series->n_bins + bin_of(series, sample->t_ns);
			if (value <= 0) /* not known yet */
				continue;
		}
		series->values[at] = (float)(count[at] ? series->values[at] + (value - series->values[at]) / (count[at] + 1) : value);
		count[at]++;
	}
}

/* what was received between the last samples of one bin and of the next, over the time between them */
static int fill_goodput(struct series *series, const struct run_result *r)
{
	struct flow_sample *last = calloc(series->n_flows, sizeof(*last)), *mark = calloc(series->n_flows, sizeof(*mark));

	for (size_t i = 0; last && mark && i <= r->n_samples; i++) {
		const size_t first = i < r->n_samples ? r->samples[i].flow : 0, end = i < r->n_samples ? first + 1 : series->n_flows;

		for (size_t f = first; f < end; f++) { /* after the last sample: close every flow's bin */
			size_t bin = bin_of(series, last[f].t_ns);

			if (last[f].t_ns > mark[f].t_ns && (i == r->n_samples || bin_of(series, r->samples[i].t_ns) != bin)) {
				series->values[f * series->n_bins + bin] = (float)((double)(last[f].received_bytes -
					mark[f].received_bytes) * 8e3 / (double)(last[f].t_ns - mark[f].t_ns));
				mark[f] = last[f];
			}
			if (i < r->n_samples)
				last[f] = r->samples[i];
			if (i < r->n_samples && !mark[f].t_ns)
				mark[f] = last[f];
		}
	}
	free(mark);
	free(last);
	return last && mark ? 0 : -ENOMEM;
}

int series_make(struct series *series, enum series_kind kind, const struct scenario *s, const struct run_result *r, size_t max_bins)
{
	const double duration_s = (double)s->duration_ns / 1e9;
	uint32_t *count;
	size_t n;
	int ret = 0;

	series->bin_s = fmax(duration_s / (double)max_bins, (double)s->sample_ns / 1e9);
	if (kind == SERIES_GOODPUT)
		series->bin_s = fmax(series->bin_s, LEAST_GOODPUT_BIN_S);
	series->n_bins = (size_t)ceil(duration_s / series->bin_s);
	series->n_flows = kind == SERIES_QUEUE ? 1 : r->n_flows;
	n = series->n_flows * series->n_bins;
	series->values = malloc((n + 1) * sizeof(*series->values));
	count = calloc(n + 1, sizeof(*count));
	if (!series->values || !count) {
		free(count);
		free(series->values);
		series->values = NULL;
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		series->values[i] = NAN;
	if (kind == SERIES_GOODPUT)
		ret = fill_goodput(series, r);
	else
		fill_means(series, kind, r, count);
	free(count);
	return ret;
}
