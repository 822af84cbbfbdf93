// SPDX-License-Identifier: GPL-2.0-only
/* CUBIC's steps (U2, U3, U4 of the acceptance figures: RFC 9438, packetdrill's HyStart scripts) */
#include <math.h>
#include "native_host.h"
#include "../../algorithms/cubic.bpf.c"

static const struct tcp_congestion_ops *ops = &cc_ops;

static struct cubic *start(u32 cwnd)
{
	host_start(ops, cwnd);
	return cc_state(host_sock());
}

static bool within(double value, double expected, double tolerance)
{
	return fabs(value - expected) <= tolerance * expected;
}

static void decrease_is_seven_tenths(void)
{
	for (u32 cwnd = 1000; cwnd < 10000000; cwnd *= 3) { /* from 1000 on rounding down is below the tolerance */
		start(cwnd);
		CU_ASSERT(within(ops->ssthresh(host_sock()), 0.7 * cwnd, 0.003));
	}
	start(10);
	CU_ASSERT_EQUAL(ops->ssthresh(host_sock()), 7); /* packetdrill: RTO at W = 10 */
}

static void time_to_plateau_is_the_cube_root(void)
{
	/* RFC 9438 4.2 with C = 0.4 and beta = 0.7: K = cbrt(0.75 W_max) */
	static const struct { u32 w_max; double k_s; } cases[] = {{42, 3.16}, {83, 3.96}, {833, 8.55}, {8333, 18.42}};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		u32 shortfall = cases[i].w_max - after_loss(cases[i].w_max, 717);

		CU_ASSERT(within(time_to_plateau(shortfall, 410) / 1024.0, cases[i].k_s, 0.02));
	}
	CU_ASSERT_EQUAL(time_to_plateau(0, 410), 0);
	CU_ASSERT(time_to_plateau(~0U, 1) >= time_to_plateau(MAX_SHORTFALL, 1));
}

static void cubic_is_flat_at_the_plateau_and_symmetric(void)
{
	u32 k = time_to_plateau(250, 410);

	CU_ASSERT_EQUAL(w_cubic(k, k, 833, 410), 833);
	CU_ASSERT_EQUAL(w_cubic(k + 512, k, 833, 410), 833); /* 0.4 * 0.5^3 of a packet */
	CU_ASSERT(within(w_cubic(0, k, 833, 410), 833 - 250, 0.01));
	for (u32 d = 0; d < k; d += 97)
		CU_ASSERT(llabs((long long)(w_cubic(k + d, k, 833, 410) - 833) -
				(long long)(833 - w_cubic(k - d, k, 833, 410))) <= 1);
}

static void cubic_agrees_with_floating_point(void)
{
	for (u64 t = 0; t < 1000 * 1024; t += 1777) {
		double s = ((double)t - 8.55 * 1024) / 1024, w = 410 / 1024.0 * s * s * s + 833;

		if (w < 1)
			w = 1;
		CU_ASSERT(fabs((double)w_cubic(t, 8.55 * 1024, 833, 410) - w) < 1.5 + w * 1e-3);
	}
}

static void cubic_extremes_neither_wrap_nor_reach_zero(void)
{
	CU_ASSERT_EQUAL(w_cubic(0, ~0U, 10, 8191), 1);
	CU_ASSERT(w_cubic(CC_U64_MAX, 0, 10, 8191) > 1ULL << 32);
	CU_ASSERT_EQUAL(w_cubic(CC_U64_MAX, 0, 10, 8191), w_cubic(MAX_OFFSET, 0, 10, 8191));
}

static void growth_is_at_most_one_packet_per_two_acked(void)
{
	CU_ASSERT_EQUAL(acks_per_packet(100, 1000000), 2); /* target <= 1.5 cwnd, RFC 9438 4.2 */
	CU_ASSERT_EQUAL(acks_per_packet(100, 150), 2);
	CU_ASSERT_EQUAL(acks_per_packet(100, 101), 100);
	CU_ASSERT_EQUAL(acks_per_packet(100, 100), 10000);
	CU_ASSERT_EQUAL(acks_per_packet(100, 1), 10000);
}

