// SPDX-License-Identifier: GPL-2.0-only
/* cc.bpf.h as an algorithm sees it: the exported description, both kinds of state, and the helpers every algorithm shares */
#include "native_host.h"

CC_ALGORITHM(sample, .title = "a sample", .reference = "RFC 1", .status = CC_TESTED, .needs = CC_NEEDS_ECN | CC_NEEDS_PACING);
CC_TUNABLE(u8, small, 1, 0, 255, "bool", "next ack", "the smallest kind");
CC_TUNABLE(u16, medium, 300, 2, 65535, "pkts", "next loss", "the second");
CC_TUNABLE(u32, large, 70000, 3, 4294967295, "us", "next round", "the third");
CC_TUNABLE(u64, huge, 5000000000, 4, 18446744073709551615U, "bytes", "new connections", "the largest");

struct sample {
	char bytes[500];
};
CC_BIG_STATE(struct sample);

u32 CC_OP(sample_ssthresh, struct sock *sk)
{
	return tcp_sk(sk)->snd_cwnd / 2;
}

void CC_OP_CONG_CONTROL(sample_cong_control, sk, rs)
{
	tcp_sk(sk)->snd_cwnd += rs->acked_sacked;
}

void CC_OP(sdk_sample_init, struct sock *sk)
{
	cc_state_init(sk);
}

void CC_OP(sample_release, struct sock *sk)
{
	cc_state_release(sk);
}

CC_REGISTER(sample, .ssthresh = sample_ssthresh, .cong_control = sample_cong_control, .init = sdk_sample_init,
	    .release = sample_release, .flags = TCP_CONG_NEEDS_ECN);

static const struct tcp_congestion_ops *ops = &cc_ops;
static const struct tcp_congestion_ops no_ops;

static void plugin_describes_the_algorithm(void)
{
	CU_ASSERT_EQUAL(cc_plugin.abi, CC_PLUGIN_ABI);
	CU_ASSERT_STRING_EQUAL(cc_plugin.stem, "sample");
	CU_ASSERT_STRING_EQUAL(cc_plugin.info->title, "a sample");
	CU_ASSERT_STRING_EQUAL(cc_plugin.info->reference, "RFC 1");
	CU_ASSERT_EQUAL(cc_plugin.info->status, CC_TESTED);
	CU_ASSERT_EQUAL(cc_plugin.info->needs, 3);
	CU_ASSERT_STRING_EQUAL(cc_plugin.ops->name, "bpf_sample");
	CU_ASSERT_EQUAL(cc_plugin.ops->flags, TCP_CONG_NEEDS_ECN);
	CU_ASSERT_PTR_NULL(cc_plugin.ops->cong_avoid);
}

static void plugin_lists_every_tunable(void)
{
	static const struct { const char *name; enum cc_type type; u64 initial, min, max; const void *value; } expected[] = {
		{"small", CC_U8, 1, 0, 255, (const void *)&small},
		{"medium", CC_U16, 300, 2, 65535, (const void *)&medium},
		{"large", CC_U32, 70000, 3, 4294967295, (const void *)&large},
		{"huge", CC_U64, 5000000000, 4, ~0ULL, (const void *)&huge},
	};
	const struct cc_tunable *t = cc_plugin.tunables;

	CU_ASSERT_EQUAL_FATAL(cc_plugin.tunables_end - t, 4);
	for (u32 i = 0; i < 4; i++, t++) {
		CU_ASSERT_STRING_EQUAL(t->name, expected[i].name);
		CU_ASSERT_EQUAL(t->type, expected[i].type);
		CU_ASSERT_EQUAL(t->initial, expected[i].initial);
		CU_ASSERT_EQUAL(t->min, expected[i].min);
		CU_ASSERT_EQUAL(t->max, expected[i].max);
		CU_ASSERT_PTR_EQUAL(t->value, expected[i].value);
	}
	CU_ASSERT_EQUAL(huge, 5000000000);
}

static void tunable_is_live(void)
{
	*(u16 *)cc_plugin.tunables[1].value = 77;
	CU_ASSERT_EQUAL(medium, 77);
	medium = 300;
}

