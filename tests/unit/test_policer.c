// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "engine_fixture.h"
#include "../../netsim/engine/policer.h"

static struct engine *engine;
static struct sink sink;

static struct policer full(uint64_t rate_bps, uint64_t burst_bytes)
{
	struct link_config config = {.police_bps = rate_bps, .police_burst_bytes = burst_bytes};
	struct policer p;

	CU_ASSERT_EQUAL_FATAL(policer_init(&p, &config, 0), 0);
	return p;
}

static void the_bucket_starts_full_and_the_burst_is_exact(void)
{
	struct policer p = full(1000000, 15140);
	int passed = 0;

	for (int i = 0; i < 100; i++)
		passed += policer_pass(&p, 1514, 0);
	CU_ASSERT_EQUAL(passed, 10);
	CU_ASSERT_FALSE(policer_pass(&p, 1, 0));
}

/* 1514 bytes at 1 Mbit/s come in 12112 µs: not a ns earlier */
static void a_token_comes_when_it_is_due(void)
{
	struct policer p = full(1000000, 1514);

	CU_ASSERT_TRUE(policer_pass(&p, 1514, 0));
	CU_ASSERT_FALSE(policer_pass(&p, 1514, 12112000 - 1));
	CU_ASSERT_TRUE(policer_pass(&p, 1514, 12112000));
	CU_ASSERT_FALSE(policer_pass(&p, 1514, 2 * 12112000 - 1));
	CU_ASSERT_TRUE(policer_pass(&p, 1000, 2 * 12112000 - 1)); /* what was refused took nothing */
}

static void the_bucket_does_not_overflow(void)
{
	struct policer p = full(10000000000000, UINT64_MAX / 8 / SECOND);

	p = full(10000000000000, 2 * 1514);
	CU_ASSERT_TRUE(policer_pass(&p, 1514, UINT64_MAX / 2));
	CU_ASSERT_TRUE(policer_pass(&p, 1514, UINT64_MAX / 2));
	CU_ASSERT_FALSE(policer_pass(&p, 1, UINT64_MAX / 2));
}

/* whatever the arrivals, what passes in t is burst + rate × t, less than one packet: no drift at rates that divide nothing */
static void the_long_run_rate_is_exact(void)
{
	static const uint64_t rates[] = {3, 7777777, 99999999989};

	for (size_t i = 0; i < 3; i++) {
		struct policer p = full(rates[i], 3000);
		uint64_t gap = (uint64_t)100 * 8 * SECOND / rates[i] / 3, t = 0, passed = 0, earned;
		struct rng r;

		rng_seed(&r, 1, i);
		for (int k = 0; k < 300000; k++, t += 1 + rng_u64(&r) % (2 * gap + 1))
			passed += policer_pass(&p, 100, t) ? 100 : 0;
		earned = (uint64_t)((unsigned __int128)rates[i] * t / (8 * SECOND));
		CU_ASSERT(passed <= 3000 + earned && passed + 100 + 100 > 3000 + earned);
	}
}

static void a_link_counts_what_it_policed(void)
{
	struct link_config config = {.rate_bps = 100000000, .police_bps = 8000000, .police_burst_bytes = 5000};
	struct link_stats st;
	struct path path;
	struct link *l;

	engine = engine_new(1);
	sink = (struct sink){.engine = engine};
	l = link_new(engine, &config, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	path = path_to(&sink, l);
	for (uint32_t k = 1; k <= 20; k++)
		send_packet(engine, &path, k, 1000, ECN_NOT_ECT);
	engine_run(engine, 10 * MS); /* the bucket is full again: 1000 bytes come in 1 ms */
	for (uint32_t k = 21; k <= 40; k++)
		send_packet(engine, &path, k, 1000, ECN_NOT_ECT);
	engine_run(engine, SECOND);
	link_counters(l, &st);
	CU_ASSERT_EQUAL(sink.delivered, 10);
	CU_ASSERT_EQUAL(st.policed_pkts, 30);
	CU_ASSERT_EQUAL(st.dropped_pkts, 0);
	CU_ASSERT_EQUAL(st.in_pkts, 40);
	engine_free(engine);
}

static void impossible_policers_are_refused(void)
{
	static const struct link_config cases[] = {
		{.police_bps = 1},                                      /* no burst */
		{.police_bps = 1, .police_burst_bytes = 1513},          /* no frame fits */
		{.police_bps = 1, .police_burst_bytes = 9013, .queue = {.mtu_frame_bytes = 9014}},
		{.police_bps = 1, .police_burst_bytes = UINT64_MAX},
		{.police_bps = UINT64_MAX, .police_burst_bytes = 1514},
	};

	expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_bucket_starts_full_and_the_burst_is_exact),
		TEST(a_token_comes_when_it_is_due),
		TEST(the_bucket_does_not_overflow),
		TEST(the_long_run_rate_is_exact),
		TEST(a_link_counts_what_it_policed),
		TEST(impossible_policers_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("policer", tests);
}
