// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP_INFO of the senders. Every flow is sampled each interval while that costs little; with many flows they take turns, so
 * that sampling never takes more than SAMPLE_CPU_SHARE of a CPU, and keeps to samples_per_tick().
 */
#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "flow.h"

#define SAMPLE_CPU_SHARE 5           /* one part in: 20 % */
#define CLOCK_EVERY 16               /* samples between two looks at the clock */

void sample_init(struct traffic *t)
{
	const struct scenario *s = t->config->scenario;

	t->samples_per_tick = samples_per_tick(s, t->n_flows);
	t->sample_budget_ns = s->sample_ns / SAMPLE_CPU_SHARE;
	t->next_sample_ns = s->sample_ns;
}

static int make_room(struct traffic *t)
{
	struct run_result *r = t->result;
	size_t capacity = t->samples_capacity ? t->samples_capacity * 2 : 4096;
	struct flow_sample *samples;

	if (r->n_samples < t->samples_capacity)
		return 0;
	samples = realloc(r->samples, capacity * sizeof(*samples));
	if (!samples)
		return -ENOMEM;
	r->samples = samples;
	t->samples_capacity = capacity;
	return 0;
}

static uint64_t bits_per_second(uint64_t bytes_per_second)
{
	return bytes_per_second > UINT64_MAX / 8 ? UINT64_MAX : bytes_per_second * 8;
}

int sample_flow(struct traffic *t, struct flow *f)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	int ret = make_room(t);

	if (ret || f->group->workload == WORKLOAD_CBR)
		return ret;
	if (getsockopt(f->end[SENDER].fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return 0; /* a flow that just failed: its error is in the result */
	f->out->ecn = info.tcpi_options & TCPI_OPT_ECN;
	t->result->samples[t->result->n_samples++] = (struct flow_sample){
		.t_ns = traffic_now(t),
		.flow = (uint32_t)(f - t->flows),
		.cwnd_pkts = info.tcpi_snd_cwnd,
		.ssthresh_pkts = info.tcpi_snd_ssthresh,
		.srtt_us = info.tcpi_rtt,
		.min_rtt_us = info.tcpi_min_rtt == UINT32_MAX ? 0 : info.tcpi_min_rtt,
		.inflight_pkts = info.tcpi_unacked - info.tcpi_sacked - info.tcpi_lost + info.tcpi_retrans,
		.retransmits = info.tcpi_total_retrans,
		.lost_pkts = info.tcpi_lost,
		.delivered_pkts = info.tcpi_delivered,
		.delivered_ce_pkts = info.tcpi_delivered_ce,
		.pacing_bps = bits_per_second(info.tcpi_pacing_rate),
		.delivery_bps = bits_per_second(info.tcpi_delivery_rate),
		.received_bytes = f->out->received_bytes,
		.ca_state = info.tcpi_ca_state,
	};
	return 0;
}

int sample_tick(struct traffic *t)
{
	uint64_t begin = traffic_now(t);
	uint32_t taken = 0;
	int ret = 0;

	for (size_t seen = 0; !ret && seen < t->n_flows && taken < t->samples_per_tick; seen++) {
		struct flow *f = &t->flows[t->cursor];

		if (taken % CLOCK_EVERY == CLOCK_EVERY - 1 && traffic_now(t) - begin > t->sample_budget_ns)
			break;
		t->cursor = t->cursor + 1 < t->n_flows ? t->cursor + 1 : 0;
		if (f->done || f->out->established_ns == ENGINE_NEVER)
			continue;
		ret = sample_flow(t, f);
		taken++;
	}
	while (t->next_sample_ns <= traffic_now(t)) /* a late tick is not made up for */
		t->next_sample_ns += t->config->scenario->sample_ns;
	return ret;
}
