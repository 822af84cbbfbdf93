// SPDX-License-Identifier: GPL-2.0-only
/* The load generator over the kernel's TCP: connections, samples, refusals. test_traffic_apps.c has the workloads. */
#include "traffic_fixture.h"

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 20000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void two_bulk_flows_share_the_loopback(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;
	bool enough;

	do {
		s = make_scenario(500 * unit);
		add(&s, "cubic", 1, 0, 0);
		add(&s, "reno", 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		enough = ticks >= 25;
		for (size_t i = 0; i < 2; i++)
			enough &= r.flows[i].window_bytes > 5000000 && r.flows[i].window_bytes < r.flows[i].received_bytes;
	} while (too_short(&unit, enough, &r));
	CU_ASSERT_STRING_EQUAL(r.flows[0].cc, "cubic");
	CU_ASSERT_STRING_EQUAL(r.flows[1].cc, "reno");
	for (size_t i = 0; i < 2; i++) {
		const struct flow_result *f = &r.flows[i];

		CU_ASSERT(f->window_bytes > 5000000 && f->window_bytes < f->received_bytes); /* the loopback does hundreds of times that */
		CU_ASSERT(f->window_ns > 0 && f->window_ns == r.flows[0].window_ns);
		CU_ASSERT(f->window_ns <= r.duration_ns - 100 * unit); /* the window is opened behind the warm-up */
		CU_ASSERT(f->established_ns < r.duration_ns && f->finished_ns == ENGINE_NEVER && f->error == 0);
	}
	CU_ASSERT(r.duration_ns >= 500 * unit);
	CU_ASSERT_EQUAL(r.window_ns, r.flows[0].window_ns);
	CU_ASSERT(ticks >= 25 && (uint64_t)ticks <= 50 * unit / MS);
	run_result_free(&r);
}

static void samples_are_in_time_order_and_alive(void)
{
	uint64_t unit = MS, last = 0;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;

	do {
		s = make_scenario(300 * unit);
		add(&s, "cubic", 3, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, r.n_samples > 3 * 15, &r));
	CU_ASSERT(r.n_samples > 3 * 15 && r.n_samples <= 3 * (30 * unit / MS + 1));
	for (size_t i = 0; i < r.n_samples; i++) {
		const struct flow_sample *sample = &r.samples[i];

		CU_ASSERT(sample->t_ns >= last && sample->flow < 3);
		CU_ASSERT(sample->cwnd_pkts > 0 && sample->srtt_us > 0 && sample->srtt_us <= r.duration_ns / 1000);
		last = sample->t_ns;
	}
	CU_ASSERT_EQUAL(r.samples[r.n_samples - 1].received_bytes, r.flows[r.samples[r.n_samples - 1].flow].received_bytes);
	CU_ASSERT_STRING_EQUAL(r.flows[2].name, "cubic.3");
	run_result_free(&r);
}

static void sized_flows_arrive_to_the_byte(void)
{
	static const uint64_t sizes[] = {1, 1447, 65536, 262144, 10000001};
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;
	int before = open_descriptors();
	bool enough;

	do {
		s = make_scenario(400 * unit);
		for (size_t i = 0; i < 5; i++)
			add(&s, "cubic", 2, 10 * MS * i, sizes[i]);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		enough = true;
		for (size_t i = 0; i < 10; i++)
			enough &= r.flows[i].finished_ns != ENGINE_NEVER;
	} while (too_short(&unit, enough, &r));
	for (size_t i = 0; i < 10; i++) {
		const struct flow_result *f = &r.flows[i];

		CU_ASSERT_EQUAL(f->received_bytes, sizes[i / 2]);
		CU_ASSERT(f->finished_ns > f->start_ns && f->finished_ns <= r.duration_ns);
		CU_ASSERT_EQUAL(f->error, 0);
	}
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static void staggered_flow_starts_when_it_should(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;

	do {
		s = make_scenario(400 * unit);
		add(&s, "cubic", 1, 200 * unit, 0); /* the later one first: flows are numbered as they start, not as in the file */
		add(&s, "cubic", 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	} while (too_short(&unit, r.flows[0].established_ns < 200 * unit && r.flows[1].established_ns != ENGINE_NEVER &&
			   opened_ns(&r, 0) < 200 * unit, &r));
	CU_ASSERT(r.flows[0].established_ns < r.flows[1].established_ns);
	CU_ASSERT(r.flows[1].established_ns >= 200 * unit && r.flows[1].established_ns < r.duration_ns);
	CU_ASSERT_EQUAL(r.flows[1].window_ns, r.duration_ns - 200 * unit); /* from its start */
	CU_ASSERT(r.flows[0].window_ns > r.flows[1].window_ns);
	for (size_t i = 0; i < r.n_samples; i++)
		CU_ASSERT(r.samples[i].flow != 1 || r.samples[i].t_ns >= 200 * unit);
	run_result_free(&r);
}

static void flow_after_the_end_never_starts(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 500 * MS, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT(r.flows[0].established_ns == ENGINE_NEVER && r.flows[0].received_bytes == 0);
	CU_ASSERT(r.flows[0].window_ns == 0 && r.flows[0].error == 0 && r.n_samples == 0);
	run_result_free(&r);
}

static void set_ecn(const char *value)
{
	int fd = open("/proc/sys/net/ipv4/tcp_ecn", O_WRONLY | O_CLOEXEC);

	CU_ASSERT_EQUAL_FATAL(write(fd, value, 1), 1);
	close(fd);
}

static void ecn_is_told_as_negotiated(void)
{
	for (int on = 0; on <= 1; on++) {
		uint64_t unit = MS;
		struct congctl_error err;
		struct run_result r;

		set_ecn(on ? "1" : "0");
		do {
			struct scenario s = make_scenario(50 * unit);

			add(&s, "cubic", 1, 0, 0);
			CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		} while (too_short(&unit, r.n_samples, &r));
		CU_ASSERT(r.n_samples && r.flows[0].ecn == on);
		run_result_free(&r);
	}
	set_ecn("2");
}

static void flow_over_ipv6_arrives(void)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	uint64_t unit = MS;
	struct scenario s;
	struct traffic_group group = {0};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = ns};
	struct congctl_error err = {.log = NULL};
	struct run_result r;
	bool enough;

	memcpy(&group.sender, &in6, sizeof(in6));
	memcpy(&group.receiver, &in6, sizeof(in6));
	do {
		s = make_scenario(100 * unit);
		r = (struct run_result){0};
		add(&s, "cubic", 3, 0, 100000);
		CU_ASSERT_EQUAL_FATAL(run_planned(&s, &config, &r, &err), 0);
		enough = true;
		for (size_t i = 0; i < r.n_flows; i++)
			enough &= r.flows[i].finished_ns != ENGINE_NEVER;
	} while (too_short(&unit, enough, &r));
	CU_ASSERT(enough);
	for (size_t i = 0; i < r.n_flows; i++)
		CU_ASSERT_EQUAL(r.flows[i].received_bytes, 100000);
	run_result_free(&r);
}

/* before `end_ns`, in any span of time that begins at a multiple of its length */
static size_t most_samples_in(const struct run_result *r, uint64_t span_ns, uint64_t end_ns)
{
	size_t most = 0, n = 0;

	for (size_t i = 0; i < r->n_samples && r->samples[i].t_ns < end_ns; i++) {
		n = i && r->samples[i].t_ns / span_ns == r->samples[i - 1].t_ns / span_ns ? n + 1 : 1;
		most = n > most ? n : most;
	}
	return most;
}

static void thousand_flows_are_all_served(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct congctl_error err;
	struct run_result r;
	size_t served;

	do {
		s = make_scenario(3000 * unit);
		add(&s, "cubic", 500, 0, 0);
		add(&s, "reno", 500, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		served = 0;
		for (size_t i = 0; i < r.n_flows; i++)
			served += r.flows[i].established_ns < s.duration_ns && r.flows[i].window_bytes && !r.flows[i].error;
	} while (too_short(&unit, served == 1000, &r));
	CU_ASSERT_EQUAL(served, 1000);
	CU_ASSERT(most_samples_in(&r, 10 * MS, s.duration_ns) <= 400); /* the ceiling is 200 in a tick; one may be late */
	run_result_free(&r);
}

static void unknown_algorithm_is_named(void)
{
	struct scenario s = make_scenario(100 * MS);
	int before = open_descriptors();
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 0, 0);
	add(&s, "no_such_cc", 1, 0, 0);
	CU_ASSERT_EQUAL(run(&s, &r, &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'no_such_cc'"));
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static void too_many_and_no_flows_are_refused(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct congctl_error err;
	struct run_result r;

	CU_ASSERT_EQUAL(run(&s, &r, &err), -EINVAL);
	add(&s, "cubic", SCENARIO_MAX_FLOWS + 1, 0, 0);
	CU_ASSERT_EQUAL(run(&s, &r, &err), -E2BIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "20000"));
	run_result_free(&r);
}

static void stop_flag_ends_the_run_early(void)
{
	struct scenario s = make_scenario(3600 * 1000 * MS);
	int before = open_descriptors();
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 10, 0, 0);
	stop_after_ticks = 5;
	CU_ASSERT_EQUAL(run(&s, &r, &err), -EINTR);
	CU_ASSERT_EQUAL(strncmp(err.text, "stopped at ", 11), 0);
	CU_ASSERT_EQUAL(ticks, 5);
	stop_after_ticks = 0;
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static int descriptors_at_begin;

static int note_begin(void *arg, uint64_t *start_mono_ns, struct congctl_error *err)
{
	descriptors_at_begin = open_descriptors();
	*start_mono_ns = monotonic_ns() + 30 * MS;
	return *(const int *)arg;
}

/* However long it takes to get ready: the run begins when it is, and not at all when it may not. */
static void time_begins_when_every_sender_is_open(void)
{
	uint64_t unit = MS, from = 0;
	struct scenario s;
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	int refuse = 0, before = open_descriptors();
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = ns, .begin = note_begin, .begin_arg = &refuse};
	struct congctl_error err = {.log = NULL};
	struct run_result r;
	size_t served;

	do {
		s = make_scenario(100 * unit);
		r = (struct run_result){0};
		from = monotonic_ns();
		add(&s, "cubic", 20, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run_planned(&s, &config, &r, &err), 0);
		served = 0;
		for (size_t i = 0; i < r.n_flows; i++)
			served += r.flows[i].received_bytes > 0;
	} while (too_short(&unit, served == 20, &r));
	CU_ASSERT(descriptors_at_begin > before + 20);
	CU_ASSERT(monotonic_ns() - from >= 30 * MS + 100 * unit);
	CU_ASSERT_EQUAL(served, 20);
	run_result_free(&r);
	refuse = -EAGAIN;
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), -EAGAIN);
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static void unreachable_receiver_is_the_flows_error(void)
{
	uint64_t unit = MS;
	struct scenario s;
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = -1};
	struct congctl_error err = {.log = NULL};
	struct run_result r;
	int other = other_namespace();

	config.receiver_ns = other; /* its loopback is not connected to the sender's */
	do {
		s = make_scenario(100 * unit);
		r = (struct run_result){0};
		add(&s, "cubic", 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run_planned(&s, &config, &r, &err), 0);
	} while (too_short(&unit, r.flows[0].error && r.flows[0].error != ETIMEDOUT, &r));
	CU_ASSERT_EQUAL(r.flows[0].error, ECONNREFUSED);
	CU_ASSERT_EQUAL(r.flows[0].established_ns, ENGINE_NEVER);
	close(other);
	run_result_free(&r);
}

