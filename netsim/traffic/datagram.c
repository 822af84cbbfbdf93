// SPDX-License-Identifier: GPL-2.0-only
/* Constant rate: full-size datagrams, each at its time. What the sender was late for by more than CATCH_UP_NS is not sent at all. */
#include <errno.h>
#include <sys/socket.h>

#include "flow.h"

#define DATAGRAM_MAX 9000       /* the largest MTU */
#define DATAGRAMS_PER_TURN 64   /* received, between two looks at the other sockets and the clock */
#define CATCH_UP_NS 10000000    /* a burst of this much of the rate; a thread that stood still for longer has lost the rest */

static const char payload[DATAGRAM_MAX]; /* what is sent: zeros */

/* of the datagram with that number: the rate counts whole frames */
static uint64_t due_ns(const struct flow *f, uint64_t number)
{
	double interval_ns = scenario_frame_bytes(f->traffic->config->scenario) * 8e9 / (double)f->group->rate_bps;

	return f->plan->start_ns + (uint64_t)((double)number * interval_ns);
}

static void on_due(void *arg);

static void schedule(struct traffic *t, struct flow *f)
{
	uint64_t next = due_ns(f, f->datagrams);

	if (next < f->plan->stop_ns && engine_at(t->alarms, next, on_due, f))
		t->error = -ENOMEM;
}

static void on_due(void *arg)
{
	struct flow *f = arg;
	struct traffic *t = f->traffic;
	uint64_t now = traffic_now(t);

	if (f->done)
		return;
	/* a full buffer is a loss at the host: not received, and so not counted */
	if (now - engine_now(t->alarms) <= CATCH_UP_NS &&
	    send(f->end[SENDER].fd, payload, scenario_datagram_bytes(t->config->scenario), 0) < 0 && errno != EAGAIN && errno != ENOBUFS) {
		flow_fail(t, f, errno);
		return;
	}
	f->datagrams++;
	schedule(t, f);
}

void datagram_start(struct traffic *t, struct flow *f)
{
	f->out->established_ns = traffic_now(t);
	schedule(t, f);
}

void datagram_receive(struct traffic *t, struct flow *f)
{
	for (int i = 0; i < DATAGRAMS_PER_TURN && !f->done; i++) {
		ssize_t n = recv(f->end[RECEIVER].fd, NULL, 0, MSG_TRUNC); /* the length, whatever is copied */

		if (n < 0)
			return;
		app_received(t, f, RECEIVER, (uint64_t)n);
	}
}
