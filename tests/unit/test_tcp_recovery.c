// SPDX-License-Identifier: GPL-2.0-only
/* A sender finds what was lost, once, and slows down once for it. */
#include "recovery_fixture.h"

static void one_loss_halves_the_window_once(void)
{
	u32 cwnd;

	start_with_window(40);
	lose[lose_n++] = next_number() + 3;
	sim_run_for(500 * MS);
	cwnd = sim.ssthresh_cwnd;
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.client->tp.snd_ssthresh, cwnd / 2);
	CU_ASSERT_EQUAL(sim.client->tp.prior_cwnd, cwnd);
	CU_ASSERT_EQUAL(sim.client->tp.lost, 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Recovery], 1);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_COMPLETE_CWR], 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	CU_ASSERT_EQUAL(cc_ca_state(&sim.client->tp.inet_conn.icsk_sk), TCP_CA_Open);
	sim_end();
}

/* several losses of one window are one congestion event (RFC 5681 4.3) */
static void losses_of_one_window_count_once(void)
{
	start_with_window(40);
	for (u32 i = 0; i < 5; i++)
		lose[lose_n++] = next_number() + 2 + 4 * i;
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 5);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	sim_end();
}

/* Run through a recovery ACK by ACK. RFC 9937 6.2: above ssthresh what was sent is in proportion to what was delivered, below it at most what
 * was delivered, and one more for each ACK. */
static void follow_recovery(void)
{
	struct tcp_sock *tp = &sim.client->tp;
	struct tcp_sender *s = &sim.client->snd;

	while (!sim.states[TCP_CA_Recovery])
		engine_run(sim.engine, engine_next(sim.engine));
	acks = 1;
	while (cc_ca_state((struct sock *)tp) == TCP_CA_Recovery) {
		engine_run(sim.engine, engine_next(sim.engine));
		CU_ASSERT(s->prr_out <= s->prr_delivered + acks);
		if (cc_ca_state((struct sock *)tp) == TCP_CA_Recovery && tcp_packets_in_flight(tp) > tp->snd_ssthresh) {
			u32 want = tp->snd_ssthresh * s->prr_delivered / tp->prior_cwnd;

			CU_ASSERT(s->prr_out <= want + 1 && s->prr_out + 2 >= want);
		}
	}
}

static void rate_reduction_is_proportional(void)
{
	struct tcp_sock *tp;

	start_at(100000000); /* ACKs one by one */
	grow_to(100);
	tp = &sim.client->tp;
	lose[lose_n++] = next_number();
	follow_recovery();
	CU_ASSERT_EQUAL(tp->snd_cwnd, tp->snd_ssthresh);
	CU_ASSERT(tcp_packets_in_flight(tp) <= tp->snd_ssthresh);
	CU_ASSERT(tcp_packets_in_flight(tp) + 3 >= tp->snd_ssthresh);
	sim_end();
}

/* most of a window is lost: less than ssthresh is in flight, which is no reason to fill it at once */
static void rate_reduction_does_not_burst(void)
{
	start_at(100000000); /* ACKs one by one */
	grow_to(100);
	for (u32 i = 0; i < 60; i++)
		lose[lose_n++] = next_number() + i;
	follow_recovery();
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, sim.client->tp.snd_ssthresh);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 60);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	sim_end();
}

/* RFC 8985 9.2: three SACKed segments are enough, there is no need to wait for the reordering window */
static void three_sacked_segments_start_recovery_at_once(void)
{
	start();
	lose[lose_n++] = 0;
	tcp_write(sim.client, 4 * MSS);
	sim_run_for(40 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.received, 4 * MSS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	sim_end();
}

/* with fewer, a quarter of the minimum RTT has to pass, and 2 ms */
static void two_sacked_segments_wait_for_the_reordering_window(void)
{
	start();
	lose[lose_n++] = 0;
	tcp_write(sim.client, 3 * MSS);
	sim_run_for(40 * MS + 10 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 0);
	CU_ASSERT_EQUAL(sim.client->snd.rto_kind, RTO_REORDERING);
	sim_run_for(3 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.received, 3 * MSS);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	sim_end();
}

static void a_lost_retransmission_is_found_without_a_timeout(void)
{
	u32 number;

	start_with_window(40);
	number = next_number() + 3;
	lose[lose_n++] = number;
	lose[lose_n++] = number;
	lose[lose_n++] = number;
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 3);
	CU_ASSERT_EQUAL(sim.client->tp.lost, 3);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	CU_ASSERT_EQUAL(lose_n, 0);
	sim_end();
}

/* RFC 8985 7: the last segment of a flight; the probe comes two round trips after it, not after the RTO, and the window falls once */
static void a_lost_tail_is_probed(void)
{
	start();
	lose[lose_n++] = 9;
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(110 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 0);
	sim_run_for(60 * MS);
	CU_ASSERT_EQUAL(sim.received, 9 * MSS);
	sim_run_for(400 * MS);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.received, 10 * MSS);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 0); /* the original may still come */
	tcp_write(sim.client, MSS);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.ssthresh_calls, 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_CWR], 1);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	sim_end();
}

/* nothing was lost, the ACK was only slow: D-SACK tells, and the window stays */
static void a_needless_probe_costs_nothing(void)
{
	start();
	late[late_n++] = 9;
	late_ns = 270 * MS;
	tcp_write(sim.client, 10 * MSS);
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, 1);
	CU_ASSERT_EQUAL(sim.received, 10 * MSS);
	CU_ASSERT_EQUAL(sim.states[TCP_CA_Loss], 0);
	sim_end();
}

