// SPDX-License-Identifier: GPL-2.0-only
/*
 * connection.c - open, handshake, close, what the application asks; the entry of a segment.
 *
 * Handshake: RFC 9293 3.5, its retransmissions RFC 6298 (first after 1 s, then doubled), ECN RFC 3168 6.1.1, accurate ECN RFC 9768 3.1.
 * The sequence number of a SYN is snd_una; it counts one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_host.h"

#define SYN_TIMEOUT_NS 1000000000ULL /* RFC 6298 2.1 */
#define SYN_RETRIES 6                /* net.ipv4.tcp_syn_retries: the connection fails when the last one has waited */
#define NO_FLOW UINT32_MAX           /* of an endpoint that is nobody's: no segment has it */
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define TIMESTAMP_BYTES 12           /* the option and its padding */
#define SOCK_ESTABLISHED 1           /* sock_common.skc_state */
#define SOCK_SYN_SENT 2
#define SOCK_SYN_RECEIVED 3

#define ECN_SETUP_SYN (TCP_ECE | TCP_CWR)
#define ACCURATE_SETUP_SYN (TCP_AE | TCP_ECE | TCP_CWR)
#define ECN_FLAGS (TCP_AE | TCP_ECE | TCP_CWR)

static void set_state(struct tcp_endpoint *ep, enum tcp_stage stage, u8 skc_state)
{
	ep->stage = stage;
	ep->tp.inet_conn.icsk_sk.__sk_common.skc_state = skc_state;
}

static void handshake_send(struct tcp_endpoint *ep)
{
	u16 flags = TCP_SYN;

	if (ep->stage == TCP_STAGE_SYN_RECEIVED) {
		flags |= TCP_ACK;
		if (ep->ecn == TCP_ECN_ACCURATE)
			flags |= TCP_CWR; /* RFC 9768 table 2: the SYN came without CE */
		else if (ep->ecn != TCP_ECN_NONE)
			flags |= TCP_ECE;
	} else if (ep->ecn == TCP_ECN_ACCURATE) {
		flags |= ACCURATE_SETUP_SYN;
	} else if (ep->ecn != TCP_ECN_NONE) {
		flags |= ECN_SETUP_SYN;
	}
	tcp_send_control(ep, flags);
	timer_set(&ep->handshake, engine_now(ep->host->engine) + (SYN_TIMEOUT_NS << ep->syn_retrans));
}

static void handshake_expired(void *arg)
{
	struct tcp_endpoint *ep = arg;

	if (ep->syn_retrans >= SYN_RETRIES) {
		set_state(ep, TCP_STAGE_CLOSED, TCP_CLOSE);
		return;
	}
	ep->syn_retrans++;
	ep->tp.total_retrans++;
	ep->snd.retransmits++;
	handshake_send(ep);
}

static u32 payload_bytes(const struct tcp_config *config)
{
	return config->mtu - (config->family == 6 ? IPV6_BYTES : IPV4_BYTES) - TCP_BYTES - TIMESTAMP_BYTES;
}

static void endpoint_init(struct tcp_endpoint *ep, struct sim_host *host, const struct tcp_config *config,
			  const struct path *path, struct tcp_endpoint *peer)
{
	ep->host = host;
	ep->plugin = config->plugin;
	ep->cc = plugin_ops(config->plugin);
	ep->path = path;
	ep->peer = peer;
	ep->flow = config->flow;
	ep->family = config->family;
	ep->tp.mss_cache = payload_bytes(config);
	if (config->accurate_ecn)
		ep->ecn = TCP_ECN_ACCURATE;
	else if (ep->cc->flags & TCP_CONG_NEEDS_ECN)
		ep->ecn = TCP_ECN_CLASSIC;
	set_state(ep, TCP_STAGE_CLOSED, TCP_CLOSE);
	timer_init(&ep->handshake, host->engine, handshake_expired, ep);
	tcp_sender_init(ep);
	tcp_receiver_init(ep);
	if (config->pacing)
		ep->tp.inet_conn.icsk_sk.sk_pacing_status = SK_PACING_NEEDED;
}

static bool is_quiet(const struct tcp_endpoint *ep)
{
	return !ep->handshake.events && !ep->snd.rto.events && !ep->snd.pacing.events && !ep->rcv.delayed_ack.events;
}

