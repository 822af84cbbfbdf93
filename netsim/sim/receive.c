// SPDX-License-Identifier: GPL-2.0-only
/*
 * receive.c - data: delayed ACKs (RFC 5681 4.2, with the quick-ACK mode and the estimator of Linux), CE echo (RFC 3168 6.1.3,
 * RFC 8257 3.2 through the algorithm, RFC 9768), timestamps (RFC 7323 4.3), and the window offered. The application reads at once what
 * is in order.
 */
#include <stdlib.h>

#include "sim_host.h"

#define ATO_MIN_US 40000U         /* Linux: the shortest time an ACK is delayed … */
#define DELAY_MAX_US 200000U      /* … and the longest */
#define QUICK_ACKS_MAX 16         /* at the start, after a pause, after a duplicate */
#define QUICK_ACKS_CE 2
#define PINGPONG 3                /* answers after which ACKs wait for the next one */
#define FIRST_MSS 536             /* what a full segment is thought to be before one has come */
#define FIRST_WINDOW 65535U       /* a SYN's window cannot be scaled (RFC 7323 2.2); half of tcp_rmem's 131072 */
#define FIRST_ROOM 82374U         /* once a full segment shows how much of that memory is payload: 1448 bytes of 2304 */
#define WINDOW_MAX (1U << 28)     /* half of tcp_rmem's 512 MiB, as netsim's namespaces have it … */
#define WINDOW_UNIT (1U << 14)    /* … which takes the largest scale factor, 14 */
#define FIRST_ROUND_PKTS 10
#define GROW_LEAST_BYTES 128      /* shorter segments do not widen the window */
#define TIMESTAMP_NEWER(a, b) ((s32)((a) - (b)) >= 0)

/* inet_connection_sock.icsk_ack.pending, beside ICSK_ACK_TIMER and ICSK_ACK_NOW */
#define ACK_SCHEDULED 0x01        /* something is to be acknowledged */
#define ACK_PUSHED 0x04           /* a segment less than full: the sender has no more for now */

static u8 *ack_pending(struct tcp_endpoint *ep)
{
	return &ep->tp.inet_conn.icsk_ack.pending;
}

/* --- when to acknowledge ------------------------------------------------------------------------------------------------ */

static bool in_quick_mode(const struct tcp_receiver *rcv)
{
	return rcv->quick_acks && rcv->pingpong < PINGPONG;
}

static void add_quick_acks(struct tcp_endpoint *ep, u32 max)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 n = (rcv->window_end - ep->tp.rcv_nxt) / (2 * rcv->ack_mss);

	n = n < 2 ? 2 : n;
	n = n < max ? n : max;
	if (n > rcv->quick_acks)
		rcv->quick_acks = n;
}

static void enter_quick_mode(struct tcp_endpoint *ep, u32 max)
{
	add_quick_acks(ep, max);
	ep->rcv.pingpong = 0;
	ep->rcv.ato_us = ATO_MIN_US;
}

static void ack_now(struct tcp_endpoint *ep)
{
	tcp_send_ack(ep, ep->tp.rcv_nxt);
}

static u32 ack_delay_us(const struct tcp_endpoint *ep)
{
	const struct tcp_receiver *rcv = &ep->rcv;
	u32 ato_us = rcv->ato_us, srtt_us = ep->tp.srtt_us >> 3, max_us = DELAY_MAX_US;

	if (ato_us <= ATO_MIN_US)
		return ATO_MIN_US;
	if (srtt_us) {
		srtt_us = srtt_us > ATO_MIN_US ? srtt_us : ATO_MIN_US;
		max_us = srtt_us < max_us ? srtt_us : max_us;
	}
	return ato_us < max_us ? ato_us : max_us;
}

/* An ACK that waits already keeps its time; if that is almost there, there is no point in waiting. */
static void delay_ack(struct tcp_endpoint *ep)
{
	u64 now_ns = engine_now(ep->host->engine), delay_ns = ack_delay_us(ep) * 1000ULL, due_ns = now_ns + delay_ns;
	struct timer *timer = &ep->rcv.delayed_ack;

	if (*ack_pending(ep) & ICSK_ACK_TIMER) {
		if (timer->due_ns <= now_ns + delay_ns / 4) {
			ack_now(ep);
			return;
		}
		due_ns = timer->due_ns < due_ns ? timer->due_ns : due_ns;
	}
	*ack_pending(ep) |= ACK_SCHEDULED | ICSK_ACK_TIMER;
	timer_set(timer, due_ns);
}

