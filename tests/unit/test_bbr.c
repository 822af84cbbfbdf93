// SPDX-License-Identifier: GPL-2.0-only
/* BBR v1's steps (U13 of the acceptance figures: constants, gains, filters, ProbeRTT; draft-cardwell-iccrg-bbr-00) */
#include <math.h>
#include "native_host.h"
#include "../../algorithms/bbr.bpf.c"

static const struct tcp_congestion_ops *ops = &cc_ops;

#define RTT_US 40000
#define RATE_MBPS 100
#define PACKET_US (HOST_MSS * 8 / RATE_MBPS) /* 115 us */

static struct bbr *start(void)
{
	host_start(ops, 10);
	host_sock()->sk_max_pacing_rate = ~0UL;
	host_sock()->sk_pacing_shift = 10;
	host.tp.tcp_clock_cache = host.tp.tcp_wstamp_ns = 1000000000ULL;
	host.tp.srtt_us = RTT_US << 3;
	ops->init(host_sock());
	return cc_state(host_sock());
}

/* One ACK `us` after the last: `acked` packets, a sample of `delivered` packets over `interval_us`. The packet was sent when all
 * that is in flight now was not: a round is over when packets_out have been ACKed. */
static void ack(u32 us, u32 acked, s32 delivered, long interval_us, long rtt_us, int losses)
{
	struct tcp_sock *tp = &host.tp;
	struct rate_sample rs = {
		.prior_delivered = tp->delivered - (tp->packets_out > acked ? tp->packets_out - acked : 0),
		.delivered = delivered,
		.interval_us = interval_us,
		.rtt_us = rtt_us,
		.losses = losses,
		.acked_sacked = acked,
		.prior_in_flight = tp->packets_out,
		.is_app_limited = tp->app_limited != 0,
	};

	tp->tcp_mstamp += us;
	tp->delivered_mstamp = tp->tcp_mstamp;
	tp->delivered += acked;
	tp->lost += losses;
	tp->packets_out = tp->packets_out > acked ? tp->packets_out - acked : 0;
	ops->cong_control(host_sock(), 0, 0, &rs);
	tp->packets_out = cc_max(tp->packets_out, tp->snd_cwnd);
}

/* a window ACKed at once, as much as the bottleneck can deliver in a round trip */
static void round_trip(void)
{
	u32 window = cc_min(host.tp.snd_cwnd, RTT_US / PACKET_US);

	ack(RTT_US, window, window, cc_max(window * PACKET_US, RTT_US), RTT_US, 0);
}

static struct bbr *start_in_probe_bw(void)
{
	struct bbr *bbr = start();

	for (u32 i = 0; i < 40 && bbr->mode != PROBE_BW; i++) {
		round_trip();
		if (bbr->mode == DRAIN)
			host.tp.packets_out = 10;
	}
	return bbr;
}

static void constants_are_those_of_the_paper(void)
{
	CU_ASSERT(fabs(HIGH_GAIN / 256.0 - 2.885) < 0.004);
	CU_ASSERT(fabs(DRAIN_GAIN / 256.0 - 0.347) < 0.004);
	CU_ASSERT_EQUAL(phase_gain(0), 320);
	CU_ASSERT_EQUAL(phase_gain(1), 192);
	for (u32 i = 2; i < CYCLE_LEN; i++)
		CU_ASSERT_EQUAL(phase_gain(i), 256);
	CU_ASSERT_EQUAL(MIN_CWND, 4);
	CU_ASSERT_EQUAL(probe_rtt_ms, 200);
	CU_ASSERT_EQUAL(min_rtt_window_ms, 10000);
	CU_ASSERT_EQUAL(cwnd_gain, 512);
	CU_ASSERT(sizeof(struct bbr) <= ICSK_CA_PRIV_SIZE);
}

