// SPDX-License-Identifier: GPL-2.0-only
/* Every discipline behind a link: what comes in goes out, is dropped or is inside, at every moment and at the end. */
#include <string.h>

#include "engine_fixture.h"

static const char *const disciplines[] = {"fifo", "step", "red", "codel", "fq_codel", "pie", "dualpi2"};

#define N_DISCIPLINES (sizeof(disciplines) / sizeof(disciplines[0]))

static struct queue_config config_of(const char *discipline)
{
	return (struct queue_config){
		.discipline = discipline,
		.limit_pkts = 200,
		.mark_threshold_pkts = strcmp(discipline, "step") ? 0 : 20,
		.ecn = true,
		.rate_bps = 10000000,
	};
}

/* 20 Mbit/s of ten flows, every ECN codepoint, into 10 Mbit/s for two seconds; then it drains */
static void every_discipline_gives_every_packet_back(void)
{
	for (size_t d = 0; d < N_DISCIPLINES; d++) {
		struct engine *e = engine_new(1);
		struct sink sink = {.engine = e};
		struct link_config config = {.rate_bps = 10000000, .delay_ns = 10 * MS, .queue = config_of(disciplines[d])};
		struct path path = path_to(&sink, link_new(e, &config, NULL));
		struct link_stats st;
		uint64_t sent = 0;

		CU_ASSERT_PTR_NOT_NULL_FATAL(path.links[0]);
		for (uint64_t t = 0; t < 2 * SECOND; t += 2 * MS) {
			engine_run(e, t);
			for (uint32_t i = 0; i < 4; i++)
				send_packet(e, &path, (uint32_t)((sent + i) % 10), 1250, i);
			sent += 4;
			link_counters(path.links[0], &st);
			CU_ASSERT_EQUAL(st.in_pkts, st.delivered_pkts + st.dropped_pkts + st.inside_pkts);
			CU_ASSERT_EQUAL(sent, sink.delivered + sink.dropped + st.inside_pkts);
			CU_ASSERT(st.queued_pkts <= 200 + 64); /* fq_codel hands an overflow back at the next departure */
		}
		/* of 1988 that fit: RED's average lags and empties the queue now and then, the others never rest */
		CU_ASSERT(sink.delivered >= (strcmp(disciplines[d], "red") ? 1988 : 1900));
		engine_run(e, 10 * SECOND);
		link_counters(path.links[0], &st);
		CU_ASSERT_EQUAL(st.inside_pkts, 0);
		CU_ASSERT_EQUAL(sent, sink.delivered + sink.dropped);
		CU_ASSERT(sink.dropped > 0);
		CU_ASSERT_EQUAL(st.marked_pkts > 0, strcmp(disciplines[d], "fifo") != 0);
		engine_free(e);
	}
}

static void a_link_that_is_freed_gives_back_what_waits(void)
{
	for (size_t d = 0; d < N_DISCIPLINES; d++) {
		struct engine *e = engine_new(1);
		struct sink sink = {.engine = e};
		struct link_config config = {.rate_bps = 10000000, .delay_ns = 10 * MS, .queue = config_of(disciplines[d])};
		struct path path = path_to(&sink, link_new(e, &config, NULL));

		for (uint32_t i = 0; i < 500; i++)
			send_packet(e, &path, i % 10, 1250, i % 4);
		engine_run(e, 12 * MS);
		engine_free(e);
		CU_ASSERT_EQUAL(sink.delivered + sink.dropped, 500);
		CU_ASSERT(sink.delivered > 0 && sink.dropped > 0);
	}
}

static void an_unknown_discipline_is_refused(void)
{
	struct engine *e = engine_new(1);
	struct link_config config = {.rate_bps = 10000000, .queue = {.discipline = "sfq"}};
	int error = 0;

	CU_ASSERT_PTR_NULL(link_new(e, &config, &error));
	CU_ASSERT(error < 0);
	engine_free(e);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(every_discipline_gives_every_packet_back),
		TEST(a_link_that_is_freed_gives_back_what_waits),
		TEST(an_unknown_discipline_is_refused),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_link", tests);
}