static void delayed_ack_expired(void *arg)
{
	struct tcp_endpoint *ep = arg;
	struct tcp_receiver *rcv = &ep->rcv;
	u32 twice_us = 2 * rcv->ato_us;

	*ack_pending(ep) &= (u8)~ICSK_ACK_TIMER;
	if (!(*ack_pending(ep) & ACK_SCHEDULED))
		return;
	if (rcv->pingpong < PINGPONG) { /* the next segment did not come in time: wait longer for the next */
		rcv->ato_us = twice_us < ep->snd.rto_us ? twice_us : ep->snd.rto_us;
	} else {
		rcv->pingpong = 0;
		rcv->ato_us = ATO_MIN_US;
	}
	ep->tp.tcp_clock_cache = engine_now(ep->host->engine);
	ep->tp.tcp_mstamp = ep->tp.tcp_clock_cache / 1000;
	ack_now(ep);
}

/* after data was taken in and what could be sent was sent */
static void check_ack(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u8 pending = *ack_pending(ep);

	if (!(pending & (ACK_SCHEDULED | ICSK_ACK_NOW)))
		return;
	if (ep->tp.rcv_nxt - rcv->rcv_wup > rcv->ack_mss || in_quick_mode(rcv) || pending & ICSK_ACK_NOW || rcv->n_ranges)
		ack_now(ep);
	else
		delay_ack(ep);
}

/* Delayed-ACK time from the gaps between segments, and what a full segment is. */
static void estimate(struct tcp_endpoint *ep, u32 len)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 now_us = (u32)ep->tp.tcp_mstamp, gap_us = now_us - rcv->last_data_us;

	if (len >= rcv->ack_mss)
		rcv->ack_mss = len < ep->tp.mss_cache ? len : ep->tp.mss_cache;
	else
		*ack_pending(ep) |= ACK_PUSHED;
	if (!rcv->ato_us) {
		add_quick_acks(ep, QUICK_ACKS_MAX);
		rcv->ato_us = ATO_MIN_US;
	} else if (gap_us <= ATO_MIN_US / 2) {
		rcv->ato_us = rcv->ato_us / 2 + ATO_MIN_US / 2;
	} else if (gap_us < rcv->ato_us) {
		rcv->ato_us = rcv->ato_us / 2 + gap_us;
		if (rcv->ato_us > ep->snd.rto_us)
			rcv->ato_us = ep->snd.rto_us;
	} else if (gap_us > ep->snd.rto_us) {
		add_quick_acks(ep, QUICK_ACKS_MAX);
	}
	rcv->last_data_us = now_us;
}

/* --- congestion marks --------------------------------------------------------------------------------------------------- */

/* RFC 9768 3.2.2.5.1: the first mark after none, and the first unmarked after a mark, are told at once. */
static void check_ce_accurate(struct tcp_endpoint *ep, bool ce)
{
	if (ep->rcv.ce_last != ce)
		*ack_pending(ep) |= ICSK_ACK_NOW;
	ep->rcv.ce_last = ce;
}

static void check_ce(struct tcp_endpoint *ep, u8 codepoint)
{
	bool tell = ep->cc->flags & TCP_CONG_NEEDS_ECN;

	if (ep->ecn == TCP_ECN_NONE)
		return;
	if (codepoint == ECN_NOT_ECT) {
		if (ep->rcv.ect_seen) /* a retransmission, likely: its sender has a small window */
			enter_quick_mode(ep, QUICK_ACKS_CE);
		return;
	}
	ep->rcv.ect_seen = true;
	if (tell)
		cc_cwnd_event(ep, codepoint == ECN_CE ? CA_EVENT_ECN_IS_CE : CA_EVENT_ECN_NO_CE);
	if (ep->ecn == TCP_ECN_ACCURATE) {
		check_ce_accurate(ep, codepoint == ECN_CE);
	} else if (codepoint == ECN_CE && !(ep->tp.ecn_flags & TCP_ECN_DEMAND_CWR)) {
		enter_quick_mode(ep, QUICK_ACKS_CE);
		ep->tp.ecn_flags |= TCP_ECN_DEMAND_CWR;
	}
}

/* the sender has reduced its window: stop echoing (RFC 3168 6.1.3) */
static void accept_cwr(struct tcp_endpoint *ep)
{
	if (ep->ecn == TCP_ECN_NONE || ep->ecn == TCP_ECN_ACCURATE)
		return;
	ep->tp.ecn_flags &= (u8)~TCP_ECN_DEMAND_CWR;
	*ack_pending(ep) |= ICSK_ACK_NOW;
}

