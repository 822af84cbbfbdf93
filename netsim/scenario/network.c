// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "network.h"
#include "topology.h"
#include "trace_file.h"

static int set_trace(struct network *n, const char *file, struct link_config *config, struct congctl_error *err)
{
	struct scenario_trace *trace;
	int ret = scenario_trace_load(&trace, file, err);

	if (ret)
		return ret;
	trace->next = n->traces;
	n->traces = trace;
	config->rate_bps = scenario_trace_bps(trace);
	config->trace_ns = trace->at_ns;
	config->n_trace = trace->n;
	config->trace_period_ns = trace->period_ns;
	return 0;
}

static int add_link(struct network *n, const struct scenario *s, const struct topology_edge *e, struct congctl_error *err)
{
	struct link_config config = {.queue.discipline = "fifo"};
	int ret = 0;

	if (!e->plain)
		scenario_link_config(s, e->link, &config);
	if (e->changes && e->link->n_rates) {
		config.steps = e->link->rates;
		config.n_steps = e->link->n_rates;
	}
	memcpy(n->names[n->n_links], e->name, sizeof(e->name));
	config.name = n->names[n->n_links];
	config.rate_bps = e->rate_bps;
	config.delay_ns = e->delay_ns;
	config.aggregate_ns = e->aggregate.time_ns;
	config.aggregate_pkts = e->aggregate.pkts;
	config.queue.mtu_frame_bytes = scenario_frame_bytes(s);
	if (!e->plain && e->link->trace[0])
		ret = set_trace(n, e->link->trace, &config, err);
	if (ret)
		return ret;
	n->links[n->n_links] = link_new(n->engine, &config, &ret);
	if (!n->links[n->n_links])
		return congctl_fail(err, ret, "cannot make link %s of scenario '%s': %s", e->name, s->name, strerror(-ret));
	n->n_links++;
	return 0;
}

/* What a group's round trip has more than its way takes comes first, half on each direction. */
static int add_path(struct network *n, struct path *path, const int *edges, int n_edges, uint64_t access_ns)
{
	struct link_config access = {.name = "access", .delay_ns = access_ns};
	int ret = 0;

	if (access_ns) {
		path->links[path->n_links] = link_new(n->engine, &access, &ret);
		if (!path->links[path->n_links++])
			return ret;
	}
	for (int i = 0; i < n_edges; i++)
		path->links[path->n_links++] = n->links[edges[i]];
	return 0;
}

static int add_paths(struct network *n, const struct scenario *s, const struct topology *t, size_t group)
{
	const int ends[2] = {topology_sender(t, s, group), topology_receiver(t, s, group)};
	const uint64_t access_ns = scenario_access_delay_ns(s, group);
	int ret = 0;

	for (int back = 0; !ret && back < 2; back++) {
		int edges[PATH_MAX_LINKS], n_edges;

		n_edges = topology_route(t, ends[back], ends[!back], edges, PATH_MAX_LINKS - !!access_ns);
		if (n_edges < 0)
			return n_edges;
		if (!group && !back)
			n->bottleneck = n->links[topology_slowest(t, edges, n_edges) - t->edges];
		ret = add_path(n, back ? &n->reverse[group] : &n->forward[group], edges, n_edges, access_ns);
	}
	return ret;
}

int network_open(struct network *n, const struct scenario *s, struct congctl_error *err)
{
	struct topology t;
	int ret;

	memset(n, 0, sizeof(*n));
	n->engine = engine_new(s->seed);
	ret = n->engine ? 0 : -ENOMEM;
	topology_make(s, &t);
	for (int i = 0; !ret && i < t.n_edges; i++)
		ret = add_link(n, s, &t.edges[i], err);
	for (size_t g = 0; !ret && g < s->n_flows; g++)
		ret = add_paths(n, s, &t, g);
	if (!ret)
		return 0;
	network_close(n);
	return congctl_fail(err, ret, "cannot make the network of scenario '%s': %s", s->name, strerror(-ret));
}

void network_close(struct network *n)
{
	engine_free(n->engine);
	scenario_trace_free(n->traces);
	memset(n, 0, sizeof(*n));
}
