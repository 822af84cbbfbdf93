// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c - segments: how many at once (TSO), when (pacing, windows), and what stands in their headers. A burst leaves as frames of
 * the path's MTU, back to back.
 */
#include <errno.h>
#include <string.h>

#include "sender.h"

#define ETHERNET_BYTES 14
#define IPV4_BYTES 20
#define IPV6_BYTES 40
#define TCP_BYTES 20
#define TIMESTAMP_BYTES 12   /* option and padding */
#define SYN_OPTION_BYTES 20  /* MSS, SACK permitted, timestamp, window scale */
#define GSO_BYTES 65215u     /* 64 kB without the longest headers */
#define GSO_SEGS 44          /* of 1500 bytes */
#define TSO_RTT_LOG 9        /* net.ipv4.tcp_tso_rtt_log: bursts of 64 kB below 512 us of RTT, half of it for each 512 us more */
#define DEFER_MAX_NS 1000000 /* a burst waits for the next ACK only while the last one is as young as this */
#define UNPACED_SEGS 10      /* the first segments of a connection */

/* --- headers -------------------------------------------------------------------------------------------------------- */

static u32 sack_bytes(const struct tcp_segment *seg)
{
	return seg->n_sack ? 4 + 8 * seg->n_sack : 0;
}

static u32 header_bytes(const struct tcp_endpoint *ep)
{
	return ETHERNET_BYTES + (ep->family == 6 ? IPV6_BYTES : IPV4_BYTES) + TCP_BYTES;
}

/* New data is ECN-capable (RFC 3168 6.1.5: not what is sent again, 6.1.4: not pure ACKs); algorithms built on ECN want all of it marked
 * (RFC 8257 3.2, 3.4), ECT(1) if the feedback is accurate (RFC 9331 4.1). */
static u8 codepoint(const struct tcp_endpoint *ep, bool is_new_data)
{
	bool needed = ep->cc->flags & TCP_CONG_NEEDS_ECN;

	if (!(ep->tp.ecn_flags & TCP_ECN_OK) || !(needed || is_new_data))
		return ECN_NOT_ECT;
	return needed && ep->ecn == TCP_ECN_ACCURATE ? ECN_ECT1 : ECN_ECT0;
}

static void address_segment(const struct tcp_endpoint *ep, struct tcp_segment *seg, u32 options)
{
	seg->packet.path = ep->path;
	seg->packet.flow = ep->flow;
	seg->packet.len = header_bytes(ep) + options + seg->len;
	seg->to = ep->peer;
}

/* a segment with `len` bytes of data and an acknowledgement; NULL: out of memory */
static struct tcp_segment *new_segment(struct tcp_endpoint *ep, u32 len, u32 rcv_nxt)
{
	struct tcp_segment *seg = sim_segment(ep->host);

	if (!seg)
		return NULL;
	seg->len = len;
	tcp_fill_ack(ep, seg, rcv_nxt);
	seg->flags |= TCP_ACK;
	return seg;
}

void tcp_send_ack(struct tcp_endpoint *ep, u32 rcv_nxt)
{
	struct tcp_segment *seg = new_segment(ep, 0, rcv_nxt);

	if (!seg)
		return;
	seg->seq = ep->tp.snd_nxt;
	seg->packet.ecn = codepoint(ep, false);
	address_segment(ep, seg, TIMESTAMP_BYTES + sack_bytes(seg));
	path_send(ep->host->engine, &seg->packet);
}

void tcp_send_control(struct tcp_endpoint *ep, u16 flags)
{
	struct tcp_segment *seg = new_segment(ep, 0, ep->tp.rcv_nxt);

	if (!seg)
		return;
	seg->seq = flags & TCP_SYN ? ep->tp.snd_una : ep->tp.snd_nxt;
	seg->flags = flags;
	seg->n_sack = 0;
	address_segment(ep, seg, flags & TCP_SYN ? SYN_OPTION_BYTES : TIMESTAMP_BYTES);
	path_send(ep->host->engine, &seg->packet);
}

