// SPDX-License-Identifier: GPL-2.0-only
/*
 * CUBIC: the window is a cubic function of the time since the last loss, flat where the loss was.
 *
 *   W_cubic(t) = C (t - K)^3 + W_max,   K = cbrt((W_max - cwnd_epoch) / C)
 *   W_est     += alpha acked / cwnd     what Reno would have; alpha = 3 (1 - beta) / (1 + beta), then 1
 *   per ACK      cwnd moves to max(W_cubic(t + RTT), W_est) within one window, by a half window at most
 *   on loss      W_max = cwnd, or cwnd (1 + beta) / 2 if that was below the last W_max;  ssthresh = beta cwnd
 *
 *     ┌───────────────────┐ loss, or HyStart  ┌────────────────────────────────────────────────┐
 *     │ slow start        ├──────────────────►│ congestion avoidance: Reno-friendly │ concave │ │◄─┐
 *     │ HyStart: train,   │                   │ convex, whichever asks for more                │  │
 *     │ delay increase    │◄───── timeout ────┤                                                ├──┘ loss
 *     └───────────────────┘                   └────────────────────────────────────────────────┘
 *
 * References: RFC 9438 4.2 to 4.10, 5.8; Ha, Rhee and Xu, "CUBIC", 2008; Ha and Rhee, "Hybrid slow start for high-bandwidth and
 * long-distance networks", 2008 (with the bounds Linux gives it).
 * Differences: 1. beta is 717/1024 and C 410/1024, as in Linux; RFC 9438 says 0.7 and 0.4.
 *              2. the RTT in W_cubic(t + RTT) is the smallest seen, not the smoothed one.
 *              3. before the first loss (and after a timeout) growth is at least 5 % a round trip, as in Linux.
 *              4. below the Reno estimate cwnd is brought up to it within a window, not at once (4.3).
 *              5. HyStart instead of HyStart++ (RFC 9406) ends slow start early.
 *              6. an idle period is taken out of t (5.8); time with some data in flight is not.
 * Tunables: beta, c, fast_convergence, friendliness, hystart, hystart_low_window.
 * Status: stable (compared with the kernel's cubic).
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(cubic, .title = "CUBIC", .reference = "RFC 9438; Ha and Rhee 2008", .status = CC_STABLE);

CC_TUNABLE(u32, beta, 717, 103, 1013, "1/1024", "next loss", "what is left of the window after a loss");
CC_TUNABLE(u32, c, 410, 4, 8191, "1/1024", "next loss", "steepness C of the cubic, in packets per second cubed");
CC_TUNABLE(u32, fast_convergence, 1, 0, 1, "bool", "next loss", "release more when losses come at falling windows");
CC_TUNABLE(u32, friendliness, 1, 0, 1, "bool", "next ack", "never grow slower than Reno would");
CC_TUNABLE(u32, hystart, 3, 0, 3, "bits", "next ack", "end slow start early on 1 an ACK train and 2 a rise of the delay");
CC_TUNABLE(u32, hystart_low_window, 16, 2, 10000, "pkts", "next ack", "no HyStart below this window");

#define MIN_SSTHRESH 2			/* pkts, RFC 9438 4.6 */
#define MAX_SHORTFALL ((1 << 24) - 1)	/* pkts, so that << 40 fits in 64 bits */
#define MAX_OFFSET (1 << 20)		/* 1/1024 s, so that its cube times C fits in 64 bits */
#define FIRST_GROWTH 20			/* one packet per so many ACKed at least, before the first loss (5 % a round) */
#define RECOVERY_US 1000000		/* no delay sample is taken so soon after an epoch began */

#define HYSTART_TRAIN 1
#define HYSTART_DELAY 2
#define HYSTART_MIN_SAMPLES 8		/* per round, Ha and Rhee 3.2 */
#define HYSTART_MIN_US 4000		/* bounds of the increase of delay that counts */
#define HYSTART_MAX_US 16000
#define HYSTART_SPACING_US 2000		/* ACKs closer than this are one train */
#define HYSTART_GSO_BYTES 65536		/* four such bursts may stand between ACKs and round trip */
#define HYSTART_BURST_US 1000		/* but no more than this */

_Static_assert((u64)MAX_OFFSET * MAX_OFFSET <= CC_U64_MAX / MAX_OFFSET / 8, "the cube must fit");

struct cubic {
	u64 epoch_us;	   /* start of this epoch; 0: none yet */
	u64 last_ack_us;   /* when an ACK came last */
	u64 w_est_q30;	   /* pkts, the window Reno would have */
	u64 round_us;	   /* HyStart: start of this round */
	u64 train_us;	   /* HyStart: last ACK of the train */
	u32 w_max;	   /* pkts, window before the last loss, after fast convergence; 0: no loss yet */
	u32 cwnd_prior;	   /* pkts, window before the last loss */
	u32 origin;	   /* pkts, plateau of the cubic in this epoch */
	u32 k;		   /* 1/1024 s, time from the epoch to the plateau */
	u32 c;		   /* 1/1024, C of this epoch: K belongs to it */
	u32 delay_min_us;  /* 0: none yet */
	u32 round_rtt_us;  /* HyStart: smallest RTT of this round */
	u32 round_end_seq; /* HyStart: the round ends when this is ACKed */
	u32 round_samples;
	u32 found;	   /* HyStart has ended slow start */
};
CC_STATE(struct cubic);

