/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp_fixture.h - a connection between two simulated endpoints over two links without a rate, 10 ms each; every segment that
 * arrives is written down, and may be kept from its endpoint.
 */
#ifndef TESTS_TCP_FIXTURE_H
#define TESTS_TCP_FIXTURE_H

#include "plugins.h"
#include "unit.h"
#include "../../netsim/sim/sim_host.h"

#define MS 1000000ULL
#define DELAY_NS (10 * MS)
#define MSS 1448
#define MAX_HEARD 2048

struct heard {
	struct tcp_segment seg;
	uint64_t at_ns;
};

struct wire {
	struct engine *engine;
	struct sim_host host;
	struct path forward, reverse;
	struct plugin *plugin;
	struct tcp_endpoint *client, *server;
	struct heard heard[2][MAX_HEARD]; /* [0]: by the server, [1]: by the client */
	u32 n[2];
	bool keep[2];                     /* from the endpoint: the test sees to it itself */
	u32 arrived[2];
	u64 lose[2];                      /* bit k: the k-th to arrive, from 0, is lost */
	u32 dropped;
};

static struct wire wire;

static void wire_drop(void *arg, struct packet *p)
{
	wire.dropped++;
	sim_segment_free(&wire.host, (struct tcp_segment *)p);
}

static void wire_deliver(void *arg, struct packet *p)
{
	struct tcp_segment *seg = (struct tcp_segment *)p;
	int side = p->path == &wire.forward ? 0 : 1;

	if (wire.lose[side] >> wire.arrived[side]++ & 1) {
		wire_drop(NULL, p);
		return;
	}
	wire.arrived[side] = wire.arrived[side] < 63 ? wire.arrived[side] : 63;
	if (wire.n[side] < MAX_HEARD)
		wire.heard[side][wire.n[side]++] = (struct heard){*seg, engine_now(wire.engine)};
	if (wire.keep[side])
		sim_segment_free(&wire.host, seg);
	else
		tcp_receive(seg->to, seg);
}

static inline struct path wire_path(const struct loss_config *loss)
{
	struct link_config config = {.delay_ns = DELAY_NS};
	struct link *link;

	if (loss)
		config.loss = *loss;
	link = link_new(wire.engine, &config, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	return (struct path){.deliver = wire_deliver, .drop = wire_drop, .n_links = 1, .links = {link}};
}

/* two closed endpoints; what is lost on the way there and back, or NULL */
static inline void wire_open(const char *plugin, bool accurate_ecn, const struct loss_config *there, const struct loss_config *back)
{
	struct congctl_error err = {0};
	struct tcp_config config = {.forward = &wire.forward, .reverse = &wire.reverse, .flow = 1, .mtu = 1500, .family = 4,
				    .accurate_ecn = accurate_ecn};

	memset(&wire, 0, sizeof(wire));
	CU_ASSERT_EQUAL_FATAL(plugin_open(&wire.plugin, plugin, NULL, 0, &err), 0);
	config.plugin = wire.plugin;
	wire.engine = engine_new(1);
	CU_ASSERT_EQUAL_FATAL(sim_host_init(&wire.host, wire.engine, 1), 0);
	wire.forward = wire_path(there);
	wire.reverse = wire_path(back);
	CU_ASSERT_EQUAL_FATAL(tcp_new(&wire.host, &config, &wire.client, &wire.server), 0);
}

/* established, nothing sent yet; what was heard is forgotten */
static inline void wire_connect(const char *plugin, bool accurate_ecn)
{
	wire_open(plugin, accurate_ecn, NULL, NULL);
	tcp_connect(wire.client);
	engine_run(wire.engine, 100 * MS);
	CU_ASSERT_EQUAL_FATAL(wire.client->stage, TCP_STAGE_ESTABLISHED);
	CU_ASSERT_EQUAL_FATAL(wire.server->stage, TCP_STAGE_ESTABLISHED);
	wire.n[0] = wire.n[1] = 0;
}

/* Every segment has to have come back. */
static inline void wire_close(void)
{
	engine_free(wire.engine);
	CU_ASSERT_FALSE(wire.host.failed);
	CU_ASSERT_EQUAL(wire.host.outside, 0);
	sim_host_fini(&wire.host);
	plugin_close(wire.plugin);
}

static inline uint64_t wire_now(void)
{
	return engine_now(wire.engine);
}

static inline void wire_run(uint64_t ns)
{
	engine_run(wire.engine, wire_now() + ns);
}

/* data for the server, as if the client had sent it; `seq` counts from its first byte. The client does not know of it */
static inline void data_with(u32 seq, u32 len, u8 ecn, u16 flags, u32 tsval)
{
	struct tcp_segment *seg = sim_segment(&wire.host);

	CU_ASSERT_PTR_NOT_NULL_FATAL(seg);
	seg->packet.path = &wire.forward;
	seg->packet.flow = wire.server->flow;
	seg->packet.ecn = ecn;
	seg->to = wire.server;
	seg->seq = wire.client->tp.snd_una + seq;
	seg->len = len;
	seg->flags = TCP_ACK | flags;
	seg->ack = wire.server->tp.snd_nxt;
	seg->window = 65536;
	seg->tsval = tsval;
	seg->tsecr = (u32)(wire_now() / MS) - 20;
	tcp_receive(wire.server, seg);
}

static inline void data(u32 seq, u32 len)
{
	data_with(seq, len, ECN_NOT_ECT, 0, (u32)(wire_now() / MS));
}

/* The server's ACKs are kept from the client, which did not send what they are for. Full segments until the quick ACKs of the start
 * are used up and the window has reached its room; gives the sequence number after them, nothing is pending then. */
static inline u32 past_quick_acks(void)
{
	u32 seq = 0;

	wire.keep[1] = true;
	for (int i = 0; i < 40; i++, seq += MSS) {
		wire_run(MS);
		data(seq, MSS);
	}
	wire.server->rcv.window_bytes = wire.server->rcv.room_bytes; /* with what came at once it would be on its way for longer */
	wire.server->rcv.quick_acks = 0;
	data(seq, MSS);
	data(seq + MSS, MSS);
	wire_run(DELAY_NS);
	wire.n[1] = 0;
	return seq + 2 * MSS;
}

/* the n-th that the client heard */
static inline const struct tcp_segment *ack_heard(u32 n)
{
	CU_ASSERT_FATAL(n < wire.n[1]);
	return &wire.heard[1][n].seg;
}

static inline u32 relative(u32 ack)
{
	return ack - wire.client->tp.snd_una;
}

/* the last ACK's number and its SACK blocks "start-end start-end" */
static inline void last_ack_is(u32 ack, const char *blocks)
{
	const struct tcp_segment *seg;
	char got[128] = "";

	wire_run(DELAY_NS);
	CU_ASSERT_FATAL(wire.n[1] > 0);
	seg = ack_heard(wire.n[1] - 1);
	for (u32 i = 0, n = 0; i < seg->n_sack; i++)
		n += snprintf(got + n, sizeof(got) - n, "%s%u-%u", i ? " " : "", relative(seg->sack[i].start), relative(seg->sack[i].end));
	CU_ASSERT_EQUAL(relative(seg->ack), ack);
	CU_ASSERT_STRING_EQUAL(got, blocks);
	if (relative(seg->ack) != ack || strcmp(got, blocks))
		fprintf(stderr, "ack %u, blocks '%s'\n", relative(seg->ack), got);
}

#endif
