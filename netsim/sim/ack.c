// SPDX-License-Identifier: GPL-2.0-only
/*
 * ack.c - an acknowledgement, in the kernel's order: SACK blocks, the cumulative part, RTT, ECN echo, losses and state, delivery rate,
 * then the algorithm, then what is to be retransmitted. New data goes when tcp_push() follows.
 */
#include <stdlib.h>

#include "sender.h"

static void pacing_expired(void *arg)
{
	struct tcp_endpoint *ep = arg;

	refresh_clock(ep);
	if (ep->snd.to_retransmit)
		tcp_retransmit_queue(ep);
	tcp_push(ep);
}

void tcp_sender_init(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	struct sock *sk = sock_of(ep);

	tp->snd_cwnd = TCP_INIT_CWND;
	tp->snd_cwnd_clamp = ~0U;
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	tp->mdev_us = TCP_RTO_INIT_US;
	tp->rtt_min.s[0].v = tp->rtt_min.s[1].v = tp->rtt_min.s[2].v = ~0U;
	sk->sk_pacing_rate = sk->sk_max_pacing_rate = ~0UL;
	sk->sk_pacing_shift = 10;
	ep->snd.rto_us = TCP_RTO_INIT_US;
	ep->snd.reordering = TCP_DEFAULT_REORDERING;
	ep->snd.reo_wnd_steps = 1;
	timer_init(&ep->snd.rto, ep->host->engine, tcp_timer_expired, ep);
	timer_init(&ep->snd.pacing, ep->host->engine, pacing_expired, ep);
}

void tcp_sender_established(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;

	refresh_clock(ep);
	tp->delivered++; /* the SYN */
	tp->delivered_mstamp = tp->tcp_mstamp;
	tp->lsndtime = tp->snd_cwnd_stamp = jiffies_ms(ep);
	if (ep->syn_retrans > 1) /* RFC 6298 5.7, RFC 5681 3.1 */
		tp->snd_cwnd = 1;
	ep->snd.rtt_seq = ep->snd.cwnd_usage_seq = tp->snd_nxt;
	cc_init(ep);
}

void tcp_sender_free(struct tcp_endpoint *ep)
{
	free(ep->snd.ring.records);
	free(ep->snd.log.entries);
	ep->snd.ring = (struct tx_ring){0};
	ep->snd.log = (struct retrans_log){0};
}

/* --- RTT -------------------------------------------------------------------------------------------------------------- */

/* Minimum of the last TCP_MIN_RTT_WINDOW_MS (Kathleen Nichols' three samples: filter.h explains them). */
static void update_min_rtt(struct tcp_endpoint *ep, u32 rtt_us)
{
	struct minmax_sample *s = ep->tp.rtt_min.s, sample = {jiffies_ms(ep), rtt_us ? rtt_us : 1000};
	u32 age;

	if (sample.v <= s[0].v || sample.t - s[2].t > TCP_MIN_RTT_WINDOW_MS) {
		s[0] = s[1] = s[2] = sample;
		return;
	}
	if (sample.v <= s[1].v)
		s[1] = s[2] = sample;
	else if (sample.v <= s[2].v)
		s[2] = sample;
	age = sample.t - s[0].t;
	if (age > TCP_MIN_RTT_WINDOW_MS) {
		s[0] = s[1];
		s[1] = s[2];
		s[2] = sample;
		if (sample.t - s[0].t > TCP_MIN_RTT_WINDOW_MS) {
			s[0] = s[1];
			s[1] = s[2];
		}
	} else if (s[1].t == s[0].t && age > TCP_MIN_RTT_WINDOW_MS / 4) {
		s[1] = s[2] = sample;
	} else if (s[2].t == s[1].t && age > TCP_MIN_RTT_WINDOW_MS / 2) {
		s[2] = sample;
	}
}

/* RFC 6298 2 with three refinements of Linux's: the deviation that counts is the largest of a round trip and at least 200 ms, it falls by a
 * quarter a round trip, and a sample below the average by more than the deviation counts an eighth, for a falling RTT is no reason to wait
 * longer. */
