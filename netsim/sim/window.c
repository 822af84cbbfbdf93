// SPDX-License-Identifier: GPL-2.0-only
/*
 * window.c - how the window is used: whether cwnd is what limits (RFC 7661), what becomes of it when it is not or after idle time
 * (RFC 2861, RFC 5681 4.1), and the send buffer that the application fills.
 */
#include "sender.h"

/* what ssthresh to keep: three quarters of the window count as proved */
u32 tcp_current_ssthresh(const struct tcp_endpoint *ep)
{
	const struct tcp_sock *tp = &ep->tp;
	u32 proved = (tp->snd_cwnd >> 1) + (tp->snd_cwnd >> 2);

	if (in_cwnd_reduction(ep) || tp->snd_ssthresh > proved)
		return tp->snd_ssthresh;
	return proved;
}

static bool uses_cwnd(const struct tcp_sock *tp)
{
	if (tcp_in_slow_start(tp) && tp->snd_cwnd < 2 * tp->max_packets_out)
		return true;
	return tp->is_cwnd_limited;
}

/* A window unused for an RTO says nothing about the network any more: half way to what was used (RFC 2861 3). */
static void shrink_unused(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u32 used = ep->snd.cwnd_used > TCP_INIT_CWND ? ep->snd.cwnd_used : TCP_INIT_CWND;

	if (ca_state(ep) == TCP_CA_Open && used < tp->snd_cwnd) {
		tp->snd_ssthresh = tcp_current_ssthresh(ep);
		tp->snd_cwnd = (tp->snd_cwnd + used) / 2;
	}
	ep->snd.cwnd_used = 0;
	tp->snd_cwnd_stamp = jiffies_ms(ep);
}

/* After sending, or when cwnd kept us from it. Within a window the strongest evidence of its use stays. */
void tcp_cwnd_validate(struct tcp_endpoint *ep, bool is_cwnd_limited)
{
	struct tcp_sock *tp = &ep->tp;

	if (!before(tp->snd_una, ep->snd.cwnd_usage_seq) || is_cwnd_limited ||
	    (!tp->is_cwnd_limited && tp->packets_out > tp->max_packets_out)) {
		tp->is_cwnd_limited = is_cwnd_limited;
		tp->max_packets_out = tp->packets_out;
		ep->snd.cwnd_usage_seq = tp->snd_nxt;
	}
	if (uses_cwnd(tp)) {
		ep->snd.cwnd_used = 0;
		tp->snd_cwnd_stamp = jiffies_ms(ep);
		return;
	}
	if (tp->packets_out > ep->snd.cwnd_used)
		ep->snd.cwnd_used = tp->packets_out;
	if ((u64)(jiffies_ms(ep) - tp->snd_cwnd_stamp) * 1000 >= ep->snd.rto_us && !ep->cc->cong_control)
		shrink_unused(ep);
}

/* Idle for longer than an RTO: a half for every RTO, the initial window at least (RFC 2861 3.1). cong_control does as it likes. */
static void restart_after_idle(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	s64 idle_us = (s64)(jiffies_ms(ep) - tp->lsndtime) * 1000;
	u32 cwnd = tp->snd_cwnd, least;

	if (tp->packets_out || ep->cc->cong_control || idle_us <= ep->snd.rto_us)
		return;
	cc_cwnd_event(ep, CA_EVENT_CWND_RESTART);
	tp->snd_ssthresh = tcp_current_ssthresh(ep);
	least = cwnd < TCP_INIT_CWND ? cwnd : TCP_INIT_CWND;
	while ((idle_us -= ep->snd.rto_us) > 0 && cwnd > least)
		cwnd /= 2;
	tp->snd_cwnd = cwnd > least ? cwnd : least;
	tp->snd_cwnd_stamp = jiffies_ms(ep);
	ep->snd.cwnd_used = 0;
}

static u32 sndbuf_room(const struct tcp_endpoint *ep)
{
	u32 held = ep->tp.write_seq - ep->tp.snd_una;

	return held < ep->snd.sndbuf_bytes ? ep->snd.sndbuf_bytes - held : 0;
}

/* Room for twice the window, or as the algorithm asks: it never shrinks. */
static void expand_sndbuf(struct tcp_endpoint *ep)
{
	const struct tcp_sock *tp = &ep->tp;
	u32 pkts = tp->snd_cwnd > TCP_INIT_CWND ? tp->snd_cwnd : TCP_INIT_CWND;
	u64 want;

	if (pkts <= ep->snd.reordering)
		pkts = ep->snd.reordering + 1;
	want = (u64)cc_sndbuf_factor(ep) * pkts * tp->mss_cache;
	if (want > SNDBUF_MAX_BYTES)
		want = SNDBUF_MAX_BYTES;
	if (want > ep->snd.sndbuf_bytes)
		ep->snd.sndbuf_bytes = want;
}

/* The application writes what it has, as far as there is room. It is woken for a quarter of the buffer, or before the last burst goes. */
void tcp_fill_sndbuf(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u32 room = sndbuf_room(ep);

	if (!ep->snd.app_bytes || (room < ep->snd.sndbuf_bytes / 4 && tp->write_seq - tp->snd_nxt >= 65536))
		return;
	expand_sndbuf(ep);
	room = sndbuf_room(ep);
	if (!room)
		return;
	rate_check_app_limited(ep);
	restart_after_idle(ep);
	if (ep->snd.app_bytes == UINT64_MAX) {
		tp->write_seq += room;
		return;
	}
	if (room > ep->snd.app_bytes)
		room = ep->snd.app_bytes;
	tp->write_seq += room;
	ep->snd.app_bytes -= room;
}