static void cycle_never_starts_with_the_low_gain(void)
{
	bool seen[CYCLE_LEN] = {0};

	for (u32 r = 0; r < CYCLE_LEN - 1; r++)
		seen[first_phase(r)] = true;
	for (u32 i = 0; i < CYCLE_LEN; i++)
		CU_ASSERT_EQUAL(seen[i], i != 1);
}

static void pacing_is_a_percent_below_the_bandwidth(void)
{
	static const double mbps[] = {0.1, 1, 10, 100, 1000, 10000, 100000, 700000};

	for (u32 i = 0; i < sizeof(mbps) / sizeof(mbps[0]); i++) {
		double packets_per_us = mbps[i] / 8 / HOST_MSS, expected = 0.99 * mbps[i] / 8 * 1e6;
		u32 bw = packets_per_us * (1 << BW_SHIFT);

		CU_ASSERT(fabs(pacing_rate(bw, HOST_MSS, UNIT, 1) / expected - 1) < 0.01);
		CU_ASSERT(fabs(pacing_rate(bw, HOST_MSS, HIGH_GAIN, 1) / expected - 2.885) < 0.03);
	}
	CU_ASSERT_EQUAL(pacing_rate(1000000, HOST_MSS, UNIT, 200), pacing_rate(1000000, HOST_MSS, UNIT, 99));
	CU_ASSERT_EQUAL(pacing_rate(0, HOST_MSS, UNIT, 1), 0);
}

static void bdp_is_rounded_up(void)
{
	u32 bw = sample_bw(1, PACKET_US);

	CU_ASSERT_EQUAL(bdp(bw, RTT_US, UNIT), 348);
	CU_ASSERT_EQUAL(bdp(bw, RTT_US, 2 * UNIT), 696);
	CU_ASSERT_EQUAL(bdp(bw, ~0U, UNIT), 10); /* no RTT yet: the initial window */
	CU_ASSERT_EQUAL(bdp(1, 1, UNIT), 1);
	CU_ASSERT_EQUAL(bdp(0, RTT_US, UNIT), 0);
}

static void bursts_follow_the_rate(void)
{
	CU_ASSERT_EQUAL(burst_pkts(100000, 10, HOST_MSS), 1);	     /* below 1.2 Mbit/s */
	CU_ASSERT_EQUAL(burst_pkts(150000, 10, HOST_MSS), 2);
	CU_ASSERT_EQUAL(burst_pkts(12500000, 10, HOST_MSS), 8);	     /* about 1 ms at 100 Mbit/s */
	CU_ASSERT_EQUAL(burst_pkts(~0ULL, 10, HOST_MSS), 45);	     /* a GSO packet */
	CU_ASSERT_EQUAL(burst_pkts(~0ULL, 10, 100), 127);
	CU_ASSERT_EQUAL(burst_pkts(~0ULL, 0, 0), 127);		     /* no MSS: no division by zero */
}

static void startup_ends_after_three_flat_rounds(void)
{
	struct bbr *bbr = start();
	u32 flat = 0, last = 0;

	CU_ASSERT_EQUAL(bbr->mode, STARTUP);
	for (u32 i = 0; i < 40 && !bbr->full_pipe; i++) {
		round_trip();
		if (!bbr->round_start)
			continue;
		flat = grew_by_quarter(max_bw(bbr), last) ? 0 : flat + 1;
		if (!flat)
			last = max_bw(bbr);
	}
	CU_ASSERT(bbr->full_pipe);
	CU_ASSERT_EQUAL(flat, 3);
	CU_ASSERT_EQUAL(bbr->mode, DRAIN);
	CU_ASSERT_EQUAL(bbr->pacing_gain, DRAIN_GAIN);
	CU_ASSERT_EQUAL(bbr->window_gain, HIGH_GAIN);
	CU_ASSERT(fabs(bdp(max_bw(bbr), bbr->min_rtt_us, UNIT) - 348.0) <= 4);
}

static void growth_of_a_quarter_keeps_startup(void)
{
	CU_ASSERT(grew_by_quarter(125, 100));
	CU_ASSERT_FALSE(grew_by_quarter(124, 100));
	CU_ASSERT(grew_by_quarter(~0U, 3435973836U)); /* no overflow */
}

