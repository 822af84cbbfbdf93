// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <string.h>
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

/* thousands pending, from now to minutes ahead, and more from within: each comes at its time, after all that are earlier */
static struct rng spread;
static uint64_t last_ns, n_spread, early;

static void spread_event(void *arg)
{
	uint64_t when_ns = engine_now(engine) + (rng_u64(&spread) >> (20 + rng_u64(&spread) % 40)) % (100 * SECOND);

	early += engine_now(engine) != (uint64_t)(uintptr_t)arg || engine_now(engine) < last_ns;
	last_ns = engine_now(engine);
	n_spread++;
	if (n_spread < 100000)
		early += engine_at(engine, when_ns, spread_event, (void *)(uintptr_t)when_ns) != 0;
	early += engine_next(engine) < last_ns;
}

static void many_events_far_ahead_keep_their_order(void)
{
	setup();
	rng_seed(&spread, 5, 0);
	last_ns = n_spread = early = 0;
	for (uint64_t i = 0; i < 5000; i++)
		engine_at(engine, i * i * 1000, spread_event, (void *)(uintptr_t)(i * i * 1000));
	while (engine_next(engine) != ENGINE_NEVER) {
		uint64_t next_ns = engine_next(engine), before = n_spread;

		engine_run(engine, next_ns - 1 > engine_now(engine) ? next_ns - 1 : engine_now(engine));
		early += next_ns > engine_now(engine) && n_spread != before; /* nothing came before what was told */
		engine_run(engine, next_ns);
		early += n_spread == before;
	}
	CU_ASSERT_EQUAL(early, 0);
	CU_ASSERT_EQUAL(n_spread, 100000 + 4999);
	engine_free(engine);
}

/* a thousand at each of a few far moments, among others: in order of scheduling wherever they waited */
static void far_ties_run_in_order_of_scheduling(void)
{
	int wrong = 0;

	setup();
	for (int i = 0; i < N; i++) {
		engine_at(engine, 3 * SECOND, note, (void *)(intptr_t)i);
		engine_run(engine, engine_now(engine) + 2 * MS);
	}
	engine_run(engine, 3 * SECOND);
	CU_ASSERT_EQUAL_FATAL(n_order, N);
	for (int i = 0; i < N; i++)
		wrong += order[i] != i;
	CU_ASSERT_EQUAL(wrong, 0);
	engine_free(engine);
}

