// SPDX-License-Identifier: GPL-2.0-only
/*
 * BBR version 1: send at the measured bottleneck bandwidth and keep about one bandwidth-delay product in flight.
 *
 *   BtlBw  = max(delivery rate) over 10 round trips,   RTprop = min(RTT) over 10 s
 *   pacing = pacing_gain * BtlBw * 99 %
 *   cwnd   = cwnd_gain * BtlBw * RTprop + what ACK aggregation held back + 3 send bursts, 4 at least
 *
 *              ┌─────────┐ 3 rounds without +25 %  ┌───────┐
 *     ────────►│ Startup ├────────────────────────►│ Drain │ gain 1/2.89
 *              │ 2.89    │                         └───┬───┘
 *              └─▲────┬──┘                in flight ≤ BDP │
 *     full pipe  │    │ 10 s without a      ┌───────────▼──────────┐
 *     not found  │    │ new RTprop          │ ProbeBW              │
 *              ┌─┴────▼──┐◄─────────────────┤ 1.25, 0.75, 6 x 1    │
 *              │ProbeRTT │ 200 ms, 4 pkts   │ one RTprop each      │
 *              └─────────┴─────────────────►└──────────────────────┘
 *
 * References: Cardwell et al., "BBR: congestion-based congestion control", CACM 60(2), 2017;
 * draft-cardwell-iccrg-bbr-congestion-control-00 (called "draft" here), 4.1 to 4.3; Flach et al., "An Internet-wide analysis of
 * traffic policing", SIGCOMM 2016 (the policer detector).
 * Differences from the draft: 1. allowance for ACK aggregation (extra_acked), a later addition to Linux's BBR.
 *              2. long-term bandwidth under a policer, as in Linux; the draft leaves it out.
 *              3. in flight is judged at the earliest departure time of the next packet, not now.
 *              4. pacing 1 % below the estimate, so that a standing queue drains.
 *              5. times of 10 s and 200 ms are kept in ms, gains in 1/256.
 * Tunables: probe_rtt_ms, min_rtt_window_ms, cwnd_gain, pacing_margin, extra_acked_gain, policer.
 * Status: stable (compared with the kernel's bbr).
 */
#include <congctl/cc.bpf.h>

CC_ALGORITHM(bbr, .title = "BBR version 1", .reference = "CACM 60(2) 2017; draft-cardwell-iccrg-bbr-congestion-control-00",
	     .status = CC_STABLE, .needs = CC_NEEDS_PACING, .kernel = "6.0");

CC_TUNABLE(u32, probe_rtt_ms, 200, 0, 1000, "ms", "next ProbeRTT", "how long ProbeRTT holds 4 packets; 0: no ProbeRTT");
CC_TUNABLE(u32, min_rtt_window_ms, 10000, 1000, 60000, "ms", "next ack", "how long a minimum RTT is believed");
CC_TUNABLE(u32, cwnd_gain, 512, 256, 1024, "1/256", "next ack", "window over BDP in ProbeBW");
CC_TUNABLE(u32, pacing_margin, 1, 0, 20, "%", "next ack", "pace so much below the estimated bandwidth");
CC_TUNABLE(u32, extra_acked_gain, 256, 0, 512, "1/256", "next ack", "how much of the ACK aggregation is added to cwnd; 0: none");
CC_TUNABLE(u32, policer, 1, 0, 1, "bool", "next ack", "detect a token-bucket policer and send at its rate");

