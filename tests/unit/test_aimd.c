// SPDX-License-Identifier: GPL-2.0-only
/* AIMD(alpha, beta): both tunables do what they say at once, and their extremes are harmless */
#include "native_host.h"
#include "../../algorithms/aimd.bpf.c"

static const struct tcp_congestion_ops *ops = &cc_ops;

static void decrease_leaves_beta_of_the_window(void)
{
	static const u32 cases[][3] = {{512, 100, 50}, {717, 1000, 700}, {1, 1000, 2}, {1023, 1000, 999}, {1023, 1, 2}};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_start(ops, cases[i][1]);
		beta = cases[i][0];
		CU_ASSERT_EQUAL(ops->ssthresh(host_sock()), cases[i][2]);
	}
	beta = 512;
}

static void increase_is_alpha_per_window(void)
{
	static const u32 alphas[] = {1, 4, 100};

	for (u32 i = 0; i < sizeof(alphas) / sizeof(alphas[0]); i++) {
		host_start(ops, 1000);
		host.tp.snd_ssthresh = 500;
		alpha = alphas[i];
		for (u32 n = 0; n < 1000; n++)
			host_ack(ops, 1, 1000);
		CU_ASSERT(host.tp.snd_cwnd >= 1000 + alpha - alpha * alpha / 1000 - 1);
		CU_ASSERT(host.tp.snd_cwnd <= 1000 + alpha);
	}
	alpha = 1;
}

static void new_alpha_takes_effect_on_the_next_ack(void)
{
	host_start(ops, 100);
	host.tp.snd_ssthresh = 100;
	host_ack(ops, 1, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd_cnt, 1);
	alpha = 50;
	host_ack(ops, 1, 1000);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd_cnt, 51);
	alpha = 1;
}

static void unused_window_does_not_grow(void)
{
	host_start(ops, 100);
	host.tp.snd_ssthresh = 50;
	host.tp.is_cwnd_limited = false;
	ops->cong_avoid(host_sock(), 0, 500);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 100);
}

static void window_after_loss_is_never_below_two(void)
{
	beta = 1;
	for (u32 cwnd = 0; cwnd < 2100; cwnd++) {
		host_start(ops, cwnd);
		CU_ASSERT(ops->ssthresh(host_sock()) >= 2);
	}
	beta = 512;
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(decrease_leaves_beta_of_the_window), TEST(increase_is_alpha_per_window),
		TEST(new_alpha_takes_effect_on_the_next_ack), TEST(unused_window_does_not_grow),
		TEST(window_after_loss_is_never_below_two), CU_TEST_INFO_NULL,
	};

	return unit_run("aimd", tests);
}