static void fast_convergence_releases_window(void)
{
	struct cubic *ca = start(1000);

	host_loss(ops);
	CU_ASSERT_EQUAL(ca->w_max, 1000);
	host.tp.snd_cwnd = 800; /* the next loss comes below the old maximum */
	host_loss(ops);
	CU_ASSERT(within(ca->w_max, 0.85 * 800, 0.01));
	CU_ASSERT_EQUAL(ca->cwnd_prior, 800);
}

static void fast_convergence_can_be_turned_off(void)
{
	struct cubic *ca = start(1000);

	fast_convergence = 0;
	host_loss(ops);
	host.tp.snd_cwnd = 800;
	host_loss(ops);
	fast_convergence = 1;
	CU_ASSERT_EQUAL(ca->w_max, 800);
	CU_ASSERT_EQUAL(next_w_max(1001, 1000, 717, true), 1001); /* above the old maximum: nothing to release */
}

/* a whole epoch: back at W_max after K, in wall time, slope zero there (RTT 100 ms: the CUBIC region) */
static void window_returns_to_its_maximum_after_k(void)
{
	struct cubic *ca = start(833);
	u64 begin;

	host_loss(ops);
	host.tp.snd_cwnd_cnt = 0;
	begin = host.tp.tcp_mstamp;
	while (host.tp.snd_cwnd < 830 && host.tp.tcp_mstamp - begin < 20000000)
		host_round(ops, 100000);
	CU_ASSERT(within(ca->k / 1024.0, 8.55, 0.02));
	/* 3 packets below the plateau is K - cbrt(3 / 0.4) = 2 s before it */
	CU_ASSERT(within((host.tp.tcp_mstamp - begin) / 1e6, 8.55 - 1.96, 0.05));
}

static void short_round_trips_follow_reno(void)
{
	u64 begin;

	start(83);
	host_loss(ops);
	begin = host.tp.tcp_mstamp;
	while (host.tp.snd_cwnd < 83 && host.tp.tcp_mstamp - begin < 20000000)
		host_round(ops, 10000);
	/* 0.3 Wmax / 0.529 = 47 rounds of 10 ms; without the Reno estimate it is 4 s */
	CU_ASSERT(within((host.tp.tcp_mstamp - begin) / 1e6, 0.47, 0.1));
}

static void reno_region_can_be_turned_off(void)
{
	u64 begin;

	start(83);
	friendliness = 0;
	host_loss(ops);
	begin = host.tp.tcp_mstamp;
	while (host.tp.snd_cwnd < 82 && host.tp.tcp_mstamp - begin < 20000000)
		host_round(ops, 10000);
	friendliness = 1;
	CU_ASSERT(host.tp.tcp_mstamp - begin > 2000000);
}

static void reno_estimate_speeds_up_at_the_old_window(void)
{
	CU_ASSERT(within(alpha_q30(717) / (double)(1 << 30), 0.529, 0.001));
	CU_ASSERT_EQUAL(w_est_step_q30(99ULL << 30, 100, 100, 100, 717), alpha_q30(717));
	CU_ASSERT_EQUAL(w_est_step_q30(100ULL << 30, 100, 100, 100, 717), 1 << 30);
}

/* packetdrill: 10 packets at 200 ms, then 240 ms, an ACK per two packets: slow start ends with cwnd = ssthresh = 36 */
static void hystart_ends_on_a_rise_of_the_delay(void)
{
	u32 i;

	start(10);
	host.tp.tcp_mstamp += 200000;
	for (i = 0; i < 5; i++)
		host_ack(ops, 2, 200000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 20);
	host.tp.tcp_mstamp += 240000;
	for (i = 0; i < 10 && host.tp.snd_ssthresh == TCP_INFINITE_SSTHRESH; i++)
		host_ack(ops, 2, 240000);
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, 36);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 36);
}