#define BW_SHIFT 24		  /* bandwidth is in packets per us << 24 */
#define UNIT 256		  /* gains are in 1/256 */
#define HIGH_GAIN (2885 * UNIT / 1000 + 1) /* 2 / ln 2, draft 4.3.2.1 */
#define DRAIN_GAIN (1000 * UNIT / 2885)	   /* its inverse, draft 4.3.3 */
#define BW_ROUNDS 10		  /* rounds, draft 4.1.1.5 */
#define MIN_CWND 4		  /* pkts, draft 4.2.3.1 */
#define FULL_BW_ROUNDS 3	  /* rounds without growth, draft 4.3.2.2 */
#define CYCLE_LEN 8		  /* phases, draft 4.3.4.2 */
#define EXTRA_ROUNDS 5		  /* rounds, per half of the aggregation window */
#define EXTRA_MAX_US 100000	  /* us of bandwidth that aggregation may add to cwnd */
#define EPOCH_ACKED_MAX 0xfffff	  /* pkts, an aggregation epoch ends here */
#define LT_MIN_ROUNDS 4		  /* rounds of a policer-detection interval, at most four times as many */
#define LT_LOSS 50		  /* 1/256, loss rate that tells a policer */
#define LT_BW_RATIO 8		  /* two intervals are alike within 1/8 … */
#define LT_BW_DIFF 500		  /* … or 500 bytes per second */
#define LT_MAX_ROUNDS 48	  /* rounds at the policed rate before probing again */
#define LOW_RATE 150000		  /* bytes/s (1.2 Mbit/s): below it bursts are single packets */
#define BURST_BYTES (65536 - 1 - 320) /* largest burst: a GSO packet without its headers */
#define BURST_PKTS 127

enum bbr_mode {
	STARTUP,
	DRAIN,
	PROBE_BW,
	PROBE_RTT,
};

struct bbr {
	struct cc_extreme bw;	  /* pkts/us << 24, by round */
	u32 min_rtt_us;		  /* ~0: none yet */
	u32 min_rtt_at_ms;	  /* when it was seen */
	u32 probe_rtt_end_ms;	  /* 0: four packets in flight not reached yet */
	u32 rounds;		  /* round trips counted in delivered packets */
	u32 round_end;		  /* `delivered` at which the round ends */
	u32 cycle_at_us;	  /* start of this ProbeBW phase */
	u32 prior_cwnd;		  /* pkts, to return to after recovery and ProbeRTT */
	u32 full_bw;		  /* bandwidth that the next 25 % are counted from */
	u32 lt_bw;		  /* policed rate */
	u32 lt_at_ms;		  /* start of the policer-detection interval: time, */
	u32 lt_delivered;	  /* packets delivered, */
	u32 lt_lost;		  /* packets lost */
	u32 epoch_at_us;	  /* start of the aggregation epoch */
	u32 epoch_acked;	  /* pkts ACKed in it */
	u16 extra_acked_a;	  /* pkts, largest surplus in the two halves of the window */
	u16 extra_acked_b;
	u16 pacing_gain;	  /* 1/256 */
	u16 window_gain;	  /* 1/256 */
	u8 mode;		  /* enum bbr_mode */
	u8 prev_ca_state;	  /* enum tcp_ca_state at the last ACK */
	u8 cycle;		  /* phase of ProbeBW */
	u8 full_bw_cnt;		  /* rounds without 25 % growth */
	u8 lt_rounds;
	u8 extra_rounds;	  /* rounds of this half of the window */
	bool round_start : 1;	  /* this ACK begins a round */
	bool conserve : 1;	  /* packet conservation: the first round of recovery */
	bool idle_restart : 1;
	bool probe_rtt_round : 1; /* ProbeRTT has lasted a round trip */
	bool full_pipe : 1;	  /* Startup has found the bandwidth */
	bool has_seen_rtt : 1;
	bool lt_sampling : 1;
	bool lt_use_bw : 1;
	bool extra_second : 1;	  /* the half in use is b */
};
CC_STATE(struct bbr);

/* --- pure --------------------------------------------------------------------------------------------------------- */

/* delivery rate of a sample (draft 4.1.1.2) */
static u32 sample_bw(u32 delivered, u64 interval_us)
{
	return ((u64)delivered << BW_SHIFT) / interval_us;
}

/* packets delivered in `us` at `bw` */
static u64 bw_times(u32 bw, u64 us)
{
	return (u64)bw * us >> BW_SHIFT;
}