/* The pair freed longest ago, if no event refers to it any more; else a new one. The client is pair[0]. */
static struct tcp_endpoint *take_pair(struct sim_host *host)
{
	struct tcp_endpoint *pair = host->idle, *next;

	if (pair && is_quiet(&pair[0]) && is_quiet(&pair[1])) {
		host->idle = pair->next_idle;
		next = pair->next;
		memset(pair, 0, 2 * sizeof(*pair));
		pair->next = next;
		return pair;
	}
	pair = aligned_alloc(_Alignof(struct tcp_endpoint), 2 * sizeof(*pair));
	if (pair) {
		memset(pair, 0, 2 * sizeof(*pair));
		pair->next = host->endpoints;
		host->endpoints = pair;
	}
	return pair;
}

int tcp_new(struct sim_host *host, const struct tcp_config *config, struct tcp_endpoint **client, struct tcp_endpoint **server)
{
	struct tcp_endpoint *pair = take_pair(host);

	if (!pair)
		return -ENOMEM;
	endpoint_init(&pair[0], host, config, config->forward, &pair[1]);
	endpoint_init(&pair[1], host, config, config->reverse, &pair[0]);
	set_state(&pair[1], TCP_STAGE_CLOSED, TCP_LISTEN);
	*client = &pair[0];
	*server = &pair[1];
	return 0;
}

void tcp_connect(struct tcp_endpoint *ep)
{
	ep->tp.snd_nxt = ep->tp.write_seq = ep->tp.snd_una + 1;
	set_state(ep, TCP_STAGE_SYN_SENT, SOCK_SYN_SENT);
	ep->syn_us = sim_now_us(ep->host);
	handshake_send(ep);
}

static void endpoint_release(struct tcp_endpoint *ep)
{
	if (ep->flow == NO_FLOW)
		return;
	ep->flow = NO_FLOW;
	ep->stage = TCP_STAGE_CLOSED;
	ep->snd.app_bytes = 0;
	timer_cancel(&ep->handshake);
	timer_cancel(&ep->snd.rto);
	timer_cancel(&ep->snd.pacing);
	timer_cancel(&ep->rcv.delayed_ack);
	tcp_sender_free(ep);
	tcp_receiver_free(ep);
}

void tcp_free(struct tcp_endpoint *client, struct tcp_endpoint *server)
{
	struct sim_host *host = client->host;
	struct tcp_endpoint *ends[] = {client, server};

	for (size_t i = 0; i < 2; i++) {
		if (ends[i]->cc_started && !host->failed)
			cc_release(ends[i]);
		endpoint_release(ends[i]);
	}
	client->next_idle = NULL;
	if (host->idle)
		host->idle_last->next_idle = client;
	else
		host->idle = client;
	host->idle_last = client;
}

/* The run is over: an algorithm's release is not called, it may be what went wrong. */
void tcp_free_all(struct sim_host *host)
{
	while (host->endpoints) {
		struct tcp_endpoint *pair = host->endpoints;

		host->endpoints = pair->next;
		endpoint_release(&pair[0]);
		endpoint_release(&pair[1]);
		free(pair);
	}
	host->idle = host->idle_last = NULL;
}

void tcp_write(struct tcp_endpoint *ep, u64 bytes)
{
	u64 room = UINT64_MAX - ep->snd.app_bytes;

	ep->snd.app_bytes += bytes < room ? bytes : room;
	if (ep->stage == TCP_STAGE_ESTABLISHED)
		tcp_push(ep);
}

void tcp_stop_writing(struct tcp_endpoint *ep)
{
	ep->snd.app_bytes = 0;
}

/* --- handshake --------------------------------------------------------------------------------------------------- */

/* The SYN is acknowledged. A retransmitted one gives no sample of its own, its timestamp does (RFC 7323 4.1). */
static void establish(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	u64 now_us = sim_now_us(ep->host);

	timer_cancel(&ep->handshake);
	ep->tp.snd_una = seg->ack;
	ep->snd.snd_wnd = seg->window;
	if (ep->ecn != TCP_ECN_NONE)
		ep->tp.ecn_flags |= TCP_ECN_OK;
	set_state(ep, TCP_STAGE_ESTABLISHED, SOCK_ESTABLISHED);
	tcp_rtt_sample(ep, ep->syn_retrans ? (now_us / 1000 - seg->tsecr) * 1000 : now_us - ep->syn_us);
	tcp_receiver_established(ep);
	ep->cc_started = true;
	tcp_sender_established(ep);
}