/* RFC 6298: the flight, the probe, then timeouts at doubling distances, the first SRTT + 200 ms after the probe's turn */
static void timeouts_back_off(void)
{
	u32 rto_us;

	start();
	sim.fate = darkness;
	seen = 0;
	dark = true;
	tcp_write(sim.client, MSS);
	rto_us = sim.client->snd.rto_us;
	CU_ASSERT(rto_us >= 240000 && rto_us < 241000);
	sim_run_for(8 * SECOND);
	CU_ASSERT_FATAL(seen >= 6);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 1);
	for (u32 i = 3; i < 6; i++) {
		uint64_t gap = seen_ns[i] - seen_ns[i - 1], before_gap = seen_ns[i - 1] - seen_ns[i - 2];

		if (i > 3)
			CU_ASSERT(gap >= 2 * before_gap - MS && gap <= 2 * before_gap + MS);
	}
	CU_ASSERT_EQUAL(sim.client->tp.snd_cwnd, 1);
	CU_ASSERT_EQUAL(sim.ssthresh_cwnd, TCP_INIT_CWND);
	CU_ASSERT_EQUAL(sim.client->tp.snd_ssthresh, TCP_INIT_CWND / 2);
	CU_ASSERT(sim.client->snd.rto_us >= 8 * rto_us);
	dark = false;
	sim_run_for(20 * SECOND);
	CU_ASSERT_EQUAL(sim.received, MSS);
	CU_ASSERT_EQUAL(sim.client->tp.packets_out, 0);
	sim_end();
}

/* the connection survives a blackout and grows again by slow start */
static void a_blackout_ends_in_slow_start(void)
{
	start_with_window(40);
	sim.fate = darkness;
	seen = 0;
	dark = true;
	sim_run_for(SECOND);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 1);
	CU_ASSERT_EQUAL(cc_ca_state((struct sock *)&sim.client->tp), TCP_CA_Loss);
	CU_ASSERT(sim.client->tp.snd_cwnd <= 2);
	dark = false;
	sim_run_for(3 * SECOND);
	CU_ASSERT_EQUAL(cc_ca_state((struct sock *)&sim.client->tp), TCP_CA_Open);
	CU_ASSERT(sim.client->tp.snd_cwnd > 20);
	CU_ASSERT_EQUAL(sim.events[CA_EVENT_LOSS], 1);
	sim_end();
}

/* two places late: below the threshold, nothing happens */
static void slight_reordering_is_tolerated(void)
{
	start_with_window(40);
	late[late_n++] = next_number() + 4;
	late_ns = 2 * MS;
	sim_run_for(500 * MS);
	CU_ASSERT_EQUAL(sim.received / MSS > 0, true);
	CU_ASSERT(sim.client->snd.retransmits <= 1);
	sim_end();
}

/* Once seen, reordering within a quarter of the RTT causes no retransmission any more. */
static void reordering_is_learned(void)
{
	u32 after_first;

	start_with_window(40);
	late[late_n++] = next_number() + 4;
	late_ns = 8 * MS;
	sim_run_for(500 * MS);
	CU_ASSERT(sim.client->snd.reordering_seen > 0);
	after_first = sim.client->snd.retransmits;
	for (u32 i = 0; i < 10; i++) {
		late[late_n++] = next_number() + 4;
		sim_run_for(300 * MS);
	}
	CU_ASSERT_EQUAL(late_n, 0);
	CU_ASSERT_EQUAL(sim.client->snd.retransmits, after_first);
	sim_end();
}

static struct rng rng;
static double p_loss, p_late;

static uint64_t chance(struct tcp_segment *seg)
{
	if (rng_uniform(&rng) < p_loss)
		return ENGINE_NEVER;
	return rng_uniform(&rng) < p_late ? (uint64_t)(rng_uniform(&rng) * 30 * MS) + 1 : 0;
}

/* Whatever is lost or late, data or ACK: all arrives, once, and the counters follow the records at every moment. */
static void everything_arrives_in_the_end(void)
{
	static const struct {
		double loss, late;
	} cases[] = {{0.01, 0}, {0.05, 0}, {0.2, 0}, {0, 0.1}, {0, 0.5}, {0.05, 0.2}, {0.15, 0.3}};
	const uint64_t bytes = 2000 * MSS + 700;

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (u32 seed = 1; seed <= 4; seed++) {
			rng_seed(&rng, seed, i);
			sim_start(20000000, 10 * MS, 50);
			sim_connect(seed * 0x55555555U - 1000000);
			p_loss = cases[i].loss;
			p_late = cases[i].late;
			sim.fate = chance;
			tcp_write(sim.client, bytes);
			for (u32 k = 0; k < 20000 && sim.received < bytes; k++) {
				sim_run_for(100 * MS);
				sim_check(sim.client);
			}
			CU_ASSERT_EQUAL(sim.received, bytes);
			p_loss = p_late = 0;
			sim_run_for(300 * SECOND);
			CU_ASSERT_EQUAL(sim.client->tp.packets_out, 0);
			sim_end();
		}
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(one_loss_halves_the_window_once),
		TEST(losses_of_one_window_count_once),
		TEST(rate_reduction_is_proportional),
		TEST(rate_reduction_does_not_burst),
		TEST(three_sacked_segments_start_recovery_at_once),
		TEST(two_sacked_segments_wait_for_the_reordering_window),
		TEST(a_lost_retransmission_is_found_without_a_timeout),
		TEST(a_lost_tail_is_probed),
		TEST(a_needless_probe_costs_nothing),
		TEST(timeouts_back_off),
		TEST(a_blackout_ends_in_slow_start),
		TEST(slight_reordering_is_tolerated),
		TEST(reordering_is_learned),
		TEST(everything_arrives_in_the_end),
		CU_TEST_INFO_NULL,
	};

	return unit_run("tcp_recovery", tests);
}
