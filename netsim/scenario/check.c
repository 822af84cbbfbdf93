// SPDX-License-Identifier: GPL-2.0-only
/* Do the values of a scenario fit each other? */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "topology.h"

static int check_times(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	const double end = (double)s->duration_ns / 1e9;

	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "warmup"};
	if (s->warmup_ns != SCENARIO_WARMUP_DEFAULT && s->warmup_ns >= s->duration_ns)
		return congctl_fail(err, -EINVAL, "the warm-up of %g s leaves nothing to measure: less than the duration, %g s",
				    (double)s->warmup_ns / 1e9, end);
	spot->key = "sample";
	if (s->sample_ns > s->duration_ns)
		return congctl_fail(err, -EINVAL, "the sampling interval of %g s is longer than the run: at most the duration, %g s",
				    (double)s->sample_ns / 1e9, end);
	for (size_t i = 0; i < s->n_flows; i++) {
		const struct scenario_flow *flow = &s->flows[i];

		*spot = (struct scenario_spot){KEY_FLOW, i, "start"};
		if (flow->start_ns >= s->duration_ns)
			return congctl_fail(err, -EINVAL, "the flow starts at %g s, after the end: less than the duration, %g s",
					    (double)flow->start_ns / 1e9, end);
		spot->key = "stop";
		if (flow->stop_ns <= flow->start_ns)
			return congctl_fail(err, -EINVAL, "the flow stops at %g s and starts at %g s: later",
					    (double)flow->stop_ns / 1e9, (double)flow->start_ns / 1e9);
	}
	return 0;
}

static int check_flows(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	uint64_t total = 0;
	int ret = 0;

	for (size_t i = 0; !ret && i < s->n_flows; i++) {
		*spot = (struct scenario_spot){KEY_FLOW, i, "count"};
		total += s->flows[i].count;
		if (total > SCENARIO_MAX_FLOWS)
			return congctl_fail(err, -E2BIG, "%" PRIu64 " flows are too many: at most %d in all", total,
					    SCENARIO_MAX_FLOWS);
		spot->key = "name";
		for (size_t k = 0; s->flows[i].name[0] && k < i; k++) {
			if (!strcmp(s->flows[k].name, s->flows[i].name))
				return congctl_fail(err, -EEXIST, "two flows are called '%s': each name once", s->flows[i].name);
		}
		ret = scenario_check_flow(s, i, spot, err);
	}
	return ret;
}

/* --- workloads -------------------------------------------------------------------------------------------------------- */

/* a default of its own is no word of the user's */
static bool is_said(const struct scenario_key *key, const struct scenario_flow *flow)
{
	struct scenario_flow empty;

	if (!key->initial)
		return scenario_key_given(key, flow);
	scenario_flow_init(&empty);
	return memcmp((const char *)flow + key->offset, (const char *)&empty + key->offset, key->size) != 0;
}

/* what a workload cannot do without */
static const char *const needs[][3] = {
	[WORKLOAD_BULK] = {NULL},
	[WORKLOAD_POISSON] = {"load", "sizes", NULL},
	[WORKLOAD_REQUEST] = {"size", NULL},
	[WORKLOAD_INCAST] = {"size", NULL},
	[WORKLOAD_ON_OFF] = {"on", "off", NULL},
	[WORKLOAD_CBR] = {"rate", NULL},
};

int scenario_check_flow(const struct scenario *s, size_t group, struct scenario_spot *spot, struct congctl_error *err)
{
	const struct scenario_flow *flow = &s->flows[group];
	const char *workload = scenario_workloads[flow->workload];
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	for (const char *const *need = needs[flow->workload]; *need; need++) {
		*spot = (struct scenario_spot){KEY_FLOW, group, "workload"};
		if (!scenario_key_given(scenario_key_find(KEY_FLOW, *need), flow))
			return congctl_fail(err, -EINVAL, "workload %s needs %s: see netsim keys", workload, *need);
	}
	for (size_t i = 0; i < n; i++) {
		*spot = (struct scenario_spot){KEY_FLOW, group, keys[i].name};
		if (!(keys[i].places & 1 << KEY_FLOW) || scenario_key_suits(&keys[i], workload) || !is_said(&keys[i], flow))
			continue;
		if (flow->workload == WORKLOAD_CBR && !strcmp(keys[i].name, "cc") && !strcmp(flow->cc, "udp"))
			continue;
		return congctl_fail(err, -EINVAL, "%s means nothing to workload %s: leave it out", keys[i].name, workload);
	}
	return 0;
}

/* --- links -------------------------------------------------------------------------------------------------------------- */

static int check_room(const struct scenario *s, const struct scenario_link *link, struct scenario_spot *spot,
		      struct congctl_error *err)
{
	const struct scenario_amount *buffer = &link->buffer, *ecn = &link->ecn;
	const uint64_t room = scenario_link_amount_bytes(s, link, buffer), threshold = scenario_link_amount_bytes(s, link, ecn);
	const uint32_t frame = scenario_frame_bytes(s);

	spot->key = "buffer";
	if (room < frame)
		return congctl_fail(err, -EINVAL, "a buffer of %" PRIu64 " bytes drops every full frame: at least %u bytes, the mtu and %d",
				    room, frame, ETHERNET_HEADER);
	/* only a packet that finds the threshold reached and still gets in is marked */
	spot->key = "ecn";
	if (!ecn->set || threshold + frame <= room)
		return 0;
	if (ecn->unit == UNIT_BYTES || buffer->unit == UNIT_BYTES)
		return congctl_fail(err, -EINVAL, "ecn from %" PRIu64 " bytes never marks in a buffer of %" PRIu64 " bytes: at least a "
				    "frame, %u bytes, less than the buffer", threshold, room, frame);
	return congctl_fail(err, -EINVAL, "ecn from %" PRIu64 " packets never marks in a buffer of %" PRIu64 ": less than the buffer",
			    threshold / frame, room / frame);
}

