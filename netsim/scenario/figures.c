// SPDX-License-Identifier: GPL-2.0-only
/* What follows from a scenario by arithmetic. */
#include <math.h>
#include <string.h>

#include "topology.h"

#define TCP_HEADER 32      /* bytes with the timestamp option */
#define UDP_HEADER 8       /* bytes */

uint32_t scenario_frame_bytes(const struct scenario *s)
{
	return s->mtu + ETHERNET_HEADER;
}

uint32_t scenario_payload_bytes(const struct scenario *s)
{
	return s->mtu - (s->family == 6 ? 40 : 20) - TCP_HEADER;
}

const char *scenario_topology_name(const struct scenario *s)
{
	return scenario_topologies[s->topology];
}

static const char *discipline_name(const struct scenario_link *link)
{
	return scenario_disciplines[scenario_link_discipline(link) - QUEUE_FIFO];
}

const char *scenario_discipline_name(const struct scenario *s)
{
	return discipline_name(&s->link);
}

uint32_t scenario_datagram_bytes(const struct scenario *s)
{
	return s->mtu - (s->family == 6 ? 40 : 20) - UDP_HEADER;
}

double scenario_tcp_cap_bps(const struct scenario *s)
{
	return (double)s->link.rate_bps * scenario_payload_bytes(s) / scenario_frame_bytes(s);
}

static double pkts_within(const struct scenario *s, const struct scenario_link *link, double ns)
{
	return (double)link->rate_bps / 8 * (ns / 1e9) / scenario_frame_bytes(s);
}

double scenario_bdp_pkts(const struct scenario *s)
{
	return pkts_within(s, &s->link, (double)s->link.rtt_ns);
}

/* A link's BDP is its own rate × the RTT of the scenario. */
uint64_t scenario_link_amount_pkts(const struct scenario *s, const struct scenario_link *link, const struct scenario_amount *a)
{
	double pkts = a->value;

	if (a->unit == UNIT_BYTES)
		pkts /= scenario_frame_bytes(s);
	else if (a->unit == UNIT_BDP)
		pkts *= pkts_within(s, link, (double)s->link.rtt_ns);
	else if (a->unit == UNIT_TIME)
		pkts = pkts_within(s, link, a->value);
	return pkts < 1 ? 1 : (uint64_t)round(pkts);
}

uint64_t scenario_amount_pkts(const struct scenario *s, const struct scenario_amount *a)
{
	return scenario_link_amount_pkts(s, &s->link, a);
}

uint32_t scenario_flow_count(const struct scenario *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_flows; i++)
		n += s->flows[i].count;
	return n;
}

/* Does every flow cross the same links, so that their delay can be the shortest flow's? */
static bool all_alike(const struct scenario *s)
{
	return s->topology != TOPOLOGY_PARKING_LOT && s->topology != TOPOLOGY_GRAPH;
}

static uint64_t path_rtt_ns(const struct scenario *s, size_t group)
{
	struct topology t;

	topology_make(s, &t);
	return topology_rtt_ns(&t, s, group);
}

uint64_t scenario_flow_rtt_ns(const struct scenario *s, size_t group)
{
	if (s->flows[group].rtt_ns)
		return s->flows[group].rtt_ns;
	return all_alike(s) ? s->link.rtt_ns : path_rtt_ns(s, group);
}

uint64_t scenario_common_rtt_ns(const struct scenario *s)
{
	uint64_t least = ENGINE_NEVER;

	for (size_t i = 0; i < s->n_flows; i++) {
		const uint64_t rtt_ns = scenario_flow_rtt_ns(s, i);

		if (rtt_ns < least)
			least = rtt_ns;
	}
	return all_alike(s) && s->link.rtt_ns < least ? s->link.rtt_ns : least;
}

uint64_t scenario_access_delay_ns(const struct scenario *s, size_t group)
{
	const uint64_t shared_ns = all_alike(s) ? scenario_common_rtt_ns(s) : path_rtt_ns(s, group);

	return (scenario_flow_rtt_ns(s, group) - shared_ns) / 2;
}

/* --- a link as the engine wants it ---------------------------------------------------------------------------------- */

enum scenario_discipline scenario_link_discipline(const struct scenario_link *link)
{
	if (link->queue.discipline != QUEUE_AUTO)
		return link->queue.discipline;
	return link->ecn.set ? QUEUE_STEP : QUEUE_FIFO;
}

uint64_t scenario_link_amount_bytes(const struct scenario *s, const struct scenario_link *link, const struct scenario_amount *a)
{
	if (!a->set)
		return 0;
	return a->unit == UNIT_BYTES ? (uint64_t)a->value : scenario_link_amount_pkts(s, link, a) * scenario_frame_bytes(s);
}

static void set_limits(const struct scenario *s, const struct scenario_link *link, struct queue_config *q)
{
	if (link->buffer.unit == UNIT_BYTES)
		q->limit_bytes = (uint64_t)link->buffer.value;
	else if (link->buffer.unit == UNIT_TIME && scenario_link_discipline(link) == QUEUE_FIFO)
		q->limit_ns = (uint64_t)link->buffer.value;
	else
		q->limit_pkts = scenario_link_amount_pkts(s, link, &link->buffer);
	if (link->ecn.set && link->ecn.unit == UNIT_BYTES)
		q->mark_threshold_bytes = (uint64_t)link->ecn.value;
	else if (link->ecn.set)
		q->mark_threshold_pkts = scenario_link_amount_pkts(s, link, &link->ecn);
}

void scenario_link_config(const struct scenario *s, const struct scenario_link *link, struct link_config *config)
{
	const struct scenario_queue *q = &link->queue;

	*config = (struct link_config){
		.rate_bps = link->rate_bps,
		.steps = link->n_rates ? link->rates : NULL,
		.n_steps = link->n_rates,
		.jitter_ns = link->jitter_ns,
		.reorder = link->reorder,
		.duplicate = link->duplicate,
		.loss = link->loss,
		.police_bps = link->police.rate_bps,
		.police_burst_bytes = link->police.burst_bytes,
		.queue = {
			.discipline = discipline_name(link),
			.ecn = q->mark,
			.min_bytes = scenario_link_amount_bytes(s, link, &q->min),
			.max_bytes = scenario_link_amount_bytes(s, link, &q->max),
			.max_probability = q->probability,
			.weight = q->weight,
			.gentle = q->gentle,
			.target_ns = q->target_ns,
			.interval_ns = q->interval_ns,
			.ce_threshold_ns = q->ce_threshold_ns,
			.flows = q->flows,
			.quantum_bytes = q->quantum_bytes,
			.tupdate_ns = q->tupdate_ns,
			.alpha = q->alpha,
			.beta = q->beta,
			.coupling = q->coupling,
			.step_ns = q->step_ns,
			.mtu_frame_bytes = scenario_frame_bytes(s),
		},
	};
	set_limits(s, link, &config->queue);
}
