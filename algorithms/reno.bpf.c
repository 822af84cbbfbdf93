// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reno: slow start, congestion avoidance and a halved window on loss. The yardstick for all others.
 *
 *   slow start             cwnd += 1 per packet ACKed, up to ssthresh
 *   congestion avoidance   cwnd += 1 per cwnd packets ACKed
 *   on loss or ECN echo    ssthresh = max(cwnd / 2, 2)
 *   on timeout             the same, and cwnd = 1 (the kernel does that)
 *
 *     ┌────────────┐  cwnd = ssthresh   ┌──────────────────────┐
 *     │ slow start ├───────────────────►│ congestion avoidance │◄─┐
 *     └─────▲──────┘                    └───┬──────────┬───────┘  │ recovered
 *           └──────────── timeout ──────────┘          └─ loss ───┘
 *
 * References: RFC 5681 3.1 (growth, equations 1 to 4); RFC 6582 (recovery; in the kernel); RFC 3465 2 (counting what is
 * ACKed instead of ACKs); RFC 6928 (the kernel's initial window of 10).
 * Differences: 1. ssthresh comes from cwnd, not from the flight size (equation 4), as in Linux; cwnd does not grow while the
 *                 application leaves it unused, so the two stay close (RFC 7661).
 *              2. a stretch ACK counts in full (RFC 3465 limits an ACK to L = 2 packets): set abc_limit to 2 for that.
 *              3. recovery is the kernel's: SACK, RACK and proportional rate reduction (RFC 6937) instead of inflation.
 * Tunables: abc_limit.
 * Status: stable (compared with the kernel's reno).
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(reno, .title = "Reno", .reference = "RFC 5681; RFC 6582; RFC 3465", .status = CC_STABLE);

CC_TUNABLE(u32, abc_limit, 0, 0, 1000, "pkts", "next ack",
	   "most packets one ACK counts for in slow start (L of RFC 3465); 0: all");

#define MIN_SSTHRESH 2 /* pkts, RFC 5681 equation 4 */

/* ssthresh = max(W / 2, 2) (RFC 5681 equation 4, with cwnd for the flight size) */
static u32 half_window(u32 cwnd)
{
	return cc_max(cwnd >> 1, MIN_SSTHRESH);
}

/* what an ACK of `acked` packets counts for in slow start (RFC 3465 2.2) */
static u32 counted(u32 acked, u32 limit)
{
	return limit && acked > limit ? limit : acked;
}

u32 CC_OP(reno_ssthresh, struct sock *sk)
{
	return half_window(tcp_sk(sk)->snd_cwnd);
}

void CC_OP(reno_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!cc_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = cc_slow_start(tp, counted(acked, abc_limit));
		if (!acked)
			return;
	}
	cc_cong_avoid_ai(tp, cc_max(tp->snd_cwnd, 1), acked);
}

u32 CC_OP(reno_undo_cwnd, struct sock *sk)
{
	return cc_undo_cwnd(sk);
}

CC_REGISTER(reno, .ssthresh = reno_ssthresh, .cong_avoid = reno_cong_avoid, .undo_cwnd = reno_undo_cwnd);