static int check_queue(const struct scenario *s, const struct scenario_link *link, struct scenario_spot *spot,
		      struct congctl_error *err)
{
	const enum scenario_discipline discipline = scenario_link_discipline(link);
	const char *name = scenario_disciplines[discipline - QUEUE_FIFO];
	const struct scenario_queue *q = &link->queue;
	static const struct scenario_queue none;
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	spot->key = "ecn";
	if (link->ecn.set && discipline != QUEUE_STEP)
		return congctl_fail(err, -EINVAL, "ecn is the threshold of queue step, not of %s: %s", name,
				    discipline == QUEUE_FIFO ? "leave out the queue" :
				    discipline == QUEUE_DUALPI2 ? "it marks anyway" : "mark: yes in the queue lets it mark");
	spot->key = "queue";
	if (!link->ecn.set && discipline == QUEUE_STEP)
		return congctl_fail(err, -EINVAL, "queue step has no threshold: ecn, such as 20pkt");
	if (q->discipline == QUEUE_AUTO && memcmp(q, &none, sizeof(none)))
		return congctl_fail(err, -EINVAL, "the queue has no name: fifo, step, red, codel, fq_codel, pie or dualpi2");
	for (size_t i = 0; i < n; i++) {
		if ((keys[i].places & 1 << KEY_QUEUE) && scenario_key_given(&keys[i], q) && !scenario_key_suits(&keys[i], name))
			return congctl_fail(err, -EINVAL, "queue %s has no %s: a parameter of%.*s", name, keys[i].name,
					    (int)strlen(keys[i].goes_with) - 1, keys[i].goes_with);
	}
	if (q->min.set && q->max.set && scenario_link_amount_bytes(s, link, &q->min) >= scenario_link_amount_bytes(s, link, &q->max))
		return congctl_fail(err, -EINVAL, "the queue's min is not below its max: a range between them");
	return 0;
}

static int check_rates(const struct scenario_link *link, struct scenario_spot *spot, struct congctl_error *err)
{
	spot->key = "rates";
	if (link->n_rates && link->trace[0])
		return congctl_fail(err, -EINVAL, "the link has a trace and rates: one of them");
	for (size_t i = 0; i < link->n_rates; i++) {
		if (!link->rates[i].at_ns)
			return congctl_fail(err, -EINVAL, "a change of the rate has no time: at, such as 10s");
		if (link->rates[i].rate_bps == ENGINE_NEVER)
			return congctl_fail(err, -EINVAL, "a change of the rate has no rate: one such as 20mbit");
		if (i && link->rates[i].at_ns <= link->rates[i - 1].at_ns)
			return congctl_fail(err, -EINVAL, "the rate changes at %g s and then at %g s: in ascending order",
					    (double)link->rates[i - 1].at_ns / 1e9, (double)link->rates[i].at_ns / 1e9);
	}
	return 0;
}

static int check_extras(const struct scenario *s, const struct scenario_link *link, struct scenario_spot *spot,
		      struct congctl_error *err)
{
	spot->key = "reorder";
	if (link->reorder && !link->jitter_ns)
		return congctl_fail(err, -EINVAL, "reorder changes nothing without jitter: jitter, such as 2ms");
	spot->key = "police";
	if (!link->police.rate_bps != !link->police.burst_bytes)
		return congctl_fail(err, -EINVAL, "the policer has no %s: rate and burst, such as {rate: 10mbit, burst: 100kB}",
				    link->police.rate_bps ? "burst" : "rate");
	if (link->police.rate_bps && link->police.burst_bytes < scenario_frame_bytes(s))
		return congctl_fail(err, -EINVAL, "a burst of %" PRIu64 " bytes drops every full frame: at least %u bytes, the mtu and %d",
				    link->police.burst_bytes, scenario_frame_bytes(s), ETHERNET_HEADER);
	spot->key = "aggregate";
	if (link->aggregate.pkts && !link->aggregate.time_ns)
		return congctl_fail(err, -EINVAL, "aggregation of %u packets has no time: how long the first waits at most, such as 4ms",
				    link->aggregate.pkts);
	return 0;
}

int scenario_check_link(const struct scenario *s, const struct scenario_link *link, struct scenario_spot *spot,
			struct congctl_error *err)
{
	int ret = check_queue(s, link, spot, err);

	if (!ret)
		ret = check_room(s, link, spot, err);
	if (!ret)
		ret = check_rates(link, spot, err);
	return ret ? ret : check_extras(s, link, spot, err);
}

static int check_links(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->n_links; i++) {
		*spot = (struct scenario_spot){KEY_EDGE, i, NULL};
		ret = scenario_check_link(s, &s->links[i], spot, err);
	}
	if (s->n_links)
		return ret;
	*spot = (struct scenario_spot){KEY_LINK, 0, NULL};
	return scenario_check_link(s, &s->link, spot, err);
}

int scenario_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	int ret;

	ret = check_links(s, spot, err);
	if (ret)
		return ret;
	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "mtu"};
	if (s->family == 6 && s->mtu < 1280)
		return congctl_fail(err, -EINVAL, "mtu %u is too small for IPv6: 1280 to 9000", s->mtu);
	ret = check_times(s, spot, err);
	return ret ? ret : check_flows(s, spot, err);
}
