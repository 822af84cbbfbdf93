// SPDX-License-Identifier: GPL-2.0-only
/* behind the serialiser: jitter, reordering, duplication, aggregation */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "engine_fixture.h"

static struct engine *engine;
static struct sink sink;
static struct path path;

#define NOTED 100000

static uint64_t when[NOTED];  /* of the n-th delivery … */
static uint32_t which[NOTED]; /* … and which packet it was */
static uint64_t returned;     /* by deliver() or drop() */

static void note_deliver(void *arg, struct packet *p)
{
	if (sink.delivered < NOTED) {
		when[sink.delivered] = engine_now(engine);
		which[sink.delivered] = p->flow;
	}
	CU_ASSERT_EQUAL(p->due_ns, engine_now(engine));
	returned++;
	sink_deliver(arg, p);
}

static void note_drop(void *arg, struct packet *p)
{
	returned++;
	sink_drop(arg, p);
}

static struct packet *copy_packet(void *arg, const struct packet *p)
{
	struct packet *copy = malloc(sizeof(*copy));

	*copy = *p;
	return copy;
}

static struct packet *copy_never(void *arg, const struct packet *p)
{
	return NULL;
}

static struct link *make(const struct link_config *config)
{
	struct link *l = link_alone(&engine, &sink, config);

	returned = 0;
	path = path_to(&sink, l);
	path.deliver = note_deliver;
	path.drop = note_drop;
	return l;
}

static void send_every(uint32_t n, uint64_t gap_ns)
{
	for (uint32_t k = 0; k < n; k++) {
		engine_run(engine, k * gap_ns);
		send_packet(engine, &path, k, 1514, ECN_NOT_ECT);
	}
}

/* jitter in order: never out of it; and the delays are of 5 … 15 ms */
static void jitter_in_order_never_reorders(void)
{
	uint64_t wrong = 0;

	make(&(struct link_config){.delay_ns = 5 * MS, .jitter_ns = 10 * MS});
	send_every(NOTED, MS / 10);
	engine_run(engine, 100 * SECOND);
	CU_ASSERT_EQUAL(sink.delivered, NOTED);
	for (uint32_t k = 0; k < NOTED; k++)
		wrong += which[k] != k || when[k] < k * MS / 10 + 5 * MS || when[k] > k * MS / 10 + 15 * MS;
	CU_ASSERT_EQUAL(wrong, 0);
	engine_free(engine);
}

