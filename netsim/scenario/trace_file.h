/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_file.h - packet-delivery traces: one moment a line, in ms, ascending; at each a packet may leave. After the last the trace begins
 * again, its time 0 at that moment (Netravali et al., Mahimahi, USENIX ATC 2015, section 3.2). Lines that begin with '#' are comments.
 */
#ifndef NETSIM_TRACE_FILE_H
#define NETSIM_TRACE_FILE_H

#include <congctl/congctl.h>

#define TRACE_PACKET_BYTES 1514 /* what leaves at a moment, at most: see link_config.trace_ns */

struct scenario_trace {
	struct scenario_trace *next;
	uint64_t *at_ns;
	size_t n;
	uint64_t period_ns;
};

/* -ENOENT …, -EINVAL: "FILE:LINE: what is wrong: what is allowed". *trace is the caller's, to scenario_trace_free(). */
int scenario_trace_load(struct scenario_trace **trace, const char *file, struct congctl_error *err);
void scenario_trace_free(struct scenario_trace *trace); /* and those behind it; NULL is fine */
uint64_t scenario_trace_bps(const struct scenario_trace *trace); /* on average */

#endif
