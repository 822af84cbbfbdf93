// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "topology.h"
#include "trace_file.h"

void scenario_init(struct scenario *s)
{
	scenario_item_init(KEY_SCENARIO, s, sizeof(*s));
	scenario_item_init(KEY_LINK, &s->link, sizeof(s->link));
}

void scenario_flow_init(struct scenario_flow *flow)
{
	scenario_item_init(KEY_FLOW, flow, sizeof(*flow));
}

int scenario_set(struct scenario *s, const char *key, const char *value, struct congctl_error *err)
{
	const struct scenario_key *k = scenario_key_find(KEY_SCENARIO, key);
	const bool link = !k;

	if (link)
		k = scenario_key_find(KEY_LINK, key);
	if (!k || !k->option)
		return congctl_fail(err, -ENOENT, "there is no setting '%s': see netsim run -h", key);
	if (link && s->topology == TOPOLOGY_GRAPH)
		return congctl_fail(err, -EINVAL, "a graph has many links: %s of each in the file", key);
	if (link && !strcmp(key, "rate"))
		s->link.trace[0] = '\0'; /* it was instead of a rate */
	if (link && !strcmp(key, "trace"))
		s->link.n_rates = 0;
	return scenario_key_read(k, value, link ? (void *)&s->link : s, err);
}

/* --- what follows from files and from the topology ---------------------------------------------------------------- */

/* A relative path means one below `dir`: whoever reads the scenario later may be elsewhere. */
static int make_absolute(char *path, size_t size, const char *dir, struct congctl_error *err)
{
	char *absolute, name[256];

	if (!path[0] || path[0] == '/')
		return 0;
	absolute = realpath(dir, NULL);
	if (!absolute)
		return congctl_fail(err, -errno, "cannot find the directory %s: %s", dir, strerror(errno));
	snprintf(name, sizeof(name), "%s", path);
	memset(path, 0, size);
	if ((size_t)snprintf(path, size, "%s/%s", strcmp(absolute, "/") ? absolute : "", name) >= size) {
		free(absolute);
		return congctl_fail(err, -ENAMETOOLONG, "the path of %s is too long: at most %zu characters", name, size - 1);
	}
	free(absolute);
	return 0;
}

static int settle_link(struct scenario_link *link, const char *dir, struct congctl_error *err)
{
	struct scenario_trace *trace = NULL;
	int ret;

	if (!link->trace[0])
		return link->rate_bps ? 0 : congctl_fail(err, -EINVAL, "the link has no rate: one such as 100mbit");
	ret = make_absolute(link->trace, sizeof(link->trace), dir, err);
	if (ret || scenario_trace_load(&trace, link->trace, err))
		return -EIO;
	link->rate_bps = scenario_trace_bps(trace);
	scenario_trace_free(trace);
	return 0;
}

static int settle_flow(struct scenario_flow *flow, const char *dir, struct congctl_error *err)
{
	if (flow->workload == WORKLOAD_CBR && !flow->cc[0])
		strcpy(flow->cc, "udp");
	if (!strcmp(flow->sizes, "web-search") || !strcmp(flow->sizes, "data-mining"))
		return 0;
	return make_absolute(flow->sizes, sizeof(flow->sizes), dir, err);
}

/* The one link of a graph that figures are about, in the place where they look for it. */
static void settle_bottleneck(struct scenario *s, const struct topology *t)
{
	int edges[PATH_MAX_LINKS], n;
	const struct topology_edge *slowest;

	n = topology_route(t, topology_sender(t, s, 0), topology_receiver(t, s, 0), edges, PATH_MAX_LINKS);
	slowest = topology_slowest(t, edges, n);
	s->link = *slowest->link;
	s->link.rtt_ns = topology_rtt_ns(t, s, 0);
}

static int settle_links(struct scenario *s, const char *dir, struct scenario_spot *spot, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->n_links; i++) {
		*spot = (struct scenario_spot){KEY_EDGE, i, s->links[i].trace[0] ? "trace" : NULL};
		ret = settle_link(&s->links[i], dir, err);
	}
	if (s->topology == TOPOLOGY_GRAPH)
		return ret;
	*spot = (struct scenario_spot){KEY_LINK, 0, s->link.trace[0] ? "trace" : NULL};
	ret = settle_link(&s->link, dir, err);
	if (ret)
		return ret;
	return s->link.rtt_ns ? 0 : congctl_fail(err, -EINVAL, "the link has no rtt: one such as 40ms");
}

int scenario_settle(struct scenario *s, const char *dir, struct scenario_spot *spot, struct congctl_error *err)
{
	struct topology t;
	int ret;

	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "flows"};
	if (!s->n_flows)
		return congctl_fail(err, -EINVAL, "there are no flows: at least one");
	ret = topology_check(s, spot, err);
	if (!ret)
		ret = settle_links(s, dir, spot, err);
	for (size_t i = 0; !ret && i < s->n_flows; i++) {
		*spot = (struct scenario_spot){KEY_FLOW, i, "sizes"};
		ret = settle_flow(&s->flows[i], dir, err);
	}
	if (ret)
		return ret;
	topology_make(s, &t);
	ret = topology_check_flows(s, &t, spot, err);
	if (!ret && s->topology == TOPOLOGY_GRAPH)
		settle_bottleneck(s, &t);
	return ret ? ret : scenario_check(s, spot, err);
}

/* --- what follows from the rest --------------------------------------------------------------------------------------- */

static bool name_taken(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->n_flows; i++) {
		if (!strcmp(s->flows[i].name, name))
			return true;
	}
	return false;
}

static void name_flows(struct scenario *s)
{
	for (size_t i = 0; i < s->n_flows; i++) {
		struct scenario_flow *flow = &s->flows[i];
		char name[sizeof(flow->name)];

		if (flow->name[0])
			continue;
		snprintf(name, sizeof(name), "%s", flow->cc);
		for (unsigned int k = 2; name_taken(s, name); k++)
			snprintf(name, sizeof(name), "%s#%u", flow->cc, k);
		memcpy(flow->name, name, strlen(name) + 1);
	}
}

static int give_algorithms(struct scenario *s, const char *cc, struct congctl_error *err)
{
	bool given = false;
	int ret;

	for (size_t i = 0; i < s->n_flows; i++) {
		if (s->flows[i].cc[0])
			continue;
		if (!cc)
			return congctl_fail(err, -EINVAL, "flow %zu%s%s names no algorithm: add cc to the flow, or --cc NAME", i + 1,
					    s->flows[i].name[0] ? ", " : "", s->flows[i].name);
		ret = scenario_key_read(scenario_key_find(KEY_FLOW, "cc"), cc, &s->flows[i], err);
		if (ret)
			return ret;
		given = true;
	}
	if (cc && !given)
		return congctl_fail(err, -EINVAL, "--cc %s has no flow to go to: every flow names its algorithm", cc);
	return 0;
}

int scenario_finish(struct scenario *s, const char *cc, struct congctl_error *err)
{
	struct scenario_spot spot;
	int ret;

	ret = scenario_settle(s, ".", &spot, err);
	if (!ret)
		ret = give_algorithms(s, cc, err);
	if (ret)
		return ret;
	name_flows(s);
	if (!s->name[0])
		snprintf(s->name, sizeof(s->name), "netsim");
	if (s->warmup_ns == SCENARIO_WARMUP_DEFAULT)
		s->warmup_ns = s->duration_ns / 5 < 5000000000 ? s->duration_ns / 5 : 5000000000;
	return 0;
}
