// SPDX-License-Identifier: GPL-2.0-only
/*
 * undo.c - recoveries that prove spurious: the timestamp echoed is older than the first retransmission (Eifel, RFC 3522 and 4015), D-SACKs
 * tell of every retransmission (RFC 3708), or data sent once arrives after a timeout (F-RTO, RFC 5682).
 */
#include "sender.h"

void tcp_init_undo(struct tcp_endpoint *ep)
{
	ep->tp.undo_marker = ep->tp.snd_una ? ep->tp.snd_una : 1; /* 0: nothing to undo */
	ep->snd.undo_retrans = ep->tp.retrans_out ? (s32)ep->tp.retrans_out : -1;
}

/* The ACK answers something sent before the first retransmission. */
bool tcp_packet_delayed(const struct tcp_endpoint *ep)
{
	return ep->snd.retrans_stamp_ms && before(ep->snd.tsecr_ms, ep->snd.retrans_stamp_ms);
}

static bool may_undo(const struct tcp_endpoint *ep)
{
	return ep->tp.undo_marker && (!ep->snd.undo_retrans || tcp_packet_delayed(ep));
}

/* prior_ssthresh 0: the reduction had another reason (ECN), it stays */
static void undo(struct tcp_endpoint *ep, bool unmark)
{
	struct tcp_sock *tp = &ep->tp;

	if (unmark)
		tx_unmark_lost(ep);
	if (tp->prior_ssthresh) {
		tp->snd_cwnd = cc_undo_window(ep);
		if (tp->prior_ssthresh > tp->snd_ssthresh) {
			tp->snd_ssthresh = tp->prior_ssthresh;
			tp->ecn_flags &= ~TCP_ECN_QUEUE_CWR;
		}
	}
	tp->snd_cwnd_stamp = jiffies_ms(ep);
	tp->undo_marker = 0;
	ep->snd.rack_advanced = true; /* look again at what was thought lost */
}

/* everything up to high_seq is acknowledged */
void tcp_undo_recovery(struct tcp_endpoint *ep)
{
	if (may_undo(ep))
		undo(ep, false);
	else if (ep->snd.reo_wnd_persist)
		ep->snd.reo_wnd_persist--;
	cc_set_state(ep, TCP_CA_Open);
}

/* Part of it is, by what was delayed and not lost. *wait: retransmissions are under way whose fate tells more, send nothing again. */
void tcp_undo_partial(struct tcp_endpoint *ep, u32 prior_una, bool *wait)
{
	*wait = false;
	if (!ep->tp.undo_marker || !tcp_packet_delayed(ep))
		return;
	tcp_check_reordering(ep, prior_una);
	if (ep->tp.retrans_out) {
		*wait = true;
		return;
	}
	if (!tcp_any_retransmission(ep))
		ep->snd.retrans_stamp_ms = 0;
	undo(ep, true);
	tcp_keep_open(ep);
}

bool tcp_undo_dsack(struct tcp_endpoint *ep)
{
	if (!ep->tp.undo_marker || ep->snd.undo_retrans)
		return false;
	if (ep->snd.reo_wnd_persist < 16)
		ep->snd.reo_wnd_persist++;
	undo(ep, false);
	return true;
}

bool tcp_undo_loss(struct tcp_endpoint *ep, bool frto)
{
	if (!frto && !may_undo(ep))
		return false;
	undo(ep, true);
	ep->snd.retransmits_in_row = 0;
	cc_set_state(ep, TCP_CA_Open);
	return true;
}