static void opened(struct tcp_endpoint *ep)
{
	if (ep->app.established)
		ep->app.established(ep->app.arg);
	if (ep->stage == TCP_STAGE_ESTABLISHED)
		tcp_push(ep);
}

/* What both ends want, else nothing (RFC 3168 6.1.1, RFC 9768 3.1). */
static u8 ecn_negotiated(const struct tcp_endpoint *ep, u16 flags)
{
	flags &= ECN_FLAGS;
	if (ep->stage == TCP_STAGE_SYN_SENT) { /* of the SYN-ACK */
		if (ep->ecn == TCP_ECN_ACCURATE)
			return flags == TCP_CWR ? TCP_ECN_ACCURATE : flags == TCP_ECE ? TCP_ECN_CLASSIC : TCP_ECN_NONE;
		return flags == TCP_ECE ? ep->ecn : TCP_ECN_NONE;
	}
	if (ep->ecn == TCP_ECN_ACCURATE)
		return flags == ACCURATE_SETUP_SYN ? TCP_ECN_ACCURATE : flags == ECN_SETUP_SYN ? TCP_ECN_CLASSIC : TCP_ECN_NONE;
	return (flags & ECN_SETUP_SYN) == ECN_SETUP_SYN ? ep->ecn : TCP_ECN_NONE;
}

/* server: the first SYN, or one again because the SYN-ACK was lost */
static void receive_syn(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	if (ep->stage == TCP_STAGE_CLOSED) {
		ep->ecn = ecn_negotiated(ep, seg->flags);
		ep->tp.rcv_nxt = seg->seq + 1;
		tcp_receiver_syn(ep, seg);
		ep->tp.snd_nxt = ep->tp.write_seq = ep->tp.snd_una + 1;
		set_state(ep, TCP_STAGE_SYN_RECEIVED, SOCK_SYN_RECEIVED);
		ep->syn_us = sim_now_us(ep->host);
	} else if (ep->stage == TCP_STAGE_SYN_RECEIVED) {
		tcp_note_segment(ep, seg);
	} else {
		return;
	}
	handshake_send(ep);
}

/* client */
static void receive_syn_ack(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	if (ep->stage == TCP_STAGE_ESTABLISHED) { /* again: our ACK was lost */
		tcp_send_ack(ep, ep->tp.rcv_nxt);
		return;
	}
	if (ep->stage != TCP_STAGE_SYN_SENT || seg->ack != ep->tp.snd_nxt)
		return;
	ep->ecn = ecn_negotiated(ep, seg->flags);
	ep->tp.rcv_nxt = seg->seq + 1;
	tcp_receiver_syn(ep, seg);
	establish(ep, seg);
	tcp_send_ack(ep, ep->tp.rcv_nxt);
	opened(ep);
}

/* A segment of an established connection: the acknowledgement first, then the data, then what may be sent. */
static void receive_established(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	tcp_note_segment(ep, seg);
	if (seg->flags & TCP_ACK)
		tcp_ack(ep, seg);
	if (seg->len)
		tcp_data(ep, seg);
	else
		tcp_push(ep);
}

static void receive(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	if (seg->flags & TCP_SYN) {
		if (seg->flags & TCP_ACK)
			receive_syn_ack(ep, seg);
		else
			receive_syn(ep, seg);
		return;
	}
	if (ep->stage == TCP_STAGE_SYN_RECEIVED && seg->flags & TCP_ACK && seg->ack == ep->tp.snd_nxt) {
		establish(ep, seg);
		opened(ep);
	}
	if (ep->stage == TCP_STAGE_ESTABLISHED)
		receive_established(ep, seg);
}

void tcp_receive(struct tcp_endpoint *ep, struct tcp_segment *seg)
{
	struct sim_host *host = ep->host;

	/* with thousands of connections not in the cache, and needed in a moment */
	__builtin_prefetch(&ep->snd.ring.records[ep->snd.ring.head & (ep->snd.ring.size - 1)]);
	__builtin_prefetch(ep->app.arg, 1);
	if (seg->packet.flow == ep->flow && !host->failed) { /* else late: the connection is gone, the endpoint perhaps another's */
		ep->tp.tcp_clock_cache = engine_now(host->engine);
		ep->tp.tcp_mstamp = ep->tp.tcp_clock_cache / 1000;
		receive(ep, seg);
	}
	sim_segment_free(host, seg);
}
