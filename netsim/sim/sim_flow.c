// SPDX-License-Identifier: GPL-2.0-only
/*
 * What applications do with their connections. Data goes from the sender to the receiver; in request and incast the receiver asks
 * first. A transfer is over when the receiver has its last byte; a connection made for one transfer ends with it.
 */
#include <string.h>

#include "driver.h"

static const struct scenario_flow *group_of(const struct sim_flow *f)
{
	return &f->run->scenario->flows[f->plan->group];
}

static uint64_t now_ns(const struct sim_flow *f)
{
	return engine_now(f->run->net.engine);
}

/* --- transfers -------------------------------------------------------------------------------------------------------- */

static void transfer_begin(struct sim_flow *f, uint64_t bytes)
{
	struct run_result *r = f->run->result;
	struct transfer *transfers = sim_grow(f->run, r->transfers, r->n_transfers, &f->run->transfers_room, sizeof(*transfers));

	if (!transfers)
		return;
	r->transfers = transfers;
	f->transfer = r->n_transfers;
	f->watch_bytes = f->wanted_bytes = f->received_bytes + bytes;
	transfers[r->n_transfers++] = (struct transfer){
		.flow = (uint32_t)(f - f->run->flows), .start_ns = now_ns(f), .end_ns = ENGINE_NEVER, .bytes = bytes,
	};
}

/* --- the connection's place among the established --------------------------------------------------------------------- */

static void ring_add(struct sim_flow *f)
{
	struct sim_flow *at = f->run->cursor; /* before the one whose turn it is: the last in line */

	f->run->n_established++;
	if (!at) {
		f->run->cursor = f->next = f->before = f;
		return;
	}
	f->next = at;
	f->before = at->before;
	f->before->next = at->before = f;
}

static void ring_remove(struct sim_flow *f)
{
	if (!f->next)
		return;
	if (!--f->run->n_established)
		f->run->cursor = NULL;
	else if (f->run->cursor == f)
		f->run->cursor = f->next;
	f->next->before = f->before;
	f->before->next = f->next;
	f->next = f->before = NULL;
}

void sim_flow_close(struct sim_flow *f)
{
	if (!f->sender)
		return;
	ring_remove(f);
	tcp_free(f->sender, f->receiver);
	f->sender = f->receiver = NULL;
}

static void on_close(void *arg)
{
	sim_flow_close(arg);
}

/* --- request and incast: the receiver asks ------------------------------------------------------------------------------ */

static void ask(void *arg)
{
	struct sim_flow *f = arg;
	const struct scenario_flow *group = group_of(f);

	if (now_ns(f) >= f->plan->stop_ns)
		return;
	transfer_begin(f, group->size_bytes);
	f->question_bytes = group->request_bytes;
	tcp_write(f->receiver, group->request_bytes);
}

static void on_question(void *arg, u32 bytes)
{
	struct sim_flow *f = arg;

	f->question_bytes -= bytes;
	if (!f->question_bytes)
		tcp_write(f->sender, group_of(f)->size_bytes);
}

/* incast: all ask together */
static void on_round(void *arg)
{
	struct sim_group *g = arg;

	g->pending = g->count;
	for (struct sim_flow *f = g->flows; f; f = f->next_of_group)
		ask(f);
}

static void round_ready(struct sim_flow *f, uint64_t pause_ns)
{
	struct sim_group *g = &f->run->groups[f->plan->group];

	if (!--g->pending)
		sim_at(f->run, now_ns(f) + pause_ns, on_round, g);
}

static void on_receiver_established(void *arg)
{
	struct sim_flow *f = arg;

	if (group_of(f)->workload == WORKLOAD_REQUEST)
		ask(f);
	else if (group_of(f)->workload == WORKLOAD_INCAST)
		round_ready(f, 0);
}

/* --- what the receiver gets ------------------------------------------------------------------------------------------------ */

/* Nothing more will come: the sender's last words, then both go, when nothing of them is under way in this call. */
static void flow_end(struct sim_flow *f)
{
	if (f->ended)
		return;
	f->ended = true;
	f->ended_ns = now_ns(f);
	sim_sample_flow(f);
	sim_at(f->run, now_ns(f), on_close, f);
}

static void transfer_end(struct sim_flow *f)
{
	const struct scenario_flow *group = group_of(f);

	f->run->result->transfers[f->transfer].end_ns = now_ns(f);
	f->transfer = SIM_NO_TRANSFER;
	f->watch_bytes = UINT64_MAX;
	if (group->workload == WORKLOAD_REQUEST) {
		f->ended_ns = now_ns(f) > f->plan->stop_ns ? now_ns(f) : f->plan->stop_ns;
		sim_at(f->run, now_ns(f) + group->pause_ns, ask, f);
	} else if (group->workload == WORKLOAD_INCAST) {
		f->ended_ns = now_ns(f) > f->plan->stop_ns ? now_ns(f) : f->plan->stop_ns;
		round_ready(f, group->pause_ns);
	} else {
		f->out->finished_ns = now_ns(f);
		flow_end(f);
	}
}

static bool all_received(const struct sim_flow *f)
{
	return !f->sender->snd.app_bytes && f->receiver->tp.rcv_nxt == f->sender->tp.write_seq;
}

static void on_watched(struct sim_flow *f)
{
	if (f->transfer != SIM_NO_TRANSFER && f->received_bytes >= f->wanted_bytes)
		transfer_end(f);
	else if (f->stopped && all_received(f))
		flow_end(f);
}

static void on_received(void *arg, u32 bytes)
{
	struct sim_flow *f = arg;

	f->received_bytes += bytes;
	if (f->received_bytes >= f->watch_bytes)
		on_watched(f);
}

