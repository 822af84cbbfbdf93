/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * run.h - what one run of a scenario gave: samples, and the figures made of them. An engine fills it, measure/ adds the
 * figures, report/ writes it. Times are ns from the start of the run.
 */
#ifndef NETSIM_RUN_H
#define NETSIM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../engine/engine.h"
#include "../scenario/scenario.h"

/* TCP_INFO of a sender at one moment; counters are since the connection began */
struct flow_sample {
	uint64_t t_ns;
	uint32_t flow;             /* instance number */
	uint32_t cwnd_pkts, ssthresh_pkts;
	uint32_t srtt_us, min_rtt_us;
	uint32_t inflight_pkts;
	uint32_t retransmits, lost_pkts, delivered_pkts, delivered_ce_pkts;
	uint64_t pacing_bps;       /* payload bits per second; UINT64_MAX: no limit */
	uint64_t delivery_bps;
	uint64_t received_bytes;   /* by the receiving application */
	uint8_t ca_state;          /* enum tcp_ca_state */
};

struct queue_sample {
	uint64_t t_ns;
	uint64_t queued_pkts, queued_bytes;
	uint64_t dropped_pkts, lost_pkts, marked_pkts, out_bytes; /* since the start */
};

struct queue_sample queue_sample_of(uint64_t t_ns, const struct link_stats *st); /* of the bottleneck */

struct quantiles {
	double mean, p50, p95, p99, max;
	size_t n; /* samples behind it; 0: unknown */
};

struct flow_result {
	char name[48];             /* group name, with .1 .2 … if the group has several */
	char cc[CONGCTL_NAME_MAX + 1]; /* as getsockopt told it, of the sender */
	uint32_t group;
	uint64_t start_ns;         /* intended */
	uint64_t established_ns;   /* ENGINE_NEVER: never */
	uint64_t finished_ns;      /* the receiver had the last byte of a sized flow; ENGINE_NEVER: still going */
	uint64_t received_bytes;   /* whole run */
	uint64_t window_bytes;     /* received within the measured window */
	uint64_t window_ns;        /* the part of the measured window in which the flow was meant to run */
	bool ecn;                  /* negotiated */
	int error;                 /* errno of a connection that failed, 0 */
	/* figures, by measure_run() */
	double goodput_bps, share; /* share of all bytes received within the measured window */
	struct quantiles rtt_us, cwnd_pkts;
	uint64_t retransmits, marks; /* whole run */
};

/* one message on a connection: a sized flow's bytes, a Poisson arrival, an answer */
struct transfer {
	uint32_t flow;             /* instance number */
	uint64_t start_ns;         /* connect(), or the question sent */
	uint64_t end_ns;           /* the receiver had the last byte; ENGINE_NEVER: not complete at the end */
	uint64_t bytes;
	double slowdown;           /* time taken ÷ workload_ideal_ns(); by measure_run(), NAN when not complete */
};

struct link_result {
	char name[32];
	struct link_stats stats;
};

/* how well the emulator kept up; all zero in the simulator */
struct run_health {
	double lateness_us_p50, lateness_us_p99, lateness_us_max; /* of deliveries, real time against schedule */
	double stalled_share;      /* of the time, in which the emulator stood still for 1 ms or more and the network with it */
	double longest_stall_us;
	double cpu_share;          /* of one CPU, the emulator thread */
	double steal_share;        /* of all CPUs, taken by the hypervisor */
	uint64_t overruns;         /* packets that found a full input */
	uint64_t failed_pkts;      /* packets the emulator could not read or write */
};

struct run_result {
	const char *engine;        /* "emu", "sim" */
	bool valid;
	char void_reason[256];     /* why it is not */
	uint64_t seed;
	uint64_t duration_ns;      /* as run */
	uint64_t window_ns;        /* the measured one: between the two looks at what the flows had received */
	struct flow_result *flows;
	size_t n_flows;
	struct flow_sample *samples; /* in time order */
	size_t n_samples;
	struct queue_sample *queue;
	size_t n_queue;
	struct transfer *transfers; /* in order of flow, then of start */
	size_t n_transfers;
	struct link_stats link;    /* the bottleneck, data direction */
	struct link_result *links; /* every link with a name, the bottleneck among them */
	size_t n_links;
	double goodput_bps;        /* of all flows together, within the measured window */
	double utilisation;        /* of the link's rate, within the measured window */
	double jain;               /* of the flows' goodput within the measured window */
	struct run_health health;
};

void run_result_free(struct run_result *r); /* what it points to */

void run_sort_transfers(struct run_result *r); /* by flow, then by start */

/* How many of `n_flows` an engine samples each interval, in turn: with many flows not all, so that a run stays within
 * 20,000 samples a second and 4 million in all. */
uint32_t samples_per_tick(const struct scenario *s, size_t n_flows);

/* --- measure.c: pure ------------------------------------------------------------------------------------------ */

/* The figures of `r` from its samples: flows[].goodput …, transfers[].slowdown, goodput, utilisation, jain. */
void measure_run(const struct scenario *s, struct run_result *r);

/* What became of a group's transfers of min_bytes to max_bytes that began from measure_transfers_from_ns() on: of bulk all, else those
 * that began in the measured window. */
struct transfer_figures {
	size_t total, completed;
	struct quantiles fct_s, slowdown; /* of those that completed */
};

uint64_t measure_transfers_from_ns(const struct scenario *s, uint32_t group);
/* After measure_run(). -ENOMEM */
int measure_transfers(const struct scenario *s, const struct run_result *r, uint32_t group, uint64_t min_bytes, uint64_t max_bytes,
		      struct transfer_figures *out);

struct quantiles quantiles_of(double *values, size_t n);  /* sorts values */
double quantile_of_sorted(const double *v, size_t n, double q); /* n > 0, 0 <= q <= 1: linear interpolation at rank (n-1)q */
double jain_index(const double *x, size_t n);             /* RFC 5166 3: (Σx)²/(n·Σx²); 0 when n is 0 or all are 0 */
double harm_more_is_better(double solo, double with);     /* Ware et al. 2019: (x−y)/x */
double harm_less_is_better(double solo, double with);     /* (y−x)/y */
/* median and a 95 % confidence interval of it: bootstrap, percentile, 10000 resamples from a fixed seed; n = 1: no interval */
struct interval { double median, low, high; size_t n; };
struct interval median_ci95(const double *x, size_t n);

#endif
