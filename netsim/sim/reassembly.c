// SPDX-License-Identifier: GPL-2.0-only
/*
 * reassembly.c - what came out of order: ranges, apart from each other and ascending, and the SACK blocks that tell of them (RFC 2018), of
 * what came twice first (D-SACK, RFC 2883).
 */
#include <stdlib.h>
#include <string.h>

#include "sim_host.h"

void reassembly_dsack(struct tcp_receiver *rcv, u32 start, u32 end)
{
	rcv->dsack = (struct sack_block){start, end};
}

/* the first range that ends at or after `seq` */
static u32 range_find(const struct tcp_receiver *rcv, u32 seq)
{
	u32 low = 0, high = rcv->n_ranges;

	if (high && before(rcv->ranges[high - 1].start, seq) && !before(rcv->ranges[high - 1].end, seq))
		return high - 1; /* one more behind the last */
	while (low < high) {
		u32 middle = (low + high) / 2;

		if (before(rcv->ranges[middle].end, seq))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool range_room(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 room = rcv->room ? 2 * rcv->room : 4;
	struct sack_block *ranges;

	if (rcv->n_ranges < rcv->room)
		return true;
	ranges = realloc(rcv->ranges, room * sizeof(*ranges));
	if (!ranges) {
		sim_fail(ep->host, "out of memory for data out of order: make the rate, the delay or the number of flows smaller");
		return false;
	}
	rcv->ranges = ranges;
	rcv->room = room;
	return true;
}

static void ranges_remove(struct tcp_receiver *rcv, u32 from, u32 n)
{
	memmove(&rcv->ranges[from], &rcv->ranges[from + n], (rcv->n_ranges - from - n) * sizeof(*rcv->ranges));
	rcv->n_ranges -= n;
}

static bool holds(const struct sack_block *range, u32 seq)
{
	return !before(seq, range->start) && before(seq, range->end);
}

/* `range` is the one touched last; the others move back, those now part of it go. */
static void note_recent(struct tcp_receiver *rcv, const struct sack_block *range)
{
	u32 kept[4], n = 0, max = sizeof(rcv->recent) / sizeof(rcv->recent[0]);

	kept[n++] = range->start;
	for (u32 i = 0; i < rcv->n_recent && n < max; i++) {
		if (!holds(range, rcv->recent[i]))
			kept[n++] = rcv->recent[i];
	}
	memcpy(rcv->recent, kept, n * sizeof(kept[0]));
	rcv->n_recent = n;
}

void reassembly_add(struct tcp_endpoint *ep, u32 start, u32 end)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 i = range_find(rcv, start), n = 0;
	struct sack_block *range;

	if (i == rcv->n_ranges || before(end, rcv->ranges[i].start)) { /* touches none */
		if (!range_room(ep))
			return;
		memmove(&rcv->ranges[i + 1], &rcv->ranges[i], (rcv->n_ranges++ - i) * sizeof(*rcv->ranges));
		rcv->ranges[i] = (struct sack_block){start, end};
		note_recent(rcv, &rcv->ranges[i]);
		return;
	}
	range = &rcv->ranges[i];
	if (before(start, range->end) && after(end, range->start)) /* the part that is here already (RFC 2883 4) */
		reassembly_dsack(rcv, before(start, range->start) ? range->start : start, after(end, range->end) ? range->end : end);
	if (before(start, range->start))
		range->start = start;
	if (after(end, range->end))
		range->end = end;
	while (i + 1 + n < rcv->n_ranges && !before(range->end, rcv->ranges[i + 1 + n].start)) {
		if (after(rcv->ranges[i + 1 + n].end, range->end))
			range->end = rcv->ranges[i + 1 + n].end;
		n++;
	}
	ranges_remove(rcv, i + 1, n);
	note_recent(rcv, range);
}

/* rcv_nxt has moved: what has become in order moves it further. */
void reassembly_take(struct tcp_endpoint *ep)
{
	struct tcp_receiver *rcv = &ep->rcv;
	u32 taken = 0, kept = 0;

	while (taken < rcv->n_ranges && !after(rcv->ranges[taken].start, ep->tp.rcv_nxt)) {
		if (before(rcv->ranges[taken].start, ep->tp.rcv_nxt)) /* came twice */
			reassembly_dsack(rcv, rcv->ranges[taken].start,
				  after(ep->tp.rcv_nxt, rcv->ranges[taken].end) ? rcv->ranges[taken].end : ep->tp.rcv_nxt);
		if (after(rcv->ranges[taken].end, ep->tp.rcv_nxt))
			ep->tp.rcv_nxt = rcv->ranges[taken].end;
		taken++;
	}
	ranges_remove(rcv, 0, taken);
	for (u32 i = 0; i < rcv->n_recent; i++) {
		if (!before(rcv->recent[i], ep->tp.rcv_nxt))
			rcv->recent[kept++] = rcv->recent[i];
	}
	rcv->n_recent = kept;
}

/* D-SACK first (RFC 2883 4), then the ranges in the order in which they were touched (RFC 2018 4). */
void reassembly_sack(struct tcp_receiver *rcv, struct tcp_segment *seg)
{
	if (rcv->dsack.start != rcv->dsack.end) {
		seg->sack[seg->n_sack++] = rcv->dsack;
		rcv->dsack.end = rcv->dsack.start;
	}
	for (u32 i = 0; i < rcv->n_recent && seg->n_sack < TCP_MAX_SACK; i++) {
		u32 k = range_find(rcv, rcv->recent[i] + 1);

		if (k < rcv->n_ranges)
			seg->sack[seg->n_sack++] = rcv->ranges[k];
	}
}