/* --- pacing ------------------------------------------------------------------------------------------------------------ */

/* True: not before tcp_wstamp_ns, the timer is set. */
bool tcp_pacing_waits(struct tcp_endpoint *ep)
{
	const struct tcp_sock *tp = &ep->tp;

	if (sock_of(ep)->sk_pacing_status == SK_PACING_NONE || tp->tcp_wstamp_ns <= tp->tcp_clock_cache)
		return false;
	if (!timer_is_set(&ep->snd.pacing))
		timer_set(&ep->snd.pacing, tp->tcp_wstamp_ns);
	return true;
}

/* When the next may leave. A burst that left late shortens its own time by as much, by half of it at most. */
static void pace(struct tcp_endpoint *ep, u32 segs, u32 bytes)
{
	struct tcp_sock *tp = &ep->tp;
	const struct sock *sk = sock_of(ep);
	u64 late_ns = 0, len_ns;

	if (tp->tcp_wstamp_ns < tp->tcp_clock_cache) {
		late_ns = tp->tcp_clock_cache - tp->tcp_wstamp_ns;
		tp->tcp_wstamp_ns = tp->tcp_clock_cache;
	}
	if (ep->snd.first_sent < UNPACED_SEGS) {
		segs += ep->snd.first_sent;
		ep->snd.first_sent = segs < UNPACED_SEGS ? segs : UNPACED_SEGS;
		if (segs < UNPACED_SEGS)
			return;
	}
	if (sk->sk_pacing_status == SK_PACING_NONE || !sk->sk_pacing_rate || sk->sk_pacing_rate == ~0UL)
		return;
	len_ns = bytes * 1000000000ULL / sk->sk_pacing_rate;
	tp->tcp_wstamp_ns += len_ns - (late_ns < len_ns / 2 ? late_ns : len_ns / 2);
}

/* --- data -------------------------------------------------------------------------------------------------------------- */

static void start_transmission(struct tcp_endpoint *ep)
{
	if (!tcp_packets_in_flight(&ep->tp))
		cc_cwnd_event(ep, CA_EVENT_TX_START);
	ep->tp.lsndtime = jiffies_ms(ep);
}

/* one segment of new data, entered in the record; NULL: out of memory */
static struct tcp_segment *build_segment(struct tcp_endpoint *ep, const struct tcp_segment *like)
{
	struct tcp_sock *tp = &ep->tp;
	u32 unsent = tp->write_seq - tp->snd_nxt, mss = tp->mss_cache;
	struct tcp_segment *seg = like ? sim_segment(ep->host) : new_segment(ep, unsent, tp->rcv_nxt);
	struct tx_record *tx = seg ? tx_add(ep) : NULL;

	if (!tx) {
		if (seg)
			sim_segment_free(ep->host, seg);
		return NULL;
	}
	if (like) { /* what SACK blocks and CWR say is said once a burst */
		*seg = *like;
		seg->n_sack = 0;
		seg->flags &= ~TCP_CWR;
	} else if (tp->ecn_flags & TCP_ECN_QUEUE_CWR) {
		seg->flags |= TCP_CWR;
		tp->ecn_flags &= ~TCP_ECN_QUEUE_CWR;
	}
	mss -= sack_bytes(seg);
	seg->seq = tp->snd_nxt;
	seg->len = unsent < mss ? unsent : mss;
	seg->packet.ecn = codepoint(ep, true);
	address_segment(ep, seg, TIMESTAMP_BYTES + sack_bytes(seg));
	tp->snd_nxt += seg->len;
	tx->seq = seg->seq;
	tx->end_seq = tp->snd_nxt;
	tx->state = 0;
	rate_sent(ep, tx);
	tp->packets_out++;
	return seg;
}

static void send_chain(struct tcp_endpoint *ep, struct packet *p)
{
	while (p) {
		struct packet *next = p->next;

		path_send(ep->host->engine, p);
		p = next;
	}
}