/* bytes per second at gain * bw, with the margin (draft 4.2.1). bw < 2^30, which is 64 packets per us. */
static u64 pacing_rate(u32 bw, u32 mss, u32 gain, u32 margin_percent)
{
	u64 rate = (u64)bw * mss * gain / UNIT;

	return (rate >> 4) * (1000000 / 100 * (100 - cc_min(margin_percent, 99))) >> (BW_SHIFT - 4);
}

/* gain * BDP in packets, rounded up (draft 4.2.3.2: BBRInflight without the quanta). BDP < 2^30 packets. */
static u32 bdp(u32 bw, u32 min_rtt_us, u32 gain)
{
	if (min_rtt_us == ~0U)
		return TCP_INIT_CWND;
	return ((u64)bw * min_rtt_us * gain / UNIT + (1 << BW_SHIFT) - 1) >> BW_SHIFT;
}

/* 1.25, 0.75, then six times 1 (draft 4.3.4.2) */
static u32 phase_gain(u32 phase)
{
	if (phase == 0)
		return UNIT * 5 / 4;
	return phase == 1 ? UNIT * 3 / 4 : UNIT;
}

/* any phase but the 0.75 one (draft 4.3.4.3); `random` < 7 */
static u32 first_phase(u32 random)
{
	return (CYCLE_LEN - random) % CYCLE_LEN;
}

/* packets of one send burst (draft 4.2.2): what the kernel's TSO sizing will make */
static u32 burst_pkts(u64 bytes_per_s, u32 shift, u32 mss)
{
	u32 least = bytes_per_s < LOW_RATE ? 1 : 2;
	u32 pkts = (u32)cc_min(bytes_per_s >> shift, BURST_BYTES) / cc_max(mss, 1);

	return cc_clamp(pkts, least, BURST_PKTS);
}

/* Has the pipe been full for a round? (draft 4.3.2.2) */
static bool grew_by_quarter(u32 bw, u32 base)
{
	return (u64)bw * 4 >= (u64)base * 5;
}

/* Do two intervals of a suspected policer agree? The difference counts relatively, or in bytes per second. */
static bool lt_agree(u32 bw, u32 lt_bw, u32 mss)
{
	u32 diff = bw > lt_bw ? bw - lt_bw : lt_bw - bw;

	return (u64)diff * LT_BW_RATIO <= lt_bw || pacing_rate(diff, mss, UNIT, 0) <= LT_BW_DIFF;
}

/* --- what the socket says ----------------------------------------------------------------------------------------- */

static u32 now_ms(const struct tcp_sock *tp)
{
	return tp->tcp_mstamp / 1000;
}

static u32 max_bw(const struct bbr *bbr)
{
	return cc_extreme_value(&bbr->bw);
}

static u32 current_bw(const struct bbr *bbr)
{
	return bbr->lt_use_bw ? bbr->lt_bw : max_bw(bbr);
}

static u32 socket_burst(const struct sock *sk)
{
	return burst_pkts(sk->sk_pacing_rate, sk->sk_pacing_shift, tcp_sk(sk)->mss_cache);
}

/* room for bursts at both ends and for one delayed ACK; even; two more while probing up (draft 4.2.3.2) */
static u32 with_bursts(const struct sock *sk, const struct bbr *bbr, u32 cwnd)
{
	cwnd += 3 * socket_burst(sk);
	cwnd = (cwnd + 1) & ~1U;
	if (bbr->mode == PROBE_BW && bbr->cycle == 0)
		cwnd += 2;
	return cwnd;
}

static u32 inflight_at(const struct sock *sk, const struct bbr *bbr, u32 gain)
{
	return with_bursts(sk, bbr, bdp(max_bw(bbr), bbr->min_rtt_us, gain));
}

