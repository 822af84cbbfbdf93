// SPDX-License-Identifier: GPL-2.0-only
/* The receiving half of a simulated endpoint: which ACK comes when, and what it says. Its SACK blocks: test_tcp_sack.c. */
#include "tcp_fixture.h"

static void acks(u32 n)
{
	wire_run(DELAY_NS);
	CU_ASSERT_EQUAL(wire.n[1], n);
}

/* --- when --------------------------------------------------------------------------------------------------------------- */

static void every_second_segment_is_acknowledged_at_once(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	for (u32 i = 1; i <= 20; i++, seq += MSS) {
		data(seq, MSS);
		wire_run(MS / 10);
		CU_ASSERT_EQUAL(wire.server->tp.rcv_nxt - wire.server->rcv.acked, i % 2 * MSS);
	}
	acks(10);
	CU_ASSERT_EQUAL(relative(ack_heard(9)->ack), seq);
	wire_close();
}

static void single_segment_waits_forty_milliseconds(void)
{
	u32 seq;
	uint64_t then;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	then = wire_now();
	data(seq, MSS);
	acks(0);
	wire_run(100 * MS);
	CU_ASSERT_EQUAL(wire.n[1], 1);
	CU_ASSERT_EQUAL(wire.heard[1][0].at_ns, then + 40 * MS + DELAY_NS);
	wire_run(1000 * MS);
	CU_ASSERT_EQUAL(wire.n[1], 1); /* once is enough */
	wire_close();
}

/* a segment every 150 ms, each alone: its ACK comes when nothing follows */
static uint64_t longest_delay(u32 srtt_ms)
{
	uint64_t longest_ns = 0;
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	wire.server->tp.srtt_us = 8 * 1000 * srtt_ms;
	wire.server->snd.rto_us = 3000000; /* a longer pause would bring quick ACKs */
	for (int i = 0; i < 40; i++, seq += MSS) {
		uint64_t then = wire_now();

		data(seq, MSS);
		wire.n[1] = 0;
		wire_run(150 * MS);
		if (wire.n[1]) {
			uint64_t took_ns = wire.heard[1][0].at_ns - then - DELAY_NS;

			longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
		}
	}
	wire_close();
	return longest_ns;
}

static void delay_follows_the_gaps_up_to_the_round_trip(void)
{
	CU_ASSERT_EQUAL(longest_delay(20), 40 * MS);
	CU_ASSERT_EQUAL(longest_delay(60), 60 * MS);
	CU_ASSERT(longest_delay(1000) > 60 * MS);
	CU_ASSERT(longest_delay(1000) <= 200 * MS);
}

/* 16, and those that the window takes to its first room: 16839 bytes in steps of two segments */
static void start_is_acknowledged_quickly(void)
{
	wire_connect(test_plugin("plain"), false);
	wire.keep[1] = true;
	for (u32 i = 0; i < 22; i++)
		data(i * MSS, MSS);
	acks(22);
	CU_ASSERT_EQUAL(wire.server->rcv.quick_acks, 0);
	data(22 * MSS, MSS);
	acks(22);
	wire_run(40 * MS);
	wire_close();
}

/* two segments for each that comes, each told of at once, until the room is used; short ones do not count */
static void segments_that_widen_the_window_are_acknowledged_at_once(void)
{
	u32 seq, window;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	window = wire.server->rcv.window_bytes;
	wire.server->rcv.room_bytes = window + 7 * MSS;
	wire.server->rcv.pingpong = 0;
	for (u32 i = 1; i <= 4; i++, seq += MSS) {
		data(seq, MSS);
		acks(i);
		CU_ASSERT_EQUAL(wire.server->rcv.window_bytes, window + (i < 4 ? 2 * i : 7) * MSS);
	}
	data(seq, MSS);
	acks(4);
	data(seq + MSS, MSS);
	acks(5);
	wire.server->rcv.room_bytes += 7 * MSS;
	data(seq + 2 * MSS, 127);
	CU_ASSERT_EQUAL(wire.server->rcv.window_bytes, window + 7 * MSS);
	data(seq + 2 * MSS + 127, 128);
	CU_ASSERT_EQUAL(wire.server->rcv.window_bytes, window + 9 * MSS);
	wire_run(400 * MS);
	wire_close();
}

