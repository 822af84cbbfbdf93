/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver.h - inside a simulated run: sim.c has its life, sim_flow.c the applications, sim_sample.c what is recorded meanwhile.
 * A flow is a connection whose sender connects to its receiver, or a stream of datagrams between the same places.
 */
#ifndef NETSIM_SIM_DRIVER_H
#define NETSIM_SIM_DRIVER_H

#include "../scenario/network.h"
#include "../scenario/workload.h"
#include "sim.h"
#include "sim_host.h"

struct sim_run;

#define SIM_NO_TRANSFER SIZE_MAX

struct sim_flow {
	uint64_t received_bytes;
	uint64_t watch_bytes;      /* received so many, something ends; UINT64_MAX: nothing does */
	struct flow_result *out;
	struct sim_run *run;
	const struct workload_flow *plan;
	struct tcp_endpoint *sender, *receiver; /* NULL: not begun, over, or datagrams */
	uint64_t question_bytes;   /* request, incast: of the question, not yet with the sender */
	size_t transfer;           /* of result->transfers: the one under way; SIM_NO_TRANSFER */
	uint64_t wanted_bytes;     /* received so many, it is complete */
	bool stopped;              /* the sender has nothing new to say */
	bool ended;                /* and all of it was received: the connection is going */
	uint64_t ended_ns;         /* from here on nothing was meant to move; ENGINE_NEVER: not yet */
	uint64_t window_base;      /* received bytes when the window opened */
	uint64_t datagram_ns, datagram_rest; /* CBR: when the last was due, and the remainder of that division */
	struct sim_flow *next, *before; /* ring of established connections */
	struct sim_flow *next_of_group;
};

struct sim_group {
	struct plugin *plugin;     /* NULL: datagrams */
	struct sim_run *run;
	struct sim_flow *flows;
	uint32_t count;            /* of them */
	uint32_t pending;          /* incast: connections that the next round waits for */
};

struct sim_run {
	const struct scenario *scenario;
	const struct sim_options *options;
	struct run_result *result;
	struct network net;
	struct sim_host host;
	bool host_open;
	struct workload_flow *plan; /* in order of start */
	size_t n_plan, next_start;
	struct sim_flow *flows;    /* in the same order: the numbers of the result */
	struct sim_group groups[SCENARIO_MAX_GROUPS];
	bool window_open;
	/* sampling */
	struct sim_flow *cursor;   /* of the ring; NULL: nobody is established */
	uint32_t n_established, samples_per_tick;
	size_t samples_room, queue_room, transfers_room;
};

/* Call fn(arg) at `when_ns`; without memory for it the run fails. */
void sim_at(struct sim_run *run, uint64_t when_ns, void (*fn)(void *arg), void *arg);
/* One element more in an array of `n`: doubles its room as needed; NULL: out of memory, and the run fails. */
void *sim_grow(struct sim_run *run, void *array, size_t n, size_t *room, size_t size);

/* --- sim_flow.c ---------------------------------------------------------------------------------------------------- */

void sim_flow_start(struct sim_flow *f);
void sim_flow_deliver(void *arg, struct packet *p); /* of every path; arg is the run */
void sim_flow_expect(void *arg, const struct packet *p);
void sim_flow_close(struct sim_flow *f);            /* what its connection has taken is given back */

/* --- sim_sample.c --------------------------------------------------------------------------------------------------- */

void sim_sample_start(struct sim_run *run);         /* schedules the ticks */
void sim_sample_flow(struct sim_flow *f);           /* one sample of an established connection */

#endif
