/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flow.h - inside the load generator: one flow is a sender socket, the accepted socket at the other end, what moved, and what the
 * application at each end does next. Nothing here blocks; every call does a bounded amount of work.
 */
#ifndef NETSIM_TRAFFIC_FLOW_H
#define NETSIM_TRAFFIC_FLOW_H

#include "traffic.h"

/* Connects under way at once: fewer than the usual somaxconn (4096) admits to one listener, so that no SYN is lost at the host
 * however many flows start together; and many enough that flows whose SYN the network lost do not hold up the others. */
#define TRAFFIC_MAX_CONNECTING 4000

enum flow_side { SENDER, RECEIVER };

struct flow_end {
	int fd;                  /* -1: not there (yet, or any more) */
	uint64_t left_bytes;     /* still to be sent; UINT64_MAX: without end */
	bool send_ready, recv_ready; /* stopped by its budget, not by the socket: in the ready list */
};

struct flow {
	struct traffic *traffic;
	const struct workload_flow *plan;
	const struct scenario_flow *group;
	struct flow_result *out;
	struct flow_end end[2];  /* by enum flow_side */
	bool connecting, done;   /* done: finished or failed, sockets closed */
	bool closing;            /* what the sender has left is all there will be: the stream ends behind it */
	uint64_t ended_ns;       /* from here on nothing was meant to move; ENGINE_NEVER: not yet */
	uint64_t window_base;    /* received bytes when the window opened */
	uint64_t asked_ns;       /* when the open question was sent; ENGINE_NEVER: none is open */
	uint64_t question_left, answer_left; /* bytes of it that have not arrived */
	uint64_t datagrams;      /* constant rate: of its schedule, sent or missed */
	struct flow *next_ready;
};

struct traffic_listener {
	int fd;
	uint32_t *flow_of_port; /* sender's port → flow number + 1 */
	struct sockaddr_storage address;
};

/* an incast group: the next round begins when all members are there and none owes an answer */
struct traffic_round {
	uint32_t members, connected, owed;
};

struct traffic {
	const struct traffic_config *config;
	struct run_result *result;
	int error;              /* of the run itself: -ENOMEM */
	uint64_t start_mono_ns; /* CLOCK_MONOTONIC at time 0 of the run; all sockets are open before */
	int epoll;
	struct engine *alarms;  /* what is due at a time: switches, questions, datagrams. No network in it */
	struct traffic_listener listeners[SCENARIO_MAX_GROUPS];
	struct traffic_round rounds[SCENARIO_MAX_GROUPS];
	struct flow *flows;     /* as planned, in order of start */
	size_t n_flows;
	size_t next_start, connecting;
	struct flow *ready, **ready_tail;
	bool window_open;
	uint64_t window_opened_ns;
	size_t transfers_capacity;
	/* sampling */
	size_t samples_capacity, cursor;
	uint64_t next_sample_ns, sample_budget_ns;
	uint32_t samples_per_tick;
};

uint64_t traffic_now(const struct traffic *t); /* ns from the start of the run */

/* --- socket.c: made before time 0, but for one ------------------------------------------------------------------------------- */

enum traffic_event { EVENT_LISTENER, EVENT_SENDER, EVENT_RECEIVER, EVENT_DATAGRAM };

int traffic_watch(struct traffic *t, int fd, uint32_t events, enum traffic_event kind, uint32_t index);
socklen_t traffic_address_len(const struct sockaddr_storage *a);
/* In the receivers' namespace: the socket that group's flows connect to. */
int traffic_listen(struct traffic *t, uint32_t group, struct congctl_error *err);
/* In the senders' namespace: a socket bound to the group's address that needs nothing but connect(). Of a flow that comes at random
 * it is opened when the flow comes: thousands do, and few are there at a time. */
int flow_open(struct traffic *t, struct flow *f, struct congctl_error *err);
/* The two ends of a stream of datagrams; the receiver's first. */
int datagram_open_receiver(struct traffic *t, struct flow *f, struct congctl_error *err);
int datagram_open_sender(struct traffic *t, struct flow *f, struct congctl_error *err);

/* --- flow.c: bytes in and out of a connection --------------------------------------------------------------------- */

void flow_connect(struct traffic *t, struct flow *f);
void flow_accept(struct traffic *t, uint32_t group);
void flow_on_event(struct traffic *t, struct flow *f, enum flow_side side, uint32_t events);
/* So many to send, in place of what is left; UINT64_MAX: without end. */
void flow_write(struct traffic *t, struct flow *f, enum flow_side side, uint64_t bytes);
void flow_end_stream(struct traffic *t, struct flow *f); /* nothing beyond what the socket holds */
void flow_fail(struct traffic *t, struct flow *f, int error);
void flow_serve_ready(struct traffic *t); /* a turn for the first in the ready list */
void flow_close(struct flow *f);          /* by RST: nothing lingers */

/* --- app.c: what the applications do -------------------------------------------------------------------------------- */

void app_prepare(struct traffic *t, struct flow *f);     /* before time 0 */
void app_established(struct traffic *t, struct flow *f); /* the sender has its connection */
void app_accepted(struct traffic *t, struct flow *f);    /* the receiver has it */
void app_received(struct traffic *t, struct flow *f, enum flow_side side, uint64_t bytes);
void app_stream_ended(struct traffic *t, struct flow *f);
void app_failed(struct traffic *t, struct flow *f);
void app_finish(struct traffic *t, uint64_t now);        /* the run is over: what is open is a transfer not complete */

/* --- datagram.c: a constant rate -------------------------------------------------------------------------------------- */

void datagram_start(struct traffic *t, struct flow *f);
void datagram_receive(struct traffic *t, struct flow *f);

/* --- sample.c: TCP_INFO ------------------------------------------------------------------------------------------- */

void sample_init(struct traffic *t);
int sample_tick(struct traffic *t);                 /* as many flows as the budget allows, in turn. -ENOMEM */
int sample_flow(struct traffic *t, struct flow *f); /* one sample of one established connection. -ENOMEM */

#endif