/* `segs` segments of new data at once. All is accounted for before the first leaves: on a path without delay the answer comes at once. */
static void send_burst(struct tcp_endpoint *ep, u32 segs)
{
	struct packet *first = NULL, **end = &first;
	struct tcp_segment *seg = NULL;
	struct tcp_sock *tp = &ep->tp;
	u32 was_out = tp->packets_out, start = tp->snd_nxt, n = 0;

	start_transmission(ep);
	while (n < segs && tp->snd_nxt != tp->write_seq) {
		seg = build_segment(ep, seg);
		if (!seg)
			break;
		*end = &seg->packet;
		end = &seg->packet.next;
		n++;
	}
	*end = NULL;
	pace(ep, n, tp->snd_nxt - start);
	if (!was_out || ep->snd.rto_kind == RTO_PROBE)
		tcp_rearm_rto(ep);
	if (in_cwnd_reduction(ep))
		ep->snd.prr_out += n;
	send_chain(ep, first);
}

/* --- how much at once ---------------------------------------------------------------------------------------------------- */

/* A burst is what the pacing rate sends in about a millisecond, more where the RTT is short. */
static u32 burst_segs(struct tcp_endpoint *ep)
{
	const struct sock *sk = sock_of(ep);
	u64 bytes = sk->sk_pacing_rate >> sk->sk_pacing_shift;
	u32 halvings = tcp_min_rtt(&ep->tp) >> TSO_RTT_LOG, least = cc_min_tso_segs(ep), segs;

	if (halvings < 32)
		bytes += GSO_BYTES >> halvings;
	if (bytes > GSO_BYTES)
		bytes = GSO_BYTES;
	segs = (u32)bytes / ep->tp.mss_cache;
	if (segs < least)
		segs = least;
	return segs < GSO_SEGS ? segs : GSO_SEGS;
}

/* what cwnd allows; half of it at most in one burst */
static u32 cwnd_quota(const struct tcp_sock *tp)
{
	u32 inflight = tcp_packets_in_flight(tp), half = tp->snd_cwnd > 3 ? tp->snd_cwnd / 2 : 1;

	if (inflight >= tp->snd_cwnd)
		return 0;
	return half < tp->snd_cwnd - inflight ? half : tp->snd_cwnd - inflight;
}

/* Better wait for the next ACK, for a burst as large as it may be? Not if a third of the window could go, or that ACK is far.
 * *cwnd_limited: it is cwnd that keeps the burst small. */
static bool defers(const struct tcp_endpoint *ep, u32 most, bool *cwnd_limited)
{
	const struct tcp_sock *tp = &ep->tp;
	u64 cwnd_room = (u64)(tp->snd_cwnd - tcp_packets_in_flight(tp)) * tp->mss_cache, cwnd_bytes, third;
	u32 room = window_end(ep) - tp->snd_nxt, unsent = tp->write_seq - tp->snd_nxt;
	bool by_cwnd = cwnd_room < room;

	if (ca_state(ep) >= TCP_CA_Recovery || tp->tcp_clock_cache > tp->tcp_wstamp_ns + DEFER_MAX_NS || !tp->packets_out)
		return false;
	if (by_cwnd)
		room = cwnd_room;
	if (room >= most * tp->mss_cache || unsent <= room)
		return false;
	cwnd_bytes = (u64)tp->snd_cwnd * tp->mss_cache;
	third = (cwnd_bytes < ep->snd.snd_wnd ? cwnd_bytes : ep->snd.snd_wnd) / 3;
	if (room >= third || tp->tcp_mstamp - tx_at(ep, ep->snd.ring.head)->sent_us < tp->srtt_us >> 4)
		return false;
	*cwnd_limited |= by_cwnd;
	return true;
}

