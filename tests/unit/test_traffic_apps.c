// SPDX-License-Identifier: GPL-2.0-only
/* What the applications of the load generator do, over the kernel's TCP and UDP. */
#include "traffic_fixture.h"

static void a_sized_flow_is_one_transfer(void)
{
	struct scenario s = make_scenario(200 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 3, 10 * MS, 100000);
	add(&s, "cubic", 1, 10 * MS, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT_EQUAL_FATAL(r.n_transfers, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct transfer *t = &r.transfers[i];

		CU_ASSERT(r.flows[t->flow].group == 0 && (!i || t->flow > t[-1].flow));
		CU_ASSERT(t->start_ns == 10 * MS && t->bytes == 100000);
		CU_ASSERT_EQUAL(t->end_ns, r.flows[t->flow].finished_ns);
	}
	run_result_free(&r);
}

static void a_transfer_that_does_not_end_is_told(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 0, 1ull << 40);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT(r.n_transfers == 1 && r.transfers[0].end_ns == ENGINE_NEVER && r.transfers[0].bytes == 1ull << 40);
	run_result_free(&r);
}

/* the third goes on until the end */
static void bulk_ends_when_it_is_stopped(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;

	do {
		s = make_scenario(400 * unit);
		add(&s, "cubic", 1, 0, 0)->stop_ns = 150 * unit;
		add(&s, "cubic", 1, 0, 1ull << 40)->stop_ns = 150 * unit;
		add(&s, "cubic", 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, r.flows[0].window_bytes && r.flows[1].window_bytes && r.flows[0].window_ns < r.flows[2].window_ns &&
			   r.flows[1].window_ns < r.flows[2].window_ns, &r));
	for (size_t i = 0; i < 2; i++) { /* what the sockets held at the stop still arrives */
		const uint64_t ended_ns = opened_ns(&r, 2) + r.flows[i].window_ns;

		CU_ASSERT(ended_ns >= 150 * unit && ended_ns < r.duration_ns);
		CU_ASSERT(r.flows[i].window_bytes > 0 && r.flows[i].finished_ns == ENGINE_NEVER && r.flows[i].error == 0);
		for (size_t k = 0; k < r.n_samples; k++)
			CU_ASSERT(r.samples[k].flow != i || r.samples[k].t_ns <= ended_ns);
	}
	CU_ASSERT(r.n_transfers == 1 && r.transfers[0].end_ns == ENGINE_NEVER);
	run_result_free(&r);
}

static bool all_finished(const struct run_result *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_flows; i++)
		n += r->flows[i].finished_ns != ENGINE_NEVER;
	return n == r->n_flows;
}

/* 40 Mbit/s of web search make some 3 connections a second: a file makes it thousands */
static void arrivals_are_carried_to_the_byte(void)
{
	char path[] = "/tmp/traffic-cdf.XXXXXX";
	struct scenario s = make_scenario(1500 * MS);
	struct scenario_flow *f = add(&s, "cubic", 1, 0, 0);
	struct workload_flow *plan;
	struct congctl_error err;
	struct run_result r;
	int fd = mkstemp(path), wrong = 0;
	uint64_t unit = MS;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(write(fd, "1000 0.5\n20000 1\n", 17), 17);
	close(fd);
	f->workload = WORKLOAD_POISSON;
	f->load = 0.2;
	snprintf(f->sizes, sizeof(f->sizes), "%s", path);
	s.link.rate_bps = 400000000;
	s.seed = 7;
	f->stop_ns = 1000 * MS;
	CU_ASSERT_EQUAL_FATAL(workload_plan(&s, &plan, &n, &err), 0);
	do {
		s.duration_ns = 1500 * unit; /* they come in the first second in any case */
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, all_finished(&r), &r));
	CU_ASSERT(n > 1000 && r.n_flows == n && all_finished(&r));
	for (size_t i = 0; i < n && i < r.n_flows; i++) {
		const struct flow_result *flow = &r.flows[i];

		wrong += flow->start_ns != plan[i].start_ns || flow->finished_ns <= plan[i].start_ns;
		wrong += flow->received_bytes != plan[i].size_bytes || flow->error;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(r.n_transfers, n);
	CU_ASSERT_STRING_EQUAL(r.flows[0].name, "cubic.1");
	unlink(path);
	free(plan);
	run_result_free(&r);
}