static void application_limited_rounds_do_not_end_startup(void)
{
	struct bbr *bbr = start();

	host.tp.app_limited = 1;
	for (u32 i = 0; i < 20; i++)
		round_trip();
	CU_ASSERT_EQUAL(bbr->mode, STARTUP);
	CU_ASSERT_EQUAL(bbr->full_bw_cnt, 0);
}

static void application_limited_samples_only_raise_bandwidth(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u32 bw = max_bw(bbr);

	host.tp.app_limited = 1;
	for (u32 i = 0; i < 30; i++) {
		host.tp.packets_out = 10;
		ack(RTT_US, 10, 10, RTT_US, RTT_US, 0);
	}
	CU_ASSERT_EQUAL(max_bw(bbr), bw);
	ack(RTT_US, 10, 1000, RTT_US, RTT_US, 0);
	CU_ASSERT_EQUAL(max_bw(bbr), sample_bw(1000, RTT_US));
}

static void bandwidth_is_forgotten_after_ten_rounds(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u32 bw = max_bw(bbr), begin = bbr->rounds;

	while (max_bw(bbr) == bw && bbr->rounds - begin < 100)
		ack(RTT_US, host.tp.packets_out, 50, RTT_US, RTT_US, 0);
	CU_ASSERT(bbr->rounds - begin >= 10 && bbr->rounds - begin <= 12);
	CU_ASSERT_EQUAL(max_bw(bbr), sample_bw(50, RTT_US));
}

static void drain_ends_at_one_bdp(void)
{
	struct bbr *bbr = start();

	for (u32 i = 0; i < 40 && bbr->mode != DRAIN; i++)
		round_trip();
	host.tp.packets_out = 900;
	ack(1000, 1, 1, PACKET_US, RTT_US, 0);
	CU_ASSERT_EQUAL(bbr->mode, DRAIN);
	host.tp.packets_out = 300;
	ack(1000, 1, 1, PACKET_US, RTT_US, 0);
	CU_ASSERT_EQUAL(bbr->mode, PROBE_BW);
	CU_ASSERT_EQUAL(bbr->window_gain, 512);
}

static void phases_last_a_round_trip_time(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u64 begin;
	u8 phase;

	bbr->cycle = 3;
	update_gains(bbr);
	bbr->cycle_at_us = begin = host.tp.tcp_mstamp;
	for (phase = bbr->cycle; bbr->cycle == phase && host.tp.tcp_mstamp - begin < 1000000;)
		ack(1000, 1, 1, PACKET_US, RTT_US, 0);
	CU_ASSERT_EQUAL(host.tp.tcp_mstamp - begin, RTT_US + 1000);
	CU_ASSERT_EQUAL(bbr->cycle, 4);
}

static void probing_up_lasts_until_full_or_lossy(void)
{
	struct bbr *bbr = start_in_probe_bw();

	bbr->cycle = 0;
	update_gains(bbr);
	for (u32 i = 0; i < 100; i++) { /* the pipe does not fill: stay */
		host.tp.packets_out = 100;
		ack(1000, 1, 1, PACKET_US, RTT_US, 0);
	}
	CU_ASSERT_EQUAL(bbr->cycle, 0);
	ack(1000, 1, 1, PACKET_US, RTT_US, 1);
	CU_ASSERT_EQUAL(bbr->cycle, 1);
	host.tp.packets_out = 100; /* and down until the surplus is gone, which it is */
	ack(1000, 1, 1, PACKET_US, RTT_US, 0);
	CU_ASSERT_EQUAL(bbr->cycle, 2);
}