/* packets in flight when the next one departs: what pacing holds back will have been delivered by then */
static u32 inflight_at_departure(const struct sock *sk, const struct bbr *bbr, u32 inflight)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 now_ns = tp->tcp_clock_cache, departure_ns = tp->tcp_wstamp_ns;
	u64 wait_us = departure_ns > now_ns ? (departure_ns - now_ns) / 1000 : 0;
	u64 gone = bw_times(current_bw(bbr), wait_us);

	if (bbr->pacing_gain > UNIT)
		inflight += socket_burst(sk);
	return gone >= inflight ? 0 : inflight - gone;
}

static void set_pacing_rate(struct sock *sk, u64 rate)
{
	sk->sk_pacing_rate = cc_min(rate, (u64)sk->sk_max_pacing_rate);
}

/* before the first bandwidth sample: the window per RTT, 1 ms if that is unknown too (draft 4.2.1) */
static void init_pacing_rate(struct sock *sk, struct bbr *bbr)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 rtt_us = 1000;

	if (tp->srtt_us) {
		rtt_us = cc_max(tp->srtt_us >> 3, 1);
		bbr->has_seen_rtt = true;
	}
	set_pacing_rate(sk, pacing_rate(sample_bw(tp->snd_cwnd, rtt_us), tp->mss_cache, HIGH_GAIN, pacing_margin));
}

/* in Startup the rate never falls (draft 4.2.1) */
static void update_pacing_rate(struct sock *sk, struct bbr *bbr, u32 gain)
{
	u64 rate = pacing_rate(current_bw(bbr), tcp_sk(sk)->mss_cache, gain, pacing_margin);

	if (!bbr->has_seen_rtt && tcp_sk(sk)->srtt_us)
		init_pacing_rate(sk, bbr);
	if (bbr->full_pipe || rate > sk->sk_pacing_rate)
		set_pacing_rate(sk, rate);
}

/* --- modes -------------------------------------------------------------------------------------------------------- */

static void enter_probe_bw(const struct tcp_sock *tp, struct bbr *bbr)
{
	bbr->mode = PROBE_BW;
	bbr->cycle = first_phase(cc_random_below(CYCLE_LEN - 1));
	bbr->cycle_at_us = tp->delivered_mstamp;
}

static void leave_probe_rtt(struct tcp_sock *tp, struct bbr *bbr)
{
	if (!bbr->probe_rtt_end_ms || (s32)(now_ms(tp) - bbr->probe_rtt_end_ms) <= 0)
		return;
	bbr->min_rtt_at_ms = now_ms(tp);
	tp->snd_cwnd = cc_max(tp->snd_cwnd, bbr->prior_cwnd);
	if (bbr->full_pipe)
		enter_probe_bw(tp, bbr);
	else
		bbr->mode = STARTUP;
}

static void save_cwnd(const struct tcp_sock *tp, struct bbr *bbr)
{
	if (bbr->prev_ca_state < TCP_CA_Recovery && bbr->mode != PROBE_RTT)
		bbr->prior_cwnd = tp->snd_cwnd;
	else /* a second reduction before the first was over */
		bbr->prior_cwnd = cc_max(bbr->prior_cwnd, tp->snd_cwnd);
}

/* --- policer detection -------------------------------------------------------------------------------------------- */

static void lt_start_interval(const struct tcp_sock *tp, struct bbr *bbr)
{
	bbr->lt_at_ms = tp->delivered_mstamp / 1000;
	bbr->lt_delivered = tp->delivered;
	bbr->lt_lost = tp->lost;
	bbr->lt_rounds = 0;
}

static void lt_reset(const struct tcp_sock *tp, struct bbr *bbr)
{
	bbr->lt_bw = 0;
	bbr->lt_use_bw = bbr->lt_sampling = false;
	lt_start_interval(tp, bbr);
}

/* An interval of heavy loss is over: two that agree tell a policer. */
static void lt_end_interval(const struct tcp_sock *tp, struct bbr *bbr, u32 bw)
{
	if (bbr->lt_bw && lt_agree(bw, bbr->lt_bw, tp->mss_cache)) {
		bbr->lt_bw = ((u64)bw + bbr->lt_bw) >> 1;
		bbr->lt_use_bw = true;
		bbr->pacing_gain = UNIT;
		bbr->lt_rounds = 0;
		return;
	}
	bbr->lt_bw = bw;
	lt_start_interval(tp, bbr);
}

