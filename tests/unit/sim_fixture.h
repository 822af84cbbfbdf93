/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_fixture.h - one simulated connection over a link each way, for tests of the endpoint. The algorithm is Reno, its operations counted; a test
 * may put others in their place. What becomes of a segment at the far end, the test decides.
 */
#ifndef TESTS_SIM_FIXTURE_H
#define TESTS_SIM_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/sim/sim_host.h"
#include "../../netsim/sim/plugin_instance.h"
#include "../../algorithms/reno.bpf.c"

#define MS 1000000ULL
#define SECOND 1000000000ULL
#define MSS 1448 /* of an MTU of 1500 with timestamps */

struct sim {
	struct engine *engine;
	struct sim_host host;
	struct link *data, *acks;
	struct path forward, reverse;
	struct tcp_endpoint *client, *server;
	struct tcp_congestion_ops ops;
	struct cc_plugin info;
	struct plugin plugin;
	/* what becomes of a segment when it arrives: 0 it is taken, ENGINE_NEVER it is lost, else ns that it comes later */
	uint64_t (*fate)(struct tcp_segment *seg);
	uint64_t data_segs, received; /* arrived at the server, lost ones not; bytes in order */
	/* calls of the algorithm */
	u32 ssthresh_calls, cong_avoid_calls, states[5], events[6], undo_calls;
	u32 ssthresh_cwnd; /* snd_cwnd at the last call of ssthresh */
	struct rate_sample rs; /* the last one with an interval */
	u32 samples;
};

static struct sim sim;

/* --- algorithm: Reno with a log ----------------------------------------------------------------------------------- */

static inline u32 log_ssthresh(struct sock *sk)
{
	sim.ssthresh_calls++;
	sim.ssthresh_cwnd = tcp_sk(sk)->snd_cwnd;
	return reno_ssthresh(sk);
}

static inline void log_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	sim.cong_avoid_calls++;
	reno_cong_avoid(sk, ack, acked);
}

/* in place of cong_avoid, where a test wants it: the window stays */
static inline void log_cong_control(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)
{
	if (rs->delivered > 0 && rs->interval_us > 0) {
		sim.rs = *rs;
		sim.samples++;
	}
}

static inline void log_set_state(struct sock *sk, u8 state)
{
	sim.states[state]++;
}

static inline void log_cwnd_event(struct sock *sk, enum tcp_ca_event ev)
{
	sim.events[ev]++;
}

static inline u32 log_undo_cwnd(struct sock *sk)
{
	sim.undo_calls++;
	return reno_undo_cwnd(sk);
}

/* --- network ------------------------------------------------------------------------------------------------------- */

static inline void sim_take(struct tcp_segment *seg)
{
	if (seg->to == sim.server && seg->len)
		sim.data_segs++;
	tcp_receive(seg->to, seg);
}

static inline void sim_take_late(void *arg)
{
	sim_take(arg);
}

static inline void sim_deliver(void *arg, struct packet *p)
{
	struct tcp_segment *seg = (struct tcp_segment *)p;
	uint64_t fate = sim.fate ? sim.fate(seg) : 0;

	if (fate == ENGINE_NEVER)
		sim_segment_free(&sim.host, seg);
	else if (fate)
		engine_at(sim.engine, engine_now(sim.engine) + fate, sim_take_late, seg);
	else
		sim_take(seg);
}

static inline void sim_drop(void *arg, struct packet *p)
{
	sim_segment_free(&sim.host, (struct tcp_segment *)p);
}

static inline void sim_received(void *arg, u32 bytes)
{
	sim.received += bytes;
}

static inline struct path sim_path(struct link *l)
{
	return (struct path){.deliver = sim_deliver, .drop = sim_drop, .n_links = 1, .links = {l}};
}

/* rate 0: only delay; the buffer is in packets, 0: no limit */
static inline void sim_start(uint64_t rate_bps, uint64_t one_way_ns, uint64_t buffer_pkts)
{
	memset(&sim, 0, sizeof(sim));
	sim.ops = *cc_plugin.ops;
	sim.ops.ssthresh = log_ssthresh;
	sim.ops.cong_avoid = log_cong_avoid;
	sim.ops.set_state = log_set_state;
	sim.ops.cwnd_event = log_cwnd_event;
	sim.ops.undo_cwnd = log_undo_cwnd;
	sim.info = (struct cc_plugin){.abi = CC_PLUGIN_ABI, .stem = "log", .ops = &sim.ops};
	sim.plugin.info = &sim.info;
	sim.engine = engine_new(1);
	CU_ASSERT_FATAL(!sim_host_init(&sim.host, sim.engine, 1));
	sim.data = link_new(sim.engine, &(struct link_config){.rate_bps = rate_bps, .delay_ns = one_way_ns,
							      .queue.limit_pkts = buffer_pkts}, NULL);
	sim.acks = link_new(sim.engine, &(struct link_config){.delay_ns = one_way_ns}, NULL);
	sim.forward = sim_path(sim.data);
	sim.reverse = sim_path(sim.acks);
}

/* The initial sequence number is `isn`; the handshake is over when it returns. */
static inline void sim_connect(u32 isn)
{
	struct tcp_config config = {.plugin = &sim.plugin, .forward = &sim.forward, .reverse = &sim.reverse, .mtu = 1500, .family = 4};

	CU_ASSERT_FATAL(!tcp_new(&sim.host, &config, &sim.client, &sim.server));
	sim.client->tp.snd_una = sim.client->tp.snd_nxt = sim.client->tp.write_seq = isn;
	sim.server->app.received = sim_received;
	tcp_connect(sim.client);
	while (sim.client->stage != TCP_STAGE_ESTABLISHED || sim.server->stage != TCP_STAGE_ESTABLISHED)
		engine_run(sim.engine, engine_next(sim.engine));
}

static inline void sim_run_for(uint64_t ns)
{
	engine_run(sim.engine, engine_now(sim.engine) + ns);
}

/* the counters follow the records: to be called at any moment */
static inline void sim_check(const struct tcp_endpoint *ep)
{
	const struct tx_ring *r = &ep->snd.ring;
	u32 sacked = 0, lost = 0, retrans = 0, seq = ep->tp.snd_una;

	for (u32 i = 0; i < r->count; i++) {
		const struct tx_record *tx = &r->records[(r->head + i) & (r->size - 1)];

		sacked += !!(tx->state & TX_SACKED);
		lost += !!(tx->state & TX_LOST);
		retrans += !!(tx->state & TX_RETRANS);
		CU_ASSERT_EQUAL(tx->seq, seq);
		seq = tx->end_seq;
	}
	CU_ASSERT_EQUAL(r->count, ep->tp.packets_out);
	CU_ASSERT_EQUAL(sacked, ep->tp.sacked_out);
	CU_ASSERT_EQUAL(lost, ep->tp.lost_out);
	CU_ASSERT_EQUAL(retrans, ep->tp.retrans_out);
	CU_ASSERT_EQUAL(seq, ep->tp.snd_nxt);
}

static inline void sim_end(void)
{
	CU_ASSERT_FALSE(sim.host.failed);
	if (sim.host.failed)
		fprintf(stderr, "%s\n", sim.host.failure.text);
	sim_check(sim.client);
	engine_free(sim.engine);
	sim_host_fini(&sim.host);
	memset(&sim, 0, sizeof(sim));
}

#endif
