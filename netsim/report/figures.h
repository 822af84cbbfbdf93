/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * figures.h - what a run says about itself: the median over its valid repeats, with a 95 % confidence interval for the figures that
 * are compared. A void repeat contributes nothing.
 */
#ifndef NETSIM_FIGURES_H
#define NETSIM_FIGURES_H

#include "report.h"

/* NAN: unknown */
struct flow_figures {
	const char *name, *cc;
	struct interval goodput_bps;
	double share, rtt_p50_us, rtt_p95_us, retransmits, marks, received_bytes;
	double fct_s;     /* flow completion time; NAN: bulk, or not finished in time */
	bool is_sized;
	int error;        /* errno of the connection in the last valid repeat */
};

struct report_figures {
	size_t n_runs, n_valid, n_flows;
	const char *void_reason; /* of the first void repeat; NULL: none is void */
	struct flow_figures *flows;
	struct interval goodput_bps; /* of all flows together */
	struct interval utilisation, queue_mean_pkts, jain;
	double queue_p95_pkts, queue_max_pkts, drops, marks, losses;
};

/* -ENOMEM, or 0; figures_free() afterwards either way */
int figures_make(struct report_figures *figures, const struct report_run *run);
void figures_free(struct report_figures *figures);

#endif
