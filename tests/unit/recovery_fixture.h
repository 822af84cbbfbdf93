/* SPDX-License-Identifier: GPL-2.0-only */
/* recovery_fixture.h - a sender of sim_fixture.h with a window to lose something of: which segments are lost, late, or all of them. */
#ifndef TESTS_RECOVERY_FIXTURE_H
#define TESTS_RECOVERY_FIXTURE_H

#include "sim_fixture.h"

#define ISN 1000
#define FIRST (ISN + 1) /* sequence number of the first byte */

static u32 lose[64], lose_n; /* segments that do not arrive, by number from 0; each entry once */
static u32 late[16], late_n; /* these come late … */
static uint64_t late_ns;     /* … by this */
static u32 acks;             /* that arrived */

static inline bool take(u32 *list, u32 *n, u32 number)
{
	for (u32 i = 0; i < *n; i++) {
		if (list[i] == number) {
			list[i] = list[--*n];
			return true;
		}
	}
	return false;
}

static inline uint64_t scripted(struct tcp_segment *seg)
{
	u32 number = (seg->seq - FIRST) / MSS;

	if (!seg->len) {
		acks++;
		return 0;
	}
	if (take(lose, &lose_n, number))
		return ENGINE_NEVER;
	return take(late, &late_n, number) ? late_ns : 0;
}

/* RTT 40 ms; rate 0: what is sent together arrives together */
static inline void start_at(uint64_t rate_bps)
{
	sim_start(rate_bps, 20 * MS, 0);
	lose_n = late_n = 0;
	sim.fate = scripted;
	sim_connect(ISN);
}

static inline void start(void)
{
	start_at(0);
}

/* a window of about `cwnd`, in congestion avoidance */
static inline void grow_to(u32 cwnd)
{
	sim.client->tp.snd_ssthresh = cwnd;
	tcp_write(sim.client, UINT64_MAX);
	while (sim.client->tp.snd_cwnd < cwnd)
		sim_run_for(MS);
	sim_run_for(200 * MS);
}

static inline void start_with_window(u32 cwnd)
{
	start();
	grow_to(cwnd);
}

/* the segment to be sent next */
static inline u32 next_number(void)
{
	return (sim.client->tp.snd_nxt - FIRST) / MSS;
}

/* --- a path that carries no data while it is dark --- */

static bool dark;
static uint64_t seen_ns[16];
static u32 seen;

static inline uint64_t darkness(struct tcp_segment *seg)
{
	if (!seg->len || !dark)
		return 0;
	if (seen < 16)
		seen_ns[seen++] = engine_now(sim.engine);
	return ENGINE_NEVER;
}

#endif
