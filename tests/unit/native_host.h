/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * native_host.h - the kernel's side of a natively built algorithm, for unit tests: one socket, driven step by step.
 *
 * Include it before the algorithm's source. It plays what the kernel does around each operation (the order of calls, the
 * fields the algorithm reads) and nothing of the network: the test says which ACK comes when.
 */
#ifndef CONGCTL_NATIVE_HOST_H
#define CONGCTL_NATIVE_HOST_H

#include "unit.h"

/* names of our own, because the simulator, which provides the real ones, is linked into every unit test */
#define cc_random_below host_random_below
#define cc_send_ack host_send_ack
#define cc_clock_us host_clock_us

#include <congctl/cc.bpf.h>

#define HOST_MSS 1448 /* bytes */

/* what the algorithm did to the outside, and what it is told */
struct host {
	struct tcp_sock tp;
	u32 acks_sent;	    /* by cc_send_ack() */
	u32 last_ack_seq;   /* its rcv_nxt */
	u8 last_ack_flags;  /* ecn_flags at that moment */
	u32 random;	    /* what cc_random_below() answers, modulo its argument */
};

static struct host host;

__attribute__((unused)) u32 host_random_below(u32 ceil)
{
	return host.random % ceil;
}

__attribute__((unused)) void host_send_ack(struct sock *sk, u32 rcv_nxt)
{
	host.acks_sent++;
	host.last_ack_seq = rcv_nxt;
	host.last_ack_flags = tcp_sk(sk)->ecn_flags;
}

__attribute__((unused)) u64 host_clock_us(void)
{
	return host.tp.tcp_mstamp;
}

static inline struct sock *host_sock(void)
{
	return &host.tp.inet_conn.icsk_sk;
}

/* a fresh established socket with `cwnd` packets in flight, fully used, at 1 s */
static inline struct sock *host_start(const struct tcp_congestion_ops *ops, u32 cwnd)
{
	struct tcp_sock *tp = &host.tp;

	memset(&host, 0, sizeof(host));
	tp->snd_cwnd = cwnd;
	tp->snd_cwnd_clamp = ~0U;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->mss_cache = HOST_MSS;
	tp->tcp_mstamp = 1000000;
	tp->delivered_mstamp = tp->tcp_mstamp;
	tp->rtt_min.s[0].v = ~0U;
	tp->packets_out = tp->max_packets_out = cwnd;
	tp->is_cwnd_limited = true;
	tp->snd_una = tp->snd_nxt = 1000;
	if (ops->init)
		ops->init(host_sock());
	tp->snd_nxt += cwnd * HOST_MSS;
	return host_sock();
}

/* The receiver has ACKed `acked` packets; the sender refills its window. cong_avoid as tcp_ack() calls it, pkts_acked first. */
static inline void host_ack(const struct tcp_congestion_ops *ops, u32 acked, s32 rtt_us)
{
	struct tcp_sock *tp = &host.tp;
	struct ack_sample sample = {.pkts_acked = acked, .rtt_us = rtt_us, .in_flight = tp->packets_out};

	tp->snd_una += acked * HOST_MSS;
	tp->delivered += acked;
	if (ops->pkts_acked)
		ops->pkts_acked(host_sock(), &sample);
	if (ops->cong_avoid)
		ops->cong_avoid(host_sock(), tp->snd_una, acked);
	tp->packets_out = tp->max_packets_out = tp->snd_cwnd;
	tp->snd_nxt = tp->snd_una + tp->packets_out * HOST_MSS;
}

/* a whole window ACKed, one packet per ACK, evenly over one round trip */
static inline void host_round(const struct tcp_congestion_ops *ops, u32 rtt_us)
{
	u32 window = host.tp.snd_cwnd;
	u64 begin = host.tp.tcp_mstamp;

	for (u32 i = 1; i <= window; i++) {
		host.tp.tcp_mstamp = begin + (u64)rtt_us * i / window;
		host_ack(ops, 1, rtt_us);
	}
}

/* a loss: ssthresh is asked for and, recovery over, cwnd is there (as PRR leaves it) */
static inline void host_loss(const struct tcp_congestion_ops *ops)
{
	struct tcp_sock *tp = &host.tp;

	tp->prior_cwnd = tp->snd_cwnd;
	tp->prior_ssthresh = tp->snd_ssthresh;
	tp->snd_ssthresh = ops->ssthresh(host_sock());
	if (ops->set_state)
		ops->set_state(host_sock(), TCP_CA_Recovery);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Recovery;
	tp->snd_cwnd = tp->snd_ssthresh;
	if (ops->set_state)
		ops->set_state(host_sock(), TCP_CA_Open);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Open;
	tp->packets_out = tp->max_packets_out = tp->snd_cwnd;
}

/* a retransmission timeout, in the order of tcp_enter_loss() */
static inline void host_timeout(const struct tcp_congestion_ops *ops)
{
	struct tcp_sock *tp = &host.tp;

	tp->prior_cwnd = tp->snd_cwnd;
	tp->snd_ssthresh = ops->ssthresh(host_sock());
	if (ops->cwnd_event)
		ops->cwnd_event(host_sock(), CA_EVENT_LOSS);
	tp->snd_cwnd = 1;
	if (ops->set_state)
		ops->set_state(host_sock(), TCP_CA_Loss);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Open;
	tp->packets_out = tp->max_packets_out = 1;
}

#endif
