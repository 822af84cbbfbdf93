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

static void bulk_ends_when_it_is_stopped(void)
{
	struct scenario s = make_scenario(400 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 0, 0)->stop_ns = 150 * MS;
	add(&s, "cubic", 1, 0, 1ull << 40)->stop_ns = 150 * MS;
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < 2; i++) { /* measured from 80 ms; what the sockets held at 150 ms still arrives */
		CU_ASSERT(r.flows[i].window_ns >= 70 * MS - SLACK && r.flows[i].window_ns < 70 * MS + 2 * SLACK);
		CU_ASSERT(r.flows[i].window_bytes > 0 && r.flows[i].finished_ns == ENGINE_NEVER && r.flows[i].error == 0);
	}
	CU_ASSERT(r.n_transfers == 1 && r.transfers[0].end_ns == ENGINE_NEVER);
	for (size_t i = 0; i < r.n_samples; i++)
		CU_ASSERT(r.samples[i].t_ns < 150 * MS + 2 * SLACK);
	run_result_free(&r);
}

/* 40 Mbit/s of web search make some 3 connections a second: a file makes it thousands */
static void arrivals_are_carried_to_the_byte(void)
{
	char path[] = "/tmp/traffic-cdf.XXXXXX";
	struct scenario s = make_scenario(1000 * MS);
	struct scenario_flow *f = add(&s, "cubic", 1, 0, 0);
	struct workload_flow *plan;
	struct congctl_error err;
	struct run_result r;
	int fd = mkstemp(path), wrong = 0;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(write(fd, "1000 0.5\n20000 1\n", 17), 17);
	close(fd);
	f->workload = WORKLOAD_POISSON;
	f->load = 0.2;
	snprintf(f->sizes, sizeof(f->sizes), "%s", path);
	s.link.rate_bps = 400000000;
	s.seed = 7;
	CU_ASSERT_EQUAL_FATAL(workload_plan(&s, &plan, &n, &err), 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT(n > 1000 && r.n_flows == n);
	for (size_t i = 0; i < n && i < r.n_flows; i++) {
		const struct flow_result *flow = &r.flows[i];

		wrong += flow->start_ns != plan[i].start_ns;
		if (flow->finished_ns == ENGINE_NEVER) /* the last ones may be cut off, some before they have a connection */
			wrong += flow->start_ns < 900 * MS;
		else
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

/* every answer to the byte, one after the other with the pause between */
static void requests_follow_one_another(void)
{
	static const uint64_t sizes[] = {1, 1448, 3000000};
	struct scenario s = make_scenario(600 * MS);
	struct congctl_error err;
	struct run_result r;
	size_t complete[3] = {0};

	for (size_t i = 0; i < 3; i++)
		add_asking(&s, WORKLOAD_REQUEST, 1, sizes[i]);
	s.flows[1].request_bytes = 500000; /* a long question */
	s.flows[2].stop_ns = 300 * MS;
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < r.n_transfers; i++) {
		const struct transfer *t = &r.transfers[i], *last = i && t[-1].flow == t->flow ? t - 1 : NULL;

		complete[t->flow] += t->end_ns != ENGINE_NEVER;
		CU_ASSERT(t->bytes == sizes[t->flow] && t->end_ns > t->start_ns);
		CU_ASSERT(!last || (t->start_ns >= last->end_ns + 5 * MS && t->start_ns < last->end_ns + 5 * MS + SLACK));
		CU_ASSERT(t->flow != 2 || t->start_ns < 300 * MS);
	}
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT(complete[i] >= 5);
		CU_ASSERT(r.flows[i].received_bytes >= complete[i] * sizes[i] && r.flows[i].received_bytes <= (complete[i] + 1) * sizes[i]);
		CU_ASSERT(r.flows[i].finished_ns == ENGINE_NEVER && r.flows[i].error == 0);
	}
	CU_ASSERT(r.flows[2].window_ns < 180 * MS + SLACK);
	run_result_free(&r);
}

/* All are asked together; who is asked again waits for the last answer of the round. */
static void incast_waits_for_the_last_answer(void)
{
	enum { N = 20 };
	struct scenario s = make_scenario(500 * MS);
	struct congctl_error err;
	struct run_result r;
	size_t rounds, wrong = 0;

	add_asking(&s, WORKLOAD_INCAST, N, 20000);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	rounds = r.n_transfers / N;
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

/* Blocks of 100 ms: the last samples of an off time tell the same number of bytes as those in its middle. */
static void on_off_is_silent_when_off(void)
{
	struct scenario s = make_scenario(600 * MS);
	struct scenario_flow *f = add(&s, "cubic", 1, 0, 0);
	uint64_t at_switch[6] = {0}, late[6] = {0}, early[6] = {0};
	struct congctl_error err;
	struct run_result r;

	f->workload = WORKLOAD_ON_OFF;
	f->on_ns = f->off_ns = 100 * MS;
	s.link.rate_bps = 10000000;
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < r.n_samples; i++) {
		const struct flow_sample *sample = &r.samples[i];
		uint64_t block = sample->t_ns / (100 * MS), within = sample->t_ns % (100 * MS);

		if (block >= 6)
			break;
		at_switch[block] = at_switch[block] ? at_switch[block] : sample->received_bytes;
		if (within >= 50 * MS && !early[block]) /* the send buffer is empty by then */
			early[block] = sample->received_bytes;
		late[block] = sample->received_bytes;
	}
	for (size_t block = 0; block < 6; block++) {
		CU_ASSERT(block % 2 ? late[block] == early[block] : late[block] > at_switch[block] + 1000000);
	}
	run_result_free(&r);
}

/* 12.112 ms a frame of 1514 bytes at 1 Mbit/s: 42 in the half second, the first at once */
static void datagrams_come_at_their_rate(void)
{
	struct scenario s = make_scenario(500 * MS);
	struct scenario_flow *f = add(&s, "udp", 2, 0, 0);
	struct congctl_error err;
	struct run_result r;

	f->workload = WORKLOAD_CBR;
	f->rate_bps = 1000000;
	add(&s, "udp", 1, 100 * MS, 0)->workload = WORKLOAD_CBR;
	s.flows[1].rate_bps = 100000000; /* 121.12 us: 1652 from 100 to 300 ms */
	s.flows[1].stop_ns = 300 * MS;
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < 2; i++) { /* one may still be on its way, and a busy machine that stands still for a while leaves some out */
		CU_ASSERT(r.flows[i].received_bytes % 1472 == 0);
		CU_ASSERT(r.flows[i].received_bytes / 1472 >= 42 * 3 / 4 && r.flows[i].received_bytes / 1472 <= 42);
	}
	CU_ASSERT(r.flows[2].received_bytes % 1472 == 0 && r.flows[2].received_bytes / 1472 <= 1652);
	CU_ASSERT(r.flows[2].received_bytes / 1472 >= 1652 * 3 / 4);
	CU_ASSERT(r.flows[2].window_ns > 200 * MS - SLACK && r.flows[2].window_ns <= 200 * MS);
	CU_ASSERT_STRING_EQUAL(r.flows[0].cc, "udp");
	CU_ASSERT(r.flows[0].error == 0 && r.n_samples == 0 && r.n_transfers == 0);
	run_result_free(&r);
}

/* the round goes on without those that cannot connect: here none can, and no question is asked */
static void incast_without_a_receiver_asks_nothing(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns};
	struct congctl_error err = {.log = NULL};
	struct run_result r = {0};
	int other = other_namespace();

	config.receiver_ns = other;
	add_asking(&s, WORKLOAD_INCAST, 3, 20000);
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), 0);
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