static struct scenario_flow *add_asking(struct scenario *s, enum workload workload, uint32_t count, uint64_t size)
{
	struct scenario_flow *f = add(s, "cubic", count, 0, size);

	f->workload = workload;
	f->request_bytes = 100;
	f->pause_ns = 5 * MS;
	return f;
}

static size_t completed(const struct run_result *r, size_t flow)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_transfers; i++)
		n += r->transfers[i].flow == flow && r->transfers[i].end_ns != ENGINE_NEVER;
	return n;
}

/* every answer to the byte, one after the other with the pause between; the third is stopped */
static void requests_follow_one_another(void)
{
	static const uint64_t sizes[] = {1, 1448, 3000000};
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;

	do {
		s = make_scenario(600 * unit);
		for (size_t i = 0; i < 3; i++)
			add_asking(&s, WORKLOAD_REQUEST, 1, sizes[i]);
		s.flows[1].request_bytes = 500000; /* a long question */
		s.flows[2].stop_ns = 300 * unit;
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, completed(&r, 0) >= 5 && completed(&r, 1) >= 5 && completed(&r, 2) >= 5 &&
			   r.flows[2].window_ns < r.flows[0].window_ns, &r));
	for (size_t i = 0; i < r.n_transfers; i++) {
		const struct transfer *t = &r.transfers[i], *last = i && t[-1].flow == t->flow ? t - 1 : NULL;

		CU_ASSERT(t->bytes == sizes[t->flow] && t->end_ns > t->start_ns);
		CU_ASSERT(!last || t->start_ns >= last->end_ns + 5 * MS);
		CU_ASSERT(t->flow != 2 || t->start_ns < 300 * unit);
	}
	for (size_t i = 0; i < 3; i++) {
		const uint64_t complete = completed(&r, i);

		CU_ASSERT(complete >= 5);
		CU_ASSERT(r.flows[i].received_bytes >= complete * sizes[i] && r.flows[i].received_bytes <= (complete + 1) * sizes[i]);
		CU_ASSERT(r.flows[i].finished_ns == ENGINE_NEVER && r.flows[i].error == 0);
	}
	CU_ASSERT(r.flows[2].window_ns < r.flows[0].window_ns); /* it ended before the run did */
	run_result_free(&r);
}

/* All are asked together; who is asked again waits for the last answer of the round. */
static void incast_waits_for_the_last_answer(void)
{
	enum { N = 20 };
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;
	size_t rounds, wrong = 0;

	do {
		s = make_scenario(500 * unit);
		add_asking(&s, WORKLOAD_INCAST, N, 20000);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		rounds = r.n_transfers / N;
	} while (too_short(&unit, rounds >= 5, &r));
	CU_ASSERT(rounds >= 5 && r.n_transfers == rounds * N);
	for (size_t k = 0; k < rounds; k++) {
		uint64_t first = ENGINE_NEVER, last = 0, next = ENGINE_NEVER;

		for (size_t i = 0; i < N; i++) { /* in order of flow, then of start */
			const struct transfer *t = &r.transfers[i * rounds + k];

			wrong += t->flow != i || t->bytes != 20000 || (t->end_ns == ENGINE_NEVER && k + 1 < rounds);
			first = t->start_ns < first ? t->start_ns : first;
			last = t->end_ns > last ? t->end_ns : last;
			if (k + 1 < rounds && t[1].start_ns < next)
				next = t[1].start_ns;
		}
		wrong += k + 1 < rounds && next < last + 5 * MS;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	run_result_free(&r);
}

#define BLOCKS 6 /* on, off, on … */
#define HELD_MOST 262144 /* bytes, in two buffers of 64 KiB with their overhead: twice that */
#define MOVED_LEAST 1000000

/*
 * How much arrived in each block of on or off time: from its second sample, which tells that the block's switch was carried out, to its
 * last. Were all long enough for what they show?
 */
static bool moved_in_blocks(const struct run_result *r, uint64_t block_ns, uint64_t moved[BLOCKS])
{
	size_t samples[BLOCKS] = {0};
	uint64_t base = 0;
	bool enough = true;

	memset(moved, 0, BLOCKS * sizeof(*moved));
	for (size_t i = 0; i < r->n_samples && r->samples[i].t_ns < BLOCKS * block_ns; i++) {
		const size_t block = r->samples[i].t_ns / block_ns;

		if (++samples[block] <= 2)
			base = r->samples[i].received_bytes;
		moved[block] = r->samples[i].received_bytes - base;
	}
	for (size_t block = 0; block < BLOCKS; block++)
		enough &= samples[block] > 2 && (block % 2 || moved[block] > MOVED_LEAST);
	return enough;
}

/* in this namespace; what it was is in `old` */
static void swap_setting(const char *file, const char *value, char old[64])
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	ssize_t n = read(fd, old, 63);

	CU_ASSERT_FATAL(n > 0);
	old[n] = '\0';
	CU_ASSERT_EQUAL_FATAL(pwrite(fd, value, strlen(value), 0), (ssize_t)strlen(value));
	close(fd);
}

