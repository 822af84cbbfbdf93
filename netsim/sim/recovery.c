// SPDX-License-Identifier: GPL-2.0-only
/*
 * recovery.c - the states of congestion: Open, Disorder (something is missing), CWR (ECN echo), Recovery (losses are being repaired), Loss
 * (timeout), and how much is sent meanwhile: proportional rate reduction (RFC 9937).
 */
#include "sender.h"

/* What the algorithm's window falls to is asked for once a reduction. */
void tcp_init_reduction(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;

	tp->high_seq = tp->snd_nxt;
	ep->snd.tlp_pending = false;
	tp->snd_cwnd_cnt = 0;
	tp->prior_cwnd = tp->snd_cwnd;
	ep->snd.prr_delivered = ep->snd.prr_out = 0;
	tp->snd_ssthresh = cc_ssthresh(ep);
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
}

void tcp_end_reduction(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;

	if (ep->cc->cong_control)
		return;
	if (tp->snd_ssthresh < TCP_INFINITE_SSTHRESH && (ca_state(ep) == TCP_CA_CWR || tp->undo_marker)) {
		tp->snd_cwnd = tp->snd_ssthresh;
		tp->snd_cwnd_stamp = jiffies_ms(ep);
	}
	cc_cwnd_event(ep, CA_EVENT_COMPLETE_CWR);
}

/* RFC 9937 6.2: in proportion while more than ssthresh is in flight, then slow start up to it, of one packet for each delivered unless the
 * ACK brings no progress or new losses. */
void tcp_prr(struct tcp_endpoint *ep, u32 newly_delivered, u32 newly_lost, int flag)
{
	struct tcp_sock *tp = &ep->tp;
	u32 *delivered = &ep->snd.prr_delivered, out = ep->snd.prr_out;
	s32 room = (s32)tp->snd_ssthresh - (s32)tcp_packets_in_flight(tp), send;

	if (!newly_delivered || !tp->prior_cwnd)
		return;
	*delivered += newly_delivered;
	if (room < 0) {
		send = (s32)(((u64)tp->snd_ssthresh * *delivered + tp->prior_cwnd - 1) / tp->prior_cwnd - out);
	} else {
		send = (s32)(*delivered - out);
		if (send < (s32)newly_delivered)
			send = newly_delivered;
		if (flag & ACK_SND_UNA_ADVANCED && !newly_lost)
			send++;
		if (send > room)
			send = room;
	}
	if (send < !out) /* the first retransmission goes at once */
		send = !out;
	tp->snd_cwnd = tcp_packets_in_flight(tp) + send;
	if (!tp->snd_cwnd)
		tp->snd_cwnd = 1;
}

bool tcp_any_retransmission(const struct tcp_endpoint *ep)
{
	return ep->tp.retrans_out || (ep->tp.packets_out && tx_at(ep, ep->snd.ring.head)->state & TX_EVER_RETRANS);
}

/* Open, or Disorder while something is missing */
void tcp_keep_open(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u8 state = tp->sacked_out || tp->lost_out || tcp_any_retransmission(ep) ? TCP_CA_Disorder : TCP_CA_Open;

	if (ca_state(ep) != state) {
		cc_set_state(ep, state);
		tp->high_seq = tp->snd_nxt;
	}
}

/* RFC 3168 6.1.2: once a window */
void tcp_enter_cwr(struct tcp_endpoint *ep)
{
	ep->tp.prior_ssthresh = 0;
	if (ca_state(ep) >= TCP_CA_CWR)
		return;
	ep->tp.undo_marker = 0;
	tcp_init_reduction(ep);
	cc_set_state(ep, TCP_CA_CWR);
}

void tcp_enter_recovery(struct tcp_endpoint *ep, bool ece)
{
	ep->tp.prior_ssthresh = 0;
	tcp_init_undo(ep);
	if (!in_cwnd_reduction(ep)) {
		if (!ece)
			ep->tp.prior_ssthresh = tcp_current_ssthresh(ep);
		tcp_init_reduction(ep);
	}
	cc_set_state(ep, TCP_CA_Recovery);
}

/* all that was in flight, but what was sent too recently to be judged */
static void timeout_mark_lost(struct tcp_endpoint *ep)
{
	u32 head = ep->snd.ring.head;

	tx_mark_lost(ep, head);
	for (u32 i = head + 1; i != tx_tail(ep); i++) {
		if (rack_wait_us(ep, tx_at(ep, i), 0) <= 0)
			tx_mark_lost(ep, i);
	}
}

/* RFC 5681 3.1 equation 4, RFC 5682 2.1 step 1 */
void tcp_enter_loss(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u8 state = ca_state(ep);

	timeout_mark_lost(ep);
	/* once a window: not again for what was in flight at the last reduction */
	if (state <= TCP_CA_Disorder || !after(tp->high_seq, tp->snd_una) ||
	    (state == TCP_CA_Loss && !ep->snd.retransmits_in_row)) {
		tp->prior_ssthresh = tcp_current_ssthresh(ep);
		tp->prior_cwnd = tp->snd_cwnd;
		tp->snd_ssthresh = cc_ssthresh(ep);
		cc_cwnd_event(ep, CA_EVENT_LOSS);
		tcp_init_undo(ep);
	}
	tp->snd_cwnd = tcp_packets_in_flight(tp) + 1;
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = jiffies_ms(ep);
	if (state <= TCP_CA_Disorder && tp->sacked_out >= TCP_DEFAULT_REORDERING && ep->snd.reordering > TCP_DEFAULT_REORDERING)
		ep->snd.reordering = TCP_DEFAULT_REORDERING;
	cc_set_state(ep, TCP_CA_Loss);
	tp->high_seq = tp->snd_nxt;
	ep->snd.tlp_pending = false;
	if (tp->ecn_flags & TCP_ECN_OK)
		tp->ecn_flags |= TCP_ECN_QUEUE_CWR;
	ep->snd.frto = state < TCP_CA_Recovery || ep->snd.retransmits_in_row;
}

