/* SPDX-License-Identifier: GPL-2.0-only */
/* series.h - samples made thin enough to draw: one value per flow and bin of time. */
#ifndef NETSIM_REPORT_SERIES_H
#define NETSIM_REPORT_SERIES_H

#include "report.h"

enum series_kind { SERIES_GOODPUT, SERIES_CWND, SERIES_RTT, SERIES_QUEUE };

struct series {
	size_t n_flows, n_bins; /* of the queue: one "flow" */
	double bin_s;
	float *values;          /* [flow × n_bins + bin]; NAN: nothing known */
};

/* Mbit/s, packets, ms, packets. -ENOMEM; free(series->values) */
int series_make(struct series *series, enum series_kind kind, const struct scenario *s, const struct run_result *r, size_t max_bins);

#endif
