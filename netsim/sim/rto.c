// SPDX-License-Identifier: GPL-2.0-only
/*
 * rto.c - the retransmission timer (RFC 6298), and the two that take its place for a while: the tail-loss probe (RFC 8985 7) and RACK's
 * reordering timer.
 */
#include "sender.h"

void tcp_set_timer(struct tcp_endpoint *ep, enum rto_kind kind, u64 wait_us)
{
	if (wait_us > TCP_RTO_MAX_US)
		wait_us = TCP_RTO_MAX_US;
	ep->snd.rto_kind = kind;
	timer_set(&ep->snd.rto, ep->tp.tcp_clock_cache + wait_us * 1000);
}

/* from now until the RTO, counted from when the first segment in flight was sent */
static s64 rto_left_us(const struct tcp_endpoint *ep)
{
	return (s64)(tx_at(ep, ep->snd.ring.head)->sent_us + ep->snd.rto_us) - (s64)ep->tp.tcp_mstamp;
}

void tcp_rearm_rto(struct tcp_endpoint *ep)
{
	s64 wait_us = ep->snd.rto_us;

	if (!ep->tp.packets_out) {
		ep->snd.rto_kind = RTO_NONE;
		timer_cancel(&ep->snd.rto);
		return;
	}
	/* the other two have taken time from it */
	if (ep->snd.rto_kind == RTO_PROBE || ep->snd.rto_kind == RTO_REORDERING)
		wait_us = rto_left_us(ep);
	tcp_set_timer(ep, RTO_RETRANSMIT, wait_us > 1 ? wait_us : 1);
}

/* RFC 8985 7.2: two round trips after the last transmission or ACK, or when the RTO is due if that is earlier. False: not the time for
 * probes. */
bool tcp_schedule_probe(struct tcp_endpoint *ep, bool advancing)
{
	struct tcp_sock *tp = &ep->tp;
	s64 wait_us = TCP_RTO_INIT_US, rto_us;

	if (!tp->packets_out || (ca_state(ep) != TCP_CA_Open && ca_state(ep) != TCP_CA_CWR))
		return false;
	if (tp->srtt_us) /* a single segment may meet a delayed ACK */
		wait_us = (tp->srtt_us >> 2) + (tp->packets_out == 1 ? TCP_RTO_MIN_US : TCP_TIMEOUT_SLACK_US);
	rto_us = advancing ? (s64)ep->snd.rto_us : rto_left_us(ep);
	if (rto_us > 0 && rto_us < wait_us)
		wait_us = rto_us;
	tcp_set_timer(ep, RTO_PROBE, wait_us);
	return true;
}

/* RFC 8985 7.3: new data if there is some, else the last segment again; one probe at a time */
static void send_probe(struct tcp_endpoint *ep)
{
	struct tcp_sender *s = &ep->snd;

	if (!ep->tp.packets_out)
		return;
	if (!s->tlp_pending) {
		bool is_new = tcp_send_probe(ep);

		if (is_new || !tcp_retransmit(ep, tx_at(ep, tx_tail(ep) - 1))) {
			s->tlp_pending = true;
			s->tlp_retrans = !is_new;
			s->tlp_high_seq = ep->tp.snd_nxt;
			s->rto_kind = RTO_NONE; /* a whole RTO from now */
		}
	}
	tcp_rearm_rto(ep);
}

/* RFC 8985 7.4: was it needed? If a copy of the last segment was what filled the hole, a loss was repaired and the window must fall. */
void tcp_probe_acked(struct tcp_endpoint *ep, u32 ack, int flag)
{
	struct tcp_sender *s = &ep->snd;

	if (before(ack, s->tlp_high_seq))
		return;
	if (!s->tlp_retrans || flag & ACK_DSACK_TLP) {
		s->tlp_pending = false; /* new data arrived; or the original and the probe did */
	} else if (after(ack, s->tlp_high_seq)) {
		tcp_init_reduction(ep);
		cc_set_state(ep, TCP_CA_CWR);
		tcp_end_reduction(ep);
		tcp_keep_open(ep);
	} else if (!(flag & (ACK_SND_UNA_ADVANCED | ACK_NOT_DUP | ACK_DATA_SACKED))) {
		s->tlp_pending = false; /* a duplicate ACK */
	}
}

/* RFC 6298 5.4 to 5.6 */
static void retransmission_timeout(struct tcp_endpoint *ep)
{
	struct tcp_sender *s = &ep->snd;

	if (!ep->tp.packets_out)
		return;
	tcp_enter_loss(ep);
	if (s->retransmits_in_row < 255)
		s->retransmits_in_row++;
	tcp_retransmit(ep, tx_at(ep, s->ring.head));
	s->backoff++;
	s->rto_us = s->rto_us < TCP_RTO_MAX_US / 2 ? 2 * s->rto_us : TCP_RTO_MAX_US;
	tcp_set_timer(ep, RTO_RETRANSMIT, s->rto_us);
}

void tcp_timer_expired(void *arg)
{
	struct tcp_endpoint *ep = arg;
	enum rto_kind kind = ep->snd.rto_kind;

	if (ep->host->failed)
		return;
	refresh_clock(ep);
	if (kind == RTO_REORDERING) {
		rack_timeout(ep);
	} else if (kind == RTO_PROBE) {
		send_probe(ep);
	} else {
		ep->snd.rto_kind = RTO_NONE;
		retransmission_timeout(ep);
	}
}