static void short_segment_is_acknowledged_when_it_is_read(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	data(seq, 100);
	acks(1);
	wire_close();
}

static void segment_out_of_order_is_acknowledged_at_once(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	for (u32 i = 1; i <= 10; i++)
		data(seq + i * MSS, MSS);
	acks(10);
	data(seq, MSS); /* and the one that fills the hole */
	acks(11);
	CU_ASSERT_EQUAL(relative(ack_heard(10)->ack), seq + 11 * MSS);
	CU_ASSERT_EQUAL(ack_heard(10)->n_sack, 0);
	wire_close();
}

/* also where answers are expected to carry the ACKs, and less than a full segment has come */
static void filled_hole_is_acknowledged_at_once(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	wire.server->rcv.pingpong = 3;
	data(seq + 100, 100);
	acks(1);
	data(seq, 100);
	acks(2);
	CU_ASSERT_EQUAL(relative(ack_heard(1)->ack), seq + 200);
	data(seq + 200, 100);
	acks(2);
	wire_close();
}

/* what an algorithm asks for: an ACK of what came before leaves the rest waiting */
static void earlier_ack_leaves_the_delayed_one(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	data(seq, MSS);
	tcp_send_ack(wire.server, wire.server->tp.rcv_nxt - MSS);
	acks(1);
	CU_ASSERT_EQUAL(relative(ack_heard(0)->ack), seq);
	wire_run(40 * MS);
	acks(2);
	CU_ASSERT_EQUAL(relative(ack_heard(1)->ack), seq + MSS);
	wire_close();
}

static u32 read_bytes;

static void count_received(void *arg, u32 bytes)
{
	read_bytes += bytes;
}

static void application_reads_in_order_and_once(void)
{
	wire_connect(test_plugin("plain"), false);
	wire.keep[1] = true;
	wire.server->app.received = count_received;
	read_bytes = 0;
	data(MSS, MSS);
	data(3 * MSS, MSS);
	CU_ASSERT_EQUAL(read_bytes, 0);
	data(0, MSS);
	CU_ASSERT_EQUAL(read_bytes, 2 * MSS);
	data(0, MSS);
	data(MSS, MSS);
	CU_ASSERT_EQUAL(read_bytes, 2 * MSS);
	data(MSS, 4 * MSS);
	CU_ASSERT_EQUAL(read_bytes, 5 * MSS);
	wire_close();
}
/* --- congestion marks ------------------------------------------------------------------------------------------------------ */

static void mark_is_echoed_until_the_sender_has_reduced(void) /* RFC 3168 6.1.3 */
{
	u32 seq;

	wire_connect(test_plugin("plain_ecn"), false);
	CU_ASSERT_EQUAL(wire.server->ecn, TCP_ECN_CLASSIC);
	seq = past_quick_acks();
	data_with(seq, MSS, ECN_CE, 0, (u32)(wire_now() / MS));
	acks(1); /* at once: the sender's window may be small */
	CU_ASSERT(ack_heard(0)->flags & TCP_ECE);
	for (u32 i = 1; i <= 10; i++)
		data_with(seq + i * MSS, MSS, ECN_ECT0, 0, (u32)(wire_now() / MS));
	wire_run(400 * MS);
	CU_ASSERT(ack_heard(wire.n[1] - 1)->flags & TCP_ECE);
	wire.n[1] = 0;
	data_with(seq + 11 * MSS, MSS, ECN_ECT0, TCP_CWR, (u32)(wire_now() / MS));
	acks(1);
	CU_ASSERT_FALSE(ack_heard(0)->flags & TCP_ECE);
	data_with(seq + 12 * MSS, MSS, ECN_CE, 0, (u32)(wire_now() / MS)); /* and the next one */
	acks(2);
	CU_ASSERT(ack_heard(1)->flags & TCP_ECE);
	wire_close();
}