static void lt_sample(const struct tcp_sock *tp, struct bbr *bbr, bool lost_now, bool app_limited)
{
	u32 lost, delivered, ms;

	if (!bbr->lt_sampling) { /* starts with a loss, when the policer's bucket has run empty */
		if (!lost_now)
			return;
		lt_start_interval(tp, bbr);
		bbr->lt_sampling = true;
	}
	if (app_limited) {
		lt_reset(tp, bbr);
		return;
	}
	if (bbr->round_start)
		bbr->lt_rounds++;
	if (bbr->lt_rounds < LT_MIN_ROUNDS)
		return;
	if (bbr->lt_rounds > 4 * LT_MIN_ROUNDS) {
		lt_reset(tp, bbr);
		return;
	}
	lost = tp->lost - bbr->lt_lost;
	delivered = tp->delivered - bbr->lt_delivered;
	ms = (u32)(tp->delivered_mstamp / 1000) - bbr->lt_at_ms;
	if (lost_now && delivered && ms && (u64)lost * UNIT >= (u64)delivered * LT_LOSS)
		lt_end_interval(tp, bbr, sample_bw(delivered, ms * 1000ULL));
}

static void lt_update(const struct tcp_sock *tp, struct bbr *bbr, bool lost_now, bool app_limited)
{
	if (!policer) {
		if (bbr->lt_use_bw)
			lt_reset(tp, bbr);
		return;
	}
	if (!bbr->lt_use_bw) {
		lt_sample(tp, bbr, lost_now, app_limited);
	} else if (bbr->mode == PROBE_BW && bbr->round_start && ++bbr->lt_rounds >= LT_MAX_ROUNDS) {
		lt_reset(tp, bbr); /* perhaps it is gone */
		enter_probe_bw(tp, bbr);
	}
}

/* --- model, once per ACK ------------------------------------------------------------------------------------------ */

static void update_round(const struct tcp_sock *tp, struct bbr *bbr, const struct rate_sample *rs)
{
	bbr->round_start = false;
	if (rs->delivered < 0 || rs->interval_us <= 0 || before(rs->prior_delivered, bbr->round_end))
		return;
	bbr->round_end = tp->delivered;
	bbr->rounds++;
	bbr->round_start = true;
	bbr->conserve = false;
}

/* an application-limited sample may raise the estimate, not lower it (draft 4.1.1.5) */
static void update_bw(const struct tcp_sock *tp, struct bbr *bbr, const struct rate_sample *rs)
{
	u32 bw;

	if (rs->delivered < 0 || rs->interval_us <= 0)
		return;
	lt_update(tp, bbr, rs->losses > 0, rs->is_app_limited);
	bw = sample_bw(rs->delivered, rs->interval_us);
	if (!rs->is_app_limited || bw >= max_bw(bbr))
		cc_windowed_max(&bbr->bw, BW_ROUNDS, bbr->rounds, bw);
}

