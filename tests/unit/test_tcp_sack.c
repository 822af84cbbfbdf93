// SPDX-License-Identifier: GPL-2.0-only
/* What an ACK says of data out of order and of data that came twice. */
#include "tcp_fixture.h"

#define FIRST 5000 /* of the examples in the RFCs: what was received before */

/* FIRST bytes are there, ACKed, and segments of 500 bytes go unanswered from here on as the RFCs count them */
static void start_at_first(void)
{
	wire_connect(test_plugin("plain"), false);
	wire.keep[1] = true;
	data(0, FIRST);
	wire_run(400 * MS);
	wire.n[1] = 0;
}

static void sack_of_a_lost_first_segment(void) /* RFC 2018 7, case 2 */
{
	char want[32];

	start_at_first();
	for (u32 seq = 5500; seq <= 8500; seq += 500) {
		data(seq, 500);
		snprintf(want, sizeof(want), "5500-%u", seq + 500);
		last_ack_is(5000, want);
	}
	wire_close();
}

static void sack_blocks_are_in_order_of_arrival(void) /* RFC 2018 7, case 3 */
{
	start_at_first();
	data(5000, 500);
	last_ack_is(5500, "");
	data(6000, 500);
	last_ack_is(5500, "6000-6500");
	data(7000, 500);
	last_ack_is(5500, "7000-7500 6000-6500");
	data(8000, 500);
	last_ack_is(5500, "8000-8500 7000-7500 6000-6500");
	data(6500, 500);
	last_ack_is(5500, "6000-7500 8000-8500");
	data(5500, 500);
	last_ack_is(7500, "8000-8500");
	wire_close();
}

static void no_more_blocks_than_fit(void)
{
	start_at_first();
	wire.server->rcv.window_end += 1000000;
	for (u32 i = 0; i < 300; i++)
		data(6000 + i * 1000, 500);
	last_ack_is(5000, "305000-305500 304000-304500 303000-303500");
	CU_ASSERT_EQUAL(wire.server->rcv.n_ranges, 300);
	for (u32 i = 0; i < 299; i++) /* backwards */
		data(6500 + (298 - i) * 1000, 500);
	last_ack_is(5000, "6000-305500");
	data(5000, 1000);
	last_ack_is(305500, "");
	wire_close();
}

static void dsack_of_a_segment_received_before(void) /* RFC 2883 4.1.1 */
{
	start_at_first();
	data(5000, 500);
	data(5500, 500);
	data(5000, 500);
	last_ack_is(6000, "5000-5500");
	data(6000, 500); /* told once */
	wire_run(400 * MS);
	last_ack_is(6500, "");
	wire_close();
}

static void dsack_comes_before_the_other_blocks(void) /* RFC 2883 4.1.2: 3500-4499 lost, 3000-3499 sent again */
{
	start_at_first();
	data(5000, 500);
	data(6500, 500);
	data(5000, 500);
	last_ack_is(5500, "5000-5500 6500-7000");
	wire_close();
}

static void dsack_of_data_out_of_order(void) /* RFC 2883 4.1.3 */
{
	start_at_first();
	data(5500, 500);
	data(6000, 500);
	last_ack_is(5000, "5500-6500");
	data(6000, 500);
	last_ack_is(5000, "6000-6500 5500-6500");
	wire_close();
}

static void dsack_of_part_of_a_segment(void) /* RFC 2883 4.2.1 */
{
	start_at_first();
	data(5000, 500);
	data(6500, 500);
	data(5500, 1500); /* 6500-6999 came twice */
	last_ack_is(7000, "6500-7000");
	data(6500, 1000);
	last_ack_is(7500, "6500-7000");
	data(8500, 500);
	data(8000, 600); /* the end of it */
	last_ack_is(7500, "8500-8600 8000-9000");
	wire_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(sack_of_a_lost_first_segment),
		TEST(sack_blocks_are_in_order_of_arrival),
		TEST(no_more_blocks_than_fit),
		TEST(dsack_of_a_segment_received_before),
		TEST(dsack_comes_before_the_other_blocks),
		TEST(dsack_of_data_out_of_order),
		TEST(dsack_of_part_of_a_segment),
		CU_TEST_INFO_NULL,
	};

	use_built_algorithms();
	return unit_run("tcp_sack", tests);
}
