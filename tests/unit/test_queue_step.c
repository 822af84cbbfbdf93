// SPDX-License-Identifier: GPL-2.0-only
#include "engine_fixture.h"

/* a burst of 100 packets of 1000 bytes into an idle link */
static struct sink burst(struct queue_config queue, uint8_t ecn, struct link_stats *st)
{
	struct engine *e = engine_new(1);
	struct sink sink = {.engine = e};
	struct link_config config = {.rate_bps = 1000000, .queue = queue};
	struct path path;

	config.queue.discipline = "step";
	path = path_to(&sink, link_new(e, &config, NULL));
	for (uint32_t i = 1; i <= 100; i++)
		send_packet(e, &path, i, 1000, ecn);
	engine_run(e, 3600 * SECOND);
	link_stats(path.links[0], st);
	engine_free(e);
	return sink;
}

/* packet 1 is on the wire, packet n + 2 finds n waiting: with threshold K packets K + 2 … 100 are marked */
static void marks_begin_exactly_at_the_threshold(void)
{
	struct link_stats st;

	for (uint64_t k = 1; k < 99; k++) {
		struct sink s = burst((struct queue_config){.limit_pkts = 1000, .mark_threshold_pkts = k}, ECN_ECT0, &st);

		CU_ASSERT_EQUAL(s.marked, 99 - k);
		CU_ASSERT_EQUAL(st.marked_pkts, 99 - k);
		CU_ASSERT_EQUAL(s.delivered, 100);
	}
}

static void a_threshold_in_bytes_counts_bytes(void)
{
	struct link_stats st;

	CU_ASSERT_EQUAL(burst((struct queue_config){.limit_pkts = 1000, .mark_threshold_bytes = 10000}, ECN_ECT1, &st).marked, 89);
	CU_ASSERT_EQUAL(burst((struct queue_config){.limit_pkts = 1000, .mark_threshold_bytes = 10001}, ECN_ECT1, &st).marked, 88);
}

static void not_ect_is_never_marked(void)
{
	struct link_stats st;
	struct sink s = burst((struct queue_config){.limit_pkts = 1000, .mark_threshold_pkts = 5}, ECN_NOT_ECT, &st);

	CU_ASSERT_EQUAL(s.marked, 0);
	CU_ASSERT_EQUAL(s.delivered, 100);
}

static void a_mark_from_before_is_not_counted_again(void)
{
	struct link_stats st;
	struct sink s = burst((struct queue_config){.limit_pkts = 1000, .mark_threshold_pkts = 5}, ECN_CE, &st);

	CU_ASSERT_EQUAL(s.marked, 100);
	CU_ASSERT_EQUAL(st.marked_pkts, 0);
}

static void a_full_queue_drops_and_does_not_count_the_dropped_as_marked(void)
{
	struct link_stats st;
	struct sink s = burst((struct queue_config){.limit_pkts = 20, .mark_threshold_pkts = 5}, ECN_ECT0, &st);

	CU_ASSERT_EQUAL(s.delivered, 21);
	CU_ASSERT_EQUAL(s.dropped, 79);
	CU_ASSERT_EQUAL(st.marked_pkts, 15);
	CU_ASSERT_EQUAL(s.marked, 15);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(marks_begin_exactly_at_the_threshold),
		TEST(a_threshold_in_bytes_counts_bytes),
		TEST(not_ect_is_never_marked),
		TEST(a_mark_from_before_is_not_counted_again),
		{"a_full_queue_drops_and_does_not_count_the_dropped_as_marked",
		 a_full_queue_drops_and_does_not_count_the_dropped_as_marked},
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_step", tests);
}
