// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "engine_fixture.h"
#include "../../netsim/engine/queue.h"

/* a burst of `burst` packets of 1000 bytes into an idle link: how many get through? One is on the wire at once. */
static uint64_t through(struct queue_config queue, uint32_t burst)
{
	struct engine *e = engine_new(1);
	struct sink sink = {.engine = e};
	struct link_config config = {.rate_bps = 1000000, .queue = queue};
	struct path path = path_to(&sink, link_new(e, &config, NULL));

	for (uint32_t i = 1; i <= burst; i++)
		send_packet(e, &path, i, 1000, ECN_ECT0);
	engine_run(e, 3600 * SECOND);
	engine_free(e);
	CU_ASSERT_EQUAL(sink.delivered + sink.dropped, burst);
	CU_ASSERT_EQUAL(sink.marked, 0);
	CU_ASSERT_EQUAL(sink.out_of_order, 0);
	return sink.delivered;
}

static void exactly_the_limit_waits(void)
{
	for (uint64_t limit = 1; limit <= 200; limit++)
		CU_ASSERT_EQUAL(through((struct queue_config){.discipline = "fifo", .limit_pkts = limit}, 300), limit + 1);
}

static void a_limit_in_bytes_counts_bytes(void)
{
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 10000}, 300), 11);
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 10999}, 300), 11);
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 9999}, 300), 10);
}

static void the_tighter_of_two_limits_holds(void)
{
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 5000, .limit_pkts = 50}, 300), 6);
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 50000, .limit_pkts = 5}, 300), 6);
}

static void without_a_limit_nothing_is_dropped(void)
{
	CU_ASSERT_EQUAL(through((struct queue_config){.discipline = "fifo"}, 5000), 5000);
}

static void a_packet_longer_than_the_limit_never_passes(void)
{
	CU_ASSERT_EQUAL(through((struct queue_config){.limit_bytes = 999}, 300), 0);
}

/* How many packets of 1000 bytes are taken at once when nothing leaves? 1 Mbit/s: 8 ms each. */
static uint64_t taken(struct queue_config config, uint64_t then_rate_bps)
{
	static struct packet packets[100];
	const struct queue_ops *ops = queue_find("fifo");
	struct queue *q = calloc(1, ops->size);
	struct packet *list = NULL;
	uint64_t n = 0;

	CU_ASSERT_EQUAL_FATAL(ops->init(q, &config), 0);
	if (then_rate_bps != config.rate_bps)
		ops->set_rate(q, then_rate_bps);
	for (; n < 100; n++) {
		packets[n] = (struct packet){.len = 1000};
		if (!ops->enqueue(q, &packets[n], 0))
			break;
	}
	ops->fini(q, &list);
	free(q);
	return n;
}

/* n packets ahead are a wait of n x 8 ms: one that waits exactly the limit is let in */
static void a_limit_in_time_is_the_wait_at_the_present_rate(void)
{
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS, .rate_bps = 1000000}, 1000000), 11);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS - 1, .rate_bps = 1000000}, 1000000), 10);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 1, .rate_bps = 1000000}, 1000000), 1);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS, .limit_pkts = 4, .rate_bps = 1000000}, 1000000), 4);
}

static void a_limit_in_time_follows_the_rate(void)
{
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS, .rate_bps = 1000000}, 2000000), 21);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS, .rate_bps = 1000000}, 500000), 6);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 80 * MS, .rate_bps = 1000000}, 0), 11);
	CU_ASSERT_EQUAL(taken((struct queue_config){.limit_ns = 1ULL << 51, .rate_bps = 10000000000000}, 10000000000000), 100);
}

static void a_limit_in_time_needs_a_rate(void)
{
	const struct queue_ops *ops = queue_find("fifo");
	struct queue *q = calloc(1, ops->size);

	CU_ASSERT_EQUAL(ops->init(q, &(struct queue_config){.limit_ns = MS}), -EINVAL);
	free(q);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(exactly_the_limit_waits),
		TEST(a_limit_in_bytes_counts_bytes),
		TEST(the_tighter_of_two_limits_holds),
		TEST(without_a_limit_nothing_is_dropped),
		TEST(a_packet_longer_than_the_limit_never_passes),
		TEST(a_limit_in_time_is_the_wait_at_the_present_rate),
		TEST(a_limit_in_time_follows_the_rate),
		TEST(a_limit_in_time_needs_a_rate),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_fifo", tests);
}
