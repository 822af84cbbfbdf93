/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - the network model: links, queues, losses and an event queue. No sockets, no I/O, no clock.
 *
 * The driver owns the clock and calls engine_run(until): the virtual clock of `sim` jumps from event to event, the real
 * clock of `emu` follows the machine's. Time is nanoseconds from the start of the run. All randomness comes from the seed.
 *
 * A packet crosses the links of its path in order. On each link: loss (drawn on arrival) → queue discipline → serialisation
 * at the link's rate → propagation → next link, or the path's deliver(). A packet is the driver's memory: the engine gives it
 * back exactly once, through deliver() or drop(). Single-threaded.
 */
#ifndef NETSIM_ENGINE_H
#define NETSIM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_NEVER UINT64_MAX

enum ecn_codepoint { ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 }; /* RFC 3168, 5 */

struct packet {
	struct packet *next;     /* for whoever holds it: a queue, a delay line, the driver's pool */
	const struct path *path;
	uint64_t arrived_ns;     /* when it came to the present link */
	uint64_t due_ns;         /* when it leaves the present delay line */
	uint32_t len;            /* bytes of the whole Ethernet frame: payload + headers + 14 */
	uint32_t flow;           /* which flow it belongs to, for fair queueing and accounting */
	uint8_t hop;             /* index of the present link in path->links */
	uint8_t ecn;             /* enum ecn_codepoint; a queue may set it to ECN_CE */
};

struct engine;
struct link;

struct path {
	void (*deliver)(void *arg, struct packet *p); /* at engine_now() */
	void (*drop)(void *arg, struct packet *p);
	void *arg;
	uint8_t n_links;
	struct link *links[8];
};

enum loss_kind { LOSS_NONE, LOSS_BERNOULLI, LOSS_PERIODIC };

struct loss_config {
	enum loss_kind kind;
	double probability;  /* Bernoulli: of each packet */
	uint64_t period;     /* periodic: one packet in this many, the last of each period */
};

struct queue_config {
	const char *discipline;      /* "fifo", "step" … : a queue_ops.name; NULL: fifo */
	uint64_t limit_bytes;        /* 0: no limit in bytes */
	uint64_t limit_pkts;         /* 0: no limit in packets. Limits count what waits, the packet on the wire not */
	uint64_t mark_threshold_pkts; /* step: an ECT packet that arrives to find this many or more waiting is marked CE */
	uint64_t mark_threshold_bytes; /* the same in bytes; 0: packets count */
};

struct link_config {
	const char *name;
	uint64_t rate_bps;  /* 0: no serialisation and no queue, only loss and delay (an access link) */
	uint64_t delay_ns;  /* one-way propagation */
	struct loss_config loss;
	struct queue_config queue;
};

struct engine *engine_new(uint64_t seed);
void engine_free(struct engine *e); /* also its links; packets inside are given to drop() */
uint64_t engine_now(const struct engine *e);
uint64_t engine_next(const struct engine *e);       /* time of the next event, or ENGINE_NEVER */
void engine_run(struct engine *e, uint64_t until_ns); /* every event up to and including until_ns; then now = until_ns */
/* Ties run in order of scheduling; a time that has passed is now. -ENOMEM */
int engine_at(struct engine *e, uint64_t when_ns, void (*fn)(void *arg), void *arg);

/* -EINVAL unknown discipline or impossible figures; NULL then. Links are freed with the engine. */
struct link *link_new(struct engine *e, const struct link_config *config, int *error);
/* Hand a packet to the first link of its path at engine_now(). */
void path_send(struct engine *e, struct packet *p);

struct link_stats {
	uint64_t in_pkts, in_bytes;     /* offered to the link */
	uint64_t lost_pkts;             /* by the loss model */
	uint64_t dropped_pkts;          /* by the queue discipline */
	uint64_t marked_pkts;           /* CE set here */
	uint64_t out_pkts, out_bytes;   /* finished serialisation */
	uint64_t queued_pkts, queued_bytes; /* waiting right now, the packet on the wire not counted */
	uint64_t inside_pkts;           /* queued + on the wire + propagating: in = out of the link + lost + dropped + inside */
	uint64_t delivered_pkts;        /* left the link */
	uint64_t busy_ns;               /* time spent serialising, within the measured window */
	uint64_t window_ns;             /* length of the measured window */
	double queue_pkts_mean;         /* time-weighted over the measured window */
	uint64_t queue_pkts_p50, queue_pkts_p95, queue_pkts_p99, queue_pkts_max; /* time-weighted quantiles */
	uint64_t sojourn_ns_p50, sojourn_ns_p95, sojourn_ns_p99, sojourn_ns_max; /* of packets that left the queue; 1 % bins */
	uint64_t window_out_bytes, window_in_pkts, window_dropped_pkts, window_lost_pkts, window_marked_pkts;
};

void link_measure_from_now(struct link *l); /* start of the measured window: after the warm-up */
void link_stats(const struct link *l, struct link_stats *out);
void link_counters(const struct link *l, struct link_stats *out); /* the same without means and quantiles: cheap, for sampling */

/* --- queue disciplines: one file queue_<name>.c each ---------------------------------------------------------- */

struct queue; /* what a discipline keeps; starts with struct queue_base */

struct queue_base {
	uint64_t pkts, bytes; /* waiting: kept by the discipline */
	uint64_t marked;      /* CE set so far: kept by the discipline */
};

struct queue_ops {
	const char *name;
	size_t size; /* of its struct queue */
	int (*init)(struct queue *q, const struct queue_config *config); /* zeroed memory; -EINVAL */
	/* Take the packet, or refuse it (false: the link drops it). */
	bool (*enqueue)(struct queue *q, struct packet *p, uint64_t now_ns);
	/* The next packet to serialise or NULL. Packets it decides to drop go to the list *dropped (through packet.next). */
	struct packet *(*dequeue)(struct queue *q, uint64_t now_ns, struct packet **dropped);
	void (*fini)(struct queue *q, struct packet **dropped); /* empty it */
};

/* QUEUE_DISCIPLINE(queue_fifo): found by the engine through a linker section, no list is kept */
#define QUEUE_DISCIPLINE(ops)                                                                                          \
	static const struct queue_ops *const ops##_entry __attribute__((section("queue_disciplines"), used)) = &ops

/* --- random numbers: xoshiro256**, one stream per purpose ------------------------------------------------------ */

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed, uint64_t stream);
uint64_t rng_u64(struct rng *r);
double rng_uniform(struct rng *r); /* [0, 1) */

#endif