/* 200 ms, then `rtt_us`: did slow start end within that round? */
static bool hystart_ends_at(u32 rtt_us)
{
	start(10);
	host.tp.tcp_mstamp += 200000;
	for (u32 i = 0; i < 5; i++)
		host_ack(ops, 2, 200000);
	host.tp.tcp_mstamp += rtt_us;
	for (u32 i = 0; i < 10; i++)
		host_ack(ops, 2, rtt_us);
	return host.tp.snd_ssthresh != TCP_INFINITE_SSTHRESH;
}

static void hystart_tolerates_a_small_rise(void)
{
	CU_ASSERT_FALSE(hystart_ends_at(216000)); /* 200 + min(200 / 8, 16) */
	CU_ASSERT(hystart_ends_at(216001));
}

static void hystart_ignores_a_fall_of_the_delay(void)
{
	start(10);
	host.tp.tcp_mstamp += 240000;
	for (u32 i = 0; i < 5; i++)
		host_ack(ops, 2, 240000);
	for (u32 round = 0; round < 3; round++) {
		host.tp.tcp_mstamp += 200000;
		for (u32 i = 0, n = host.tp.snd_cwnd / 2; i < n; i++)
			host_ack(ops, 2, 200000);
	}
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, TCP_INFINITE_SSTHRESH);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 160);
}

static void hystart_rise_is_bounded(void)
{
	CU_ASSERT_EQUAL(delay_rise_us(1000), 4000);
	CU_ASSERT_EQUAL(delay_rise_us(80000), 10000);
	CU_ASSERT_EQUAL(delay_rise_us(1000000), 16000);
}

static void hystart_train_is_halved_only_without_pacing(void)
{
	CU_ASSERT_EQUAL(train_limit_us(100000, 0, false), 50000);
	CU_ASSERT_EQUAL(train_limit_us(100000, 0, true), 100000);
	CU_ASSERT_EQUAL(train_limit_us(100000, 1, true), 101000); /* a slow sender: 1 ms at most */
	CU_ASSERT_EQUAL(train_limit_us(100000, 1000000000, true), 100262);
}

/* ACKs 1 ms apart from 20 ms on: the train is half a round trip long at 50 ms */
static void hystart_ends_on_a_long_train(void)
{
	struct cubic *ca = start(20);

	host.tp.tcp_mstamp += 100000;
	host_ack(ops, 1, 100000); /* starts the round */
	for (u32 i = 0; i < 100 && !ca->found; i++) {
		host.tp.tcp_mstamp += 1000;
		host.tp.snd_nxt += 100 * HOST_MSS; /* keep it one round */
		ca->round_end_seq = host.tp.snd_nxt;
		host_ack(ops, 1, 100000);
	}
	CU_ASSERT_EQUAL(ca->found, HYSTART_TRAIN);
	CU_ASSERT_EQUAL(host.tp.tcp_mstamp - ca->round_us, 51000);
}

static void hystart_waits_for_its_window(void)
{
	start(2);
	hystart_low_window = 100;
	for (u32 i = 0; i < 7; i++)
		host_ack(ops, 1, 100000);
	for (u32 i = 0; i < 50; i++)
		host_ack(ops, 1, 900000); /* far beyond any threshold, but cwnd is below 100 */
	hystart_low_window = 16;
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, TCP_INFINITE_SSTHRESH);
}

static void missing_rtt_sample_is_ignored(void)
{
	struct cubic *ca = start(100);

	host_ack(ops, 1, -1);
	CU_ASSERT_EQUAL(ca->delay_min_us, 0);
	CU_ASSERT_EQUAL(ca->round_samples, 0);
	host_ack(ops, 1, 0); /* less than the clock resolves, but a sample */
	CU_ASSERT_EQUAL(ca->delay_min_us, 1);
}

