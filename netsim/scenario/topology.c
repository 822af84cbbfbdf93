// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "topology.h"

#define HOPS_DEFAULT 2
#define RATE_MAX_BPS 1000000000000 /* of many hosts together */

static int add_node(struct topology *t, const char *name)
{
	for (int i = 0; i < t->n_nodes; i++) {
		if (!strcmp(t->nodes[i], name))
			return i;
	}
	snprintf(t->nodes[t->n_nodes], sizeof(t->nodes[0]), "%s", name);
	return t->n_nodes++;
}

static struct topology_edge *add_edge(struct topology *t, const char *from, const char *to, const struct scenario_link *link)
{
	struct topology_edge *e = &t->edges[t->n_edges++];

	*e = (struct topology_edge){.link = link, .rate_bps = link->rate_bps, .changes = true};
	e->from = add_node(t, from);
	e->to = add_node(t, to);
	snprintf(e->name, sizeof(e->name), "%s-%s", from, to);
	return e;
}

/* The other direction of `there`. */
static struct topology_edge *add_way_back(struct topology *t, const struct topology_edge *there, uint64_t delay_ns)
{
	struct topology_edge *e = add_edge(t, t->nodes[there->to], t->nodes[there->from], there->link);

	e->plain = true;
	e->changes = there->changes && !there->link->return_bps;
	e->rate_bps = there->link->return_bps ? there->link->return_bps : there->rate_bps;
	e->delay_ns = delay_ns;
	return e;
}

/* The part of `total` between two of `n` steps: the parts add up exactly. */
static uint64_t share_ns(uint64_t total_ns, uint64_t step, uint64_t n)
{
	return total_ns * (step + 1) / n - total_ns * step / n;
}

static void make_dumbbell(const struct scenario *s, struct topology *t)
{
	const uint64_t rtt_ns = scenario_common_rtt_ns(s);
	struct topology_edge *e = add_edge(t, "left", "right", &s->link);

	e->delay_ns = rtt_ns / 2;
	strcpy(e->name, "bottleneck");
	e = add_way_back(t, e, rtt_ns - rtt_ns / 2);
	e->aggregate = s->link.aggregate;
	strcpy(e->name, "return");
}

static void make_chain(const struct scenario *s, struct topology *t, uint64_t rtt_ns)
{
	const uint32_t hops = s->hops ? s->hops : HOPS_DEFAULT;
	char from[16], to[16];

	for (uint32_t i = 0; i < hops; i++) {
		snprintf(from, sizeof(from), "n%u", i);
		snprintf(to, sizeof(to), "n%u", i + 1);
		add_edge(t, from, to, &s->link)->delay_ns = share_ns(rtt_ns / 2, i, hops);
	}
	for (uint32_t i = 0; i < hops; i++)
		add_way_back(t, &t->edges[i], share_ns(rtt_ns - rtt_ns / 2, i, hops))->aggregate = s->link.aggregate;
}

/* A host's link has half of the delay, and of the rate of a host as much as it stands for; the host never drops its own packets. */
static void make_star(const struct scenario *s, struct topology *t)
{
	const uint64_t rtt_ns = scenario_common_rtt_ns(s), there_ns = rtt_ns / 2, back_ns = rtt_ns - there_ns;
	struct topology_edge *e;
	char host[24];

	e = add_edge(t, "switch", "sink", &s->link);
	e->delay_ns = there_ns - there_ns / 2;
	for (size_t g = 0; g < s->n_flows; g++) {
		snprintf(host, sizeof(host), "h%zu", g + 1);
		e = add_edge(t, host, "switch", &s->link);
		e->plain = true;
		e->changes = false;
		if (e->rate_bps < RATE_MAX_BPS / s->flows[g].count)
			e->rate_bps *= s->flows[g].count;
		else
			e->rate_bps = RATE_MAX_BPS;
		e->delay_ns = there_ns / 2;
	}
	add_way_back(t, &t->edges[0], back_ns - back_ns / 2)->aggregate = s->link.aggregate;
	for (size_t g = 0; g < s->n_flows; g++)
		add_way_back(t, &t->edges[g + 1], back_ns / 2);
}

static bool is_listed(const struct scenario *s, const char *from, const char *to)
{
	for (size_t i = 0; i < s->n_links; i++) {
		if (!strcmp(s->links[i].from, from) && !strcmp(s->links[i].to, to))
			return true;
	}
	return false;
}

static void make_graph(const struct scenario *s, struct topology *t)
{
	for (size_t i = 0; i < s->n_links; i++) {
		const struct scenario_link *link = &s->links[i];
		struct topology_edge *e = add_edge(t, link->from, link->to, link);

		e->delay_ns = link->delay_ns;
		e->aggregate = link->aggregate;
	}
	for (size_t i = 0; i < s->n_links; i++) {
		if (!is_listed(s, s->links[i].to, s->links[i].from))
			add_way_back(t, &t->edges[i], s->links[i].delay_ns);
	}
}

