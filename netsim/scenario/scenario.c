// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "keys.h"

#define ETHERNET_HEADER 14 /* bytes: destination, source, type */
#define TCP_HEADER 32      /* bytes with the timestamp option */

static void set_defaults(enum key_place first, enum key_place last, void *object)
{
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	for (size_t i = 0; i < n; i++) {
		if (keys[i].place >= first && keys[i].place <= last && keys[i].initial)
			keys[i].kind->read(&keys[i], keys[i].initial, (char *)object + keys[i].offset);
	}
}

void scenario_init(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	set_defaults(KEY_SCENARIO, KEY_LINK, s);
	s->warmup_ns = SCENARIO_WARMUP_DEFAULT;
}

void scenario_flow_init(struct scenario_flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	flow->stop_ns = ENGINE_NEVER;
	flow->request_bytes = 100;
	set_defaults(KEY_FLOW, KEY_FLOW, flow);
}

int scenario_set(struct scenario *s, const char *key, const char *value, struct congctl_error *err)
{
	const struct scenario_key *k = scenario_key_find(KEY_SCENARIO, key);

	if (!k)
		k = scenario_key_find(KEY_LINK, key);
	if (!k || !k->option)
		return congctl_fail(err, -ENOENT, "there is no setting '%s': see netsim run -h", key);
	return scenario_key_read(k, value, s, err);
}

/* --- do the values fit each other? ---------------------------------------------------------------------------------- */

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
		*spot = (struct scenario_spot){KEY_FLOW, i, "start"};
		if (s->flows[i].start_ns >= s->duration_ns)
			return congctl_fail(err, -EINVAL, "the flow starts at %g s, after the end: less than the duration, %g s",
					    (double)s->flows[i].start_ns / 1e9, end);
	}
	return 0;
}

static int check_flows(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->n_flows; i++) {
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
	}
	return 0;
}

/* as the queue will count it: whole packets, or bytes */
static uint64_t amount_bytes(const struct scenario *s, const struct scenario_amount *a)
{
	return a->unit == UNIT_BYTES ? (uint64_t)a->value : scenario_amount_pkts(s, a) * scenario_frame_bytes(s);
}

int scenario_check_queue(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	const struct scenario_amount *buffer = &s->link.buffer, *ecn = &s->link.ecn;
	const uint64_t room = amount_bytes(s, buffer), threshold = amount_bytes(s, ecn);
	const uint32_t frame = scenario_frame_bytes(s);

	*spot = (struct scenario_spot){KEY_LINK, 0, "buffer"};
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

int scenario_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err)
{
	int ret;

	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "flows"};
	if (!s->n_flows)
		return congctl_fail(err, -EINVAL, "there are no flows: at least one");
	*spot = (struct scenario_spot){KEY_LINK, 0, NULL};
	if (!s->link.rate_bps)
		return congctl_fail(err, -EINVAL, "the link has no rate: one such as 100mbit");
	if (!s->link.rtt_ns)
		return congctl_fail(err, -EINVAL, "the link has no rtt: one such as 40ms");
	ret = scenario_check_queue(s, spot, err);
	if (ret)
		return ret;
	*spot = (struct scenario_spot){KEY_SCENARIO, 0, "mtu"};
	if (s->family == 6 && s->mtu < 1280)
		return congctl_fail(err, -EINVAL, "mtu %u is too small for IPv6: 1280 to 9000", s->mtu);
	ret = check_times(s, spot, err);
	return ret ? ret : check_flows(s, spot, err);
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

	ret = scenario_check(s, &spot, err);
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

/* --- derived figures ------------------------------------------------------------------------------------------------------ */

uint32_t scenario_frame_bytes(const struct scenario *s)
{
	return s->mtu + ETHERNET_HEADER;
}

uint32_t scenario_payload_bytes(const struct scenario *s)
{
	return s->mtu - (s->family == 6 ? 40 : 20) - TCP_HEADER;
}

double scenario_tcp_cap_bps(const struct scenario *s)
{
	return (double)s->link.rate_bps * scenario_payload_bytes(s) / scenario_frame_bytes(s);
}

double scenario_bdp_pkts(const struct scenario *s)
{
	return (double)s->link.rate_bps / 8 * ((double)s->link.rtt_ns / 1e9) / scenario_frame_bytes(s);
}

uint64_t scenario_amount_pkts(const struct scenario *s, const struct scenario_amount *a)
{
	double pkts = a->value;

	if (a->unit == UNIT_BYTES)
		pkts /= scenario_frame_bytes(s);
	else if (a->unit == UNIT_BDP)
		pkts *= scenario_bdp_pkts(s);
	return pkts < 1 ? 1 : (uint64_t)round(pkts);
}

uint32_t scenario_flow_count(const struct scenario *s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s->n_flows; i++)
		n += s->flows[i].count;
	return n;
}

uint64_t scenario_flow_rtt_ns(const struct scenario *s, size_t group)
{
	return s->flows[group].rtt_ns ? s->flows[group].rtt_ns : s->link.rtt_ns;
}

uint64_t scenario_common_rtt_ns(const struct scenario *s)
{
	uint64_t least = s->link.rtt_ns;

	for (size_t i = 0; i < s->n_flows; i++) {
		if (scenario_flow_rtt_ns(s, i) < least)
			least = scenario_flow_rtt_ns(s, i);
	}
	return least;
}

uint64_t scenario_access_delay_ns(const struct scenario *s, size_t group)
{
	return (scenario_flow_rtt_ns(s, group) - scenario_common_rtt_ns(s)) / 2;
}

void scenario_bottleneck(const struct scenario *s, struct link_config *forward, struct link_config *reverse)
{
	struct queue_config *q = &forward->queue;

	*forward = (struct link_config){.name = "bottleneck", .rate_bps = s->link.rate_bps, .loss = s->link.loss};
	forward->delay_ns = scenario_common_rtt_ns(s) / 2;
	q->discipline = s->link.ecn.set ? "step" : "fifo";
	if (s->link.buffer.unit == UNIT_BYTES)
		q->limit_bytes = (uint64_t)s->link.buffer.value;
	else
		q->limit_pkts = scenario_amount_pkts(s, &s->link.buffer);
	if (s->link.ecn.set && s->link.ecn.unit == UNIT_BYTES)
		q->mark_threshold_bytes = (uint64_t)s->link.ecn.value;
	else if (s->link.ecn.set)
		q->mark_threshold_pkts = scenario_amount_pkts(s, &s->link.ecn);

	/* ACKs take the same rate but are never dropped: the question is the data direction */
	*reverse = (struct link_config){.name = "return", .rate_bps = s->link.rate_bps, .queue.discipline = "fifo"};
	reverse->delay_ns = scenario_common_rtt_ns(s) - forward->delay_ns;
}
