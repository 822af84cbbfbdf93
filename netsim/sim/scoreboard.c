// SPDX-License-Identifier: GPL-2.0-only
/*
 * scoreboard.c - what was sent, segment by segment, and what acknowledgements say of it (RFC 2018, RFC 6675 without its loss detection,
 * D-SACK RFC 2883). The counters of tcp_sock (packets_out, sacked_out, lost_out, retrans_out, delivered, lost) follow the records.
 */
#include <stdlib.h>

#include "sender.h"

#define FIRST_SIZE 16

/* twice the size, each entry at its index modulo the size; NULL: out of memory, nothing changed */
static void *ring_grow(const void *old, u32 size, u32 first, u32 count, size_t entry)
{
	u32 bigger = size ? 2 * size : FIRST_SIZE;
	char *ring = malloc(bigger * entry);

	for (u32 i = first; ring && i != first + count; i++)
		__builtin_memcpy(ring + (i & (bigger - 1)) * entry, (const char *)old + (i & (size - 1)) * entry, entry);
	return ring;
}

static void out_of_memory(struct tcp_endpoint *ep)
{
	sim_fail(ep->host, "out of memory for what is in flight: make the buffers, the rate or the number of flows smaller");
}

struct tx_record *tx_add(struct tcp_endpoint *ep)
{
	struct tx_ring *r = &ep->snd.ring;

	if (r->count == r->size) {
		struct tx_record *records = ring_grow(r->records, r->size, r->head, r->count, sizeof(*records));

		if (!records) {
			out_of_memory(ep);
			return NULL;
		}
		free(r->records);
		r->records = records;
		r->size = r->size ? 2 * r->size : FIRST_SIZE;
	}
	return &r->records[(r->head + r->count++) & (r->size - 1)];
}

static void log_retransmission(struct tcp_endpoint *ep, u32 index)
{
	struct retrans_log *log = &ep->snd.log;

	if (log->count == log->size) {
		struct retrans *entries = ring_grow(log->entries, log->size, log->head, log->count, sizeof(*entries));

		if (!entries) {
			out_of_memory(ep);
			return;
		}
		free(log->entries);
		log->entries = entries;
		log->size = log->size ? 2 * log->size : FIRST_SIZE;
	}
	log->entries[(log->head + log->count++) & (log->size - 1)] = (struct retrans){index, tx_at(ep, index)->order};
}

u32 tx_find(const struct tcp_endpoint *ep, u32 seq)
{
	u32 low = ep->snd.ring.head, n = ep->snd.ring.count;

	while (n) {
		u32 half = n / 2;

		if (after(tx_at(ep, low + half)->end_seq, seq)) {
			n = half;
		} else {
			low += half + 1;
			n -= half + 1;
		}
	}
	return low;
}

/* --- marks --------------------------------------------------------------------------------------------------------- */

static bool waits(u8 state)
{
	return (state & (TX_LOST | TX_RETRANS)) == TX_LOST;
}

static void set_state(struct tcp_endpoint *ep, struct tx_record *tx, u8 state)
{
	struct tcp_sock *tp = &ep->tp;
	u8 changed = tx->state ^ state;

	if (changed & TX_SACKED)
		tp->sacked_out += state & TX_SACKED ? 1 : -1;
	if (changed & TX_LOST)
		tp->lost_out += state & TX_LOST ? 1 : -1;
	if (changed & TX_RETRANS)
		tp->retrans_out += state & TX_RETRANS ? 1 : -1;
	ep->snd.to_retransmit += waits(state) - waits(tx->state);
	tx->state = state;
}

/* the segment, or its retransmission if that is what was in flight */
void tx_mark_lost(struct tcp_endpoint *ep, u32 index)
{
	struct tx_record *tx = tx_at(ep, index);

	if (tx->state & TX_SACKED || waits(tx->state))
		return;
	set_state(ep, tx, (tx->state | TX_LOST) & ~TX_RETRANS);
	ep->tp.lost++;
	if (before(index, ep->snd.retrans_next))
		ep->snd.retrans_next = index;
}

/* it has been sent again */
void tx_mark_retransmitted(struct tcp_endpoint *ep, u32 index)
{
	struct tcp_sender *s = &ep->snd;
	struct tx_record *tx = tx_at(ep, index);

	set_state(ep, tx, tx->state | TX_RETRANS | TX_EVER_RETRANS);
	log_retransmission(ep, index);
	ep->tp.total_retrans++;
	s->retransmits++;
	if (!s->retrans_stamp_ms)
		s->retrans_stamp_ms = jiffies_ms(ep) ? jiffies_ms(ep) : 1;
	s->undo_retrans = s->undo_retrans < 0 ? 1 : s->undo_retrans + 1;
}

