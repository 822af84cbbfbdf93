/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - inside the load generator: one flow is a sender socket, the accepted socket at the other end, and what moved.
 * Nothing here blocks; every call does a bounded amount of work.
 */
#ifndef NETSIM_TRAFFIC_FLOW_H
#define NETSIM_TRAFFIC_FLOW_H

#include "traffic.h"

/* Connects under way at once: fewer than the usual somaxconn (4096) admits to one listener, so that no SYN is lost at the host
 * however many flows start together; and many enough that flows whose SYN the network lost do not hold up the others. */
#define TRAFFIC_MAX_CONNECTING 4000

struct flow {
	int send_fd, recv_fd;    /* -1: not there (yet, or any more) */
	uint32_t instance;       /* within its group, from 0 */
	bool connecting, done;   /* done: finished or failed, sockets closed */
	bool send_ready, recv_ready; /* stopped by its budget, not by the socket: in the ready list */
	uint64_t left_bytes;     /* still to be sent; UINT64_MAX: bulk */
	uint64_t window_base;    /* received bytes when the window opened */
	struct flow *next_ready;
	struct flow_result *out;
};

struct traffic_listener {
	int fd;
	uint32_t *flow_of_port; /* sender's port → flow number + 1 */
	struct sockaddr_storage address;
};

struct traffic {
	const struct traffic_config *config;
	struct run_result *result;
	int epoll;
	struct traffic_listener listeners[SCENARIO_MAX_GROUPS];
	struct flow *flows;
	size_t n_flows;
	uint32_t *start_order;  /* flow numbers by start time */
	size_t next_start, connecting;
	struct flow *ready, **ready_tail;
	bool window_open;
	uint64_t window_opened_ns;
	/* sampling */
	size_t samples_capacity, cursor;
	uint64_t next_sample_ns, sample_budget_ns;
	uint32_t samples_per_tick;
};

uint64_t traffic_now(const struct traffic *t); /* ns from the start of the run */

/* --- flow.c: one flow's sockets --------------------------------------------------------------------------------- */

enum traffic_event { EVENT_LISTENER, EVENT_SENDER, EVENT_RECEIVER };

/* In the receivers' namespace: the socket that group's flows connect to. */
int traffic_listen(struct traffic *t, uint32_t group, struct congctl_error *err);
/* In the senders' namespace: a socket bound to the group's address that needs nothing but connect(). */
int flow_open(struct traffic *t, struct flow *f, struct congctl_error *err);
void flow_connect(struct traffic *t, struct flow *f);
void flow_accept(struct traffic *t, uint32_t group);
void flow_on_sender(struct traffic *t, struct flow *f, uint32_t events);
void flow_on_receiver(struct traffic *t, struct flow *f);
void flow_serve_ready(struct traffic *t); /* a turn for the first in the ready list */
void flow_close(struct flow *f);          /* by RST: nothing lingers. NULL sockets are fine */

/* --- sample.c: TCP_INFO ------------------------------------------------------------------------------------------- */

void sample_init(struct traffic *t);
int sample_tick(struct traffic *t);                 /* as many flows as the budget allows, in turn. -ENOMEM */
int sample_flow(struct traffic *t, struct flow *f); /* one sample of one established flow. -ENOMEM */

#endif