/* --- the window offered -------------------------------------------------------------------------------------------------- */

/* The receiver's round trip, from its ACK to the data it let go (RFC 7323 4.1 with the roles exchanged). */
static void measure_rtt(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 sample_us;

	if (seg->tsecr == rcv->rtt_tsecr || seg->len < rcv->ack_mss)
		return;
	rcv->rtt_tsecr = seg->tsecr;
	sample_us = ((u32)(ep->tp.tcp_mstamp / 1000) - seg->tsecr) * 1000;
	sample_us = sample_us ? sample_us : 1000;
	if (!rcv->rtt_us || sample_us < rcv->rtt_us) /* data that waited makes it too long: the shortest is the nearest */
		rcv->rtt_us = sample_us;
	else
		rcv->rtt_us += (sample_us - rcv->rtt_us) / 8;
}

/* Once a round trip: room for twice what came in it, and more if that grew, so that slow start never meets the window. */
static void tune_room(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 now_us = (u32)ep->tp.tcp_mstamp, copied;
	u64 room;

	if (!rcv->rtt_us || now_us - rcv->round_start_us < rcv->rtt_us)
		return;
	copied = ep->tp.rcv_nxt - rcv->copied_seq_round;
	rcv->copied_seq_round = ep->tp.rcv_nxt;
	rcv->round_start_us = now_us;
	if (copied <= rcv->space_bytes)
		return;
	room = 2ULL * copied;
	room += 2 * (room * (copied - rcv->space_bytes) / rcv->space_bytes);
	rcv->space_bytes = copied;
	if (room > rcv->room_bytes)
		rcv->room_bytes = room < WINDOW_MAX ? room : WINDOW_MAX;
}

/* The window follows the room by two segments for each that comes. While it does, each is acknowledged at once: the sender hears of it. */
static void widen_window(struct tcp_endpoint *ep, u32 len)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 more = 2 * ep->tp.mss_cache;

	if (len < GROW_LEAST_BYTES || rcv->window_bytes >= rcv->room_bytes)
		return;
	if (more > rcv->room_bytes - rcv->window_bytes)
		more = rcv->room_bytes - rcv->window_bytes;
	rcv->window_bytes += more;
	rcv->quick_acks |= 1;
}

static u32 window_offered(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 before_bytes = after(rcv->window_end, ep->tp.rcv_nxt) ? rcv->window_end - ep->tp.rcv_nxt : 0;
	u32 window = rcv->window_bytes > before_bytes ? rcv->window_bytes : before_bytes;

	if (rcv->has_window)
		window = (window + WINDOW_UNIT - 1) & ~(WINDOW_UNIT - 1);
	rcv->window_end = ep->tp.rcv_nxt + window;
	return window;
}

/* --- entry -------------------------------------------------------------------------------------------------------------- */

void tcp_receiver_init(struct tcp_endpoint *ep)
{
	ep->rcv.ack_mss = FIRST_MSS < ep->tp.mss_cache ? FIRST_MSS : ep->tp.mss_cache;
	ep->rcv.room_bytes = FIRST_ROOM;
	ep->rcv.window_bytes = FIRST_WINDOW;
	ep->rcv.space_bytes = FIRST_ROUND_PKTS * ep->tp.mss_cache;
	timer_init(&ep->rcv.delayed_ack, ep->host->engine, delayed_ack_expired, ep);
}

void tcp_receiver_syn(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	ep->rcv.rcv_wup = ep->rcv.acked = ep->rcv.window_end = ep->rcv.copied_seq_round = ep->tp.rcv_nxt;
	ep->rcv.ts_recent_ms = seg->tsval;
}

void tcp_receiver_established(struct tcp_endpoint *ep)
{
	ep->rcv.has_window = true;
	ep->rcv.round_start_us = (u32)ep->tp.tcp_mstamp;
}

void tcp_receiver_free(struct tcp_endpoint *ep)
{
	free(ep->rcv.ranges);
	ep->rcv.ranges = NULL;
	ep->rcv.n_ranges = ep->rcv.room = 0;
}

void tcp_note_segment(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	struct tcp_receiver *rcv = &ep->rcv;

	if (TIMESTAMP_NEWER(seg->tsval, rcv->ts_recent_ms) && !after(seg->seq, rcv->acked))
		rcv->ts_recent_ms = seg->tsval;
	if (seg->packet.ecn == ECN_CE)
		rcv->ce_count = (rcv->ce_count + 1) & 7;
}

