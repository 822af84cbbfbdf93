// SPDX-License-Identifier: GPL-2.0-only
/* Can packets travel as the scenario says? */
#include <errno.h>
#include <string.h>

#include "topology.h"

static int check_graph_link(const struct scenario *s, size_t index, struct scenario_spot *spot, struct congctl_error *err)
{
	const struct scenario_link *link = &s->links[index];

	*spot = (struct scenario_spot){KEY_EDGE, index, NULL};
	if (!link->from[0] || !link->to[0])
		return congctl_fail(err, -EINVAL, "the link has no %s: the name of a node", link->from[0] ? "to" : "from");
	spot->key = "to";
	if (!strcmp(link->from, link->to))
		return congctl_fail(err, -EINVAL, "the link from %s leads to itself: two nodes", link->from);
	for (size_t i = 0; i < index; i++) {
		if (!strcmp(s->links[i].from, link->from) && !strcmp(s->links[i].to, link->to))
			return congctl_fail(err, -EEXIST, "a second link from %s to %s: one in a direction", link->from, link->to);
	}
	return 0;
}

int topology_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	const char *name = scenario_topologies[s->topology];
	int ret = 0;

	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "hops"};
	if (s->hops && s->topology != TOPOLOGY_CHAIN && s->topology != TOPOLOGY_PARKING_LOT)
		return congctl_fail(err, -EINVAL, "hops belong to chain and parking-lot, not to topology %s", name);
	spot->key = "links";
	if (s->n_links && s->topology != TOPOLOGY_GRAPH)
		return congctl_fail(err, -EINVAL, "links belong to topology graph, not to %s: link", name);
	if (!s->n_links && s->topology == TOPOLOGY_GRAPH)
		return congctl_fail(err, -EINVAL, "the graph has no links: a list of at least one, such as {from: a, to: b, rate: 10mbit}");
	for (size_t i = 0; !ret && i < s->n_links; i++)
		ret = check_graph_link(s, i, spot, err);
	return ret;
}

/* "n0, n1, n2 …" */
static const char *node_names(const struct topology *t, char *buf, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < t->n_nodes && used < size; i++)
		used += snprintf(buf + used, size - used, "%s%s", i ? ", " : "", t->nodes[i]);
	return buf;
}

static int check_node(const struct topology *t, const char *name, int node, struct scenario_spot *spot, const char *key,
		      struct congctl_error *err)
{
	char names[256];

	spot->key = key;
	if (node >= 0)
		return 0;
	return congctl_fail(err, -ENOENT, "there is no node '%s': one of %s", name, node_names(t, names, sizeof(names)));
}

/*
 * No route leads out of where `from` is. Does it at least lead around? Then as many links as nodes are there, each link counted with its way
 * back as one.
 */
static bool leads_in_circles(const struct topology *t, int from)
{
	bool reached[TOPOLOGY_MAX_NODES] = {false};
	int nodes = 0, links = 0;

	for (int i = 0, edges[PATH_MAX_LINKS]; i < t->n_nodes; i++) {
		reached[i] = topology_route(t, from, i, edges, PATH_MAX_LINKS) != -EHOSTUNREACH;
		nodes += reached[i];
	}
	for (int i = 0; i < t->n_edges; i++) {
		bool twice = false;

		for (int k = 0; k < i; k++)
			twice |= t->edges[k].from == t->edges[i].to && t->edges[k].to == t->edges[i].from;
		links += reached[t->edges[i].from] && !twice;
	}
	return links >= nodes;
}

static int check_path(const struct topology *t, int from, int to, bool access, struct congctl_error *err)
{
	const int most = PATH_MAX_LINKS - access;
	int edges[PATH_MAX_LINKS], n = topology_route(t, from, to, edges, most);

	if (n == -E2BIG)
		return congctl_fail(err, n, "the path from %s to %s has too many links: at most %d, one less with an rtt of its own",
				    t->nodes[from], t->nodes[to], PATH_MAX_LINKS);
	if (n < 0 && leads_in_circles(t, from))
		return congctl_fail(err, n, "there is no route from %s to %s: the links from %s lead only in circles", t->nodes[from],
				    t->nodes[to], t->nodes[from]);
	if (n < 0)
		return congctl_fail(err, n, "there is no route from %s to %s: a link to where %s is", t->nodes[from], t->nodes[to], t->nodes[to]);
	return 0;
}

static int check_flow(const struct scenario *s, const struct topology *t, size_t group, struct scenario_spot *spot,
		      struct congctl_error *err)
{
	const struct scenario_flow *flow = &s->flows[group];
	const int from = topology_sender(t, s, group), to = topology_receiver(t, s, group);
	uint64_t rtt_ns;
	int ret;

	ret = check_node(t, flow->from, from, spot, "from", err);
	if (!ret)
		ret = check_node(t, flow->to, to, spot, "to", err);
	if (!ret && from == to)
		ret = congctl_fail(err, -EINVAL, "the flow goes from %s to %s: two nodes", t->nodes[from], t->nodes[to]);
	if (!ret)
		ret = check_path(t, from, to, flow->rtt_ns, err);
	if (!ret)
		ret = check_path(t, to, from, flow->rtt_ns, err);
	if (ret)
		return ret;
	rtt_ns = topology_rtt_ns(t, s, group);
	if (!rtt_ns)
		return congctl_fail(err, -EINVAL, "the path from %s to %s takes no time: a delay on a link of it", t->nodes[from], t->nodes[to]);
	spot->key = "rtt";
	if (flow->rtt_ns && flow->rtt_ns < rtt_ns)
		return congctl_fail(err, -EINVAL, "an rtt of %g ms is less than the path from %s to %s takes: at least %g ms",
				    (double)flow->rtt_ns / 1e6, t->nodes[from], t->nodes[to], (double)rtt_ns / 1e6);
	return 0;
}

int topology_check_flows(const struct scenario *s, const struct topology *t, struct scenario_spot *spot, struct congctl_error *err)
{
	const bool named = s->topology == TOPOLOGY_PARKING_LOT || s->topology == TOPOLOGY_GRAPH;
	int ret = 0;

	for (size_t g = 0; !ret && g < s->n_flows; g++) {
		const struct scenario_flow *flow = &s->flows[g];

		*spot = (struct scenario_spot){KEY_FLOW, g, flow->from[0] ? "from" : "to"};
		if (!named && (flow->from[0] || flow->to[0]))
			return congctl_fail(err, -EINVAL, "%s belongs to the topologies parking-lot and graph, not to %s", spot->key,
					    scenario_topologies[s->topology]);
		ret = check_flow(s, t, g, spot, err);
	}
	return ret;
}