/* How far do ACKs run ahead of the bandwidth? The largest surplus of the last 5 to 10 rounds is what cwnd has to add. */
static void update_aggregation(const struct tcp_sock *tp, struct bbr *bbr, const struct rate_sample *rs)
{
	u32 acked = rs->acked_sacked, now_us = tp->delivered_mstamp;
	u64 expected;
	u32 extra;

	if (!acked || rs->delivered < 0 || rs->interval_us <= 0)
		return;
	if (bbr->round_start && ++bbr->extra_rounds >= EXTRA_ROUNDS) {
		bbr->extra_rounds = 0;
		bbr->extra_second = !bbr->extra_second;
		if (bbr->extra_second)
			bbr->extra_acked_b = 0;
		else
			bbr->extra_acked_a = 0;
	}
	expected = bw_times(current_bw(bbr), now_us - bbr->epoch_at_us);
	if (bbr->epoch_acked <= expected || bbr->epoch_acked + acked > EPOCH_ACKED_MAX) {
		bbr->epoch_acked = 0;
		bbr->epoch_at_us = now_us;
		expected = 0;
	}
	bbr->epoch_acked = cc_min(bbr->epoch_acked + acked, EPOCH_ACKED_MAX);
	extra = bbr->epoch_acked > expected ? bbr->epoch_acked - expected : 0;
	extra = cc_min(cc_min(extra, tp->snd_cwnd), 0xffff);
	if (bbr->extra_second)
		bbr->extra_acked_b = cc_max(bbr->extra_acked_b, extra);
	else
		bbr->extra_acked_a = cc_max(bbr->extra_acked_a, extra);
}

/* a phase lasts one RTprop; up until the pipe is full or loses, down until the surplus is gone (draft 4.3.4.3) */
static void update_cycle(const struct sock *sk, struct bbr *bbr, const struct rate_sample *rs)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	bool over = (u32)tp->delivered_mstamp - bbr->cycle_at_us > bbr->min_rtt_us;
	u32 inflight;

	if (bbr->mode != PROBE_BW)
		return;
	inflight = inflight_at_departure(sk, bbr, rs->prior_in_flight);
	if (bbr->pacing_gain > UNIT)
		over = over && (rs->losses > 0 || inflight >= inflight_at(sk, bbr, bbr->pacing_gain));
	else if (bbr->pacing_gain < UNIT)
		over = over || inflight <= inflight_at(sk, bbr, UNIT);
	if (!over)
		return;
	bbr->cycle = (bbr->cycle + 1) % CYCLE_LEN;
	bbr->cycle_at_us = tp->delivered_mstamp;
}

static void check_full_pipe(struct bbr *bbr, bool app_limited)
{
	if (bbr->full_pipe || !bbr->round_start || app_limited)
		return;
	if (grew_by_quarter(max_bw(bbr), bbr->full_bw)) {
		bbr->full_bw = max_bw(bbr);
		bbr->full_bw_cnt = 0;
		return;
	}
	bbr->full_bw_cnt++;
	bbr->full_pipe = bbr->full_bw_cnt >= FULL_BW_ROUNDS;
}

static void check_drain(struct sock *sk, struct bbr *bbr)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (bbr->mode == STARTUP && bbr->full_pipe) {
		bbr->mode = DRAIN;
		tp->snd_ssthresh = inflight_at(sk, bbr, UNIT);
	}
	if (bbr->mode == DRAIN &&
	    inflight_at_departure(sk, bbr, tcp_packets_in_flight(tp)) <= inflight_at(sk, bbr, UNIT))
		enter_probe_bw(tp, bbr);
}

/* In ProbeRTT: wait for four packets in flight, then stay for 200 ms and a round trip (draft 4.3.5). */
static void run_probe_rtt(struct sock *sk, struct bbr *bbr)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 inflight = tcp_packets_in_flight(tp);

	cc_set_app_limited(sk, cc_max(tp->delivered + inflight, 1)); /* low rates now say nothing of the path */
	if (!bbr->probe_rtt_end_ms && inflight <= MIN_CWND) {
		bbr->probe_rtt_end_ms = cc_max(now_ms(tp) + probe_rtt_ms, 1);
		bbr->probe_rtt_round = false;
		bbr->round_end = tp->delivered;
	} else if (bbr->probe_rtt_end_ms) {
		if (bbr->round_start)
			bbr->probe_rtt_round = true;
		if (bbr->probe_rtt_round)
			leave_probe_rtt(tp, bbr);
	}
}