static void probe_rtt_holds_four_packets_for_200_ms(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u32 cwnd = host.tp.snd_cwnd;
	u64 entered, begin;

	for (u32 i = 0; i < 300 && bbr->mode != PROBE_RTT; i++) /* an RTT above the minimum keeps it ageing */
		ack(RTT_US, cwnd, cwnd, cwnd * PACKET_US, RTT_US + 5000, 0);
	entered = host.tp.tcp_mstamp;
	CU_ASSERT_EQUAL(bbr->mode, PROBE_RTT);
	CU_ASSERT(entered > 10000000 && entered < 13000000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 4);
	host.tp.packets_out = 4;
	ack(1000, 0, 1, PACKET_US, RTT_US + 5000, 0);
	begin = host.tp.tcp_mstamp;
	CU_ASSERT(host.tp.app_limited != 0);
	host.tp.app_limited = 0;
	while (bbr->mode == PROBE_RTT && host.tp.tcp_mstamp - begin < 1000000) {
		CU_ASSERT_EQUAL(host.tp.snd_cwnd, 4);
		ack(20000, 4, 4, 4 * PACKET_US, RTT_US, 0);
	}
	CU_ASSERT(host.tp.tcp_mstamp - begin > 200000 && host.tp.tcp_mstamp - begin <= 240000);
	CU_ASSERT_EQUAL(bbr->mode, PROBE_BW);
	CU_ASSERT(bbr->prior_cwnd >= cwnd);
	CU_ASSERT(host.tp.snd_cwnd >= 2 * 348); /* back, and within the target of two BDP again */
}

static void probe_rtt_can_be_turned_off(void)
{
	struct bbr *bbr = start_in_probe_bw();

	probe_rtt_ms = 0;
	for (u32 i = 0; i < 600 && bbr->mode == PROBE_BW; i++)
		ack(RTT_US, 100, 100, 100 * PACKET_US, RTT_US + 5000, 0);
	probe_rtt_ms = 200;
	CU_ASSERT_EQUAL(bbr->mode, PROBE_BW);
	CU_ASSERT_EQUAL(bbr->min_rtt_us, RTT_US + 5000);
}

static void restart_from_idle_skips_probe_rtt(void)
{
	struct bbr *bbr = start_in_probe_bw();

	host.tp.app_limited = 1;
	host.tp.tcp_mstamp += 11000000;
	ops->cwnd_event(host_sock(), CA_EVENT_TX_START);
	CU_ASSERT(bbr->idle_restart);
	ack(RTT_US, 10, 10, RTT_US, RTT_US, 0);
	CU_ASSERT_EQUAL(bbr->mode, PROBE_BW);
	CU_ASSERT_FALSE(bbr->idle_restart);
}

static void missing_samples_are_ignored(void)
{
	struct bbr *bbr = start_in_probe_bw();
	struct bbr before_it = *bbr;

	ack(100, 1, -1, -1, -1, 0);
	ack(100, 1, 5, 0, -1, 0); /* an interval of nothing: no division by zero */
	CU_ASSERT_EQUAL(max_bw(bbr), before_it.bw.s[0].v);
	CU_ASSERT_EQUAL(bbr->min_rtt_us, before_it.min_rtt_us);
	CU_ASSERT_EQUAL(bbr->rounds, before_it.rounds);
}

static void window_is_never_below_four(void)
{
	start_in_probe_bw();
	for (u32 i = 0; i < 60; i++) { /* a bandwidth and an RTT of next to nothing */
		host.tp.packets_out = 1;
		ack(RTT_US, 1, 1, 1000000, 50, 0);
	}
	CU_ASSERT(host.tp.snd_cwnd >= 4 && host.tp.snd_cwnd < 20);
	start();
	host.tp.snd_cwnd = 1; /* after a timeout in Startup */
	ack(RTT_US, 1, 1, RTT_US, RTT_US, 0);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 4);
}