/* In an off time there arrives no more than the sockets held, which is little beside what an on time moves. */
static void on_off_is_silent_when_off(void)
{
	uint64_t unit = MS, moved[BLOCKS];
	char wmem[64], rmem[64], ours[64];
	struct congctl_error err;
	struct run_result r;

	swap_setting("/proc/sys/net/ipv4/tcp_wmem", "4096 65536 65536", wmem);
	swap_setting("/proc/sys/net/ipv4/tcp_rmem", "4096 65536 65536", rmem);
	do {
		struct scenario s = make_scenario(BLOCKS * 100 * unit);
		struct scenario_flow *f = add(&s, "cubic", 1, 0, 0);

		f->workload = WORKLOAD_ON_OFF;
		f->on_ns = f->off_ns = 100 * unit;
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, moved_in_blocks(&r, 100 * unit, moved), &r));
	swap_setting("/proc/sys/net/ipv4/tcp_wmem", wmem, ours);
	swap_setting("/proc/sys/net/ipv4/tcp_rmem", rmem, ours);
	for (size_t block = 0; block < BLOCKS; block++)
		CU_ASSERT(block % 2 ? moved[block] <= HELD_MOST : moved[block] > MOVED_LEAST);
	run_result_free(&r);
}

/* What is due is sent if the generator comes to it within 10 ms; which it does is told by its ticks, each behind what is due. */
#define STREAMS 3
#define CATCH_UP (10 * MS)

struct streams {
	const struct scenario_flow *flow[STREAMS];
	uint64_t begun_mono_ns;
	uint64_t next[STREAMS];                /* number of the next one due */
	uint64_t sent[STREAMS], last[STREAMS]; /* in time for certain: arrived by now, and since the last tick */
};

static int note_begin(void *arg, uint64_t *start_mono_ns, struct congctl_error *err)
{
	struct streams *streams = arg;

	*start_mono_ns = streams->begun_mono_ns = monotonic_ns();
	return 0;
}

static void note_sent(void *arg, uint64_t t_ns)
{
	struct streams *streams = arg;
	const uint64_t now = monotonic_ns() - streams->begun_mono_ns;

	for (size_t i = 0; i < STREAMS; i++) {
		const struct scenario_flow *f = streams->flow[i];
		const uint64_t stop_ns = f->stop_ns ? f->stop_ns : ENGINE_NEVER;

		streams->sent[i] += streams->last[i];
		streams->last[i] = 0;
		for (;; streams->next[i]++) {
			const uint64_t due_ns = f->start_ns + (uint64_t)((double)streams->next[i] * 1514 * 8e9 / (double)f->rate_bps);

			if (due_ns > t_ns || due_ns >= stop_ns)
				break;
			streams->last[i] += now - due_ns <= CATCH_UP;
		}
	}
}

