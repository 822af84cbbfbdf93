// SPDX-License-Identifier: GPL-2.0-only
/*
 * rate.c - delivery-rate samples (draft-cheng-iccrg-delivery-rate-estimation-00): how many packets were delivered between the sending of the
 * most recently sent segment this ACK tells of, and now; over the longer of the time it took to send them and the time it took to hear
 * of them, because either may be compressed.
 */
#include "sender.h"

/* The connection's state goes with the segment, new or again; a new flight starts its own phase (draft 3.2) */
void rate_sent(struct tcp_endpoint *ep, struct tx_record *tx)
{
	struct tcp_sock *tp = &ep->tp;

	if (!tp->packets_out) {
		ep->snd.first_tx_us = tp->tcp_mstamp;
		tp->delivered_mstamp = tp->tcp_mstamp;
	}
	tx->first_tx_us = ep->snd.first_tx_us;
	tx->delivered_us = tp->delivered_mstamp;
	tx->delivered = tp->delivered;
	tx->app_limited = tp->app_limited;
	tx->sent_us = tp->tcp_mstamp;
	tx->order = ++ep->snd.sends;
	tx->inflight_bytes = tp->snd_nxt - tp->snd_una;
}

/* of all the segments of an ACK the one sent last counts (draft 3.3) */
void rate_delivered(struct tcp_endpoint *ep, const struct tx_record *tx, struct ack_state *st)
{
	if (st->rs.prior_delivered && !after(tx->order, st->rate_order))
		return;
	st->rs.prior_delivered = tx->delivered;
	st->rs.prior_mstamp = tx->delivered_us;
	st->rs.is_app_limited = tx->app_limited;
	st->rs.is_retrans = tx->state & TX_EVER_RETRANS;
	st->rate_order = tx->order;
	ep->snd.first_tx_us = tx->sent_us;
	st->rs.interval_us = tx->sent_us - tx->first_tx_us;
}

void rate_generate(struct tcp_endpoint *ep, u32 delivered, u32 lost, struct rate_sample *rs)
{
	struct tcp_sock *tp = &ep->tp;
	long send_us = rs->interval_us, ack_us;

	if (tp->app_limited && after(tp->delivered, tp->app_limited))
		tp->app_limited = 0; /* the bubble has left the pipe */
	if (delivered)
		tp->delivered_mstamp = tp->tcp_mstamp;
	rs->acked_sacked = delivered;
	rs->losses = lost;
	if (!rs->prior_mstamp) {
		rs->delivered = -1;
		rs->interval_us = -1;
		return;
	}
	rs->delivered = tp->delivered - rs->prior_delivered;
	ack_us = tp->tcp_mstamp - rs->prior_mstamp;
	rs->snd_interval_us = send_us;
	rs->rcv_interval_us = ack_us;
	rs->interval_us = send_us > ack_us ? send_us : ack_us;
	/* shorter than a round trip: a retransmission was taken for the original, or the clock of one was */
	if ((u64)rs->interval_us < tcp_min_rtt(tp)) {
		rs->interval_us = -1;
		return;
	}
	if (!rs->is_app_limited ||
	    (u64)rs->delivered * ep->snd.rate_interval_us >= (u64)ep->snd.rate_delivered * rs->interval_us) {
		ep->snd.rate_delivered = rs->delivered;
		ep->snd.rate_interval_us = rs->interval_us;
		ep->snd.rate_app_limited = rs->is_app_limited;
	}
}

/* Before the application writes: if nothing waited although the window had room, samples up to here tell of the application (3.4). */
void rate_check_app_limited(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u32 inflight = tcp_packets_in_flight(tp);

	if (tp->write_seq - tp->snd_nxt < tp->mss_cache && inflight < tp->snd_cwnd && tp->lost_out <= tp->retrans_out)
		tp->app_limited = tp->delivered + inflight ? tp->delivered + inflight : 1;
}