static void recovery_conserves_packets_then_restores(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u32 cwnd;

	for (u32 i = 0; i < 30; i++)
		round_trip();
	cwnd = host.tp.snd_cwnd;
	ops->ssthresh(host_sock());
	CU_ASSERT_EQUAL(bbr->prior_cwnd, cwnd);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Recovery;
	host.tp.packets_out = 200;
	ack(1000, 2, 2, 2 * PACKET_US, RTT_US, 3);
	CU_ASSERT(bbr->conserve);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 198 + 2); /* in flight and what was ACKed */
	host.tp.packets_out = 300;
	host.tp.delivered -= 2; /* still the same round */
	ack(1000, 2, 2, 2 * PACKET_US, RTT_US, 0);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 298 + 2);
	inet_csk(host_sock())->icsk_ca_state = TCP_CA_Open;
	ack(1000, 2, 2, 2 * PACKET_US, RTT_US, 0);
	CU_ASSERT_FALSE(bbr->conserve);
	CU_ASSERT(host.tp.snd_cwnd >= 2 * 348);
}

static void timeout_does_not_lower_the_model(void)
{
	struct bbr *bbr = start_in_probe_bw();
	u32 bw = max_bw(bbr), rtt = bbr->min_rtt_us;

	host_timeout(ops);
	CU_ASSERT_EQUAL(max_bw(bbr), bw);
	CU_ASSERT_EQUAL(bbr->min_rtt_us, rtt);
	CU_ASSERT_EQUAL(bbr->prev_ca_state, TCP_CA_Loss);
	CU_ASSERT(bbr->round_start);
	CU_ASSERT_EQUAL(ops->undo_cwnd(host_sock()), host.tp.snd_cwnd);
	CU_ASSERT_EQUAL(bbr->full_bw_cnt, 0);
}

/* `lossy` of 100 packets of each round are lost while the rate stays the same */
static void police(struct bbr *bbr, int lossy, u32 rounds)
{
	for (u32 i = 0; i < rounds && !bbr->lt_use_bw; i++) {
		host.tp.packets_out = 100;
		ack(RTT_US, 100, 100, RTT_US, RTT_US, lossy);
	}
}

static void policer_is_found_by_two_like_intervals(void)
{
	struct bbr *bbr = start_in_probe_bw();

	police(bbr, 30, 60);
	CU_ASSERT(bbr->lt_use_bw);
	CU_ASSERT(fabs((double)bbr->lt_bw / sample_bw(100, RTT_US) - 1) < 0.05);
	CU_ASSERT_EQUAL(current_bw(bbr), bbr->lt_bw);
}

static void light_loss_is_no_policer(void)
{
	struct bbr *bbr = start_in_probe_bw();

	police(bbr, 15, 200); /* below 50/256 */
	CU_ASSERT_FALSE(bbr->lt_use_bw);
	bbr = start_in_probe_bw();
	policer = 0;
	police(bbr, 30, 200);
	policer = 1;
	CU_ASSERT_FALSE(bbr->lt_use_bw);
}

static void unlike_intervals_are_no_policer(void)
{
	CU_ASSERT(lt_agree(1100, 1000, HOST_MSS));
	CU_ASSERT(lt_agree(112500000, 100000000, HOST_MSS));
	CU_ASSERT_FALSE(lt_agree(114000000, 100000000, HOST_MSS));
	CU_ASSERT_FALSE(lt_agree(86000000, 100000000, HOST_MSS));
}

static void aggregation_widens_the_window_within_bounds(void)
{
	struct bbr *bbr = start_in_probe_bw();

	for (u32 i = 0; i < 30; i++) /* a burst of 200 ACKs each RTT at the same average rate */
		ack(RTT_US, 340, 340, RTT_US, RTT_US, 0);
	CU_ASSERT(aggregation_pkts(bbr) > 0);
	bbr->extra_acked_a = 0xffff;
	CU_ASSERT(aggregation_pkts(bbr) <= bw_times(max_bw(bbr), EXTRA_MAX_US));
	extra_acked_gain = 0;
	CU_ASSERT_EQUAL(aggregation_pkts(bbr), 0);
	extra_acked_gain = 256;
	bbr->full_pipe = false;
	CU_ASSERT_EQUAL(aggregation_pkts(bbr), 0);
}