static void smooth_rtt(struct tcp_endpoint *ep, u32 rtt_us)
{
	struct tcp_sock *tp = &ep->tp;
	struct tcp_sender *s = &ep->snd;
	s32 error, change;

	if (!tp->srtt_us) {
		tp->srtt_us = rtt_us << 3;
		tp->mdev_us = rtt_us << 1;
		s->rttvar_us = s->mdev_max_us = tp->mdev_us > TCP_RTO_MIN_US ? tp->mdev_us : TCP_RTO_MIN_US;
		s->rtt_seq = tp->snd_nxt;
	} else {
		error = (s32)rtt_us - (s32)(tp->srtt_us >> 3);
		tp->srtt_us += error;
		change = (error < 0 ? -error : error) - (s32)(tp->mdev_us >> 2);
		if (error < 0 && change > 0)
			change >>= 3;
		tp->mdev_us += change;
		if (tp->mdev_us > s->mdev_max_us) {
			s->mdev_max_us = tp->mdev_us;
			if (s->mdev_max_us > s->rttvar_us)
				s->rttvar_us = s->mdev_max_us;
		}
		if (after(tp->snd_una, s->rtt_seq)) {
			if (s->mdev_max_us < s->rttvar_us)
				s->rttvar_us -= (s->rttvar_us - s->mdev_max_us) >> 2;
			s->rtt_seq = tp->snd_nxt;
			s->mdev_max_us = TCP_RTO_MIN_US;
		}
	}
	if (!tp->srtt_us)
		tp->srtt_us = 1;
	s->rto_us = (tp->srtt_us >> 3) + s->rttvar_us;
	if (s->rto_us > TCP_RTO_MAX_US)
		s->rto_us = TCP_RTO_MAX_US;
	s->backoff = 0;
}

void tcp_rtt_sample(struct tcp_endpoint *ep, u32 rtt_us)
{
	update_min_rtt(ep, rtt_us);
	smooth_rtt(ep, rtt_us);
}

/* The RTT for the timeout is of the first segment acknowledged, for the algorithm of the last; of none that was retransmitted (Karn), then
 * the timestamp helps. True: there was a sample. */
static bool measure_rtt(struct tcp_endpoint *ep, struct ack_state *st)
{
	u64 now_us = ep->tp.tcp_mstamp;
	s64 rtt_us = -1, cc_rtt_us = -1;

	if (st->first_us && !(st->flag & ACK_RETRANS_DATA_ACKED)) {
		rtt_us = now_us - st->first_us;
		cc_rtt_us = now_us - st->last_us;
	}
	if (st->first_sack_us) {
		cc_rtt_us = now_us - st->last_sack_us;
		if (rtt_us < 0)
			rtt_us = now_us - st->first_sack_us;
	}
	if (rtt_us < 0 && st->flag & ACK_DATA_ACKED)
		rtt_us = cc_rtt_us = ((u32)(now_us / 1000) - ep->snd.tsecr_ms) * 1000LL;
	st->rs.rtt_us = cc_rtt_us;
	if (rtt_us < 0)
		return false;
	/* a single small segment may have met a delayed ACK: that is no news for the minimum */
	if (!(st->flag & ACK_MAYBE_DELAYED && cc_rtt_us > tcp_min_rtt(&ep->tp)))
		update_min_rtt(ep, cc_rtt_us);
	smooth_rtt(ep, rtt_us);
	return true;
}

/* --- the parts ----------------------------------------------------------------------------------------------------------- */

static void clean_acked(struct tcp_endpoint *ep, u32 ack, struct ack_state *st)
{
	u32 sacked_out = ep->tp.sacked_out, n = tcp_clean_acked(ep, ack, st);
	bool measured;

	if (n == 1 && !sacked_out && st->inflight_bytes < ep->tp.mss_cache && !(st->flag & ACK_ALERT))
		st->flag |= ACK_MAYBE_DELAYED;
	if (n)
		st->flag |= ACK_DATA_ACKED;
	measured = measure_rtt(ep, st);
	if (n) {
		st->flag |= ACK_SET_TIMER;
		if (st->reordered && before(st->reordered_seq, st->prior_fack))
			tcp_check_reordering(ep, st->reordered_seq);
	} else if (measured && st->first_sack_us && st->first_sack_us < tx_at(ep, ep->snd.ring.head)->sent_us) {
		/* SACKs of what was sent after the first hole was (re)sent must not put its timeout off */
		st->flag |= ACK_SET_TIMER;
	}
	if (ep->cc->pkts_acked) {
		struct ack_sample sample = {.pkts_acked = n, .rtt_us = st->rs.rtt_us, .in_flight = st->inflight_bytes};

		cc_pkts_acked(ep, &sample);
	}
}

