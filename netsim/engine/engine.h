/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engine.h - the network model: links, queues, losses and an event queue. No sockets, no I/O, no clock.
 *
 * The driver owns the clock and calls engine_run(until): the virtual clock of `sim` jumps from event to event, the real
 * clock of `emu` follows the machine's. Time is nanoseconds from the start of the run. All randomness comes from the seed.
 *
 * A packet crosses the links of its path in order. On each link: loss (drawn on arrival) → policer → queue discipline →
 * serialisation → duplication → propagation with jitter → aggregation → next link, or the path's deliver(). A packet, a copy,
 * too, is the driver's memory: the engine gives it back exactly once, through deliver() or drop(). Single-threaded.
 */
#ifndef NETSIM_ENGINE_H
#define NETSIM_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENGINE_NEVER UINT64_MAX
#define FRAME_BYTES_DEFAULT 1514 /* a full-size frame: 1500 bytes of IP */

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

#define PATH_MAX_LINKS 16

struct path {
	void (*deliver)(void *arg, struct packet *p); /* at engine_now() */
	void (*drop)(void *arg, struct packet *p);
	/* The packet is deliver()'s one of the next times: whoever has memory far off may fetch it meanwhile. NULL: no need */
	void (*expect)(void *arg, const struct packet *p);
	struct packet *(*copy)(void *arg, const struct packet *p); /* for duplication; NULL, or returning NULL: no duplicate */
	void *arg;
	uint8_t n_links;
	struct link *links[PATH_MAX_LINKS];
};

enum loss_kind { LOSS_NONE, LOSS_BERNOULLI, LOSS_PERIODIC, LOSS_GILBERT_ELLIOTT, LOSS_NUMBERS };

#define LOSS_MAX_NUMBERS 64

struct loss_config {
	enum loss_kind kind;
	double probability;  /* Bernoulli: of each packet */
	uint64_t period;     /* periodic: one packet in this many, the last of each period */
	/* Gilbert-Elliott, drawn once a packet: first the state changes (good → bad with p, bad → good with r), then the packet is
	 * lost with loss_good or loss_bad */
	double p, r, loss_good, loss_bad;
	uint64_t numbers[LOSS_MAX_NUMBERS]; /* by packet number: of the packets offered to the link, ascending, the first is 1 */
	size_t n_numbers;
};

/* A zero means the default of the discipline's RFC, which its file names; a parameter of another discipline is ignored. */
struct queue_config {
	const char *discipline;      /* "fifo", "step", "red", "codel", "fq_codel", "pie", "dualpi2": a queue_ops.name; NULL: fifo */
	uint64_t limit_bytes;        /* 0: no limit in bytes */
	uint64_t limit_pkts;         /* 0: no limit in packets. Limits count what waits, the packet on the wire not */
	uint64_t limit_ns;           /* fifo: a packet that would wait longer at the present rate is dropped; 0: no limit in time */
	uint64_t mark_threshold_pkts; /* step: an ECT packet that arrives to find this many or more waiting is marked CE */
	uint64_t mark_threshold_bytes; /* the same in bytes; 0: packets count */
	bool ecn;                    /* red, codel, fq_codel, pie: mark ECT packets where others are dropped */
	uint64_t min_bytes, max_bytes; /* red: thresholds of the average queue */
	double max_probability;      /* red: at max_bytes */
	double weight;               /* red: of the average */
	bool gentle;                 /* red: from max_probability to 1 between max_bytes and twice that */
	uint64_t target_ns;          /* codel, fq_codel, pie, dualpi2: of the sojourn time */
	uint64_t interval_ns;        /* codel, fq_codel */
	uint64_t ce_threshold_ns;    /* codel, fq_codel: ECT packets that waited longer are marked whatever the state; 0: off */
	uint32_t flows;              /* fq_codel: number of queues */
	uint32_t quantum_bytes;      /* fq_codel */
	uint64_t tupdate_ns;         /* pie, dualpi2 */
	double alpha, beta;          /* pie, dualpi2: in Hz, as the RFC */
	double coupling;             /* dualpi2: k */
	uint64_t step_ns;            /* dualpi2: L queue's marking threshold */
	/* filled in by the link: */
	uint64_t rate_bps;
	uint32_t mtu_frame_bytes;    /* a full-size frame; 0: FRAME_BYTES_DEFAULT */
	uint64_t seed, stream;       /* for rng_seed() */
};