static void bad_namespace_is_an_error_and_home_is_restored(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = -1, .receiver_ns = -1};
	struct congctl_error err = {.log = NULL};
	struct run_result r = {0};
	struct stat here, before;
	int other = other_namespace();

	config.receiver_ns = other;

	add(&s, "cubic", 1, 0, 0);
	stat("/proc/thread-self/ns/net", &before);
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), -EBADF);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "namespace"));
	stat("/proc/thread-self/ns/net", &here);
	CU_ASSERT_EQUAL(here.st_ino, before.st_ino);
	close(other);
	run_result_free(&r);
}

int main(void)
{
	CU_TestInfo flows[] = {
		TEST(two_bulk_flows_share_the_loopback),
		TEST(samples_are_in_time_order_and_alive),
		TEST(sized_flows_arrive_to_the_byte),
		TEST(staggered_flow_starts_when_it_should),
		TEST(flow_after_the_end_never_starts),
		TEST(ecn_is_told_as_negotiated),
		TEST(flow_over_ipv6_arrives),
		TEST(thousand_flows_are_all_served),
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo refusals[] = {
		TEST(unknown_algorithm_is_named),
		TEST(too_many_and_no_flows_are_refused),
		TEST(stop_flag_ends_the_run_early),
		TEST(time_begins_when_every_sender_is_open),
		TEST(unreachable_receiver_is_the_flows_error),
		TEST(bad_namespace_is_an_error_and_home_is_restored),
		CU_TEST_INFO_NULL,
	};
	const char *missing = make_namespace();
	int failed;

	if (missing) {
		puts(missing);
		return 77;
	}
	failed = unit_run("flows", flows);
	return unit_run("refusals", refusals) | failed;
}