/* At 1 Mbit/s 12.112 ms a frame of 1514 bytes: 42 in the half second, the first at once; at 50 Mbit/s 242.24 us: 826 from 100 to 300 ms. */
static void datagrams_come_at_their_rate(void)
{
	static const uint64_t most[STREAMS] = {42, 42, 826};
	struct traffic_group groups[2] = {{loopback(1), loopback(2)}, {loopback(3), loopback(4)}};
	uint64_t unit = MS;
	struct scenario s;
	struct streams streams;
	struct traffic_config config = {
		.scenario = &s, .groups = groups, .sender_ns = ns, .receiver_ns = ns, .begin = note_begin, .begin_arg = &streams,
		.tick = note_sent, .tick_arg = &streams,
	};
	struct congctl_error err = {.log = NULL};
	struct run_result r;
	bool enough;

	do {
		s = make_scenario(500 * unit);
		r = (struct run_result){0};
		streams = (struct streams){.flow = {&s.flows[0], &s.flows[0], &s.flows[1]}};
		add(&s, "udp", 2, 0, 0)->workload = WORKLOAD_CBR;
		s.flows[0].rate_bps = 1000000 * MS / unit;
		add(&s, "udp", 1, 100 * unit, 0)->workload = WORKLOAD_CBR;
		s.flows[1].rate_bps = 50000000 * MS / unit;
		s.flows[1].stop_ns = 300 * unit;
		CU_ASSERT_EQUAL_FATAL(run_planned(&s, &config, &r, &err), 0);
		enough = r.flows[2].window_ns;
		for (size_t i = 0; i < STREAMS; i++)
			enough &= streams.sent[i] >= most[i] / 10; /* usually nine in ten */
	} while (too_short(&unit, enough, &r));
	for (size_t i = 0; i < STREAMS; i++) {
		CU_ASSERT(r.flows[i].received_bytes % 1472 == 0);
		CU_ASSERT(r.flows[i].received_bytes / 1472 >= streams.sent[i] && r.flows[i].received_bytes / 1472 <= most[i]);
	}
	CU_ASSERT(enough);
	CU_ASSERT(r.flows[2].window_ns <= 200 * unit);
	CU_ASSERT(r.flows[0].window_ns <= r.duration_ns - 100 * unit && r.flows[0].window_ns > r.flows[2].window_ns);
	CU_ASSERT_STRING_EQUAL(r.flows[0].cc, "udp");
	CU_ASSERT(r.flows[0].error == 0 && r.n_samples == 0 && r.n_transfers == 0);
	run_result_free(&r);
}

/* the round goes on without those that cannot connect: here none can, and no question is asked */
static void incast_without_a_receiver_asks_nothing(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns};
	struct congctl_error err = {.log = NULL};
	struct run_result r;
	int other = other_namespace();

	config.receiver_ns = other;
	do {
		s = make_scenario(100 * unit);
		r = (struct run_result){0};
		add_asking(&s, WORKLOAD_INCAST, 3, 20000);
		CU_ASSERT_EQUAL_FATAL(run_planned(&s, &config, &r, &err), 0);
	} while (too_short(&unit, r.flows[0].error && r.flows[0].error != ETIMEDOUT, &r));
	for (size_t i = 0; i < r.n_flows; i++)
		CU_ASSERT_EQUAL(r.flows[i].error, ECONNREFUSED);
	CU_ASSERT_EQUAL(r.n_transfers, 0);
	close(other);
	run_result_free(&r);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_sized_flow_is_one_transfer),
		TEST(a_transfer_that_does_not_end_is_told),
		TEST(bulk_ends_when_it_is_stopped),
		TEST(arrivals_are_carried_to_the_byte),
		TEST(requests_follow_one_another),
		TEST(incast_waits_for_the_last_answer),
		TEST(on_off_is_silent_when_off),
		TEST(datagrams_come_at_their_rate),
		TEST(incast_without_a_receiver_asks_nothing),
		CU_TEST_INFO_NULL,
	};
	const char *missing = make_namespace();

	if (missing) {
		puts(missing);
		return 77;
	}
	return unit_run("traffic_apps", tests);
}