static void big_state_is_missing_until_init(void)
{
	host_start(&no_ops, 10);
	CU_ASSERT_PTR_NULL(cc_state(host_sock()));
	ops->init(host_sock());
	CU_ASSERT_PTR_NOT_NULL(cc_state(host_sock()));
	ops->release(host_sock());
	CU_ASSERT_PTR_NULL(cc_state(host_sock()));
	ops->release(host_sock()); /* twice does no harm */
}

static void big_state_starts_at_zero_again(void)
{
	static const struct sample zero;

	host_start(ops, 10);
	memset(cc_state(host_sock()), 0xff, sizeof(zero));
	ops->init(host_sock());
	CU_ASSERT_EQUAL(memcmp(cc_state(host_sock()), &zero, sizeof(zero)), 0);
	ops->release(host_sock());
}

static void cong_control_has_the_newer_signature(void)
{
	struct rate_sample rs = {.acked_sacked = 5};

	host_start(&no_ops, 10);
	ops->cong_control(host_sock(), 1, 2, &rs);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 15);
}

static void slow_start_never_passes_ssthresh(void)
{
	for (u32 cwnd = 1; cwnd < 40; cwnd++)
		for (u32 acked = 0; acked < 60; acked++) {
			u32 left;

			host_start(&no_ops, cwnd);
			host.tp.snd_ssthresh = 40;
			left = cc_slow_start(&host.tp, acked);
			CU_ASSERT_EQUAL(host.tp.snd_cwnd, cc_min(cwnd + acked, 40));
			CU_ASSERT_EQUAL(host.tp.snd_cwnd - cwnd + left, acked);
		}
}

static void additive_increase_loses_no_remainder(void)
{
	host_start(&no_ops, 100);
	for (u32 acked = 1; acked <= 1000; acked++) /* 500500 in all */
		cc_cong_avoid_ai(&host.tp, 1000, acked);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 100 + 500);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd_cnt, 500);
}

static void additive_increase_forgives_a_backlog(void)
{
	host_start(&no_ops, 100);
	host.tp.snd_cwnd_cnt = 900; /* the divisor was 1000 and is 10 now: one packet, not ninety */
	cc_cong_avoid_ai(&host.tp, 10, 1);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd, 101);
	CU_ASSERT_EQUAL(host.tp.snd_cwnd_cnt, 1);
}

static void window_is_limited_by_what_was_used(void)
{
	static const struct { u32 cwnd, ssthresh, used; bool flag, limited; } cases[] = {
		{100, 1000, 51, false, true}, {100, 1000, 50, false, false}, {100, 1000, 50, true, true},
		{100, 50, 100, false, false}, {100, 50, 0, true, true},
	};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		host_start(&no_ops, cases[i].cwnd);
		host.tp.snd_ssthresh = cases[i].ssthresh;
		host.tp.max_packets_out = cases[i].used;
		host.tp.is_cwnd_limited = cases[i].flag;
		CU_ASSERT_EQUAL(cc_is_cwnd_limited(host_sock()), cases[i].limited);
	}
}

static void sequence_numbers_wrap(void)
{
	CU_ASSERT(before(~0U, 0));
	CU_ASSERT(after(5, ~0U - 5));
	CU_ASSERT_FALSE(before(7, 7));
	CU_ASSERT_FALSE(after(7, 7));
}

static void in_flight_counts_what_is_neither_acked_nor_lost(void)
{
	struct tcp_sock tp = {.packets_out = 100, .sacked_out = 30, .lost_out = 20, .retrans_out = 15};

	CU_ASSERT_EQUAL(tcp_packets_in_flight(&tp), 65);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(plugin_describes_the_algorithm), TEST(plugin_lists_every_tunable), TEST(tunable_is_live),
		TEST(big_state_is_missing_until_init), TEST(big_state_starts_at_zero_again),
		TEST(cong_control_has_the_newer_signature), TEST(slow_start_never_passes_ssthresh),
		TEST(additive_increase_loses_no_remainder), TEST(additive_increase_forgives_a_backlog),
		TEST(window_is_limited_by_what_was_used), TEST(sequence_numbers_wrap),
		TEST(in_flight_counts_what_is_neither_acked_nor_lost), CU_TEST_INFO_NULL,
	};

	return unit_run("sdk", tests);
}
