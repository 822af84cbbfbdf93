// SPDX-License-Identifier: GPL-2.0-only
/* Reno's steps (U1 of the acceptance figures: RFC 5681 3.1) */
#include "native_host.h"
#include "../../algorithms/reno.bpf.c"

static const struct tcp_congestion_ops *ops = &cc_ops;

static void window_halves_on_loss_exactly(void)
{
	static const u32 cases[][2] = {{100, 50}, {101, 50}, {5, 2}, {4, 2}, {3, 2}, {2, 2}, {1, 2}, {0, 2}, {~0U, 0x7fffffff}};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_start(ops, cases[i][0]);
		CU_ASSERT_EQUAL(ops->ssthresh(host_sock()), cases[i][1]);
		CU_ASSERT_EQUAL(host.tp.snd_cwnd, cases[i][0]); /* recovery moves cwnd, not ssthresh() */
	}
}

static void avoidance_adds_one_packet_per_window(void)
{
	for (u32 window = 2; window < 2000; window = window * 3 / 2) {
		host_start(ops, window);
		host.tp.snd_ssthresh = window;
		for (u32 i = 1; i < window; i++) {
			host_ack(ops, 1, 1000);
			CU_ASSERT_EQUAL_FATAL(host.tp.snd_cwnd, window);
		}
		host_ack(ops, 1, 1000);
		CU_ASSERT_EQUAL(host.tp.snd_cwnd, window + 1);
	}
}

static void slow_start_doubles_per_round(void)
{
	host_start(ops, 10);
	host_round(ops, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 20);
	host_round(ops, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 40);
}

static void slow_start_stops_at_ssthresh_and_carries_the_rest(void)
{
	host_start(ops, 10);
	host.tp.snd_ssthresh = 12;
	host_ack(ops, 8, 1000); /* 2 for slow start, 6 towards the next packet of avoidance */
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 12);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd_cnt, 6);
}

static void byte_counting_limit_slows_stretch_acks(void)
{
	host_start(ops, 10);
	abc_limit = 2;
	host_ack(ops, 8, 1000);
	abc_limit = 0;
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 12);
	host_ack(ops, 8, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 20);
}

static void window_the_application_leaves_unused_does_not_grow(void)
{
	host_start(ops, 100);
	host.tp.is_cwnd_limited = false;
	host.tp.max_packets_out = 10;
	ops->cong_avoid(host_sock(), 0, 10);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 100);
	host.tp.snd_ssthresh = 50;
	ops->cong_avoid(host_sock(), 0, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 100);
}

static void window_stays_below_its_clamp(void)
{
	host_start(ops, 10);
	host.tp.snd_cwnd_clamp = 15;
	host_round(ops, 1000);
	host_round(ops, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 15);
	host.tp.snd_ssthresh = 15;
	host_round(ops, 1000);
	host_round(ops, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 15);
}

static void zero_window_does_not_divide_by_zero(void)
{
	host_start(ops, 0);
	host.tp.snd_ssthresh = 0;
	ops->cong_avoid(host_sock(), 0, 1);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 1);
}

static void undo_restores_but_never_shrinks(void)
{
	host_start(ops, 100);
	host_loss(ops);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 50);
	CU_ASSERT_EQUAL(ops->undo_cwnd(host_sock()), 100);
	host.tp.snd_cwnd = 200;
	CU_ASSERT_EQUAL(ops->undo_cwnd(host_sock()), 200);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(window_halves_on_loss_exactly), TEST(avoidance_adds_one_packet_per_window),
		TEST(slow_start_doubles_per_round), TEST(slow_start_stops_at_ssthresh_and_carries_the_rest),
		TEST(byte_counting_limit_slows_stretch_acks), TEST(window_the_application_leaves_unused_does_not_grow),
		TEST(window_stays_below_its_clamp), TEST(zero_window_does_not_divide_by_zero),
		TEST(undo_restores_but_never_shrinks), CU_TEST_INFO_NULL,
	};

	return unit_run("reno", tests);
}
