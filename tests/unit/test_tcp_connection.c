// SPDX-License-Identifier: GPL-2.0-only
/* Opening, closing and using again; transfers over paths that lose packets. */
#include "tcp_fixture.h"

#define SECOND_NS (1000 * MS)

static u64 received[2]; /* by server, client */

static void count(void *arg, u32 bytes)
{
	*(u64 *)arg += bytes;
}

static void listen_to_both(void)
{
	memset(received, 0, sizeof(received));
	wire.server->app = (struct tcp_app){.received = count, .arg = &received[0]};
	wire.client->app = (struct tcp_app){.received = count, .arg = &received[1]};
}

/* a handshake in which some packets there or back are lost: bit k is the k-th */
static void open_losing(u64 there, u64 back, u64 run_ns)
{
	wire_open(test_plugin("plain"), false, NULL, NULL);
	wire.lose[0] = there;
	wire.lose[1] = back;
	tcp_connect(wire.client);
	wire_run(run_ns);
}

static uint64_t heard_at(int side, u32 n)
{
	CU_ASSERT_FATAL(n < wire.n[side]);
	return wire.heard[side][n].at_ns;
}

static void expect_open(u32 client_rtt_us, u32 server_rtt_us)
{
	CU_ASSERT_EQUAL(wire.client->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL(wire.server->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL(wire.client->tp.srtt_us >> 3, client_rtt_us);
	CU_ASSERT_EQUAL(wire.server->tp.srtt_us >> 3, server_rtt_us);
	CU_ASSERT_EQUAL(wire.client->tp.snd_cwnd, 10);
}

static void handshake_takes_a_round_trip(void)
{
	open_losing(0, 0, 100 * MS);
	CU_ASSERT_EQUAL(wire.n[0], 2);
	CU_ASSERT_EQUAL(wire.n[1], 1);
	CU_ASSERT_EQUAL(heard_at(1, 0), 2 * DELAY_NS);
	CU_ASSERT_EQUAL(heard_at(0, 1), 3 * DELAY_NS);
	expect_open(20000, 20000);
	CU_ASSERT_EQUAL(wire.client->tp.total_retrans, 0);
	wire_close();
}

static void lost_syn_comes_again_after_a_second(void)
{
	open_losing(1, 0, 2 * SECOND_NS);
	CU_ASSERT_EQUAL(heard_at(0, 0), SECOND_NS + DELAY_NS);
	expect_open(20000, 20000); /* by the timestamp, not from the first SYN */
	CU_ASSERT_EQUAL(wire.client->tp.total_retrans, 1);
	wire_close();
}

/* The server's second is over just before the SYN comes again: what it sends then echoes the timestamp of the first. */
static void lost_syn_ack_comes_again(void)
{
	open_losing(0, 1, 2 * SECOND_NS);
	CU_ASSERT_EQUAL(heard_at(1, 0), SECOND_NS + 2 * DELAY_NS);
	CU_ASSERT_EQUAL(wire.client->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL(wire.server->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL(wire.client->tp.srtt_us >> 3, 1020000);
	CU_ASSERT_EQUAL(wire.n[1], 2);
	CU_ASSERT_EQUAL(wire.heard[1][1].seg.tsecr, 1000);
	wire_close();
}

static void lost_third_ack_is_made_good_by_data(void)
{
	wire_open(test_plugin("plain"), false, NULL, NULL);
	wire.lose[0] = 2;
	listen_to_both();
	tcp_connect(wire.client);
	tcp_write(wire.client, 100);
	wire_run(100 * MS);
	CU_ASSERT_EQUAL(wire.server->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL(received[0], 100);
	wire_close();
}

static void lost_third_ack_alone_brings_the_syn_ack_again(void)
{
	open_losing(2, 0, 2 * SECOND_NS);
	CU_ASSERT_EQUAL(wire.n[1], 2);
	CU_ASSERT_EQUAL(heard_at(1, 1), SECOND_NS + 2 * DELAY_NS);
	CU_ASSERT_EQUAL(wire.server->stage, TCP_STAGE_ESTABLISHED);
	wire_close();
}

static void syn_is_given_up_after_its_retries(void)
{
	struct loss_config all = {.kind = LOSS_BERNOULLI, .probability = 1};

	wire_open(test_plugin("plain"), false, &all, NULL);
	tcp_connect(wire.client);
	wire_run(1000 * SECOND_NS);
	CU_ASSERT_EQUAL(wire.client->stage, TCP_STAGE_CLOSED);
	CU_ASSERT_EQUAL(wire.dropped, 7); /* at 0, 1, 3, 7, 15, 31 and 63 s */
	CU_ASSERT_EQUAL(engine_next(wire.engine), ENGINE_NEVER);
	wire_close();
}

static void window_starts_at_one_after_two_lost_syns(void)
{
	open_losing(3, 0, 5 * SECOND_NS);
	CU_ASSERT_EQUAL(heard_at(0, 0), 3 * SECOND_NS + DELAY_NS);
	CU_ASSERT_EQUAL(wire.client->tp.snd_cwnd, 1);
	wire_close();
}

/* --- ECN ------------------------------------------------------------------------------------------------------------------ */

static void ecn_is_negotiated_if_the_algorithm_needs_it(void)
{
	static const struct { const char *plugin; bool accurate; u8 mode; u16 syn, syn_ack; } cases[] = {
		{"plain", false, TCP_ECN_NONE, 0, 0},
		{"plain_ecn", false, TCP_ECN_CLASSIC, TCP_ECE | TCP_CWR, TCP_ECE},
		{"plain", true, TCP_ECN_ACCURATE, TCP_AE | TCP_ECE | TCP_CWR, TCP_CWR},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		wire_open(test_plugin(cases[i].plugin), cases[i].accurate, NULL, NULL);
		tcp_connect(wire.client);
		wire_run(100 * MS);
		CU_ASSERT_EQUAL(wire.heard[0][0].seg.flags, TCP_SYN | cases[i].syn);
		CU_ASSERT_EQUAL(wire.heard[1][0].seg.flags, TCP_SYN | TCP_ACK | cases[i].syn_ack);
		CU_ASSERT_EQUAL(wire.client->ecn, cases[i].mode);
		CU_ASSERT_EQUAL(wire.server->ecn, cases[i].mode);
		CU_ASSERT_EQUAL(wire.client->tp.ecn_flags, cases[i].mode ? TCP_ECN_OK : 0);
		CU_ASSERT_EQUAL(wire.server->tp.ecn_flags, cases[i].mode ? TCP_ECN_OK : 0);
		wire_close();
	}
}

static void end_that_wants_no_ecn_gets_none(void)
{
	wire_open(test_plugin("plain_ecn"), false, NULL, NULL);
	wire.server->ecn = TCP_ECN_NONE;
	tcp_connect(wire.client);
	wire_run(100 * MS);
	CU_ASSERT_EQUAL(wire.client->ecn, TCP_ECN_NONE);
	CU_ASSERT_EQUAL(wire.client->tp.ecn_flags, 0);
	wire_close();
	wire_open(test_plugin("plain"), true, NULL, NULL); /* one end has the older kind: so have both */
	wire.client->ecn = TCP_ECN_CLASSIC;
	tcp_connect(wire.client);
	wire_run(100 * MS);
	CU_ASSERT_EQUAL(wire.client->ecn, TCP_ECN_CLASSIC);
	CU_ASSERT_EQUAL(wire.server->ecn, TCP_ECN_CLASSIC);
	wire_close();
}

/* --- transfers -------------------------------------------------------------------------------------------------------------- */

static void transfer(const char *plugin, bool accurate, const struct loss_config *there, const struct loss_config *back)
{
	wire_open(plugin, accurate, there, back);
	listen_to_both();
	tcp_connect(wire.client);
	tcp_write(wire.client, 1000000);
	tcp_write(wire.server, 300000); /* both ways at once */
	wire_run(100000 * SECOND_NS); /* where a third is lost, timeouts double up to two minutes */
	CU_ASSERT_EQUAL(received[0], 1000000);
	CU_ASSERT_EQUAL(received[1], 300000);
	CU_ASSERT_EQUAL(wire.client->tp.packets_out, 0);
	CU_ASSERT_EQUAL(wire.client->tp.snd_una, wire.client->tp.write_seq);
	CU_ASSERT_EQUAL(wire.server->rcv.n_ranges, 0);
	CU_ASSERT_EQUAL(wire.host.outside, 0);
	tcp_free(wire.client, wire.server);
	wire_close();
}

static void all_that_was_written_arrives(void)
{
	static const double losses[] = {0, 0.001, 0.01, 0.1, 0.3};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct loss_config loss = {.kind = LOSS_BERNOULLI, .probability = losses[i]};

		transfer("reno", false, &loss, &loss);
		transfer("cubic", false, &loss, NULL);
		transfer("bbr", false, NULL, &loss);
		transfer("dctcp", false, &loss, &loss);
		transfer("reno", true, &loss, &loss);
	}
}

static void nothing_more_is_taken_after_the_last_write(void)
{
	wire_connect(test_plugin("plain"), false);
	listen_to_both();
	tcp_write(wire.client, UINT64_MAX);
	tcp_write(wire.client, UINT64_MAX); /* without end twice is without end */
	CU_ASSERT_EQUAL(wire.client->snd.app_bytes, UINT64_MAX);
	wire_run(5 * DELAY_NS);
	tcp_stop_writing(wire.client);
	wire_run(10 * SECOND_NS);
	CU_ASSERT(received[0] > 0);
	CU_ASSERT_EQUAL(wire.client->tp.snd_una, wire.client->tp.write_seq);
	wire_close();
}

static void network_that_ends_gives_every_segment_back(void)
{
	wire_connect(test_plugin("plain"), false);
	tcp_write(wire.client, 10000000);
	wire_run(33 * MS);
	CU_ASSERT(wire.host.outside > 0);
	wire_close(); /* asserts that none is missing */
	CU_ASSERT(wire.dropped > 0);
}

/* --- close and use again --------------------------------------------------------------------------------------------------------- */

static void late_segments_do_not_reach_the_next_connection(void)
{
	struct tcp_config config = {.forward = &wire.forward, .reverse = &wire.reverse, .mtu = 1500, .family = 4};
	struct tcp_endpoint *client, *server;

	wire_connect(test_plugin("plain"), false);
	listen_to_both();
	tcp_write(wire.client, 10000000);
	wire_run(35 * MS);
	CU_ASSERT(wire.host.outside > 0);
	tcp_free(wire.client, wire.server);
	received[0] = 0;
	config.plugin = wire.plugin;
	for (config.flow = 2; config.flow < 200; config.flow++) { /* each over before the next: the memory comes round */
		CU_ASSERT_EQUAL_FATAL(tcp_new(&wire.host, &config, &client, &server), 0);
		CU_ASSERT_EQUAL(client->tp.snd_nxt, 0);
		tcp_connect(client);
		tcp_write(client, 3000);
		wire_run(35 * MS);
		CU_ASSERT_EQUAL(server->tp.rcv_nxt, 3001);
		tcp_free(client, server);
	}
	CU_ASSERT_EQUAL(received[0], 0);
	wire_run(100 * SECOND_NS);
	wire_close();
}

static void memory_is_used_again(void)
{
	struct tcp_config config = {.forward = &wire.forward, .reverse = &wire.reverse, .mtu = 1500, .family = 4};
	struct tcp_endpoint *client, *server;
	u32 pairs = 0;

	wire_open(test_plugin("plain"), false, NULL, NULL);
	config.plugin = wire.plugin;
	for (config.flow = 2; config.flow < 1000; config.flow++) {
		CU_ASSERT_EQUAL_FATAL(tcp_new(&wire.host, &config, &client, &server), 0);
		tcp_connect(client);
		tcp_write(client, 3000);
		wire_run(100 * MS);
		tcp_free(client, server);
	}
	for (const struct tcp_endpoint *pair = wire.host.endpoints; pair; pair = pair->next)
		pairs++;
	CU_ASSERT(pairs < 50); /* a handshake's timer is forgotten after a second: that many are not free yet */
	wire_close();
}

static void memory_waits_for_its_timers(void)
{
	struct tcp_config config = {.forward = &wire.forward, .reverse = &wire.reverse, .flow = 2, .mtu = 1500, .family = 4};
	struct tcp_endpoint *client, *server;

	wire_open(test_plugin("plain"), false, NULL, NULL);
	config.plugin = wire.plugin;
	tcp_connect(wire.client);
	tcp_free(wire.client, wire.server);
	CU_ASSERT_EQUAL_FATAL(tcp_new(&wire.host, &config, &client, &server), 0);
	CU_ASSERT_PTR_NOT_EQUAL(client, wire.client); /* the SYN's is still to come */
	wire_run(2 * SECOND_NS);
	config.flow = 3;
	CU_ASSERT_EQUAL_FATAL(tcp_new(&wire.host, &config, &client, &server), 0);
	CU_ASSERT_PTR_EQUAL(client, wire.client);
	wire_close();
}

static void connection_never_opened_can_be_freed(void)
{
	wire_open(test_plugin("plain"), false, NULL, NULL);
	tcp_free(wire.client, wire.server);
	wire_close();
	wire_open("dctcp", false, NULL, NULL);
	tcp_connect(wire.client);
	tcp_free(wire.client, wire.server); /* the SYN is on its way */
	wire_run(10 * SECOND_NS);
	CU_ASSERT_EQUAL(wire.n[0], 1);
	CU_ASSERT_EQUAL(wire.n[1], 0);
	wire_close();
}

static void stray_segments_open_nothing(void)
{
	static const u16 flags[] = {TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN, TCP_RST, 0};

	wire_open(test_plugin("plain"), false, NULL, NULL);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		struct tcp_segment *seg = sim_segment(&wire.host);

		seg->packet.flow = wire.server->flow;
		seg->flags = flags[i];
		seg->len = 100;
		tcp_receive(wire.server, seg);
		CU_ASSERT_EQUAL(wire.server->stage, TCP_STAGE_CLOSED);
	}
	wire_run(SECOND_NS);
	CU_ASSERT_EQUAL(wire.n[0] + wire.n[1], 0);
	wire_close();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(handshake_takes_a_round_trip), TEST(lost_syn_comes_again_after_a_second), TEST(lost_syn_ack_comes_again),
		TEST(lost_third_ack_is_made_good_by_data), TEST(lost_third_ack_alone_brings_the_syn_ack_again),
		TEST(syn_is_given_up_after_its_retries), TEST(window_starts_at_one_after_two_lost_syns),
		TEST(ecn_is_negotiated_if_the_algorithm_needs_it), TEST(end_that_wants_no_ecn_gets_none),
		TEST(all_that_was_written_arrives), TEST(nothing_more_is_taken_after_the_last_write),
		TEST(network_that_ends_gives_every_segment_back), TEST(late_segments_do_not_reach_the_next_connection),
		TEST(memory_is_used_again), TEST(memory_waits_for_its_timers),
		TEST(connection_never_opened_can_be_freed), TEST(stray_segments_open_nothing),
		CU_TEST_INFO_NULL,
	};

	use_built_algorithms();
	return unit_run("tcp_connection", tests);
}
