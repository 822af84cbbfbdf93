/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * scenario.h - what is to be run: a network, flows, a duration. The same struct for a YAML file and for the command line,
 * and for every engine.
 */
#ifndef NETSIM_SCENARIO_H
#define NETSIM_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <congctl/congctl.h>
#include "../engine/engine.h"

#define SCENARIO_MAX_FLOWS 20000 /* connections, all groups together */
#define SCENARIO_MAX_GROUPS 64
#define SCENARIO_MAX_LINKS 64
#define SCENARIO_WARMUP_DEFAULT UINT64_MAX /* not given: scenario_finish() chooses */

/* what a quantity of buffer or threshold was given in; bdp = rate × link rtt, in full-size frames; time = what passes in it */
enum scenario_unit { UNIT_PKTS, UNIT_BYTES, UNIT_BDP, UNIT_TIME };

struct scenario_amount {
	enum scenario_unit unit;
	double value; /* pkts, bytes, multiples of the BDP, or ns */
	bool set;
};

enum scenario_discipline { QUEUE_AUTO, QUEUE_FIFO, QUEUE_STEP, QUEUE_RED, QUEUE_CODEL, QUEUE_FQ_CODEL, QUEUE_PIE, QUEUE_DUALPI2 };

/* Zero: not given, the default of the discipline's RFC. QUEUE_AUTO: step with a threshold (ecn), else fifo. */
struct scenario_queue {
	enum scenario_discipline discipline;
	bool mark;                       /* ECN-capable packets are marked where others are dropped */
	bool gentle;
	uint32_t flows, quantum_bytes;
	uint64_t target_ns, interval_ns, ce_threshold_ns, tupdate_ns, step_ns;
	struct scenario_amount min, max;
	double probability, weight, alpha, beta, coupling;
};

struct scenario_police {
	uint64_t rate_bps, burst_bytes;
};

struct scenario_aggregate {
	uint64_t time_ns;
	uint32_t pkts;
};

#define SCENARIO_MAX_RATES 32
#define SCENARIO_NODE_MAX 15 /* characters of a node's name */

/* A link from left to right; what the way back has of it, each topology says (topology.h). */
struct scenario_link {
	uint64_t rate_bps;               /* with a trace: its mean */
	struct rate_step rates[SCENARIO_MAX_RATES]; /* changes of the rate */
	size_t n_rates;
	char trace[256];                 /* a file, instead of a rate */
	uint64_t return_bps;             /* rate of the way back; 0: the same */
	uint64_t rtt_ns;                 /* two-way propagation of a flow that names none: half on each direction */
	uint64_t delay_ns;               /* of a graph's link: one-way propagation */
	uint64_t jitter_ns;
	bool reorder;
	double duplicate;                /* probability */
	struct scenario_amount buffer;   /* drop-tail limit; default 1 BDP */
	struct scenario_amount ecn;      /* step marking threshold; not set: no marking */
	struct scenario_queue queue;
	struct loss_config loss;         /* data direction only */
	struct scenario_police police;
	struct scenario_aggregate aggregate; /* on the way back; of a graph's link: on itself */
	char from[SCENARIO_NODE_MAX + 1], to[SCENARIO_NODE_MAX + 1]; /* of a graph's link */
};

enum workload {
	WORKLOAD_BULK,    /* as much as goes, or size_bytes */
	WORKLOAD_POISSON, /* connections that come at random, with sizes from a distribution, one transfer each */
	WORKLOAD_REQUEST, /* on one connection, again and again: a request, an answer of size_bytes, a pause */
	WORKLOAD_INCAST,  /* the same by all `count` connections together: the next round when the last answer is there */
	WORKLOAD_ON_OFF,  /* as much as goes for on_ns, nothing for off_ns, again and again */
	WORKLOAD_CBR,     /* UDP datagrams at a constant rate */
};

/* What the value is in the tunable's unit, the algorithm's declaration says: congctl_parse_tunable(). */
struct scenario_tunable {
	char name[64];
	char value[64];
};

#define SCENARIO_MAX_TUNABLES 8

/* A group: `count` flows alike. */
struct scenario_flow {
	char name[32];                   /* default: the algorithm, with #2, #3 … if it repeats */
	char cc[CONGCTL_NAME_MAX + 1];   /* empty: given by --cc; "udp" for WORKLOAD_CBR */
	struct scenario_tunable set[SCENARIO_MAX_TUNABLES]; /* of the algorithm, for this group only */
	size_t n_set;
	uint32_t count;                  /* default 1; not with Poisson */
	bool pacing;                     /* also with an algorithm that does not ask for it, as SO_MAX_PACING_RATE does */
	enum workload workload;
	uint64_t start_ns;
	uint64_t stop_ns;                /* no new data, no new arrival from here on; ENGINE_NEVER or 0: the end of the run */
	uint64_t size_bytes;             /* bulk: 0: until stop. request, incast: of an answer */
	uint64_t rtt_ns;                 /* 0: the link's; else ≥ 0 and replaces it (access delay) */
	double load;                     /* Poisson: offered, as a part of the bottleneck's rate in TCP payload */
	char sizes[256];                 /* Poisson: "web-search", "data-mining" or a CDF file */
	uint64_t request_bytes;          /* request, incast: of the question; default 100 */
	uint64_t pause_ns;               /* request, incast: from an answer's last byte to the next question */
	uint64_t on_ns, off_ns;
	uint64_t rate_bps;               /* CBR: whole frames counted; full-size frames, evenly spaced */
	char from[SCENARIO_NODE_MAX + 1], to[SCENARIO_NODE_MAX + 1]; /* nodes; empty: the topology's first and last */
};