struct rate_step {
	uint64_t at_ns;
	uint64_t rate_bps; /* 0: nothing leaves until the next step */
};

struct link_config {
	const char *name;
	uint64_t rate_bps;  /* 0: no serialisation and no queue, only loss and delay (an access link) */
	/* Changes of the rate, by time, no two at once; the packet on the wire continues at the new rate. Steps and trace are the
	 * caller's memory, for as long as the link lives. */
	const struct rate_step *steps;
	size_t n_steps;
	/* Instead of a rate: opportunities to send (mahimahi's packet-delivery trace), from the start of the run, ascending, several
	 * at once if need be, none after trace_period_ns, repeated every trace_period_ns. Each carries 1514 bytes of frames: the rest
	 * of the packet that the one before left unfinished, then of those that wait, the last of them perhaps in part. A packet
	 * leaves with its last byte. Room for which there are no bytes at that moment is lost. rate_bps is the trace's mean. */
	const uint64_t *trace_ns;
	size_t n_trace;
	uint64_t trace_period_ns;
	uint64_t delay_ns;  /* one-way propagation */
	uint64_t jitter_ns; /* added to it, uniform in 0 … jitter; packets stay in order unless `reorder` */
	bool reorder;
	double duplicate;   /* probability that a packet arrives twice; drawn when it is serialised, the copy follows at once */
	struct loss_config loss;
	/* token bucket before the queue, full at first: what finds too few tokens is dropped and takes none; 0: none. The burst is
	 * at least a full-size frame. */
	uint64_t police_bps, police_burst_bytes;
	/* aggregation behind the propagation: what arrives is held and let go together, when the first has waited for aggregate_ns or
	 * aggregate_pkts are there (0: no such limit). aggregate_ns 0: none. With it on the return link: ACK aggregation */
	uint64_t aggregate_ns;
	uint32_t aggregate_pkts;
	struct queue_config queue;
};

struct engine *engine_new(uint64_t seed);
void engine_free(struct engine *e); /* also its links; packets inside are given to drop() */
static inline uint64_t engine_now(const struct engine *e)
{
	return *(const uint64_t *)e; /* its first member: asked many times a packet */
}

uint64_t engine_next(const struct engine *e);       /* time of the next event, or ENGINE_NEVER; not to be asked inside one */
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
	uint64_t policed_pkts;          /* by the policer */
	uint64_t duplicated_pkts;       /* copies made: in + duplicated = out of the link + lost + policed + dropped + inside */
	uint64_t marked_pkts;           /* CE set here */
	uint64_t out_pkts, out_bytes;   /* finished serialisation */
	uint64_t queued_pkts, queued_bytes; /* waiting right now, the packet on the wire not counted */
	uint64_t inside_pkts;           /* queued + on the wire + propagating + held for aggregation */
	uint64_t delivered_pkts;        /* left the link */
	uint64_t busy_ns;               /* serialising (trace: with a packet there), within the measured window, no outages */
	uint64_t window_ns;             /* length of the measured window */
	uint64_t window_capacity_bytes; /* that could have been serialised in it: rate × time, or the trace's opportunities */
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
	int (*init)(struct queue *q, const struct queue_config *config); /* zeroed memory; -EINVAL, -ENOMEM */
	/* Take the packet, or refuse it (false: the link drops it). */
	bool (*enqueue)(struct queue *q, struct packet *p, uint64_t now_ns);
	/* The next packet to serialise or NULL. Packets it decides to drop go to the list *dropped (through packet.next). */
	struct packet *(*dequeue)(struct queue *q, uint64_t now_ns, struct packet **dropped);
	void (*fini)(struct queue *q, struct packet **dropped); /* empty it, give back what init took */
	void (*set_rate)(struct queue *q, uint64_t rate_bps);   /* a step, never to 0; may be NULL */
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