/* Nothing new in it: told at once, with D-SACK. */
static void receive_duplicate(struct tcp_endpoint *ep, u32 start, u32 end)
{
	if (before(start, ep->tp.rcv_nxt))
		reassembly_dsack(&ep->rcv, start, after(end, ep->tp.rcv_nxt) ? ep->tp.rcv_nxt : end);
	enter_quick_mode(ep, QUICK_ACKS_MAX);
	*ack_pending(ep) |= ACK_SCHEDULED | ICSK_ACK_NOW;
}

static void receive_in_order(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	u32 end = seg->seq + seg->len;

	if (before(seg->seq, ep->tp.rcv_nxt))
		reassembly_dsack(&ep->rcv, seg->seq, ep->tp.rcv_nxt);
	ep->tp.rcv_nxt = end;
	*ack_pending(ep) |= ACK_SCHEDULED;
	estimate(ep, seg->len);
	measure_rtt(ep, seg);
	check_ce(ep, seg->packet.ecn);
	widen_window(ep, seg->len);
	if (ep->rcv.n_ranges) {
		reassembly_take(ep);
		if (!ep->rcv.n_ranges) /* the gap is filled: the sender hears of it at once (RFC 5681 4.2) */
			*ack_pending(ep) |= ICSK_ACK_NOW;
	}
}

static void receive_out_of_order(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	check_ce(ep, seg->packet.ecn);
	widen_window(ep, seg->len);
	*ack_pending(ep) |= ACK_SCHEDULED;
	reassembly_add(ep, seg->seq, seg->seq + seg->len);
}

/* The application reads: a segment less than full is acknowledged then, unless an answer is likely to carry the ACK. */
static void deliver(struct tcp_endpoint *ep, u32 bytes)
{
	tune_room(ep);
	if (*ack_pending(ep) & ACK_PUSHED && ep->rcv.pingpong < PINGPONG)
		ack_now(ep);
	if (ep->app.received)
		ep->app.received(ep->app.arg, bytes);
}

void tcp_data(struct tcp_endpoint *ep, const struct tcp_segment *seg)
{
	u32 end = seg->seq + seg->len, had = ep->tp.rcv_nxt;

	if (seg->flags & TCP_CWR)
		accept_cwr(ep);
	if (!after(end, had) || !before(seg->seq, ep->rcv.window_end))
		receive_duplicate(ep, seg->seq, end);
	else if (!after(seg->seq, had))
		receive_in_order(ep, seg);
	else
		receive_out_of_order(ep, seg);
	if (ep->host->failed)
		return;
	tcp_push(ep); /* what the acknowledgement in this segment let go; it carries ours */
	check_ack(ep);
	if (ep->tp.rcv_nxt != had)
		deliver(ep, ep->tp.rcv_nxt - had);
}

/* --- what a segment that leaves says -------------------------------------------------------------------------------------- */

static void ack_leaves(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;

	if (rcv->quick_acks && *ack_pending(ep) & ACK_SCHEDULED && !--rcv->quick_acks)
		rcv->ato_us = ATO_MIN_US;
	if (*ack_pending(ep) & ICSK_ACK_TIMER)
		timer_cancel(&rcv->delayed_ack);
	*ack_pending(ep) = 0;
}

void tcp_fill_ack(struct tcp_endpoint *ep, struct tcp_segment *seg, u32 rcv_nxt)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 now_us = (u32)(engine_now(ep->host->engine) / 1000);

	seg->flags |= TCP_ACK;
	seg->ack = rcv_nxt;
	seg->window = window_offered(ep);
	seg->tsval = (u32)(engine_now(ep->host->engine) / 1000000);
	seg->tsecr = rcv->ts_recent_ms;
	seg->ace = rcv->ce_count;
	if (rcv->n_recent || rcv->dsack.start != rcv->dsack.end)
		reassembly_sack(rcv, seg);
	if (ep->tp.ecn_flags & TCP_ECN_DEMAND_CWR && ep->ecn != TCP_ECN_ACCURATE && !(seg->flags & TCP_SYN))
		seg->flags |= TCP_ECE;
	rcv->rcv_wup = ep->tp.rcv_nxt;
	rcv->acked = rcv_nxt;
	if (rcv_nxt == ep->tp.rcv_nxt) /* else the algorithm's, of what came before: the rest still waits */
		ack_leaves(ep);
	if (seg->len && now_us - rcv->last_data_us < rcv->ato_us && rcv->pingpong < PINGPONG) /* an answer */
		rcv->pingpong++;
}