/* K = cbrt((W_max - cwnd) / C) in 1/1024 s (RFC 9438 4.2, figure 2) */
static u32 time_to_plateau(u32 shortfall, u32 c_q10)
{
	return cc_cbrt(((u64)cc_min(shortfall, MAX_SHORTFALL) << 40) / c_q10);
}

/* W_cubic(t) = C (t - K)^3 + W_max, t and K in 1/1024 s (RFC 9438 4.2, figure 1); not below 1 */
static u64 w_cubic(u64 t, u32 k, u32 origin, u32 c_q10)
{
	u64 offset = cc_min(t < k ? k - t : t - k, (u64)MAX_OFFSET);
	u64 delta = ((offset * offset * offset >> 10) * c_q10) >> 30;

	if (t >= k)
		return origin + delta;
	return origin > delta ? origin - delta : 1;
}

/* packets to be ACKed per packet of growth: the target within one window, at most a half window ahead (RFC 9438 4.4, 4.5) */
static u32 acks_per_packet(u32 cwnd, u64 target)
{
	if (target <= cwnd)
		return 100 * cwnd;
	return cc_max((u32)(cwnd / (target - cwnd)), 2);
}

/* alpha = 3 (1 - beta) / (1 + beta) (RFC 9438 4.3) */
static u32 alpha_q30(u32 beta_q10)
{
	return (3ULL * (1024 - beta_q10) << 30) / (1024 + beta_q10);
}

/* the step of W_est for an ACK; alpha is 1 as soon as the old window is reached (RFC 9438 4.3, figure 4) */
static u64 w_est_step_q30(u64 w_est_q30, u32 cwnd_prior, u32 cwnd, u32 acked, u32 beta_q10)
{
	u32 alpha = w_est_q30 >> 30 >= cwnd_prior ? 1U << 30 : alpha_q30(beta_q10);

	return (u64)alpha * acked / cwnd;
}

/* W_max after a loss at `cwnd`, with fast convergence (RFC 9438 4.7) */
static u32 next_w_max(u32 cwnd, u32 w_max, u32 beta_q10, bool converge)
{
	if (converge && cwnd < w_max)
		return (u64)cwnd * (1024 + beta_q10) >> 11;
	return cwnd;
}

static u32 after_loss(u32 cwnd, u32 beta_q10)
{
	return cc_max((u32)((u64)cwnd * beta_q10 >> 10), MIN_SSTHRESH);
}

/* the rise of a round's RTT over the smallest that ends slow start: an eighth, 4 to 16 ms (Ha and Rhee 3.2, as in Linux) */
static u32 delay_rise_us(u32 delay_min_us)
{
	return cc_clamp(delay_min_us >> 3, HYSTART_MIN_US, HYSTART_MAX_US);
}

/* the length of an ACK train that ends slow start: a half round trip; a whole one if pacing spread the packets */
static u32 train_limit_us(u32 delay_min_us, u64 bytes_per_s, bool paced)
{
	u64 burst_us = bytes_per_s ? 4ULL * HYSTART_GSO_BYTES * 1000000 / bytes_per_s : 0;
	u32 limit_us = delay_min_us + (u32)cc_min(burst_us, HYSTART_BURST_US);

	return paced ? limit_us : limit_us >> 1;
}

static void start_round(const struct tcp_sock *tp, struct cubic *ca)
{
	ca->round_us = ca->train_us = tp->tcp_mstamp;
	ca->round_end_seq = tp->snd_nxt;
	ca->round_rtt_us = ~0U;
	ca->round_samples = 0;
}

/* after a timeout and at the start: the path may be another one. cwnd_prior stays (RFC 9438 4.3). */
static void forget(struct cubic *ca)
{
	ca->epoch_us = 0;
	ca->w_max = 0;
	ca->delay_min_us = 0;
	ca->found = 0;
}

static void start_epoch(struct cubic *ca, u32 cwnd, u64 now_us)
{
	ca->epoch_us = now_us;
	ca->w_est_q30 = (u64)cwnd << 30;
	ca->c = cc_max(c, 1);
	ca->origin = cc_max(ca->w_max, cwnd);
	ca->k = time_to_plateau(ca->origin - cwnd, ca->c); /* 0 after a timeout and after HyStart (4.8, 4.10) */
}