/* segments that the receiver's window has room for, of `segs`; what waits may end with a shorter one */
static u32 window_quota(const struct tcp_endpoint *ep, u32 segs)
{
	const struct tcp_sock *tp = &ep->tp;
	u32 room = window_end(ep) - tp->snd_nxt, unsent = tp->write_seq - tp->snd_nxt;

	if (!after(window_end(ep), tp->snd_nxt))
		return 0;
	if (room >= unsent || room >= segs * tp->mss_cache)
		return segs;
	return room / tp->mss_cache;
}

void tcp_push(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	bool cwnd_limited = false, sent = false;
	u32 most = 0;

	if (ep->stage != TCP_STAGE_ESTABLISHED || ep->host->failed)
		return;
	refresh_clock(ep);
	tcp_fill_sndbuf(ep);
	while (tp->write_seq != tp->snd_nxt && !tcp_pacing_waits(ep)) {
		u32 segs = cwnd_quota(tp);

		if (!segs)
			break;
		if (!most)
			most = burst_segs(ep);
		if (segs > most)
			segs = most;
		segs = window_quota(ep, segs);
		if (!segs)
			break;
		if (most > 1 && tp->write_seq - tp->snd_nxt > tp->mss_cache && defers(ep, most, &cwnd_limited))
			break;
		send_burst(ep, segs);
		sent = true;
		if (ep->host->failed)
			return;
	}
	cwnd_limited |= tcp_packets_in_flight(tp) >= tp->snd_cwnd;
	if (sent || (cwnd_limited && tp->write_seq != tp->snd_nxt))
		tcp_cwnd_validate(ep, cwnd_limited);
	if (sent)
		tcp_schedule_probe(ep, false);
}

bool tcp_send_probe(struct tcp_endpoint *ep)
{
	tcp_fill_sndbuf(ep);
	if (ep->tp.write_seq == ep->tp.snd_nxt || !window_quota(ep, 1))
		return false;
	send_burst(ep, 1);
	tcp_cwnd_validate(ep, true);
	return true;
}

/* --- again -------------------------------------------------------------------------------------------------------------- */

/* -EAGAIN: beyond the receiver's window; -ENOMEM */
int tcp_retransmit(struct tcp_endpoint *ep, struct tx_record *tx)
{
	struct tcp_sock *tp = &ep->tp;
	u32 index = tx_find(ep, tx->seq);
	struct tcp_segment *seg;

	if (!before(tx->seq, window_end(ep)) && tx->seq != tp->snd_una)
		return -EAGAIN;
	seg = new_segment(ep, tx->end_seq - tx->seq, tp->rcv_nxt);
	if (!seg)
		return -ENOMEM;
	start_transmission(ep);
	seg->seq = tx->seq;
	seg->packet.ecn = codepoint(ep, false);
	address_segment(ep, seg, TIMESTAMP_BYTES + sack_bytes(seg));
	rate_sent(ep, tx);
	tx_mark_retransmitted(ep, index);
	pace(ep, 1, seg->len);
	path_send(ep->host->engine, &seg->packet);
	return ep->host->failed ? -ENOMEM : 0;
}

/* What is lost, from the left, as cwnd and pacing allow. */
void tcp_retransmit_queue(struct tcp_endpoint *ep)
{
	struct tcp_sock *tp = &ep->tp;
	u32 *next = &ep->snd.retrans_next;
	bool head = false;

	while (ep->snd.to_retransmit && tcp_packets_in_flight(tp) < tp->snd_cwnd && !tcp_pacing_waits(ep)) {
		struct tx_record *tx = tx_at(ep, *next);

		if ((tx->state & (TX_LOST | TX_RETRANS)) != TX_LOST) {
			++*next;
			continue;
		}
		head |= *next == ep->snd.ring.head;
		if (tcp_retransmit(ep, tx))
			break;
		if (in_cwnd_reduction(ep))
			ep->snd.prr_out++;
	}
	if (head && ep->snd.rto_kind != RTO_REORDERING)
		tcp_set_timer(ep, RTO_RETRANSMIT, ep->snd.rto_us);
}