/* packets with CE that the ACK tells of (RFC 9768 3.2.2 and A.1: the counter has three bits, more packets may have passed it by) */
static u32 accurate_ce(struct tcp_endpoint *ep, const struct tcp_segment *seg, u32 delivered)
{
	u32 ce = (seg->ace - ep->snd.ace_acked) & 7;

	ep->snd.ace_acked = seg->ace;
	return delivered <= 7 ? ce : delivered - ((delivered - ce) & 7);
}

/* RFC 3168 6.1.2 and its successors. With the echo of a single bit all that the ACK delivers counts as marked. */
static void take_ecn(struct tcp_endpoint *ep, const struct tcp_segment *seg, u32 delivered, struct ack_state *st)
{
	u32 ce;

	if (!(ep->tp.ecn_flags & TCP_ECN_OK) || before(seg->ack, st->prior_una))
		return;
	if (ep->ecn == TCP_ECN_ACCURATE) {
		ce = accurate_ce(ep, seg, delivered);
		if (ce)
			st->flag |= ACK_ECE;
		ep->tp.delivered_ce += ce;
	} else if (seg->flags & TCP_ECE) {
		st->flag |= ACK_ECE;
		ep->tp.delivered_ce += delivered;
	}
}

static void tell_algorithm_of_ack(struct tcp_endpoint *ep, int flag)
{
	u32 events = 0;

	if (!ep->cc->in_ack_event)
		return;
	if (flag & ACK_SLOWPATH)
		events |= CA_ACK_SLOWPATH;
	if (flag & ACK_WIN_UPDATE)
		events |= CA_ACK_WIN_UPDATE;
	if (flag & ACK_ECE)
		events |= CA_ACK_ECE;
	cc_in_ack_event(ep, events);
}

/* twice the window per RTT in slow start, 1.2 times in congestion avoidance; bytes per second */
static void update_pacing_rate(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	struct sock *sk = sock_of(ep);
	u64 rate = (u64)tp->mss_cache * (8 * 10000ULL);

	rate *= tp->snd_cwnd < tp->snd_ssthresh / 2 ? 200 : 120;
	rate *= tp->snd_cwnd > tp->packets_out ? tp->snd_cwnd : tp->packets_out;
	if (tp->srtt_us)
		rate /= tp->srtt_us;
	sk->sk_pacing_rate = rate < sk->sk_max_pacing_rate ? rate : sk->sk_max_pacing_rate;
}

/* Once reordering was seen, delivery out of order is no reason to hold the window back. */
static bool may_raise_cwnd(const struct tcp_endpoint *ep, int flag)
{
	return flag & (ep->snd.reordering > TCP_DEFAULT_REORDERING ? ACK_PROGRESS : ACK_DATA_ACKED);
}

static void control_congestion(struct tcp_endpoint *ep, u32 ack, const struct ack_state *st)
{
	if (ep->cc->cong_control) {
		cc_cong_control(ep, ack, st->flag, &st->rs);
		return;
	}
	if (in_cwnd_reduction(ep)) {
		tcp_prr(ep, st->rs.acked_sacked, st->rs.losses, st->flag);
	} else if (may_raise_cwnd(ep, st->flag)) {
		cc_cong_avoid(ep, ack, st->rs.acked_sacked);
		ep->tp.snd_cwnd_stamp = jiffies_ms(ep);
	}
	update_pacing_rate(ep);
}

static bool is_dubious(const struct tcp_endpoint *ep, int flag)
{
	return !(flag & ACK_NOT_DUP) || flag & ACK_ALERT || ca_state(ep) != TCP_CA_Open;
}

