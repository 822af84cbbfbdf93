// SPDX-License-Identifier: GPL-2.0-only
#include "queue_fixture.h"

#define LEN 1514

static void fq_open(struct bench *b, struct queue_config config)
{
	config.discipline = "fq_codel";
	CU_ASSERT_EQUAL_FATAL(bench_open(b, &config), 0);
}

static void put_many(struct bench *b, uint64_t now_ns, uint32_t flow, uint32_t len, int n)
{
	while (n--)
		bench_put(b, now_ns, flow, len, ECN_NOT_ECT);
}

static void a_sparse_flow_overtakes_a_backlog(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){0});
	put_many(&b, 0, 1, LEN, 1000);
	for (uint64_t t = 1; t < 500; t++) {
		/* the first packet uses up flow 1's credit as a new flow */
		CU_ASSERT_EQUAL(bench_take(&b, t).flow, 1);
		bench_put(&b, t, 2, 100, ECN_NOT_ECT);
		CU_ASSERT_EQUAL(bench_take(&b, t).flow, 2);
		t++; /* empty: it waits its turn as an old flow, then leaves the list and may be new again */
		CU_ASSERT_EQUAL(bench_take(&b, t).flow, 1);
	}
	CU_ASSERT_EQUAL(b.dropped, 0);
	bench_close(&b);
}

static void a_second_packet_of_a_new_flow_beyond_the_quantum_waits_its_turn(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){0});
	put_many(&b, 0, 1, LEN, 10);
	CU_ASSERT_EQUAL(bench_take(&b, 1).flow, 1);
	put_many(&b, 1, 2, LEN, 10);
	CU_ASSERT_EQUAL(bench_take(&b, 2).flow, 2); /* new: at once, one quantum */
	CU_ASSERT_EQUAL(bench_take(&b, 3).flow, 1); /* then behind what is old */
	CU_ASSERT_EQUAL(bench_take(&b, 4).flow, 2);
	CU_ASSERT_EQUAL(bench_take(&b, 5).flow, 1);
	bench_close(&b);
}

/* RFC 8290, 4.2: else a flow that sends now and then would always be new */
static void a_new_flow_that_ran_empty_waits_its_turn_as_an_old_one(void)
{
	static const uint32_t order[] = {2, 1, 3, 4, 2, 1, 3, 4, 1};
	struct bench b;

	fq_open(&b, (struct queue_config){0});
	put_many(&b, 0, 1, LEN, 10);
	put_many(&b, 0, 3, LEN, 10);
	put_many(&b, 0, 4, LEN, 10);
	for (int i = 0; i < 3; i++)
		bench_take(&b, 0);
	put_many(&b, 0, 2, 100, 1);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		uint32_t flow = bench_take(&b, 0).flow;

		CU_ASSERT_EQUAL(flow, order[i]);
		if (i == 1) /* found empty in this round; back while the others wait */
			put_many(&b, 0, 2, 100, 1);
	}
	bench_close(&b);
}

static void what_overflowed_is_given_back_at_the_end(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){.limit_pkts = 10});
	put_many(&b, 0, 1, LEN, 20);
	CU_ASSERT_EQUAL(b.dropped, 0);
	bench_check_conserved(&b);
	bench_close(&b);
	CU_ASSERT_EQUAL(b.dropped, 20);
}

/* In bytes, whatever the lengths: never apart by more than a quantum and a packet, at any moment. */
static void backlogged_flows_share_equally_within_a_quantum(void)
{
	static const uint32_t quanta[] = {300, 1514, 6000};

	for (int i = 0; i < 3; i++) {
		int64_t served[4] = {0};
		struct bench b;

		fq_open(&b, (struct queue_config){.quantum_bytes = quanta[i]});
		put_many(&b, 0, 1, 1514, 1000);
		put_many(&b, 0, 2, 100, 5000);
		put_many(&b, 0, 3, 700, 2000);
		for (uint64_t t = 0; t < 2000; t++) {
			struct taken p = bench_take(&b, t);

			served[p.flow] += p.len;
			for (int f = 1; f <= 3; f++)
				CU_ASSERT(llabs(served[f] - served[1]) <= (int64_t)quanta[i] + 1514);
		}
		CU_ASSERT(served[1] > 150000);
		bench_close(&b);
	}
}

static void packets_of_a_flow_stay_in_order(void)
{
	uint64_t last[8] = {0};
	struct bench b;

	fq_open(&b, (struct queue_config){0});
	for (uint64_t t = 1; t <= 800; t++)
		bench_put(&b, t, t % 8, 200 + t % 7 * 100, ECN_NOT_ECT);
	for (uint64_t t = 1; t <= 800; t++) {
		struct taken p = bench_take(&b, 1000);

		CU_ASSERT(p.any && p.arrived_ns > last[p.flow]);
		last[p.flow] = p.arrived_ns;
	}
	bench_close(&b);
}

