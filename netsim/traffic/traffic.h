/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * traffic.h - the load generator and sampler: real kernel TCP and UDP, thousands of flows in one thread.
 *
 * Both ends live in this thread: senders in one network namespace, receivers in another (a socket belongs to the namespace of
 * the thread that opens it). The algorithm is set before connect(), so that an ECN algorithm negotiates ECN, and on the listener,
 * so that the receiver answers as the algorithm wants. How far buffers may grow (tcp_rmem, tcp_wmem) is set in the namespaces by
 * whoever made them. docs/metrics.md says what is recorded and when.
 */
#ifndef NETSIM_TRAFFIC_H
#define NETSIM_TRAFFIC_H

#include <netinet/in.h>
#include <signal.h>

#include "../measure/run.h"
#include "../scenario/workload.h"

/* where a group's two hosts are */
struct traffic_group {
	struct sockaddr_storage sender;   /* port 0 */
	struct sockaddr_storage receiver; /* port 0: the generator takes one */
};

struct traffic_config {
	const struct scenario *scenario;
	const struct workload_flow *plan;     /* of the scenario, by workload_plan() */
	size_t n_plan;
	const struct traffic_group *groups;   /* one per scenario->flows */
	int sender_ns, receiver_ns;           /* fds of network namespaces; the thread is back in its own afterwards */
	/* Every sender is open now: when is time 0 of the run, by CLOCK_MONOTONIC? 0 or negative errno; NULL: now */
	int (*begin)(void *arg, uint64_t *start_mono_ns, struct congctl_error *err);
	void *begin_arg;
	volatile sig_atomic_t *stop;          /* set: end early, tidy up, -EINTR */
	void (*tick)(void *arg, uint64_t t_ns); /* once per sampling interval, e.g. progress; may be NULL */
	void *tick_arg;
	void (*ended)(void *arg);             /* the measured window is over, the connections still stand; may be NULL */
	void *ended_arg;
};

/* Room for the descriptors of the flows; of those that come at random, as many as the hard limit leaves. traffic_run() does it by
 * itself, but in a process with several threads each growth of the table waits for the kernel (RCU, 20 to 60 ms): to be called
 * before they are started. -EINVAL: no or too many flows. */
int traffic_reserve(const struct scenario *s, const struct workload_flow *plan, size_t n_plan, struct congctl_error *err);

/* Run the planned flows from time 0 to the scenario's duration. Fills flows[] (as planned), samples[], transfers[] and duration_ns of
 * `r`. Returns 0 or negative errno (-ENOENT: an algorithm that is not registered); a connection that fails is a flow's .error, not
 * the run's. */
int traffic_run(const struct traffic_config *config, struct run_result *r, struct congctl_error *err);

#endif