static void repair(struct tcp_endpoint *ep, enum recovery_send send)
{
	if (send == SEND_NEW) {
		tcp_push(ep);
		if (after(ep->tp.snd_nxt, ep->tp.high_seq))
			return; /* F-RTO: what comes back for it decides */
		ep->snd.frto = false;
	}
	if (send != SEND_NOTHING)
		tcp_retransmit_queue(ep);
}

/* --- the whole --------------------------------------------------------------------------------------------------------------- */

/* The segment acknowledges more, or allows more; it may be an old one. */
static void take_window(struct tcp_endpoint *ep, const struct tcp_segment *seg, struct ack_state *st)
{
	struct tcp_sender *s = &ep->snd;
	bool advances = after(seg->ack, ep->tp.snd_una);

	if (seg->len)
		st->flag |= ACK_DATA;
	if (!advances || seg->n_sack || seg->flags & TCP_ECE || seg->window != s->snd_wnd)
		st->flag |= ACK_SLOWPATH;
	if (advances) {
		st->flag |= ACK_SND_UNA_ADVANCED;
		s->retransmits_in_row = 0;
		ep->tp.snd_una = seg->ack;
	} else if (seg->ack != ep->tp.snd_una || seg->window <= s->snd_wnd) {
		return;
	}
	st->flag |= ACK_WIN_UPDATE;
	s->snd_wnd = seg->window;
}

/* losses, state, algorithm */
static void judge(struct tcp_endpoint *ep, u32 ack, u32 delivered, u32 lost, struct ack_state *st)
{
	enum recovery_send send = SEND_NOTHING;
	struct tcp_sock *tp = &ep->tp;

	rack_update_window(ep, &st->rs);
	if (ep->snd.tlp_pending)
		tcp_probe_acked(ep, ack, st->flag);
	if (is_dubious(ep, st->flag)) {
		bool dupack = !(st->flag & (ACK_SND_UNA_ADVANCED | ACK_NOT_DUP | ACK_DSACK));

		tcp_alert(ep, st, dupack, &send);
	}
	if (st->flag & ACK_SET_TIMER && !tcp_schedule_probe(ep, true))
		tcp_rearm_rto(ep);
	st->rs.is_ack_delayed = st->flag & ACK_MAYBE_DELAYED;
	rate_generate(ep, tp->delivered - delivered, tp->lost - lost, &st->rs);
	control_congestion(ep, ack, st);
	repair(ep, send);
}

/* all had been acknowledged: only what was sent twice may still be told of */
static void judge_idle(struct tcp_endpoint *ep, u32 ack, struct ack_state *st)
{
	enum recovery_send send = SEND_NOTHING;

	if (st->flag & ACK_DSACK)
		tcp_alert(ep, st, false, &send);
	if (ep->snd.tlp_pending)
		tcp_probe_acked(ep, ack, st->flag);
}

/* in parts: all at once the compiler makes it an instruction that takes longer */
static void begin(const struct tcp_endpoint *ep, struct ack_state *st)
{
	st->flag = 0;
	st->prior_una = ep->tp.snd_una;
	st->prior_fack = highest_sack(ep);
	st->reordered_seq = 0;
	st->reordered = false;
	st->was_sacked = ep->tp.sacked_out;
	st->first_us = st->last_us = st->first_sack_us = st->last_sack_us = 0;
	st->inflight_bytes = st->rate_order = 0;
	st->rs = (struct rate_sample){.prior_in_flight = tcp_packets_in_flight(&ep->tp)};
}

void tcp_ack(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	struct tcp_sock *tp = &ep->tp;
	struct ack_state st;
	u32 delivered = tp->delivered, lost = tp->lost, packets_out = tp->packets_out;

	if (after(seg->ack, tp->snd_nxt) || (before(seg->ack, tp->snd_una) && !seg->n_sack))
		return;
	ep->snd.tsecr_ms = seg->tsecr;
	begin(ep, &st);
	take_window(ep, seg, &st);
	if (seg->n_sack)
		tcp_tag_sacks(ep, seg, &st);
	if (packets_out)
		clean_acked(ep, tp->snd_una, &st);
	take_ecn(ep, seg, tp->delivered - delivered, &st);
	tell_algorithm_of_ack(ep, st.flag);
	if (packets_out)
		judge(ep, seg->ack, delivered, lost, &st);
	else
		judge_idle(ep, seg->ack, &st);
}