static void k_is_zero_after_a_timeout(void)
{
	struct cubic *ca = start(1000);

	host_timeout(ops);
	CU_ASSERT_EQUAL(host.tp.snd_ssthresh, 700);
	CU_ASSERT_EQUAL(ca->w_max, 0);
	CU_ASSERT_EQUAL(ca->cwnd_prior, 1000);
	host.tp.snd_cwnd = 700;
	host_round(ops, 50000);
	CU_ASSERT_EQUAL(ca->k, 0);
	CU_ASSERT_EQUAL(ca->origin, 700);
}

static void idle_time_does_not_count(void)
{
	struct cubic *ca = start(833);
	u64 epoch;

	host_loss(ops);
	host_round(ops, 100000);
	epoch = ca->epoch_us;
	host.tp.tcp_mstamp += 5000000;
	ops->cwnd_event(host_sock(), CA_EVENT_TX_START);
	CU_ASSERT_EQUAL(ca->epoch_us, epoch + 5000000);
	ops->cwnd_event(host_sock(), CA_EVENT_CWND_RESTART);
	CU_ASSERT_EQUAL(ca->epoch_us, epoch + 5000000);
}

static void idle_before_the_epoch_does_not_start_one(void)
{
	struct cubic *ca = start(10);

	host.tp.tcp_mstamp += 5000000;
	ops->cwnd_event(host_sock(), CA_EVENT_TX_START);
	CU_ASSERT_EQUAL(ca->epoch_us, 0);
}

static void unused_window_does_not_grow(void)
{
	start(100);
	host_loss(ops);
	host.tp.is_cwnd_limited = false;
	host.tp.tcp_mstamp += 60000000;
	ops->cong_avoid(host_sock(), 0, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 70);
}

static void tunable_extremes_are_harmless(void)
{
	static const u32 betas[] = {0, 103, 1013, 1024, ~0U}, cs[] = {0, 4, 8191};

	for (u32 i = 0; i < 15; i++) {
		start(50);
		beta = betas[i % 5];
		c = cs[i / 5];
		host_loss(ops);
		CU_ASSERT(host.tp.snd_cwnd >= 2);
		host.tp.snd_cwnd = 50;
		for (u32 n = 0; n < 20; n++)
			host_ack(ops, 2, 50000);
		CU_ASSERT(host.tp.snd_cwnd >= 50 && host.tp.snd_cwnd <= 50 + 40);
	}
	beta = 717;
	c = 410;
	start(0); /* no window at all */
	host.tp.snd_ssthresh = 0;
	ops->cong_avoid(host_sock(), 0, 1);
	CU_ASSERT(host.tp.snd_cwnd <= 2);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(decrease_is_seven_tenths), TEST(time_to_plateau_is_the_cube_root),
		TEST(cubic_is_flat_at_the_plateau_and_symmetric), TEST(cubic_agrees_with_floating_point),
		TEST(cubic_extremes_neither_wrap_nor_reach_zero), TEST(growth_is_at_most_one_packet_per_two_acked),
		TEST(fast_convergence_releases_window), TEST(fast_convergence_can_be_turned_off),
		TEST(window_returns_to_its_maximum_after_k), TEST(short_round_trips_follow_reno),
		TEST(reno_region_can_be_turned_off), TEST(reno_estimate_speeds_up_at_the_old_window),
		TEST(hystart_ends_on_a_rise_of_the_delay), TEST(hystart_ignores_a_fall_of_the_delay),
		TEST(hystart_rise_is_bounded), TEST(hystart_tolerates_a_small_rise),
		TEST(hystart_train_is_halved_only_without_pacing), TEST(hystart_ends_on_a_long_train),
		TEST(hystart_waits_for_its_window), TEST(missing_rtt_sample_is_ignored),
		TEST(k_is_zero_after_a_timeout), TEST(idle_time_does_not_count),
		TEST(idle_before_the_epoch_does_not_start_one), TEST(unused_window_does_not_grow),
		TEST(tunable_extremes_are_harmless), CU_TEST_INFO_NULL,
	};

	return unit_run("cubic", tests);
}
