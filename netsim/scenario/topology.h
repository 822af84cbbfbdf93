/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * topology.h - every topology as nodes and one-way links between them, and a packet's path through them: the least delay, among
 * equals the fewest links, then at each node the link that was given first.
 *
 * The way back of a link has its rate (or `return-rate`) and delay, drops nothing and has neither jitter nor duplicates.
 */
#ifndef NETSIM_TOPOLOGY_H
#define NETSIM_TOPOLOGY_H

#include "keys.h"

#define TOPOLOGY_MAX_NODES (2 * SCENARIO_MAX_LINKS + 2)
#define TOPOLOGY_MAX_EDGES (2 * (SCENARIO_MAX_LINKS + 1))

struct topology_edge {
	int from, to;                     /* nodes */
	const struct scenario_link *link; /* whose queue, losses, rate steps and trace it has … */
	bool plain;                       /* … or of whose way back it is: an unlimited FIFO */
	bool changes;                     /* its rate follows the steps of `link` */
	uint64_t rate_bps, delay_ns;
	struct scenario_aggregate aggregate;
	char name[32];
};

struct topology {
	int n_nodes, n_edges;
	char nodes[TOPOLOGY_MAX_NODES][SCENARIO_NODE_MAX + 1];
	struct topology_edge edges[TOPOLOGY_MAX_EDGES]; /* in the order of the scenario, ways back behind */
};

/* Of a scenario whose links have passed topology_check(). It points into `s`. */
void topology_make(const struct scenario *s, struct topology *t);
/* Links of a graph: no link to itself, none twice; a number of hops only where there are hops. */
int topology_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err);
/* Nodes of flows: known, different, and with a path there and back that a packet can carry. */
int topology_check_flows(const struct scenario *s, const struct topology *t, struct scenario_spot *spot, struct congctl_error *err);

/* A group's node, -1: there is none of that name. */
int topology_sender(const struct topology *t, const struct scenario *s, size_t group);
int topology_receiver(const struct topology *t, const struct scenario *s, size_t group);
/* The edges of the path, at most `room`; their number, or -EHOSTUNREACH, or -E2BIG. */
int topology_route(const struct topology *t, int from, int to, int *edges, int room);
/* Propagation there and back, without access delay; 0: no path. */
uint64_t topology_rtt_ns(const struct topology *t, const struct scenario *s, size_t group);
/* Of a path, the link that a flow feels: the slowest; among equals one with a queue of its own. */
const struct topology_edge *topology_slowest(const struct topology *t, const int *edges, int n);

#endif