static void identify_losses(struct tcp_endpoint *ep, int *flag)
{
	u32 retrans_out = ep->tp.retrans_out;

	if (!ep->tp.packets_out)
		return;
	if (rack_mark_lost(ep))
		*flag &= ~ACK_SET_TIMER;
	if (ep->tp.retrans_out < retrans_out)
		*flag |= ACK_LOST_RETRANS;
}

/* F-RTO with SACK (RFC 5682 3.1). True: it has decided what is sent. */
static bool frto(struct tcp_endpoint *ep, struct ack_state *st, bool dupack, bool recovered, enum recovery_send *send)
{
	struct tcp_sock *tp = &ep->tp;

	if (st->flag & ACK_ORIG_SACK_ACKED && tcp_undo_loss(ep, true))
		return true; /* step 3b: what was sent once has arrived, the timeout was spurious */
	if (after(tp->snd_nxt, tp->high_seq)) {
		if (st->flag & ACK_DATA_SACKED || dupack)
			ep->snd.frto = false; /* step 3a: it was not */
	} else if (st->flag & ACK_SND_UNA_ADVANCED && !recovered) {
		tp->high_seq = tp->snd_nxt;
		/* step 2b: new data instead of retransmissions, if there is */
		if (tp->write_seq != tp->snd_nxt && after(window_end(ep), tp->snd_nxt)) {
			*send = SEND_NEW;
			return true;
		}
		ep->snd.frto = false;
	}
	return false;
}

static void process_loss(struct tcp_endpoint *ep, struct ack_state *st, bool dupack, enum recovery_send *send)
{
	bool recovered = !before(ep->tp.snd_una, ep->tp.high_seq);

	if (st->flag & ACK_SND_UNA_ADVANCED && tcp_undo_loss(ep, false))
		return;
	if (ep->snd.frto && frto(ep, st, dupack, recovered, send))
		return;
	if (recovered) {
		tcp_undo_recovery(ep);
		return;
	}
	*send = SEND_LOST;
}

/* The states end when high_seq is acknowledged; CWR when something beyond is, for the CWR flag has to arrive. */
static void leave_states(struct tcp_endpoint *ep)
{
	if (ca_state(ep) == TCP_CA_Open) {
		ep->snd.retrans_stamp_ms = 0;
	} else if (!before(ep->tp.snd_una, ep->tp.high_seq)) {
		if (ca_state(ep) == TCP_CA_CWR && ep->tp.snd_una != ep->tp.high_seq) {
			tcp_end_reduction(ep);
			cc_set_state(ep, TCP_CA_Open);
		} else if (ca_state(ep) == TCP_CA_Recovery) {
			tcp_undo_recovery(ep);
			tcp_end_reduction(ep);
		}
	}
}

static void try_open(struct tcp_endpoint *ep, int flag)
{
	if (!tcp_any_retransmission(ep))
		ep->snd.retrans_stamp_ms = 0;
	if (flag & ACK_ECE)
		tcp_enter_cwr(ep);
	if (ca_state(ep) != TCP_CA_CWR)
		tcp_keep_open(ep);
}

/* False: nothing is to be retransmitted because of this ACK. */
static bool in_recovery(struct tcp_endpoint *ep, struct ack_state *st)
{
	bool wait = false;

	if (st->flag & ACK_SND_UNA_ADVANCED)
		tcp_undo_partial(ep, st->prior_una, &wait);
	if (wait)
		return false;
	if (tcp_undo_dsack(ep))
		tcp_keep_open(ep);
	identify_losses(ep, &st->flag);
	if (ca_state(ep) == TCP_CA_Recovery)
		return true;
	if (!ep->tp.lost_out) /* the undo has ended it */
		return false;
	tcp_enter_recovery(ep, st->flag & ACK_ECE);
	return true;
}

/* An ACK that is not just progress. RACK alone judges losses. */
void tcp_alert(struct tcp_endpoint *ep, struct ack_state *st, bool dupack, enum recovery_send *send)
{
	if (st->flag & ACK_ECE)
		ep->tp.prior_ssthresh = 0; /* no way back */
	leave_states(ep);
	switch (ca_state(ep)) {
	case TCP_CA_Recovery:
		if (in_recovery(ep, st))
			*send = SEND_LOST;
		return;
	case TCP_CA_Loss:
		process_loss(ep, st, dupack, send);
		identify_losses(ep, &st->flag);
		if (ca_state(ep) != TCP_CA_Open && !(st->flag & ACK_LOST_RETRANS))
			return;
		break;
	default:
		if (ca_state(ep) <= TCP_CA_Disorder)
			tcp_undo_dsack(ep);
		identify_losses(ep, &st->flag);
	}
	if (!ep->tp.lost_out) {
		try_open(ep, st->flag);
		return;
	}
	tcp_enter_recovery(ep, st->flag & ACK_ECE);
	*send = SEND_LOST;
}
