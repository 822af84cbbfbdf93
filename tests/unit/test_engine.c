// SPDX-License-Identifier: GPL-2.0-only
#include <time.h>

#include "engine_fixture.h"

#define N 1000

static int order[N];
static int n_order;
static struct engine *engine;

static void note(void *arg)
{
	order[n_order++] = (int)(intptr_t)arg;
}

static void setup(void)
{
	n_order = 0;
	engine = engine_new(1);
}

static void events_run_in_order_of_time(void)
{
	struct rng r;
	uint64_t when[N], last = 0;
	int wrong = 0;

	setup();
	rng_seed(&r, 1, 0);
	for (int i = 0; i < N; i++) {
		when[i] = rng_u64(&r) % 5000;
		CU_ASSERT_EQUAL(engine_at(engine, when[i], note, (void *)(intptr_t)i), 0);
	}
	engine_run(engine, 5000);
	CU_ASSERT_EQUAL_FATAL(n_order, N);
	for (int i = 0; i < N; i++) {
		wrong += when[order[i]] < last;
		last = when[order[i]];
	}
	CU_ASSERT_EQUAL(wrong, 0);
	engine_free(engine);
}

static void ties_run_in_order_of_scheduling(void)
{
	int wrong = 0;

	setup();
	for (int i = 0; i < N; i++)
		engine_at(engine, 7, note, (void *)(intptr_t)i);
	engine_run(engine, 7);
	CU_ASSERT_EQUAL_FATAL(n_order, N);
	for (int i = 0; i < N; i++)
		wrong += order[i] != i;
	CU_ASSERT_EQUAL(wrong, 0);
	engine_free(engine);
}

static void run_stops_at_its_limit(void)
{
	setup();
	engine_at(engine, 10, note, NULL);
	engine_at(engine, 11, note, NULL);
	engine_run(engine, 9);
	CU_ASSERT_EQUAL(n_order, 0);
	CU_ASSERT_EQUAL(engine_now(engine), 9);
	engine_run(engine, 10);
	CU_ASSERT_EQUAL(n_order, 1);
	CU_ASSERT_EQUAL(engine_next(engine), 11);
	engine_free(engine);
}

static void the_clock_never_goes_back(void)
{
	setup();
	engine_run(engine, 100);
	engine_run(engine, 50);
	CU_ASSERT_EQUAL(engine_now(engine), 100);
	engine_at(engine, 3, note, NULL); /* has passed: now */
	CU_ASSERT_EQUAL(engine_next(engine), 100);
	engine_free(engine);
}

static void an_idle_engine_has_no_next_event(void)
{
	setup();
	CU_ASSERT_EQUAL(engine_next(engine), ENGINE_NEVER);
	engine_at(engine, 1, note, NULL);
	engine_run(engine, 1);
	CU_ASSERT_EQUAL(engine_next(engine), ENGINE_NEVER);
	engine_free(engine);
}

/* in = delivered + lost + dropped + inside, seen from outside, at random moments of random networks */
static void packets_are_conserved(void)
{
	uint64_t seed = (uint64_t)time(NULL);
	int wrong = 0;
	struct rng r;

	printf("seed %llu ", (unsigned long long)seed);
	rng_seed(&r, seed, 0);
	for (int round = 0; round < 200; round++) {
		struct link_config config = {.rate_bps = 1000 + rng_u64(&r) % 100000000, .delay_ns = rng_u64(&r) % (20 * MS)};
		struct sink sink = {0};
		struct link_stats st[2];
		struct path path;
		uint32_t sent = 0;

		engine = engine_new(rng_u64(&r));
		sink.engine = engine;
		config.loss = (struct loss_config){rng_u64(&r) % 3, rng_uniform(&r) / 4, 1 + rng_u64(&r) % 50};
		config.queue.limit_pkts = 1 + rng_u64(&r) % 100;
		config.queue.discipline = rng_u64(&r) % 2 ? "fifo" : "step";
		if (config.queue.discipline[0] == 's')
			config.queue.mark_threshold_pkts = 1 + rng_u64(&r) % 50;
		path = path_to(&sink, link_new(engine, &config, NULL));
		path.links[path.n_links++] = link_new(engine, &(struct link_config){.delay_ns = 1 + rng_u64(&r) % MS}, NULL);
		for (int step = 0; step < 300; step++) {
			for (uint64_t burst = rng_u64(&r) % 5; burst; burst--)
				send_packet(engine, &path, ++sent, 60 + rng_u64(&r) % 1455, rng_u64(&r) % 4);
			engine_run(engine, engine_now(engine) + rng_u64(&r) % (3 * MS));
			link_stats(path.links[0], &st[0]);
			link_stats(path.links[1], &st[1]);
			wrong += st[0].in_pkts != sent;
			wrong += sent != sink.delivered + sink.dropped + st[0].inside_pkts + st[1].inside_pkts;
			wrong += st[0].in_pkts != st[0].lost_pkts + st[0].dropped_pkts + st[0].delivered_pkts + st[0].inside_pkts;
			wrong += st[0].delivered_pkts != st[1].in_pkts;
		}
		engine_free(engine);
		wrong += sink.delivered + sink.dropped != sent; /* each came back exactly once */
		wrong += sink.out_of_order != 0;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static uint64_t fingerprint(uint64_t seed)
{
	struct link_config config = {.rate_bps = 7777777, .delay_ns = 5 * MS, .loss = {LOSS_BERNOULLI, 0.05, 0}};
	struct sink sink = {0};
	struct path path;

	config.queue.limit_pkts = 10;
	engine = engine_new(seed);
	sink.engine = engine;
	path = path_to(&sink, link_new(engine, &config, NULL));
	for (uint32_t i = 1; i <= 5000; i++) {
		send_packet(engine, &path, i, 1514, ECN_NOT_ECT);
		engine_run(engine, engine_now(engine) + (i % 7) * 400000);
	}
	engine_free(engine);
	return sink.hash;
}

static void one_seed_gives_one_result(void)
{
	CU_ASSERT_EQUAL(fingerprint(42), fingerprint(42));
	CU_ASSERT_NOT_EQUAL(fingerprint(42), fingerprint(43));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(events_run_in_order_of_time),
		TEST(ties_run_in_order_of_scheduling),
		TEST(run_stops_at_its_limit),
		TEST(the_clock_never_goes_back),
		TEST(an_idle_engine_has_no_next_event),
		TEST(packets_are_conserved),
		TEST(one_seed_gives_one_result),
		CU_TEST_INFO_NULL,
	};

	return unit_run("engine", tests);
}