void sim_flow_deliver(void *arg, struct packet *p)
{
	struct tcp_segment *seg = (struct tcp_segment *)p;
	struct sim_run *run = arg;

	if (seg->to) {
		tcp_receive(seg->to, seg);
		return;
	}
	run->flows[p->flow].received_bytes += seg->len;
	sim_segment_free(&run->host, seg);
}

/* the endpoint, of many thousands perhaps */
void sim_flow_expect(void *arg, const struct packet *p)
{
	const struct tcp_segment *seg = (const struct tcp_segment *)p;
	const char *ep = (const char *)seg->to;

	__builtin_prefetch(&seg->ack);
#pragma GCC unroll 16
	for (size_t i = 0; i < offsetof(struct tcp_endpoint, handshake); i += 64)
		__builtin_prefetch(ep + i, 1);
}

/* --- what the sender has to say ------------------------------------------------------------------------------------------- */

/* What is in the send buffer still goes. */
static void on_stop(void *arg)
{
	struct sim_flow *f = arg;

	if (!f->sender)
		return;
	f->stopped = true;
	f->watch_bytes = 0;
	tcp_stop_writing(f->sender);
	if (f->out->established_ns != ENGINE_NEVER && all_received(f))
		flow_end(f);
}

static bool is_on(const struct sim_flow *f)
{
	const struct scenario_flow *group = group_of(f);

	return (now_ns(f) - f->plan->start_ns) % (group->on_ns + group->off_ns) < group->on_ns;
}

/* On and off go by the clock from the start, connected or not. */
static void on_switch(void *arg)
{
	struct sim_flow *f = arg;
	const struct scenario_flow *group = group_of(f);
	const bool on = is_on(f);

	if (!f->sender || f->stopped)
		return;
	if (!on)
		tcp_stop_writing(f->sender);
	else if (f->out->established_ns != ENGINE_NEVER)
		tcp_write(f->sender, UINT64_MAX);
	sim_at(f->run, now_ns(f) + (on ? group->on_ns : group->off_ns), on_switch, f);
}

static void on_sender_established(void *arg)
{
	struct sim_flow *f = arg;
	const struct scenario_flow *group = group_of(f);

	f->out->established_ns = now_ns(f);
	f->out->ecn = f->sender->ecn != TCP_ECN_NONE;
	ring_add(f);
	if (f->stopped)
		flow_end(f);
	else if (group->workload == WORKLOAD_BULK || group->workload == WORKLOAD_POISSON)
		tcp_write(f->sender, f->plan->size_bytes ? f->plan->size_bytes : UINT64_MAX);
	else if (group->workload == WORKLOAD_ON_OFF && is_on(f))
		tcp_write(f->sender, UINT64_MAX);
}

/* --- datagrams: full frames, evenly spaced to the nanosecond ----------------------------------------------------------------- */

static void send_datagram(struct sim_flow *f)
{
	const struct scenario *s = f->run->scenario;
	struct tcp_segment *seg = sim_segment(&f->run->host);

	if (!seg)
		return;
	seg->len = scenario_datagram_bytes(s);
	seg->packet.path = &f->run->net.forward[f->plan->group];
	seg->packet.len = scenario_frame_bytes(s);
	seg->packet.flow = (uint32_t)(f - f->run->flows);
	path_send(f->run->net.engine, &seg->packet);
}

static void on_datagram(void *arg)
{
	struct sim_flow *f = arg;
	const uint64_t rate_bps = group_of(f)->rate_bps;
	uint64_t bits_ns = (uint64_t)scenario_frame_bytes(f->run->scenario) * 8 * 1000000000 + f->datagram_rest;

	if (now_ns(f) >= f->plan->stop_ns)
		return;
	send_datagram(f);
	f->datagram_rest = bits_ns % rate_bps;
	sim_at(f->run, now_ns(f) + bits_ns / rate_bps, on_datagram, f);
}

/* --- the beginning ------------------------------------------------------------------------------------------------------------- */

static void connect_flow(struct sim_flow *f)
{
	struct sim_run *run = f->run;
	const struct tcp_config config = {
		.plugin = run->groups[f->plan->group].plugin,
		.forward = &run->net.forward[f->plan->group],
		.reverse = &run->net.reverse[f->plan->group],
		.flow = (uint32_t)(f - run->flows),
		.mtu = run->scenario->mtu,
		.family = run->scenario->family,
		.pacing = group_of(f)->pacing,
		.accurate_ecn = plugin_ops(run->groups[f->plan->group].plugin)->flags & TCP_CONG_NEEDS_ACCECN,
	};

	if (tcp_new(&run->host, &config, &f->sender, &f->receiver)) {
		f->sender = f->receiver = NULL;
		sim_fail(&run->host, "out of memory for connection %u: fewer flows", config.flow + 1);
		return;
	}
	f->sender->app = (struct tcp_app){.established = on_sender_established, .received = on_question, .arg = f};
	f->receiver->app = (struct tcp_app){.established = on_receiver_established, .received = on_received, .arg = f};
	if (f->plan->size_bytes)
		transfer_begin(f, f->plan->size_bytes);
	tcp_connect(f->sender);
}

void sim_flow_start(struct sim_flow *f)
{
	const enum workload workload = group_of(f)->workload;

	if (workload == WORKLOAD_CBR) {
		f->out->established_ns = now_ns(f);
		f->ended_ns = f->plan->stop_ns;
		on_datagram(f);
		return;
	}
	connect_flow(f);
	if (workload == WORKLOAD_ON_OFF)
		on_switch(f);
	if ((workload == WORKLOAD_BULK || workload == WORKLOAD_ON_OFF) && f->plan->stop_ns < f->run->scenario->duration_ns)
		sim_at(f->run, f->plan->stop_ns, on_stop, f);
}