/*
 * dumbbell     left → right: all senders, one bottleneck, all receivers
 * chain        n0 → n1 → … nN: `hops` links alike, every flow over all of them
 * parking-lot  the same links, and each flow from and to any of the nodes
 * star         h1, h2 … → switch → sink: a host and its link for each group of flows, one link for all
 * graph        the links of `links`
 */
enum scenario_topology { TOPOLOGY_DUMBBELL, TOPOLOGY_CHAIN, TOPOLOGY_PARKING_LOT, TOPOLOGY_STAR, TOPOLOGY_GRAPH };

#define SCENARIO_MAX_HOPS 15

struct scenario {
	char name[64];
	char description[512];
	enum scenario_topology topology;
	uint32_t hops;                   /* of chain and parking-lot; 0: 2 */
	struct scenario_link link;       /* of a graph: a copy of the first group's bottleneck, with the RTT of its path */
	struct scenario_link links[SCENARIO_MAX_LINKS]; /* of a graph */
	size_t n_links;
	struct scenario_flow flows[SCENARIO_MAX_GROUPS];
	size_t n_flows;
	uint64_t duration_ns;
	uint64_t warmup_ns;              /* not measured; default a fifth of the duration, at most 5 s */
	uint64_t sample_ns;              /* TCP_INFO and queue sampling; default 10 ms */
	uint64_t seed;                   /* default 1; repeat k of a run uses seed + k */
	uint32_t repeat;                 /* default 1 */
	uint32_t mtu;                    /* IP packet bytes, default 1500 */
	int family;                      /* 4 or 6, default 4 */
};

void scenario_init(struct scenario *s); /* defaults, no flows, no link */
/* A file: every complaint reads "FILE:LINE: what is wrong: what is allowed". */
int scenario_load(struct scenario *s, const char *file, struct congctl_error *err);
/* One setting as on the command line: a key of the top or of `link` that is an option. */
int scenario_set(struct scenario *s, const char *key, const char *value, struct congctl_error *err);
/* "CC[*COUNT][@START]" and further ",key=value" with the keys of a flow; tunables as ",set.NAME=VALUE" */
int scenario_add_flow(struct scenario *s, const char *spec, struct congctl_error *err);
/* Is it complete and possible? Fills in what follows from the rest: names, algorithms from `cc` (may be NULL), warm-up. -EIO: a file that it
 * names cannot be read or is wrong. */
int scenario_finish(struct scenario *s, const char *cc, struct congctl_error *err);
/* The scenario as YAML that scenario_load() reads back to the same struct. */
int scenario_write(const struct scenario *s, FILE *f);

/* --- derived figures: one home for the arithmetic ------------------------------------------------------------ */

uint32_t scenario_frame_bytes(const struct scenario *s);      /* MTU + 14 */
uint32_t scenario_payload_bytes(const struct scenario *s);    /* TCP payload of a full frame, with timestamps: MTU 1500 IPv4: 1448 */
const char *scenario_topology_name(const struct scenario *s);
const char *scenario_discipline_name(const struct scenario *s); /* of the bottleneck's queue */
uint32_t scenario_datagram_bytes(const struct scenario *s);   /* UDP payload of a full frame */
double scenario_tcp_cap_bps(const struct scenario *s);        /* the most TCP payload the bottleneck can carry */
double scenario_bdp_pkts(const struct scenario *s);           /* rate × rtt in full-size frames */
uint64_t scenario_amount_pkts(const struct scenario *s, const struct scenario_amount *a); /* of the bottleneck: rounded, at least 1 */
uint32_t scenario_flow_count(const struct scenario *s);       /* instances */
/* a link as the engine wants it, without name, delay, trace and aggregation; it points to the rates of `link` */
void scenario_link_config(const struct scenario *s, const struct scenario_link *link, struct link_config *config);
uint64_t scenario_flow_rtt_ns(const struct scenario *s, size_t group);
/* the shortest flow's */
uint64_t scenario_common_rtt_ns(const struct scenario *s);
/* A flow's RTT is that of its path plus this much on each direction. The paths of dumbbell, chain and star have the shortest flow's. */
uint64_t scenario_access_delay_ns(const struct scenario *s, size_t group);

#endif