/* cnt: packets to be ACKed per packet of growth */
static u32 update(struct cubic *ca, u32 cwnd, u32 acked, u64 now_us)
{
	u64 t, lead;
	u32 cnt;

	if (!ca->epoch_us)
		start_epoch(ca, cwnd, now_us);
	t = ((now_us - ca->epoch_us + ca->delay_min_us) << 10) / 1000000;
	cnt = acks_per_packet(cwnd, w_cubic(t, ca->k, ca->origin, ca->c));
	if (!ca->w_max)
		cnt = cc_min(cnt, FIRST_GROWTH);

	ca->w_est_q30 += w_est_step_q30(ca->w_est_q30, ca->cwnd_prior, cwnd, acked, cc_min(beta, 1023));
	lead = ca->w_est_q30 >> 30;
	if (friendliness && lead > cwnd)
		cnt = cc_min(cnt, (u32)(cwnd / (lead - cwnd)));
	return cc_max(cnt, 1);
}

static bool train_is_long(const struct sock *sk, struct cubic *ca)
{
	u64 now_us = tcp_sk(sk)->tcp_mstamp;

	if (now_us - ca->train_us > HYSTART_SPACING_US)
		return false;
	ca->train_us = now_us;
	return now_us - ca->round_us >
	       train_limit_us(ca->delay_min_us, sk->sk_pacing_rate, sk->sk_pacing_status != SK_PACING_NONE);
}

static bool delay_rose(struct cubic *ca, u32 rtt_us)
{
	ca->round_rtt_us = cc_min(ca->round_rtt_us, rtt_us);
	if (ca->round_samples < HYSTART_MIN_SAMPLES) {
		ca->round_samples++;
		return false;
	}
	return ca->round_rtt_us > ca->delay_min_us + delay_rise_us(ca->delay_min_us);
}

static void hystart_update(struct sock *sk, struct cubic *ca, u32 rtt_us)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 tests = hystart;

	if (after(tp->snd_una, ca->round_end_seq))
		start_round(tp, ca);
	if (tp->snd_cwnd < hystart_low_window)
		return;
	if ((tests & HYSTART_TRAIN) && train_is_long(sk, ca))
		ca->found = HYSTART_TRAIN;
	if ((tests & HYSTART_DELAY) && delay_rose(ca, rtt_us))
		ca->found = HYSTART_DELAY;
	if (ca->found)
		tp->snd_ssthresh = tp->snd_cwnd;
}

u32 CC_OP(cubic_ssthresh, struct sock *sk)
{
	struct cubic *ca = cc_state(sk);
	u32 cwnd = tcp_sk(sk)->snd_cwnd;

	ca->epoch_us = 0;
	ca->w_max = next_w_max(cwnd, ca->w_max, beta, fast_convergence);
	ca->cwnd_prior = cwnd;
	return after_loss(cwnd, beta);
}

void CC_OP(cubic_cong_avoid, struct sock *sk, u32 ack, u32 acked)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 cwnd;

	if (!cc_is_cwnd_limited(sk))
		return;
	if (tcp_in_slow_start(tp)) {
		acked = cc_slow_start(tp, acked);
		if (!acked)
			return;
	}
	cwnd = cc_max(tp->snd_cwnd, 1);
	cc_cong_avoid_ai(tp, update(cc_state(sk), cwnd, acked, tp->tcp_mstamp), acked);
}

void CC_OP(cubic_set_state, struct sock *sk, u8 new_state)
{
	struct cubic *ca = cc_state(sk);

	if (new_state != TCP_CA_Loss)
		return;
	forget(ca);
	start_round(tcp_sk(sk), ca);
}

void CC_OP(cubic_cwnd_event, struct sock *sk, enum tcp_ca_event event)
{
	struct cubic *ca = cc_state(sk);
	u64 now_us = tcp_sk(sk)->tcp_mstamp;

	/* what was idle does not count as time since the loss (RFC 9438 5.8) */
	if (event == CA_EVENT_TX_START && ca->epoch_us && now_us > ca->last_ack_us)
		ca->epoch_us += now_us - cc_max(ca->last_ack_us, ca->epoch_us);
}

void CC_OP(cubic_pkts_acked, struct sock *sk, const struct ack_sample *sample)
{
	struct cubic *ca = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	s32 rtt_us = sample->rtt_us;

	ca->last_ack_us = tp->tcp_mstamp;
	if (rtt_us < 0)
		return;
	if (ca->epoch_us && tp->tcp_mstamp - ca->epoch_us < RECOVERY_US) /* the queue of the loss is still draining */
		return;
	rtt_us = cc_max(rtt_us, 1);
	if (!ca->delay_min_us || (u32)rtt_us < ca->delay_min_us)
		ca->delay_min_us = rtt_us;
	if (hystart && !ca->found && tcp_in_slow_start(tp))
		hystart_update(sk, ca, rtt_us);
}

u32 CC_OP(cubic_undo_cwnd, struct sock *sk)
{
	return cc_undo_cwnd(sk);
}

void CC_OP(cubic_init, struct sock *sk)
{
	struct cubic *ca = cc_state(sk);

	forget(ca);
	start_round(tcp_sk(sk), ca);
}

CC_REGISTER(cubic, .ssthresh = cubic_ssthresh, .cong_avoid = cubic_cong_avoid, .set_state = cubic_set_state,
	    .cwnd_event = cubic_cwnd_event, .pkts_acked = cubic_pkts_acked, .undo_cwnd = cubic_undo_cwnd, .init = cubic_init);