void topology_make(const struct scenario *s, struct topology *t)
{
	t->n_nodes = t->n_edges = 0;
	switch (s->topology) {
	case TOPOLOGY_DUMBBELL:
		make_dumbbell(s, t);
		break;
	case TOPOLOGY_CHAIN:
		make_chain(s, t, scenario_common_rtt_ns(s));
		break;
	case TOPOLOGY_PARKING_LOT:
		make_chain(s, t, s->link.rtt_ns);
		break;
	case TOPOLOGY_STAR:
		make_star(s, t);
		break;
	case TOPOLOGY_GRAPH:
		make_graph(s, t);
		break;
	}
}

static int find_node(const struct topology *t, const char *name)
{
	for (int i = 0; i < t->n_nodes; i++) {
		if (!strcmp(t->nodes[i], name))
			return i;
	}
	return -1;
}

int topology_sender(const struct topology *t, const struct scenario *s, size_t group)
{
	if (s->topology == TOPOLOGY_STAR)
		return t->edges[group + 1].from;
	return s->flows[group].from[0] ? find_node(t, s->flows[group].from) : 0;
}

int topology_receiver(const struct topology *t, const struct scenario *s, size_t group)
{
	if (s->topology == TOPOLOGY_STAR)
		return t->edges[0].to;
	return s->flows[group].to[0] ? find_node(t, s->flows[group].to) : t->n_nodes - 1;
}

/* --- routes -------------------------------------------------------------------------------------------------------- */

struct distance {
	uint64_t delay_ns; /* ENGINE_NEVER: no way */
	int hops;
};

static struct distance distance_over(const struct topology_edge *e, const struct distance *from_there)
{
	const struct distance *d = &from_there[e->to];

	return (struct distance){d->delay_ns == ENGINE_NEVER ? ENGINE_NEVER : d->delay_ns + e->delay_ns, d->hops + 1};
}

static bool is_shorter(struct distance a, struct distance b)
{
	return a.delay_ns < b.delay_ns || (a.delay_ns == b.delay_ns && a.delay_ns != ENGINE_NEVER && a.hops < b.hops);
}

/* From every node to `to` (Bellman-Ford: there are few links). */
static void measure_distances(const struct topology *t, int to, struct distance *distances)
{
	bool changed = true;

	for (int i = 0; i < t->n_nodes; i++)
		distances[i] = (struct distance){i == to ? 0 : ENGINE_NEVER, 0};
	while (changed) {
		changed = false;
		for (int i = 0; i < t->n_edges; i++) {
			struct distance d = distance_over(&t->edges[i], distances);

			if (!is_shorter(d, distances[t->edges[i].from]))
				continue;
			distances[t->edges[i].from] = d;
			changed = true;
		}
	}
}

int topology_route(const struct topology *t, int from, int to, int *edges, int room)
{
	struct distance distances[TOPOLOGY_MAX_NODES];
	int n = 0;

	measure_distances(t, to, distances);
	if (distances[from].delay_ns == ENGINE_NEVER)
		return -EHOSTUNREACH;
	if (distances[from].hops > room)
		return -E2BIG;
	for (int node = from; node != to; node = t->edges[edges[n++]].to) {
		for (edges[n] = 0; ; edges[n]++) {
			const struct topology_edge *e = &t->edges[edges[n]];

			if (e->from == node && !is_shorter(distances[node], distance_over(e, distances)))
				break;
		}
	}
	return n;
}

uint64_t topology_rtt_ns(const struct topology *t, const struct scenario *s, size_t group)
{
	const int ends[2] = {topology_sender(t, s, group), topology_receiver(t, s, group)};
	struct distance distances[TOPOLOGY_MAX_NODES];
	uint64_t rtt_ns = 0;

	for (int back = 0; back < 2; back++) {
		if (ends[back] < 0)
			return 0;
	}
	for (int back = 0; back < 2; back++) {
		measure_distances(t, ends[!back], distances);
		if (distances[ends[back]].delay_ns == ENGINE_NEVER)
			return 0;
		rtt_ns += distances[ends[back]].delay_ns;
	}
	return rtt_ns;
}

const struct topology_edge *topology_slowest(const struct topology *t, const int *edges, int n)
{
	const struct topology_edge *slowest = &t->edges[edges[0]];

	for (int i = 1; i < n; i++) {
		const struct topology_edge *e = &t->edges[edges[i]];

		if (e->rate_bps < slowest->rate_bps || (e->rate_bps == slowest->rate_bps && slowest->plain && !e->plain))
			slowest = e;
	}
	return slowest;
}
