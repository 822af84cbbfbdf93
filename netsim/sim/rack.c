// SPDX-License-Identifier: GPL-2.0-only
/*
 * rack.c - loss detection by time (RFC 8985): a segment is lost when one sent later has arrived and a reordering window has passed since.
 */
#include "sender.h"

#define REO_WND_PERSIST 16 /* recoveries without D-SACK until the window is small again, RFC 8985 6.2 step 4 */

/* Step 2: the segment sent last of those that arrived. An RTT below the minimum tells that the original arrived, not the copy. */
void rack_advance(struct tcp_endpoint *ep, const struct tx_record *tx, u8 state)
{
	struct tcp_sender *s = &ep->snd;
	u32 rtt_us = ep->tp.tcp_mstamp - tx->sent_us;

	if (state & TX_EVER_RETRANS && rtt_us < tcp_min_rtt(&ep->tp))
		return;
	s->rack_advanced = true;
	s->rack_rtt_us = rtt_us;
	if (after(tx->order, s->rack_order))
		s->rack_order = tx->order;
}

/* Step 4: a quarter of the minimum RTT, more for every round trip with a D-SACK, none while nothing was seen reordered and losses are
 * evident. */
static u32 reordering_window_us(const struct tcp_endpoint *ep)
{
	const struct tcp_sock *tp = &ep->tp;
	u32 window_us, srtt_us = tp->srtt_us >> 3;

	if (!ep->snd.reordering_seen && (ca_state(ep) >= TCP_CA_Recovery || tp->sacked_out >= ep->snd.reordering))
		return 0;
	window_us = (tcp_min_rtt(tp) >> 2) * ep->snd.reo_wnd_steps;
	return window_us < srtt_us ? window_us : srtt_us;
}

void rack_update_window(struct tcp_endpoint *ep, const struct rate_sample *rs)
{
	struct tcp_sender *s = &ep->snd;

	if (!rs->prior_delivered)
		return;
	if (before(rs->prior_delivered, s->rack_adjusted)) /* at most once a round trip */
		s->dsack_seen = false;
	if (s->dsack_seen) {
		s->reo_wnd_steps += s->reo_wnd_steps < 255;
		s->dsack_seen = false;
		s->rack_adjusted = ep->tp.delivered;
		s->reo_wnd_persist = REO_WND_PERSIST;
	} else if (!s->reo_wnd_persist) {
		s->reo_wnd_steps = 1;
	}
}

/* how long the segment may still take; 0 or less: it is lost */
s64 rack_wait_us(const struct tcp_endpoint *ep, const struct tx_record *tx, u32 window_us)
{
	return (s64)ep->snd.rack_rtt_us + window_us - (s64)(ep->tp.tcp_mstamp - tx->sent_us);
}

/* one segment; false: it was sent after what has arrived, and so were all that follow */
static bool examine(struct tcp_endpoint *ep, u32 index, u32 window_us, s64 *wait_us)
{
	const struct tx_record *tx = tx_at(ep, index);
	s64 left_us;

	if (!after(ep->snd.rack_order, tx->order))
		return false;
	left_us = rack_wait_us(ep, tx, window_us);
	if (left_us <= 0)
		tx_mark_lost(ep, index);
	else if (left_us > *wait_us)
		*wait_us = left_us;
	return true;
}

static void examine_originals(struct tcp_endpoint *ep, u32 window_us, s64 *wait_us)
{
	u32 i = ep->snd.rack_next, tail = tx_tail(ep);
	bool resolved = true;

	for (; i != tail; i++) {
		if (!tx_at(ep, i)->state && !examine(ep, i, window_us, wait_us))
			break;
		resolved = resolved && tx_at(ep, i)->state;
		if (resolved)
			ep->snd.rack_next = i + 1;
	}
}

/* Is the entry still about a copy in flight? */
static bool is_current(const struct tcp_endpoint *ep, const struct retrans *entry)
{
	const struct tx_record *tx = tx_at(ep, entry->index);

	return entry->index - ep->snd.ring.head < ep->snd.ring.count && tx->state & TX_RETRANS &&
	       !(tx->state & TX_SACKED) && tx->order == entry->order;
}

static void examine_copies(struct tcp_endpoint *ep, u32 window_us, s64 *wait_us)
{
	struct retrans_log *log = &ep->snd.log;

	while (log->count && !is_current(ep, &log->entries[log->head & (log->size - 1)])) {
		log->head++;
		log->count--;
	}
	for (u32 i = log->head; i != log->head + log->count; i++) {
		const struct retrans *entry = &log->entries[i & (log->size - 1)];

		if (is_current(ep, entry) && !examine(ep, entry->index, window_us, wait_us))
			break;
	}
}

/* Step 5. Gives how long to wait until what is not lost yet will be; 0: nothing to wait for. */
static u64 detect_loss(struct tcp_endpoint *ep)
{
	u32 window_us = reordering_window_us(ep);
	s64 wait_us = 0;

	ep->snd.rack_advanced = false;
	examine_originals(ep, window_us, &wait_us);
	examine_copies(ep, window_us, &wait_us);
	return wait_us;
}

bool rack_mark_lost(struct tcp_endpoint *ep)
{
	u64 wait_us;

	if (!ep->snd.rack_advanced)
		return false;
	wait_us = detect_loss(ep);
	if (wait_us)
		tcp_set_timer(ep, RTO_REORDERING, wait_us + TCP_TIMEOUT_SLACK_US);
	return wait_us;
}

/* the reordering window of what arrived last has passed */
void rack_timeout(struct tcp_endpoint *ep)
{
	u32 lost = ep->tp.lost, inflight = tcp_packets_in_flight(&ep->tp);
	u64 wait_us = detect_loss(ep);

	if (inflight != tcp_packets_in_flight(&ep->tp)) {
		if (ca_state(ep) != TCP_CA_Recovery) {
			tcp_enter_recovery(ep, false);
			if (!ep->cc->cong_control)
				tcp_prr(ep, 1, ep->tp.lost - lost, 0);
		}
		tcp_retransmit_queue(ep);
	}
	if (wait_us)
		tcp_set_timer(ep, RTO_REORDERING, wait_us + TCP_TIMEOUT_SLACK_US);
	else if (ep->snd.rto_kind != RTO_RETRANSMIT)
		tcp_rearm_rto(ep);
}