static void mark_without_ecn_is_not_echoed(void)
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	data_with(seq, MSS, ECN_CE, 0, (u32)(wire_now() / MS));
	data_with(seq + MSS, MSS, ECN_CE, TCP_CWR, (u32)(wire_now() / MS));
	acks(1);
	CU_ASSERT_FALSE(ack_heard(0)->flags & TCP_ECE);
	wire_close();
}

/* U12: RFC 8257 3.2, through the algorithm's own state machine */
static void dctcp_acknowledges_each_flip_with_the_old_state(void)
{
	u32 seq, now_ms;

	wire_connect("dctcp", false);
	seq = past_quick_acks();
	now_ms = (u32)(wire_now() / MS);
	data_with(seq, MSS, ECN_ECT0, 0, now_ms); /* its ACK is delayed */
	data_with(seq + MSS, MSS, ECN_CE, 0, now_ms);
	acks(2);
	CU_ASSERT_EQUAL(relative(ack_heard(0)->ack), seq + MSS); /* what came before, unmarked */
	CU_ASSERT_FALSE(ack_heard(0)->flags & TCP_ECE);
	CU_ASSERT_EQUAL(relative(ack_heard(1)->ack), seq + 2 * MSS);
	CU_ASSERT(ack_heard(1)->flags & TCP_ECE);
	wire.n[1] = 0;
	seq += 2 * MSS;
	for (u32 i = 0; i < 7; i++) /* no flip: every second segment, marked */
		data_with(seq + i * MSS, MSS, ECN_CE, 0, now_ms);
	acks(3);
	CU_ASSERT(ack_heard(0)->flags & ack_heard(1)->flags & ack_heard(2)->flags & TCP_ECE);
	data_with(seq + 7 * MSS, MSS, ECN_ECT0, 0, now_ms); /* the seventh waits */
	acks(5);
	CU_ASSERT_EQUAL(relative(ack_heard(3)->ack), seq + 7 * MSS);
	CU_ASSERT(ack_heard(3)->flags & TCP_ECE);
	CU_ASSERT_EQUAL(relative(ack_heard(4)->ack), seq + 8 * MSS);
	CU_ASSERT_FALSE(ack_heard(4)->flags & TCP_ECE);
	wire_close();
}

static void marks_are_counted_modulo_eight(void) /* RFC 9768 3.2.2 */
{
	u32 seq;
	u8 first;

	wire_connect(test_plugin("plain"), true);
	CU_ASSERT_EQUAL(wire.server->ecn, TCP_ECN_ACCURATE);
	seq = past_quick_acks();
	data_with(seq, MSS, ECN_CE, 0, (u32)(wire_now() / MS));
	acks(1); /* the first mark at once */
	first = ack_heard(0)->ace;
	CU_ASSERT_FALSE(ack_heard(0)->flags & TCP_ECE);
	for (u32 i = 1; i <= 9; i++)
		data_with(seq + i * MSS, MSS, ECN_CE, 0, (u32)(wire_now() / MS));
	wire_run(400 * MS);
	CU_ASSERT_EQUAL(ack_heard(wire.n[1] - 1)->ace, (first + 9) % 8);
	wire_close();
}

/* --- timestamps and window ---------------------------------------------------------------------------------------------------- */

