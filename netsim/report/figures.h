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

/* messages of a group, or those of one size class: medians over the repeats */
struct transfer_row {
	const char *name;        /* of the group */
	const char *size_class;  /* NULL: all sizes */
	bool one_flow;           /* the flow's own row tells the same */
	double total, completed;
	struct transfer_quantiles {
		double mean, p50, p95, p99;
	} fct_s, slowdown;
};

#define TRANSFER_CLASSES 3
extern const char *const transfer_classes[TRANSFER_CLASSES]; /* below 100 kB, up to 10 MB, above */

struct link_figures {
	const char *name;
	double utilisation, queue_mean_pkts, queue_p95_pkts, drops, marks, losses;
};

struct report_figures {
	size_t n_runs, n_valid, n_flows;
	const char *void_reason; /* of the first void repeat; NULL: none is void */
	struct flow_figures *flows; /* group by group; without those that come at random, whose figures are in transfers[] */
	struct transfer_row *transfers;
	size_t n_transfers;
	struct link_figures *links;
	size_t n_links;
	struct interval goodput_bps; /* of all flows together */
	struct interval utilisation, queue_mean_pkts, jain;
	double queue_p95_pkts, queue_max_pkts, drops, marks, losses;
};

/* -ENOMEM, or 0; figures_free() afterwards either way */
int figures_make(struct report_figures *figures, const struct report_run *run);
void figures_free(struct report_figures *figures);

/* --- parts of figures_make() --- */

int figures_transfers(struct report_figures *figures, const struct report_run *run); /* transfers.c. -ENOMEM */

#endif