/* RFC 8290, 4.1: the flow with most bytes loses half of its packets, at most 64, from its head; the others nothing */
static void at_the_limit_the_fattest_flow_loses_from_its_head(void)
{
	static const struct { uint64_t limit, small, lost; } cases[] = {
		{10240, 40, 64}, {200, 40, 64}, {100, 20, 41}, {10, 3, 4}, {1, 0, 1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t fat = cases[i].limit + 1 - cases[i].small, dropped = 0, first = 0;
		struct bench b;

		fq_open(&b, (struct queue_config){.limit_pkts = cases[i].limit == 10240 ? 0 : cases[i].limit});
		put_many(&b, 1, 2, 1000, (int)cases[i].small);
		for (uint64_t t = 1; t <= fat; t++)
			CU_ASSERT_TRUE(bench_put(&b, t, 1, 1000, ECN_NOT_ECT));
		bench_check_conserved(&b);
		for (;;) {
			struct taken p = bench_take(&b, fat);

			dropped += p.dropped;
			if (!p.any)
				break;
			if (p.flow == 1 && !first)
				first = p.arrived_ns;
			bench_check_conserved(&b);
		}
		CU_ASSERT_EQUAL(dropped, cases[i].lost);
		CU_ASSERT_EQUAL(b.out, cases[i].limit + 1 - cases[i].lost);
		CU_ASSERT_EQUAL(first, b.out > cases[i].small ? cases[i].lost + 1 : 0);
		bench_close(&b);
	}
}

static void a_limit_in_bytes_counts_bytes(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){.limit_bytes = 10000});
	put_many(&b, 0, 1, 1000, 10);
	CU_ASSERT_EQUAL(bench_take(&b, 0).dropped, 0);
	put_many(&b, 0, 1, 1000, 2);
	CU_ASSERT_EQUAL(bench_take(&b, 0).dropped, 6);
	put_many(&b, 0, 2, 10001, 1); /* alone too long: it goes, and whatever was fatter before it */
	bench_take(&b, 0);
	CU_ASSERT_EQUAL(b.in_bytes - b.dropped_bytes - b.out_bytes, bench_base(&b)->bytes);
	bench_close(&b);
}

/* CoDel runs in each queue by itself: a standing flow is dropped from, a sparse one beside it is not */
static void only_the_standing_flow_is_dropped_from(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){.ecn = true});
	for (uint64_t t = 0; t < 2 * SECOND; t += MS) {
		while (bench_base(&b)->pkts < 100)
			bench_put(&b, t, 1, LEN, ECN_NOT_ECT);
		bench_put(&b, t, 2, 100, ECN_ECT0);
		bench_take(&b, t);
		bench_take(&b, t);
	}
	CU_ASSERT(b.dropped > 30);
	CU_ASSERT_EQUAL(b.dropped_not_ect, b.dropped);
	CU_ASSERT_EQUAL(bench_base(&b)->marked, 0);
	bench_close(&b);
}

static void with_ecn_ect_is_marked_and_not_dropped(void)
{
	struct bench b;

	fq_open(&b, (struct queue_config){.ecn = true});
	for (uint64_t t = 0; t < 2 * SECOND; t += MS) {
		while (bench_base(&b)->pkts < 100)
			bench_put(&b, t, 1, LEN, ECN_ECT1);
		bench_take(&b, t);
	}
	CU_ASSERT(bench_base(&b)->marked > 30);
	CU_ASSERT_EQUAL(b.dropped, 0);
	bench_close(&b);
}

/* 1024 queues: 1000 flows meet 1000 x (1 - e^(-1000/1024)) = 638 of them, give or take; another seed, other collisions */
static uint64_t queues_met(uint64_t seed, uint32_t flows)
{
	uint64_t n = 0;
	struct bench b;

	fq_open(&b, (struct queue_config){.seed = seed, .flows = flows});
	for (uint32_t f = 0; f < 1000; f++)
		put_many(&b, 0, f, LEN, 2);
	/* each queue is new once: the first round gives one packet of each, the second packet of one comes after it */
	for (bool seen[1000] = {false};;) {
		struct taken p = bench_take(&b, 0);

		if (seen[p.flow])
			break;
		seen[p.flow] = true;
		n++;
	}
	bench_close(&b);
	return n;
}

static void flows_spread_over_the_queues_by_the_seed(void)
{
	uint64_t met = queues_met(1, 0), differs = 0;

	CU_ASSERT(met > 600 && met < 680);
	CU_ASSERT_EQUAL(queues_met(1, 0), met);
	for (uint64_t seed = 2; seed < 10; seed++)
		differs += queues_met(seed, 0) != met;
	CU_ASSERT(differs > 4);
	CU_ASSERT_EQUAL(queues_met(1, 1), 1);
}

static void impossible_figures_are_refused(void)
{
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "fq_codel", .flows = 65536}), 0);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "fq_codel", .flows = 65537}), -EINVAL);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "fq_codel", .quantum_bytes = UINT32_MAX}), -EINVAL);
	CU_ASSERT_EQUAL(bench_probe((struct queue_config){.discipline = "fq_codel", .target_ns = SECOND}), -EINVAL);
}

static void nothing_is_lost_or_counted_twice(void)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		bench_random((struct queue_config){.discipline = "fq_codel"}, seed, false);
		bench_random((struct queue_config){.discipline = "fq_codel", .ecn = true, .limit_pkts = 300, .flows = 8}, seed, true);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_sparse_flow_overtakes_a_backlog),
		TEST(a_second_packet_of_a_new_flow_beyond_the_quantum_waits_its_turn),
		TEST(a_new_flow_that_ran_empty_waits_its_turn_as_an_old_one),
		TEST(what_overflowed_is_given_back_at_the_end),
		TEST(backlogged_flows_share_equally_within_a_quantum),
		TEST(packets_of_a_flow_stay_in_order),
		TEST(at_the_limit_the_fattest_flow_loses_from_its_head),
		TEST(a_limit_in_bytes_counts_bytes),
		TEST(only_the_standing_flow_is_dropped_from),
		TEST(with_ecn_ect_is_marked_and_not_dropped),
		TEST(flows_spread_over_the_queues_by_the_seed),
		TEST(impossible_figures_are_refused),
		TEST(nothing_is_lost_or_counted_twice),
		CU_TEST_INFO_NULL,
	};

	return unit_run("queue_fq_codel", tests);
}