static void delayed_ack_echoes_the_earlier_timestamp(void) /* RFC 7323 4.3 */
{
	u32 seq;

	wire_connect(test_plugin("plain"), false);
	seq = past_quick_acks();
	data_with(seq, MSS, ECN_NOT_ECT, 0, 2000);
	data_with(seq + MSS, MSS, ECN_NOT_ECT, 0, 2001);
	acks(1);
	CU_ASSERT_EQUAL(ack_heard(0)->tsecr, 2000);
	data_with(seq + 3 * MSS, MSS, ECN_NOT_ECT, 0, 2003); /* a hole: the last in order */
	acks(2);
	CU_ASSERT_EQUAL(ack_heard(1)->tsecr, 2000);
	data_with(seq + 2 * MSS, MSS, ECN_NOT_ECT, 0, 2002); /* what fills it */
	acks(3);
	CU_ASSERT_EQUAL(ack_heard(2)->tsecr, 2002);
	data_with(seq, MSS, ECN_NOT_ECT, 0, 1999); /* old: not taken */
	acks(4);
	CU_ASSERT_EQUAL(ack_heard(3)->tsecr, 2002);
	wire_close();
}

static void window_grows_with_what_comes_and_never_shrinks(void)
{
	u32 seq = 0, edge = 0, burst = 10, rcvbuf = 0;

	wire_connect(test_plugin("plain"), false);
	wire.keep[1] = true;
	for (int round = 0; round < 12; round++, burst = round < 6 ? burst * 2 : burst + 8) {
		wire.n[1] = 0;
		for (u32 i = 0; i < burst; i++, seq += MSS) {
			u32 window = wire.server->rcv.window_end - wire.server->tp.rcv_nxt;

			CU_ASSERT(window >= MSS);
			if (i == burst / 2) /* a hole, filled by the next */
				data(seq + MSS, MSS);
			data(seq, MSS);
		}
		wire_run(20 * MS);
		CU_ASSERT(wire.server->rcv.room_bytes >= rcvbuf);
		rcvbuf = wire.server->rcv.room_bytes;
		for (u32 i = 0; i < wire.n[1]; i++) {
			u32 now = ack_heard(i)->ack + ack_heard(i)->window;

			CU_ASSERT(!edge || !before(now, edge));
			edge = now;
		}
	}
	CU_ASSERT(wire.server->rcv.room_bytes > 2 * 640 * MSS);
	CU_ASSERT(wire.server->rcv.room_bytes < 20 * 640 * MSS);
	wire_close();
}

static void data_beyond_the_window_is_refused(void)
{
	u32 edge;

	wire_connect(test_plugin("plain"), false);
	wire.keep[1] = true;
	edge = wire.server->rcv.window_end - wire.client->tp.snd_una;
	CU_ASSERT_EQUAL(edge, 65535);
	data(edge, MSS);
	last_ack_is(0, "");
	CU_ASSERT_EQUAL(wire.server->rcv.n_ranges, 0);
	data(edge - 1, 1);
	last_ack_is(0, "65534-65535");
	wire_close();
}

static void endpoint_is_small(void)
{
	CU_ASSERT(2 * sizeof(struct tcp_endpoint) < 4096);
}
int main(void)
{
	CU_TestInfo tests[] = {
		TEST(every_second_segment_is_acknowledged_at_once),
		TEST(single_segment_waits_forty_milliseconds),
		TEST(delay_follows_the_gaps_up_to_the_round_trip),
		TEST(start_is_acknowledged_quickly),
		TEST(segments_that_widen_the_window_are_acknowledged_at_once),
		TEST(short_segment_is_acknowledged_when_it_is_read),
		TEST(segment_out_of_order_is_acknowledged_at_once),
		TEST(filled_hole_is_acknowledged_at_once),
		TEST(earlier_ack_leaves_the_delayed_one),
		TEST(application_reads_in_order_and_once),
		TEST(mark_is_echoed_until_the_sender_has_reduced),
		TEST(mark_without_ecn_is_not_echoed),
		TEST(dctcp_acknowledges_each_flip_with_the_old_state),
		TEST(marks_are_counted_modulo_eight),
		TEST(delayed_ack_echoes_the_earlier_timestamp),
		TEST(window_grows_with_what_comes_and_never_shrinks),
		TEST(data_beyond_the_window_is_refused),
		TEST(endpoint_is_small),
		CU_TEST_INFO_NULL,
	};

	use_built_algorithms();
	return unit_run("tcp_receiver", tests);
}
