/* SPDX-License-Identifier: GPL-2.0-only */
/* sim_host.h - what the endpoints of a run share: clock, packets, randomness, and the first thing that went wrong. */
#ifndef NETSIM_SIM_HOST_H
#define NETSIM_SIM_HOST_H

#include "tcp.h"

struct sim_host {
	struct engine *engine;
	struct tcp_segment *free;       /* pool of segments; grows by slabs, given back at the end */
	void **slabs;
	size_t n_slabs, outside;        /* outside: segments now held by the network */
	struct tcp_endpoint *endpoints; /* all pairs ever made */
	struct tcp_endpoint *idle, *idle_last; /* pairs for reuse, first freed first, when no event refers to them any more */
	struct rng rng;                 /* of cc_random_below() */
	bool failed;                    /* the run ends: see `failure` */
	struct congctl_error failure;
};

int sim_host_init(struct sim_host *host, struct engine *e, uint64_t seed);
void sim_host_fini(struct sim_host *host);
struct tcp_segment *sim_segment(struct sim_host *host); /* zeroed header fields; NULL: out of memory, host->failed */
void sim_segment_free(struct sim_host *host, struct tcp_segment *seg);
/* The first failure stays. "bpf_x: snd_cwnd is 0 after cong_avoid (algorithms/x.bpf.c:31)" */
__attribute__((format(printf, 2, 3))) void sim_fail(struct sim_host *host, const char *fmt, ...);

static inline u64 sim_now_us(const struct sim_host *host)
{
	return engine_now(host->engine) / 1000;
}

#endif