static void update_min_rtt(struct sock *sk, struct bbr *bbr, const struct rate_sample *rs)
{
	struct tcp_sock *tp = tcp_sk(sk);
	bool expired = now_ms(tp) - bbr->min_rtt_at_ms > min_rtt_window_ms;

	if (rs->rtt_us >= 0 && ((u64)rs->rtt_us < bbr->min_rtt_us || (expired && !rs->is_ack_delayed))) {
		bbr->min_rtt_us = rs->rtt_us;
		bbr->min_rtt_at_ms = now_ms(tp);
	}
	if (probe_rtt_ms && expired && !bbr->idle_restart && bbr->mode != PROBE_RTT) {
		save_cwnd(tp, bbr);
		bbr->mode = PROBE_RTT;
		bbr->probe_rtt_end_ms = 0;
	}
	if (bbr->mode == PROBE_RTT)
		run_probe_rtt(sk, bbr);
	if (rs->delivered > 0)
		bbr->idle_restart = false;
}

static void update_gains(struct bbr *bbr)
{
	switch (bbr->mode) {
	case STARTUP:
		bbr->pacing_gain = bbr->window_gain = HIGH_GAIN;
		break;
	case DRAIN:
		bbr->pacing_gain = DRAIN_GAIN;
		bbr->window_gain = HIGH_GAIN;
		break;
	case PROBE_BW:
		bbr->pacing_gain = bbr->lt_use_bw ? UNIT : phase_gain(bbr->cycle);
		bbr->window_gain = cwnd_gain;
		break;
	default:
		bbr->pacing_gain = bbr->window_gain = UNIT;
	}
}

/* --- window, once per ACK ----------------------------------------------------------------------------------------- */

static u32 aggregation_pkts(const struct bbr *bbr)
{
	u64 extra = (u64)cc_max(bbr->extra_acked_a, bbr->extra_acked_b) * extra_acked_gain / UNIT;

	return bbr->full_pipe ? cc_min(extra, bw_times(current_bw(bbr), EXTRA_MAX_US)) : 0;
}

/* Packet conservation in the first round of recovery, the old window after it (draft 4.2.3.4). Returns whether cwnd is settled. */
static bool recover_cwnd(struct sock *sk, struct bbr *bbr, u32 acked, int losses, u32 *cwnd)
{
	u32 inflight = tcp_packets_in_flight(tcp_sk(sk));
	u8 state = cc_ca_state(sk);

	if (losses > 0)
		*cwnd = *cwnd > (u32)losses ? *cwnd - losses : 1;
	if (state == TCP_CA_Recovery && bbr->prev_ca_state != TCP_CA_Recovery) {
		bbr->conserve = true;
		bbr->round_end = tcp_sk(sk)->delivered;
		*cwnd = inflight + acked;
	} else if (state < TCP_CA_Recovery && bbr->prev_ca_state >= TCP_CA_Recovery) {
		bbr->conserve = false;
		*cwnd = cc_max(*cwnd, bbr->prior_cwnd);
	}
	bbr->prev_ca_state = state;
	if (bbr->conserve)
		*cwnd = cc_max(*cwnd, inflight + acked);
	return bbr->conserve;
}

/* the target, approached by what is ACKed (draft 4.2.3.6) */
static void update_cwnd(struct sock *sk, struct bbr *bbr, u32 acked, int losses)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 cwnd = tp->snd_cwnd, target;

	if (acked && !recover_cwnd(sk, bbr, acked, losses, &cwnd)) {
		target = bdp(current_bw(bbr), bbr->min_rtt_us, bbr->window_gain) + aggregation_pkts(bbr);
		target = with_bursts(sk, bbr, target);
		if (bbr->full_pipe)
			cwnd = cc_min(cwnd + acked, target);
		else if (cwnd < target || tp->delivered < TCP_INIT_CWND)
			cwnd += acked;
		cwnd = cc_max(cwnd, MIN_CWND);
	}
	if (bbr->mode == PROBE_RTT)
		cwnd = cc_min(cwnd, MIN_CWND);
	tp->snd_cwnd = cc_min(cwnd, tp->snd_cwnd_clamp);
}