void tx_unmark_lost(struct tcp_endpoint *ep)
{
	for (u32 i = ep->snd.ring.head; i != tx_tail(ep); i++)
		set_state(ep, tx_at(ep, i), tx_at(ep, i)->state & ~TX_LOST);
	ep->snd.retrans_next = ep->snd.rack_next = ep->snd.ring.head;
}

/* Was the original what arrived, before its retransmission could? (RFC 3522) */
static bool spurious(const struct tcp_endpoint *ep, const struct tx_record *tx)
{
	return tx->state & TX_EVER_RETRANS && before(ep->snd.tsecr_ms, tx->sent_us / 1000);
}

/* --- cumulative acknowledgement -------------------------------------------------------------------------------------- */

static void came_in_order(struct tcp_endpoint *ep, const struct tx_record *tx, struct ack_state *st)
{
	st->last_us = tx->sent_us;
	if (!st->first_us)
		st->first_us = tx->sent_us;
	if (st->was_sacked && !st->reordered) { /* the first is the lowest */
		st->reordered_seq = tx->seq;
		st->reordered = true;
	}
	if (!after(tx->end_seq, ep->tp.high_seq))
		st->flag |= ACK_ORIG_SACK_ACKED;
}

/* a segment that was SACKed, lost or retransmitted before it was acknowledged */
static void clean_marked(struct tcp_endpoint *ep, struct tx_record *tx, struct ack_state *st)
{
	u8 state = tx->state;

	if (state & TX_EVER_RETRANS)
		st->flag |= ACK_RETRANS_DATA_ACKED;
	else if (!(state & TX_SACKED))
		came_in_order(ep, tx, st);
	if (!(state & TX_SACKED)) {
		ep->tp.delivered++;
		if (!spurious(ep, tx))
			rack_advance(ep, tx, state);
		rate_delivered(ep, tx, st);
	}
	set_state(ep, tx, 0);
}

u32 tcp_clean_acked(struct tcp_endpoint *ep, u32 ack, struct ack_state *st)
{
	struct tx_ring *r = &ep->snd.ring;
	struct tcp_sock *tp = &ep->tp;
	const struct tx_record *plain = NULL;
	u32 n = 0;

	for (; r->count; n++) {
		struct tx_record *tx = &r->records[r->head & (r->size - 1)];

		if (after(tx->end_seq, ack))
			break;
		st->inflight_bytes = tx->inflight_bytes;
		if (__builtin_expect(tx->state, 0)) {
			clean_marked(ep, tx, st);
		} else {
			tp->delivered++;
			came_in_order(ep, tx, st);
			plain = tx; /* of those sent once the last was sent last */
		}
		r->head++;
		r->count--;
	}
	if (plain) {
		rack_advance(ep, plain, 0);
		rate_delivered(ep, plain, st);
	}
	tp->packets_out -= n;
	if (before(ep->snd.rack_next, r->head))
		ep->snd.rack_next = r->head;
	if (before(ep->snd.retrans_next, r->head))
		ep->snd.retrans_next = r->head;
	return n;
}

/* --- selective acknowledgement ---------------------------------------------------------------------------------------- */

/* What was sent once and not last comes late: reordering, `low_seq` tells how far (in packets, as the duplicate-ACK threshold). */
void tcp_check_reordering(struct tcp_endpoint *ep, u32 low_seq)
{
	u32 fack = highest_sack(ep), mss = ep->tp.mss_cache, packets;

	if (!before(low_seq, fack))
		return;
	packets = (fack - low_seq + mss - 1) / mss;
	if (packets > ep->snd.reordering)
		ep->snd.reordering = packets < TCP_MAX_REORDERING ? packets : TCP_MAX_REORDERING;
	ep->snd.reordering_seen++;
}