/* packets so far apart that order does not matter: mean jitter/2 within 3 sigma of jitter/√12/√n, and both ends are reached */
static void jitter_is_uniform(void)
{
	double sum = 0, squares = 0;
	uint64_t wrong = 0, low = UINT64_MAX, high = 0;

	make(&(struct link_config){.delay_ns = 5 * MS, .jitter_ns = MS});
	send_every(NOTED, 2 * MS);
	engine_run(engine, 1000 * SECOND);
	CU_ASSERT_EQUAL(sink.delivered, NOTED);
	for (uint32_t k = 0; k < NOTED; k++) {
		uint64_t jitter = when[k] - k * 2 * MS - 5 * MS;

		wrong += jitter > MS;
		low = jitter < low ? jitter : low;
		high = jitter > high ? jitter : high;
		sum += jitter;
		squares += (double)jitter * jitter;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT(low < 1000 && high > MS - 1000);
	CU_ASSERT(fabs(sum / NOTED - MS / 2) <= 3 * MS / sqrt(12) / sqrt(NOTED));
	CU_ASSERT_DOUBLE_EQUAL(squares / NOTED - sum / NOTED * (sum / NOTED), (double)MS * MS / 12, 0.02 * MS * MS / 12);
	engine_free(engine);
}

static void send_next(void *arg)
{
	send_packet(engine, &path, (uint32_t)(uintptr_t)arg, 1514, ECN_NOT_ECT);
}

/* a packet that would arrive at once finds one before it that is due at this very moment and has not been delivered yet */
static void ties_stay_in_order(void)
{
	make(&(struct link_config){.jitter_ns = 1});
	for (uintptr_t k = 1; k <= 1000; k++)
		engine_at(engine, k, send_next, (void *)k);
	engine_run(engine, 2000);
	CU_ASSERT_EQUAL(sink.delivered, 1000);
	CU_ASSERT_EQUAL(sink.out_of_order, 0);
	engine_free(engine);
}

static void jitter_of_a_nanosecond_has_two_values(void)
{
	uint64_t ones = 0;

	make(&(struct link_config){.jitter_ns = 1});
	send_every(NOTED, 10);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(sink.delivered, NOTED);
	for (uint32_t k = 0; k < NOTED; k++) {
		CU_ASSERT(when[k] - k * 10 <= 1);
		ones += when[k] - k * 10;
	}
	CU_ASSERT(fabs(ones - NOTED / 2.0) <= 3 * sqrt(NOTED / 4.0));
	engine_free(engine);
}

/* a packet overtakes when it may: each is within its own jitter, and none is lost */
static void reordering_reorders_within_the_jitter(void)
{
	static bool seen[NOTED];
	uint64_t wrong = 0;

	memset(seen, 0, sizeof(seen));
	make(&(struct link_config){.delay_ns = 5 * MS, .jitter_ns = MS, .reorder = true});
	send_every(NOTED, MS / 10);
	engine_run(engine, 100 * SECOND);
	CU_ASSERT_EQUAL(sink.delivered, NOTED);
	CU_ASSERT(sink.out_of_order > NOTED / 4);
	for (uint32_t k = 0; k < NOTED; k++) {
		uint64_t sent_ns = which[k] * MS / 10;

		wrong += when[k] < sent_ns + 5 * MS || when[k] > sent_ns + 6 * MS || seen[which[k]];
		seen[which[k]] = true;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	engine_free(engine);
}

static void nothing_overtakes_without_jitter(void)
{
	make(&(struct link_config){.rate_bps = 1000000000, .delay_ns = 5 * MS, .reorder = true});
	send_every(10000, 1000);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(sink.delivered, 10000);
	CU_ASSERT_EQUAL(sink.out_of_order, 0);
	engine_free(engine);
}

static void reordered_packets_come_back_when_the_engine_ends(void)
{
	make(&(struct link_config){.delay_ns = 5 * MS, .jitter_ns = 50 * MS, .reorder = true, .duplicate = 0.5});
	path.copy = copy_packet;
	send_every(1000, MS / 10);
	CU_ASSERT(sink.delivered > 0);
	engine_free(engine);
	CU_ASSERT(returned > 1400 && sink.dropped > 0);
	CU_ASSERT_EQUAL(returned, sink.delivered + sink.dropped);
}

/* --- duplication --------------------------------------------------------------------------------------------------- */

static void duplicates_follow_at_once(void)
{
	static const struct link_config cases[] = {
		{.duplicate = 0.25},
		{.duplicate = 0.25, .rate_bps = 1000000000, .delay_ns = MS},
		{.duplicate = 0.25, .rate_bps = 1000000000, .delay_ns = MS, .jitter_ns = MS},
		{.duplicate = 0.25, .rate_bps = 1000000000, .delay_ns = MS, .jitter_ns = MS, .reorder = true},
		{.duplicate = 0.25, .rate_bps = 1000000000, .delay_ns = MS, .aggregate_ns = MS, .aggregate_pkts = 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct link *l = make(&cases[i]);
		struct link_stats st;
		uint64_t pairs = 0;

		path.copy = copy_packet;
		send_every(NOTED / 2, 20000);
		engine_run(engine, engine_now(engine) + SECOND);
		link_counters(l, &st);
		for (uint32_t k = 1; k < sink.delivered; k++)
			pairs += which[k] == which[k - 1];
		CU_ASSERT_EQUAL(pairs, st.duplicated_pkts);
		CU_ASSERT_EQUAL(sink.delivered, NOTED / 2 + st.duplicated_pkts);
		CU_ASSERT_EQUAL(st.out_pkts, NOTED / 2); /* a copy takes no capacity */
		CU_ASSERT_EQUAL(st.delivered_pkts, sink.delivered);
		CU_ASSERT(fabs(st.duplicated_pkts - NOTED / 8.0) <= 3 * sqrt(NOTED / 2 * 0.25 * 0.75));
		engine_free(engine);
	}
}

static void who_cannot_copy_gets_no_duplicates(void)
{
	for (int i = 0; i < 2; i++) {
		struct link *l = make(&(struct link_config){.duplicate = 1});
		struct link_stats st;

		path.copy = i ? copy_never : NULL;
		send_every(100, 1000);
		link_counters(l, &st);
		CU_ASSERT_EQUAL(sink.delivered, 100);
		CU_ASSERT_EQUAL(st.duplicated_pkts, 0);
		engine_free(engine);
	}
}

/* --- aggregation ------------------------------------------------------------------------------------------------------ */

/* a packet each ms, 5 ms of delay: the first of each four waits 3 ms for the other three, well before its 10 ms are over */
static void aggregates_leave_when_they_are_complete(void)
{
	make(&(struct link_config){.delay_ns = 5 * MS, .aggregate_ns = 10 * MS, .aggregate_pkts = 4});
	send_every(1000, MS);
	engine_run(engine, 2 * SECOND);
	CU_ASSERT_EQUAL(sink.delivered, 1000);
	CU_ASSERT_EQUAL(sink.out_of_order, 0);
	for (uint32_t k = 0; k < 1000; k++)
		CU_ASSERT_EQUAL(when[k], (k / 4 * 4 + 3 + 5) * MS);
	engine_free(engine);
}

/* the first of each six (those 0 … 5 ms after it) waits 5.5 ms, whatever their number */
static void aggregates_leave_when_the_first_has_waited(void)
{
	static const uint32_t most[] = {0, 7, 1000};

	for (size_t i = 0; i < 3; i++) {
		make(&(struct link_config){.delay_ns = 5 * MS, .aggregate_ns = 5500000, .aggregate_pkts = most[i]});
		send_every(1200, MS);
		engine_run(engine, 2 * SECOND);
		CU_ASSERT_EQUAL(sink.delivered, 1200);
		for (uint32_t k = 0; k < 1200; k++)
			CU_ASSERT_EQUAL(when[k], (k / 6 * 6 + 5) * MS + 5500000);
		engine_free(engine);
	}
}

/* complete at 0.2 ms, the next begins at 0.6: it goes 1 ms after its own beginning, not the first one's */
static void each_aggregate_has_its_own_time(void)
{
	struct link *l = make(&(struct link_config){.aggregate_ns = MS, .aggregate_pkts = 2});
	static const uint64_t sent_us[] = {0, 200, 600, 1700, 1800}, want_us[] = {200, 200, 1600, 1800, 1800};
	struct link_stats st;

	for (uint32_t k = 0; k < 5; k++) {
		engine_run(engine, sent_us[k] * 1000);
		send_packet(engine, &path, k, 100, ECN_NOT_ECT);
	}
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(sink.delivered, 5);
	for (uint32_t k = 0; k < 5; k++)
		CU_ASSERT_EQUAL(when[k], want_us[k] * 1000);
	send_packet(engine, &path, 5, 100, ECN_NOT_ECT);
	link_counters(l, &st);
	CU_ASSERT_EQUAL(st.inside_pkts, 1);
	engine_free(engine);
	CU_ASSERT_EQUAL(sink.dropped, 1);
}

static void a_limit_of_packets_alone_aggregates_nothing(void)
{
	make(&(struct link_config){.delay_ns = MS, .aggregate_pkts = 4});
	send_every(10, 10);
	engine_run(engine, 2 * MS);
	CU_ASSERT_EQUAL(sink.delivered, 10);
	CU_ASSERT_EQUAL(sink.last_ns, MS + 90);
	engine_free(engine);
}

static void impossible_lines_are_refused(void)
{
	static const struct link_config cases[] = {
		{.delay_ns = UINT64_MAX}, {.jitter_ns = UINT64_MAX},  {.aggregate_ns = UINT64_MAX},
		{.duplicate = 1.0000001}, {.duplicate = -1e-9},       {.duplicate = NAN},
	};

	expect_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(jitter_in_order_never_reorders),
		TEST(jitter_is_uniform),
		TEST(ties_stay_in_order),
		TEST(jitter_of_a_nanosecond_has_two_values),
		TEST(reordering_reorders_within_the_jitter),
		TEST(nothing_overtakes_without_jitter),
		TEST(reordered_packets_come_back_when_the_engine_ends),
		TEST(duplicates_follow_at_once),
		TEST(who_cannot_copy_gets_no_duplicates),
		TEST(aggregates_leave_when_they_are_complete),
		TEST(aggregates_leave_when_the_first_has_waited),
		TEST(each_aggregate_has_its_own_time),
		TEST(a_limit_of_packets_alone_aggregates_nothing),
		TEST(impossible_lines_are_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("line", tests);
}