/* --- operations --------------------------------------------------------------------------------------------------- */

u32 CC_OP(bbr_ssthresh, struct sock *sk)
{
	save_cwnd(tcp_sk(sk), cc_state(sk));
	return tcp_sk(sk)->snd_ssthresh; /* BBR does not use it */
}

void CC_OP(bbr_set_state, struct sock *sk, u8 new_state)
{
	struct bbr *bbr = cc_state(sk);

	if (new_state != TCP_CA_Loss)
		return;
	bbr->prev_ca_state = TCP_CA_Loss;
	bbr->full_bw = 0;
	bbr->round_start = true; /* a timeout ends the round */
	lt_update(tcp_sk(sk), bbr, true, false);
}

/* restart from idle: at the bottleneck's rate, no faster (draft 4.3.4.4) */
void CC_OP(bbr_cwnd_event, struct sock *sk, enum tcp_ca_event event)
{
	struct bbr *bbr = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (event != CA_EVENT_TX_START || !tp->app_limited)
		return;
	bbr->idle_restart = true;
	bbr->epoch_at_us = tp->tcp_mstamp;
	bbr->epoch_acked = 0;
	if (bbr->mode == PROBE_BW)
		update_pacing_rate(sk, bbr, UNIT);
	else if (bbr->mode == PROBE_RTT)
		leave_probe_rtt(tp, bbr);
}

u32 CC_OP(bbr_min_tso_segs, struct sock *sk)
{
	return sk->sk_pacing_rate < LOW_RATE ? 1 : 2;
}

void CC_OP_CONG_CONTROL(bbr_cong_control, sk, rs)
{
	struct bbr *bbr = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (!bbr->window_gain) /* the ACK of our SYN comes before init */
		return;
	update_round(tp, bbr, rs);
	update_bw(tp, bbr, rs);
	update_aggregation(tp, bbr, rs);
	update_cycle(sk, bbr, rs);
	check_full_pipe(bbr, rs->is_app_limited);
	check_drain(sk, bbr);
	update_min_rtt(sk, bbr, rs);
	update_gains(bbr);
	update_pacing_rate(sk, bbr, bbr->pacing_gain);
	update_cwnd(sk, bbr, rs->acked_sacked, rs->losses);
}

/* a spurious loss: forget what was concluded from it; cwnd comes back at the end of recovery */
u32 CC_OP(bbr_undo_cwnd, struct sock *sk)
{
	struct bbr *bbr = cc_state(sk);

	bbr->full_bw = 0;
	bbr->full_bw_cnt = 0;
	lt_reset(tcp_sk(sk), bbr);
	return tcp_sk(sk)->snd_cwnd;
}

u32 CC_OP(bbr_sndbuf_expand, struct sock *sk)
{
	return 3; /* twice the BDP in flight, and recovery */
}

void CC_OP(bbr_init, struct sock *sk)
{
	struct bbr *bbr = cc_state(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	__builtin_memset(bbr, 0, sizeof(*bbr));
	tp->snd_ssthresh = TCP_INFINITE_SSTHRESH;
	bbr->prev_ca_state = TCP_CA_Open;
	bbr->min_rtt_us = tcp_min_rtt(tp);
	bbr->min_rtt_at_ms = now_ms(tp);
	bbr->epoch_at_us = tp->tcp_mstamp;
	lt_reset(tp, bbr);
	update_gains(bbr);
	init_pacing_rate(sk, bbr);
	if (sk->sk_pacing_status == SK_PACING_NONE)
		sk->sk_pacing_status = SK_PACING_NEEDED;
}

CC_REGISTER(bbr, .ssthresh = bbr_ssthresh, .set_state = bbr_set_state, .cwnd_event = bbr_cwnd_event,
	    .min_tso_segs = bbr_min_tso_segs, .cong_control = bbr_cong_control, .undo_cwnd = bbr_undo_cwnd,
	    .sndbuf_expand = bbr_sndbuf_expand, .init = bbr_init);
