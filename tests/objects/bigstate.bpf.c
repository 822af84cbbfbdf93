// SPDX-License-Identifier: GPL-2.0-only
/*
 * A state larger than the kernel's 104 bytes, kept in socket storage: Reno that remembers the last 32 RTTs of a connection and
 * paces nothing. It also calls each function of fixed.h and filter.h once, so that loading it shows they pass the verifier.
 *
 * Every ACK writes slot (n mod 32); `acks`, `lost_states` and `releases` count for the test that reads them.
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(bigstate, .title = "fixture: state over 104 bytes", .reference = "none", .status = CC_EXPERIMENTAL);

CC_TUNABLE(u32, acks, 0, 0, 4294967295, "count", "never", "ACKs that found their state");
CC_TUNABLE(u32, lost_states, 0, 0, 4294967295, "count", "never", "ACKs that did not");
CC_TUNABLE(u32, releases, 0, 0, 4294967295, "count", "never", "sockets released");
CC_TUNABLE(u64, check, 0, 0, 9223372036854775807, "sum", "never", "the sum of what fixed.h and filter.h returned");

#define SLOTS 32 /* a power of two, so that the masked index is in bounds for the verifier too */

struct bigstate {
	u32 n;
	u32 average_us;
	struct cc_extreme highest, lowest;
	u32 rtt_us[SLOTS];
};
_Static_assert(sizeof(struct bigstate) > ICSK_CA_PRIV_SIZE, "the point of this file");
CC_BIG_STATE(struct bigstate);

u32 CC_OP(bigstate_ssthresh, struct sock *sk)
{
	return cc_max(tcp_sk(sk)->snd_cwnd >> 1, 2);
}

void CC_OP(bigstate_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!cc_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp))
		acked = cc_slow_start(tp, acked);
	if (acked)
		cc_cong_avoid_ai(tp, cc_max(tp->snd_cwnd, 1), acked);
}

void CC_OP(bigstate_pkts_acked, struct sock *sk, const struct ack_sample *sample)
{
	struct bigstate *state = cc_state(sk);
	u32 rtt_us = sample->rtt_us;

	if (!state) {
		lost_states++;
		return;
	}
	acks++;
	if (sample->rtt_us < 0)
		return;
	state->rtt_us[state->n++ % SLOTS] = rtt_us;
	state->average_us = cc_ewma(state->average_us, rtt_us, 3);
	cc_windowed_max(&state->highest, 100, state->n, rtt_us);
	cc_windowed_min(&state->lowest, 100, state->n, rtt_us);
	check = cc_cbrt(rtt_us) + cc_muldiv(rtt_us, tcp_sk(sk)->tcp_mstamp, state->n) + cc_log2_q16(rtt_us) + cc_ln_q16(rtt_us) +
		cc_exp_q16(rtt_us) + cc_exp_neg_q30(rtt_us) + cc_extreme_value(&state->highest);
}

u32 CC_OP(bigstate_undo_cwnd, struct sock *sk)
{
	return cc_undo_cwnd(sk);
}

void CC_OP(bigstate_init, struct sock *sk)
{
	struct bigstate *state = cc_state_init(sk);

	if (state)
		cc_extreme_reset(&state->lowest, 0, ~0U);
}

void CC_OP(bigstate_release, struct sock *sk)
{
	releases++;
	cc_state_release(sk);
}

CC_REGISTER(bigstate, .ssthresh = bigstate_ssthresh, .cong_avoid = bigstate_cong_avoid, .pkts_acked = bigstate_pkts_acked,
	    .undo_cwnd = bigstate_undo_cwnd, .init = bigstate_init, .release = bigstate_release);