/* after an idle second: twenty events far ahead, then one that is earlier */
static void an_earlier_event_comes_first_after_idle_time(void)
{
	setup();
	engine_run(engine, SECOND);
	for (int i = 0; i < 20; i++)
		engine_at(engine, 3 * SECOND, note, (void *)1);
	engine_at(engine, 2 * SECOND, note, (void *)2);
	CU_ASSERT_EQUAL(engine_next(engine), 2 * SECOND);
	engine_run(engine, 4 * SECOND);
	CU_ASSERT_EQUAL(n_order, 21);
	CU_ASSERT_EQUAL(order[0], 2);
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

static struct packet *sink_copy(void *arg, const struct packet *p)
{
	struct packet *copy = malloc(sizeof(*copy));

	*copy = *p;
	return copy;
}

/* a link with whatever there is, every figure at random; the memory of steps and traces is the caller's */
static struct link_config random_link(struct rng *r, struct rate_step *steps, uint64_t *trace)
{
	static const char *const disciplines[] = {NULL, "fifo", "step", "red", "codel", "fq_codel", "pie", "dualpi2"};
	struct link_config c = {.loss = {.numbers = {1 + rng_u64(r) % 9, 10, 77, 100}, .n_numbers = 4}};

	c.rate_bps = 1000 + rng_u64(r) % 100000000; /* a statement for each draw: the order of those in one is the compiler's */
	c.delay_ns = rng_u64(r) % (20 * MS);
	c.loss.kind = rng_u64(r) % 5;
	c.loss.probability = rng_uniform(r) / 4;
	c.loss.period = 1 + rng_u64(r) % 50;
	c.loss.p = rng_uniform(r) / 10;
	c.loss.r = rng_uniform(r);
	c.loss.loss_good = rng_uniform(r) / 100;
	c.loss.loss_bad = rng_uniform(r);
	c.queue.limit_pkts = 1 + rng_u64(r) % 100;
	c.queue.discipline = disciplines[rng_u64(r) % 8];
	c.queue.ecn = rng_u64(r) % 2;
	if (c.queue.discipline && !strcmp(c.queue.discipline, "step"))
		c.queue.mark_threshold_pkts = 1 + rng_u64(r) % 50;
	switch (rng_u64(r) % 4) {
	case 0:
		for (size_t i = 0; i < 8; i++)
			steps[i] = (struct rate_step){(i + 1) * 50 * MS, rng_u64(r) % 3 ? rng_u64(r) % 50000000 : 0};
		c.steps = steps;
		c.n_steps = 8;
		break;
	case 1:
		for (size_t i = 0; i < 8; i++)
			trace[i] = (i ? trace[i - 1] : 0) + rng_u64(r) % 3 * MS;
		c.trace_ns = trace;
		c.n_trace = 8;
		c.trace_period_ns = trace[7] + 1 + rng_u64(r) % (3 * MS);
		break;
	case 2:
		c.rate_bps = 0;
		break;
	}
	if (rng_u64(r) % 2)
		c.jitter_ns = rng_u64(r) % (10 * MS);
	c.reorder = rng_u64(r) % 2;
	if (rng_u64(r) % 2)
		c.duplicate = rng_uniform(r) / 3;
	if (rng_u64(r) % 2)
		c.aggregate_ns = rng_u64(r) % (10 * MS);
	c.aggregate_pkts = rng_u64(r) % 10;
	if (rng_u64(r) % 3 == 0)
		c.police_bps = 1000000 + rng_u64(r) % 10000000;
	c.police_burst_bytes = 1514 + rng_u64(r) % 20000;
	return c;
}

struct tally {
	uint64_t wrong, hash, reached; /* reached: bit by bit, which figures were not 0 */
};

static void tally_links(struct tally *t, const struct path *path, const struct sink *sink, uint64_t sent)
{
	uint64_t inside = 0, copies = 0, came = sent;

	for (size_t i = 0; i < path->n_links; i++) {
		struct link_stats st;

		link_counters(path->links[i], &st);
		t->wrong += st.in_pkts != came;
		t->wrong += st.in_pkts + st.duplicated_pkts !=
			    st.lost_pkts + st.policed_pkts + st.dropped_pkts + st.delivered_pkts + st.inside_pkts;
		t->reached |= (st.lost_pkts ? 1 : 0) | (st.policed_pkts ? 2 : 0) | (st.dropped_pkts ? 4 : 0) |
			      (st.duplicated_pkts ? 8 : 0) | (st.inside_pkts ? 16 : 0);
		inside += st.inside_pkts;
		copies += st.duplicated_pkts;
		came = st.delivered_pkts;
	}
	t->wrong += sink->delivered != came;
	t->wrong += sent + copies != sink->delivered + sink->dropped + inside;
}

/* in + duplicated = delivered + lost + policed + dropped + inside, on every link of random networks with everything in them, at
 * random moments; and every packet and every copy comes back exactly once */
static void run_random_networks(uint64_t seed, int rounds, struct tally *t)
{
	struct rng r;

	rng_seed(&r, seed, 0);
	for (int round = 0; round < rounds; round++) {
		struct rate_step steps[3][8];
		uint64_t trace[3][8], copies = 0;
		struct sink sink = {.hash = t->hash};
		struct path path;
		uint32_t sent = 0;

		sink.engine = engine = engine_new(rng_u64(&r));
		path = path_to(&sink, NULL);
		path.copy = sink_copy;
		for (path.n_links = 0; path.n_links < 3; path.n_links++) {
			struct link_config c = random_link(&r, steps[path.n_links], trace[path.n_links]);

			path.links[path.n_links] = link_new(engine, &c, NULL);
			CU_ASSERT_PTR_NOT_NULL_FATAL(path.links[path.n_links]);
		}
		for (int step = 0; step < 300; step++) {
			for (uint64_t burst = rng_u64(&r) % 5; burst; burst--) {
				uint32_t len = 60 + rng_u64(&r) % 1455;

				send_packet(engine, &path, ++sent, len, rng_u64(&r) % 4);
			}
			engine_run(engine, engine_now(engine) + rng_u64(&r) % (3 * MS));
			tally_links(t, &path, &sink, sent);
		}
		for (size_t i = 0; i < 3; i++) {
			struct link_stats st;

			link_counters(path.links[i], &st);
			copies += st.duplicated_pkts;
		}
		engine_free(engine);
		t->wrong += sink.delivered + sink.dropped != sent + copies;
		t->hash = sink.hash;
	}
}

static void packets_are_conserved(void)
{
	uint64_t seed = (uint64_t)time(NULL);
	struct tally t = {0};

	printf("seed %llu ", (unsigned long long)seed);
	run_random_networks(seed, 200, &t);
	CU_ASSERT_EQUAL(t.wrong, 0);
	CU_ASSERT_EQUAL(t.reached, 31); /* nothing was left out */
}

static void everything_at_once_is_repeatable(void)
{
	struct tally a = {0}, b = {0}, c = {0};

	run_random_networks(7, 20, &a);
	run_random_networks(7, 20, &b);
	run_random_networks(8, 20, &c);
	CU_ASSERT_EQUAL(a.hash, b.hash);
	CU_ASSERT_NOT_EQUAL(a.hash, c.hash);
}

static uint64_t fingerprint(uint64_t seed)
{
	struct link_config config = {.rate_bps = 7777777, .delay_ns = 5 * MS, .loss = {.kind = LOSS_BERNOULLI, .probability = 0.05}};
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

static uint64_t planned[N]; /* in order of scheduling */
static int n_planned, last_run, misplaced;
static struct rng spread;

static void spawn(void *arg);

static void plan(uint64_t when_ns)
{
	if (n_planned == N)
		return;
	planned[n_planned] = when_ns;
	engine_at(engine, when_ns, spawn, (void *)(intptr_t)n_planned++);
}

/* none, one or more follow from each */
static void spawn(void *arg)
{
	int i = (int)(intptr_t)arg;

	misplaced += engine_now(engine) != planned[i];
	if (last_run >= 0)
		misplaced += planned[last_run] > planned[i] || (planned[last_run] == planned[i] && last_run > i);
	last_run = i;
	n_order++;
	for (int k = 0; k < i % 4; k++)
		plan(engine_now(engine) + rng_u64(&spread) % 20);
}

static void events_scheduled_inside_events_keep_their_order(void)
{
	setup();
	rng_seed(&spread, 1, 0);
	n_planned = misplaced = 0;
	last_run = -1;
	for (int i = 0; i < 8; i++)
		plan(i);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(n_planned, N);
	CU_ASSERT_EQUAL(n_order, N);
	CU_ASSERT_EQUAL(misplaced, 0);
	CU_ASSERT_EQUAL(engine_next(engine), ENGINE_NEVER);
	engine_free(engine);
}

static jmp_buf way_out;

static void leave(void *arg, struct packet *p)
{
	free(p);
	longjmp(way_out, 1);
}

/* as when an algorithm divides by zero: what the event had taken is not given back again, what waits is */
static void an_event_that_was_left_is_over(void)
{
	struct link_config config = {.delay_ns = MS, .jitter_ns = MS, .reorder = true};
	struct sink sink = {0};
	struct path path;

	setup();
	sink.engine = engine;
	path = path_to(&sink, link_new(engine, &config, NULL));
	path.deliver = leave;
	for (uint32_t i = 1; i <= 10; i++)
		send_packet(engine, &path, i, 1514, ECN_NOT_ECT);
	if (!setjmp(way_out))
		engine_run(engine, SECOND);
	engine_free(engine);
	CU_ASSERT_EQUAL(sink.dropped, 9);
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
		TEST(many_events_far_ahead_keep_their_order),
		TEST(far_ties_run_in_order_of_scheduling),
		TEST(an_earlier_event_comes_first_after_idle_time),
		TEST(run_stops_at_its_limit),
		TEST(the_clock_never_goes_back),
		TEST(an_idle_engine_has_no_next_event),
		TEST(packets_are_conserved),
		TEST(everything_at_once_is_repeatable),
		TEST(one_seed_gives_one_result),
		TEST(events_scheduled_inside_events_keep_their_order),
		TEST(an_event_that_was_left_is_over),
		CU_TEST_INFO_NULL,
	};

	return unit_run("engine", tests);
}
