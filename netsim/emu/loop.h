/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * loop.h - one thread that keeps an engine abreast of the real clock: frames come in at ports, cross the engine as packets, and
 * leave at ports when the engine says so. Any number of ports and links; which path a packet takes is the caller's to say.
 */
#ifndef NETSIM_LOOP_H
#define NETSIM_LOOP_H

#include <congctl/congctl.h>
#include "emu.h"
#include "port.h"

struct loop;

struct loop_config {
	struct engine *engine;        /* the thread's alone while the loop runs */
	struct port *ports;
	uint32_t n_ports;
	enum emu_wait wait;
	uint32_t coalesce_segments;   /* 0: the default, 44 */
	/* The way of a packet that came in at `port`; NULL: it is none of ours. */
	const struct path *(*route)(void *arg, uint32_t port, const struct emu_packet *p);
	void *arg;
};

struct loop_health {
	double lateness_us_p50, lateness_us_p99, lateness_us_max;
	uint64_t wall_ns, stalled_ns; /* stood still, 1 ms or more at a time: that is no time in the network */
	double longest_stall_us;
	double cpu_share;
	uint64_t overruns;            /* packets that found a port's queue full */
	uint64_t write_errors;        /* packets that could not be written */
	uint64_t in_pkts, out_pkts;   /* after splitting, before coalescing */
	uint64_t foreign_pkts;        /* without a path */
	uint64_t unreadable;          /* frames that could not be split */
};

struct loop *loop_new(const struct loop_config *config, struct congctl_error *err);
void loop_free(struct loop *l); /* the engine has been freed before: its packets are the loop's */

/* Let a path end at a port. */
void loop_path_end(struct loop *l, uint32_t port, struct path *path);

int loop_start(struct loop *l, uint64_t start_mono_ns, struct congctl_error *err); /* CLOCK_MONOTONIC at the engine's time 0 */
void loop_stop(struct loop *l); /* and wait for the thread; what is in the engine stays there */
/* Lateness and CPU count from now on: to be called in the loop's thread (an engine event), or while it is stopped. */
void loop_health_from_now(struct loop *l);
void loop_health(struct loop *l, struct loop_health *out); /* while it is stopped */

#endif