static void tag_segment(struct tcp_endpoint *ep, struct tx_record *tx, struct ack_state *st)
{
	u8 state = tx->state;

	if (state & TX_SACKED)
		return;
	if (!(state & TX_EVER_RETRANS)) {
		if (before(tx->seq, st->prior_fack) && (!st->reordered || before(tx->seq, st->reordered_seq))) {
			st->reordered_seq = tx->seq;
			st->reordered = true;
		}
		if (!after(tx->end_seq, ep->tp.high_seq))
			st->flag |= ACK_ORIG_SACK_ACKED;
		st->last_sack_us = tx->sent_us;
		if (!st->first_sack_us)
			st->first_sack_us = tx->sent_us;
	}
	if (!spurious(ep, tx))
		rack_advance(ep, tx, state);
	rate_delivered(ep, tx, st);
	/* a copy of what was not thought lost, a probe, is still believed in flight */
	if (state & TX_LOST)
		state &= ~(TX_LOST | TX_RETRANS);
	set_state(ep, tx, state | TX_SACKED);
	ep->tp.delivered++;
	if (ep->tp.sacked_out == 1 || after(tx->end_seq, ep->snd.fack))
		ep->snd.fack = tx->end_seq;
	st->flag |= ACK_DATA_SACKED;
}

static void tag_range(struct tcp_endpoint *ep, u32 start, u32 end, struct ack_state *st)
{
	for (u32 i = tx_find(ep, start); i != tx_tail(ep); i++) {
		struct tx_record *tx = tx_at(ep, i);

		if (after(tx->end_seq, end))
			break;
		if (!before(tx->seq, start))
			tag_segment(ep, tx, st);
	}
}

/* of a block, what follows on what the last ACK had: blocks grow to the right */
static void tag_block(struct tcp_endpoint *ep, const struct sack_block *block, struct ack_state *st)
{
	u32 start = block->start;

	for (u32 i = 0; i < ep->snd.n_seen; i++) {
		const struct sack_block *seen = &ep->snd.seen[i];

		if (!before(start, seen->start) && before(start, seen->end))
			start = seen->end;
	}
	if (before(start, block->end))
		tag_range(ep, start, block->end, st);
}

/* The receiver had it already: RFC 2883 4, first block below the ACK, or within the second. */
static bool is_dsack(const struct tcp_segment *seg)
{
	const struct sack_block *b = seg->sack;

	if (before(b[0].start, seg->ack))
		return true;
	return seg->n_sack > 1 && !after(b[0].end, b[1].end) && !before(b[0].start, b[1].start);
}

/* the copy of a SACKed segment was what came now: it is in flight no more */
static void untag_copies(struct tcp_endpoint *ep, const struct sack_block *block)
{
	for (u32 i = tx_find(ep, block->start); i != tx_tail(ep); i++) {
		struct tx_record *tx = tx_at(ep, i);

		if (after(tx->end_seq, block->end))
			break;
		set_state(ep, tx, tx->state & ~TX_RETRANS);
	}
}

static void take_dsack(struct tcp_endpoint *ep, const struct sack_block *block, struct ack_state *st)
{
	struct tcp_sender *s = &ep->snd;
	u32 packets = (block->end - block->start + ep->tp.mss_cache - 1) / ep->tp.mss_cache;

	if (s->dsack_dups + packets > s->retransmits) /* the network duplicated it: none of ours */
		return;
	s->dsack_dups += packets;
	st->flag |= ACK_DSACK;
	if (s->tlp_pending && s->tlp_high_seq == block->end)
		st->flag |= ACK_DSACK_TLP;
	else if (s->reordering_seen)
		s->dsack_seen = true;
	if (ep->tp.undo_marker && s->undo_retrans > 0 && after(block->end, ep->tp.undo_marker))
		s->undo_retrans = s->undo_retrans > (s32)packets ? s->undo_retrans - (s32)packets : 0;
	untag_copies(ep, block);
}

void tcp_tag_sacks(struct tcp_endpoint *ep, const struct tcp_segment *seg, struct ack_state *st)
{
	struct sack_block valid[TCP_MAX_SACK];
	u32 n = 0, i = 0;

	if (is_dsack(seg))
		take_dsack(ep, &seg->sack[i++], st);
	for (; i < seg->n_sack; i++) {
		const struct sack_block *b = &seg->sack[i];

		if (before(b->start, ep->tp.snd_una) || !before(b->start, b->end) || after(b->end, ep->tp.snd_nxt))
			continue; /* of an ACK that was overtaken */
		tag_block(ep, b, st);
		valid[n++] = *b;
	}
	for (i = 0; i < n; i++)
		/* cppcheck-suppress uninitvar ; the first n are filled in */
		ep->snd.seen[i] = valid[i];
	ep->snd.n_seen = n;
	if (st->reordered && ca_state(ep) != TCP_CA_Loss)
		tcp_check_reordering(ep, st->reordered_seq);
	st->reordered = false;
}
