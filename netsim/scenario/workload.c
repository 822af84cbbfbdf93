// SPDX-License-Identifier: GPL-2.0-only
/* The plan of a run's connections: groups taken apart, random arrivals drawn, all in order of start. */
#include <errno.h>
#include <stdlib.h>

#include "topology.h"
#include "workload.h"

#define STREAM 0x776f726b00000000 /* "work": + group, apart from the links' */

struct plan {
	struct workload_flow *flows;
	size_t n, room;
};

static uint64_t stop_ns(const struct scenario *s, const struct scenario_flow *group)
{
	return group->stop_ns && group->stop_ns < s->duration_ns ? group->stop_ns : s->duration_ns;
}

static int plan_add(struct plan *p, struct workload_flow flow, struct congctl_error *err)
{
	struct workload_flow *flows;

	if (p->n == SCENARIO_MAX_FLOWS)
		return -E2BIG;
	if (p->n == p->room) {
		p->room = p->room ? 2 * p->room : 256;
		flows = realloc(p->flows, p->room * sizeof(*flows));
		if (!flows)
			return congctl_fail(err, -ENOMEM, "out of memory for %zu connections: fewer flows", p->room);
		p->flows = flows;
	}
	p->flows[p->n++] = flow;
	return 0;
}

static int plan_alike(struct plan *p, const struct scenario *s, uint32_t g, struct congctl_error *err)
{
	const struct scenario_flow *group = &s->flows[g];
	int ret = 0;

	for (uint32_t i = 0; !ret && i < group->count; i++)
		ret = plan_add(p, (struct workload_flow){
			.group = g, .instance = i, .start_ns = group->start_ns, .stop_ns = stop_ns(s, group),
			.size_bytes = group->workload == WORKLOAD_BULK ? group->size_bytes : 0,
		}, err);
	if (ret == -E2BIG)
		congctl_fail(err, ret, "the flows up to '%s' are more than %d: fewer flows, or a lower load of those that come at random",
			     group->name, SCENARIO_MAX_FLOWS);
	return ret;
}

/*
 * Exponential, mean 1, from comparisons alone (von Neumann, "Various techniques used in connection with random digits", NBS AMS 12,
 * 1951): a run u1 > u2 > … > un that ends with u(n+1) ≥ un is odd with probability exp(-u1); then u1 is the fraction, and the number
 * of even runs before it the whole part. Exact but for the 2^-53 that uniform numbers are apart.
 */
static double exponential(struct rng *r)
{
	for (double whole = 0;; whole++) {
		double first = rng_uniform(r), last = first, next;
		bool odd = true;

		while ((next = rng_uniform(r)) < last) {
			last = next;
			odd = !odd;
		}
		if (odd)
			return whole + first;
	}
}

static int plan_arrivals(struct plan *p, const struct scenario *s, uint32_t g, struct congctl_error *err)
{
	const struct scenario_flow *group = &s->flows[g];
	const double end = (double)stop_ns(s, group);
	struct size_cdf cdf;
	double gap_ns, t;
	struct rng rng;
	int ret = size_cdf_load(&cdf, group->sizes, err);

	if (ret)
		return ret;
	gap_ns = size_cdf_mean(&cdf) * 8e9 / (group->load * scenario_tcp_cap_bps(s));
	rng_seed(&rng, s->seed, STREAM + g);
	t = (double)group->start_ns + exponential(&rng) * gap_ns;
	for (uint32_t i = 0; !ret && t < end; i++) {
		double bytes = size_cdf_draw(&cdf, rng_uniform(&rng));

		ret = plan_add(p, (struct workload_flow){
			.group = g, .instance = i, .start_ns = (uint64_t)t, .stop_ns = s->duration_ns, /* what came is carried to its end */
			.size_bytes = bytes < 1 ? 1 : (uint64_t)(bytes + 0.5),
		}, err);
		t += exponential(&rng) * gap_ns;
	}
	if (ret == -E2BIG)
		congctl_fail(err, ret, "the load %g of '%s' brings more than %d connections by %.3g s: a lower load or a shorter duration",
			     group->load, group->name, SCENARIO_MAX_FLOWS, t / 1e9);
	return ret;
}

static int compare_uint(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_starts(const void *a, const void *b)
{
	const struct workload_flow *x = a, *y = b;

	if (x->start_ns != y->start_ns)
		return compare_uint(x->start_ns, y->start_ns);
	return x->instance != y->instance ? compare_uint(x->instance, y->instance) : compare_uint(x->group, y->group);
}

int workload_plan(const struct scenario *s, struct workload_flow **flows, size_t *n, struct congctl_error *err)
{
	struct plan p = {0};
	int ret = 0;

	for (uint32_t g = 0; !ret && g < s->n_flows; g++)
		ret = s->flows[g].workload == WORKLOAD_POISSON ? plan_arrivals(&p, s, g, err) : plan_alike(&p, s, g, err);
	if (!ret && !p.n)
		ret = congctl_fail(err, -EINVAL, "not one flow comes in %g s: a higher load or a longer duration", (double)s->duration_ns / 1e9);
	if (ret) {
		free(p.flows);
		return ret;
	}
	qsort(p.flows, p.n, sizeof(*p.flows), compare_starts);
	*flows = p.flows;
	*n = p.n;
	return 0;
}

/* The most the group's way there carries: with steps, after the highest of them. */
static double highest_rate_bps(const struct scenario *s, size_t group)
{
	int edges[PATH_MAX_LINKS], n;
	const struct topology_edge *e;
	struct topology t;
	uint64_t highest;

	topology_make(s, &t);
	n = topology_route(&t, topology_sender(&t, s, group), topology_receiver(&t, s, group), edges, PATH_MAX_LINKS);
	if (n <= 0)
		return (double)s->link.rate_bps;
	e = topology_slowest(&t, edges, n);
	highest = e->rate_bps;
	for (size_t i = 0; e->changes && i < e->link->n_rates; i++)
		highest = e->link->rates[i].rate_bps > highest ? e->link->rates[i].rate_bps : highest;
	return (double)highest;
}

void workload_name(const struct scenario *s, const struct workload_flow *flow, char *name, size_t size)
{
	const struct scenario_flow *group = &s->flows[flow->group];

	if (group->count > 1 || group->workload == WORKLOAD_POISSON)
		snprintf(name, size, "%s.%u", group->name, flow->instance + 1);
	else
		snprintf(name, size, "%s", group->name);
}

uint64_t workload_ideal_ns(const struct scenario *s, size_t group, uint64_t bytes)
{
	const enum workload workload = s->flows[group].workload;
	const uint64_t payload = scenario_payload_bytes(s), rtt_ns = scenario_flow_rtt_ns(s, group);
	const uint64_t frames = bytes / payload + (bytes % payload != 0);
	const double wire = (double)bytes + (double)frames * (double)(scenario_frame_bytes(s) - payload);
	const bool is_answer = workload == WORKLOAD_REQUEST || workload == WORKLOAD_INCAST;

	/* an answer comes on a connection that is there; what goes before it is the question's half round trip */
	return (is_answer ? rtt_ns / 2 : rtt_ns) + rtt_ns / 2 + (uint64_t)(wire * 8e9 / highest_rate_bps(s, group));
}
