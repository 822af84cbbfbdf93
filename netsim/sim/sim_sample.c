// SPDX-License-Identifier: GPL-2.0-only
/* What a run records while it goes on: TCP_INFO of the senders, as many and as often as with the kernel's TCP, and the bottleneck. */
#include "driver.h"

/* what tcp_get_info() makes of the last rate sample */
static uint64_t delivery_bps(const struct tcp_endpoint *ep)
{
	const struct tcp_sender *snd = &ep->snd;

	return snd->rate_interval_us ? (uint64_t)snd->rate_delivered * ep->tp.mss_cache * 8 * 1000000 / snd->rate_interval_us : 0;
}

static uint64_t pacing_bps(const struct sock *sk)
{
	return sk->sk_pacing_rate > UINT64_MAX / 8 ? UINT64_MAX : (uint64_t)sk->sk_pacing_rate * 8;
}

void sim_sample_flow(struct sim_flow *f)
{
	struct run_result *r = f->run->result;
	const struct tcp_endpoint *ep = f->sender;
	const struct tcp_sock *tp = &ep->tp;
	struct flow_sample *samples = sim_grow(f->run, r->samples, r->n_samples, &f->run->samples_room, sizeof(*samples));

	if (!samples)
		return;
	r->samples = samples;
	samples[r->n_samples++] = (struct flow_sample){
		.t_ns = engine_now(f->run->net.engine),
		.flow = (uint32_t)(f - f->run->flows),
		.cwnd_pkts = tp->snd_cwnd,
		.ssthresh_pkts = tp->snd_ssthresh,
		.srtt_us = tp->srtt_us >> 3,
		.min_rtt_us = tcp_min_rtt(tp) == UINT32_MAX ? 0 : tcp_min_rtt(tp),
		.inflight_pkts = tcp_packets_in_flight(tp),
		.retransmits = tp->total_retrans,
		.lost_pkts = tp->lost_out,
		.delivered_pkts = tp->delivered,
		.delivered_ce_pkts = tp->delivered_ce,
		.pacing_bps = pacing_bps(&tp->inet_conn.icsk_sk),
		.delivery_bps = delivery_bps(ep),
		.received_bytes = f->received_bytes,
		.ca_state = tp->inet_conn.icsk_ca_state,
	};
}

/* Flows take turns when there are more than a tick may sample. */
static void on_flow_tick(void *arg)
{
	struct sim_run *run = arg;
	const struct scenario *s = run->scenario;
	uint64_t next_ns = engine_now(run->net.engine) + s->sample_ns;

	for (uint32_t n = run->n_established < run->samples_per_tick ? run->n_established : run->samples_per_tick; n; n--) {
		sim_sample_flow(run->cursor);
		run->cursor = run->cursor->next;
	}
	if (next_ns < s->duration_ns) /* the end has a sample of every flow */
		sim_at(run, next_ns, on_flow_tick, run);
}

static void on_queue_tick(void *arg)
{
	struct sim_run *run = arg;
	const struct scenario *s = run->scenario;
	struct run_result *r = run->result;
	struct queue_sample *queue = sim_grow(run, r->queue, r->n_queue, &run->queue_room, sizeof(*queue));
	uint64_t t_ns = engine_now(run->net.engine);
	struct link_stats st;

	if (!queue)
		return;
	link_counters(run->net.bottleneck, &st);
	r->queue = queue;
	queue[r->n_queue++] = queue_sample_of(t_ns, &st);
	if (t_ns + s->sample_ns <= s->duration_ns)
		sim_at(run, t_ns + s->sample_ns, on_queue_tick, run);
}

void sim_sample_start(struct sim_run *run)
{
	const struct scenario *s = run->scenario;

	run->samples_per_tick = samples_per_tick(s, run->n_plan);
	sim_at(run, 0, on_queue_tick, run);
	if (s->sample_ns < s->duration_ns)
		sim_at(run, s->sample_ns, on_flow_tick, run);
}