static void aggregation_is_forgotten_after_ten_rounds(void)
{
	struct bbr *bbr = start_in_probe_bw();

	bbr->extra_acked_a = bbr->extra_acked_b = 0xffff;
	for (u32 i = 0; i < 10; i++) {
		host.tp.packets_out = 100;
		ack(RTT_US, 100, 100, RTT_US, RTT_US, 0);
	}
	CU_ASSERT(cc_max(bbr->extra_acked_a, bbr->extra_acked_b) < 1000);
}

static void pacing_is_asked_for_but_fq_is_left_alone(void)
{
	start();
	CU_ASSERT_EQUAL(host_sock()->sk_pacing_status, SK_PACING_NEEDED);
	host_sock()->sk_pacing_status = SK_PACING_FQ;
	ops->init(host_sock());
	CU_ASSERT_EQUAL(host_sock()->sk_pacing_status, SK_PACING_FQ);
	host_sock()->sk_max_pacing_rate = 1000;
	ops->init(host_sock());
	CU_ASSERT_EQUAL(host_sock()->sk_pacing_rate, 1000);
}

static void ack_before_init_changes_nothing(void)
{
	struct bbr *bbr = start();

	memset(bbr, 0, sizeof(*bbr));
	host.tp.snd_cwnd = 10;
	ack(1000, 1, 1, 1000, 1000, 0);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 10);
	CU_ASSERT_EQUAL(host.tp.app_limited, 0);
	CU_ASSERT_EQUAL(bbr->mode, STARTUP);
}

static void what_pacing_holds_back_is_not_in_flight(void)
{
	struct bbr *bbr = start_in_probe_bw();

	bbr->pacing_gain = UNIT;
	CU_ASSERT_EQUAL(inflight_at_departure(host_sock(), bbr, 100), 100);
	host.tp.tcp_wstamp_ns += 1000000; /* 1 ms: 8 packets */
	CU_ASSERT(abs((int)inflight_at_departure(host_sock(), bbr, 100) - 92) <= 1);
	host.tp.tcp_wstamp_ns += 1000000000;
	CU_ASSERT_EQUAL(inflight_at_departure(host_sock(), bbr, 100), 0);
	host.tp.tcp_wstamp_ns = 0; /* in the past */
	CU_ASSERT_EQUAL(inflight_at_departure(host_sock(), bbr, 100), 100);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(constants_are_those_of_the_paper), TEST(cycle_never_starts_with_the_low_gain),
		TEST(pacing_is_a_percent_below_the_bandwidth), TEST(bdp_is_rounded_up), TEST(bursts_follow_the_rate),
		TEST(startup_ends_after_three_flat_rounds), TEST(growth_of_a_quarter_keeps_startup),
		TEST(application_limited_rounds_do_not_end_startup),
		TEST(application_limited_samples_only_raise_bandwidth), TEST(bandwidth_is_forgotten_after_ten_rounds),
		TEST(drain_ends_at_one_bdp), TEST(phases_last_a_round_trip_time),
		TEST(probing_up_lasts_until_full_or_lossy), TEST(probe_rtt_holds_four_packets_for_200_ms),
		TEST(probe_rtt_can_be_turned_off), TEST(restart_from_idle_skips_probe_rtt),
		TEST(missing_samples_are_ignored), TEST(window_is_never_below_four),
		TEST(recovery_conserves_packets_then_restores), TEST(timeout_does_not_lower_the_model),
		TEST(policer_is_found_by_two_like_intervals), TEST(light_loss_is_no_policer),
		TEST(unlike_intervals_are_no_policer), TEST(aggregation_widens_the_window_within_bounds),
		TEST(aggregation_is_forgotten_after_ten_rounds), TEST(pacing_is_asked_for_but_fq_is_left_alone),
		TEST(ack_before_init_changes_nothing), TEST(what_pacing_holds_back_is_not_in_flight), CU_TEST_INFO_NULL,
	};

	return unit_run("bbr", tests);
}
