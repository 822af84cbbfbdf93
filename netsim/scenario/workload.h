/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * workload.h - which connections a run has, when each starts and how much it carries: worked out before the run, from the
 * scenario and its seed alone, so that every engine runs the same.
 */
#ifndef NETSIM_WORKLOAD_H
#define NETSIM_WORKLOAD_H

#include "scenario.h"

/* one connection, or one stream of datagrams */
struct workload_flow {
	uint32_t group, instance; /* instance: within the group, from 0 */
	uint64_t start_ns, stop_ns; /* stop: at most the duration */
	uint64_t size_bytes;      /* of the one transfer (bulk with a size, Poisson); 0: not such a flow */
};

/* In order of start; groups that start together take turns, instance by instance. The place in the plan is the flow's number, in
 * run_result and everywhere. *flows is the caller's, to free(). -E2BIG: more than SCENARIO_MAX_FLOWS; -EINVAL: not one arrival;
 * -ENOENT and -EINVAL: a CDF file that is missing or wrong, with file and line. */
int workload_plan(const struct scenario *s, struct workload_flow **flows, size_t *n, struct congctl_error *err);

/* "web", or "web.3" of a group of several */
void workload_name(const struct scenario *s, const struct workload_flow *flow, char *name, size_t size);

/* Of request and incast, the scenario's sender connects and answers, the receiver asks: the answers go the way all data goes. */

/* The least time a transfer takes on an empty network. From connect() to the receiver's last byte: handshake, then the bytes at the
 * bottleneck's rate and half a round trip. From a question to its answer's last byte: a round trip and the bytes. Whole frames count.
 * Slowdown is the time taken ÷ this. */
uint64_t workload_ideal_ns(const struct scenario *s, size_t group, uint64_t bytes);

/* --- empirical size distributions -------------------------------------------------------------------------------- */

#define SIZE_CDF_POINTS 256

struct size_cdf {
	size_t n;
	struct size_point {
		double bytes, cumulative; /* neither descends; cumulative from ≥ 0 to exactly 1 */
	} points[SIZE_CDF_POINTS];
};

/* "web-search", "data-mining", or a file of lines "BYTES CUMULATIVE", # comments. -ENOENT, -EINVAL with file and line. */
int size_cdf_load(struct size_cdf *cdf, const char *name, struct congctl_error *err);
double size_cdf_mean(const struct size_cdf *cdf);
double size_cdf_draw(const struct size_cdf *cdf, double u); /* u in [0, 1): linear between points */

#endif
