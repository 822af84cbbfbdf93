// SPDX-License-Identifier: GPL-2.0-only
/* The load generator over the kernel's TCP: connections, samples, refusals. test_traffic_apps.c has the workloads. */
#include "traffic_fixture.h"

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int open_descriptors(void)
{
	int n = 0;

	for (int fd = 0; fd < 20000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void two_bulk_flows_share_the_loopback(void)
{
	struct scenario s = make_scenario(500 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 0, 0);
	add(&s, "reno", 1, 0, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT_STRING_EQUAL(r.flows[0].cc, "cubic");
	CU_ASSERT_STRING_EQUAL(r.flows[1].cc, "reno");
	for (size_t i = 0; i < 2; i++) {
		const struct flow_result *f = &r.flows[i];

		CU_ASSERT(f->received_bytes > 10000000); /* 160 Mbit/s; the loopback does hundreds of times that */
		CU_ASSERT(f->window_bytes > 0 && f->window_bytes < f->received_bytes);
		CU_ASSERT(f->window_ns >= 400 * MS - SLACK && f->window_ns <= 400 * MS + SLACK);
		CU_ASSERT(f->established_ns < SLACK && f->finished_ns == ENGINE_NEVER && f->error == 0);
	}
	CU_ASSERT(r.duration_ns >= 500 * MS && r.duration_ns < 500 * MS + SLACK);
	CU_ASSERT_EQUAL(r.window_ns, r.flows[0].window_ns);
	CU_ASSERT(ticks >= 25 && ticks <= 50);
	run_result_free(&r);
}

static void samples_are_in_time_order_and_alive(void)
{
	struct scenario s = make_scenario(300 * MS);
	struct congctl_error err;
	struct run_result r;
	uint64_t last = 0;

	add(&s, "cubic", 3, 0, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT(r.n_samples > 3 * 15 && r.n_samples <= 3 * 31);
	for (size_t i = 0; i < r.n_samples; i++) {
		const struct flow_sample *sample = &r.samples[i];

		CU_ASSERT(sample->t_ns >= last && sample->flow < 3);
		CU_ASSERT(sample->cwnd_pkts > 0 && sample->srtt_us > 0 && sample->srtt_us < 1000000);
		last = sample->t_ns;
	}
	CU_ASSERT_EQUAL(r.samples[r.n_samples - 1].received_bytes, r.flows[r.samples[r.n_samples - 1].flow].received_bytes);
	CU_ASSERT_STRING_EQUAL(r.flows[2].name, "cubic.3");
	run_result_free(&r);
}

static void sized_flows_arrive_to_the_byte(void)
{
	static const uint64_t sizes[] = {1, 1447, 65536, 262144, 10000001};
	struct scenario s = make_scenario(400 * MS);
	struct congctl_error err;
	struct run_result r;
	int before = open_descriptors();

	for (size_t i = 0; i < 5; i++)
		add(&s, "cubic", 2, 10 * MS * i, sizes[i]);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < 10; i++) {
		const struct flow_result *f = &r.flows[i];

		CU_ASSERT_EQUAL(f->received_bytes, sizes[i / 2]);
		CU_ASSERT(f->finished_ns > f->start_ns && f->finished_ns < f->start_ns + 300 * MS);
		CU_ASSERT_EQUAL(f->error, 0);
	}
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static void staggered_flow_starts_when_it_should(void)
{
	struct scenario s = make_scenario(400 * MS);
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 1, 200 * MS, 0); /* the later one first: flows are numbered as they start, not as in the file */
	add(&s, "cubic", 1, 0, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	CU_ASSERT(r.flows[1].established_ns >= 200 * MS && r.flows[1].established_ns < 200 * MS + SLACK);
	CU_ASSERT(r.flows[1].window_ns <= 200 * MS + SLACK && r.flows[0].window_ns >= 320 * MS - SLACK);
	for (size_t i = 0; i < r.n_samples; i++)
		CU_ASSERT(r.samples[i].flow != 1 || r.samples[i].t_ns >= 200 * MS);
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
		struct scenario s = make_scenario(50 * MS);
		struct congctl_error err;
		struct run_result r;

		set_ecn(on ? "1" : "0");
		add(&s, "cubic", 1, 0, 0);
		CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
		CU_ASSERT_EQUAL(r.flows[0].ecn, on);
		run_result_free(&r);
	}
	set_ecn("2");
}

static void flow_over_ipv6_arrives(void)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct scenario s = make_scenario(100 * MS);
	struct traffic_group group = {0};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = ns};
	struct congctl_error err = {.log = NULL};
	struct run_result r = {0};

	memcpy(&group.sender, &in6, sizeof(in6));
	memcpy(&group.receiver, &in6, sizeof(in6));
	add(&s, "cubic", 3, 0, 100000);
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), 0);
	for (size_t i = 0; i < r.n_flows; i++)
		CU_ASSERT(r.flows[i].received_bytes == 100000 && r.flows[i].finished_ns != ENGINE_NEVER);
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
	struct scenario s = make_scenario(3000 * MS);
	struct congctl_error err;
	struct run_result r;
	size_t established = 0, served = 0;

	add(&s, "cubic", 500, 0, 0);
	add(&s, "reno", 500, 0, 0);
	CU_ASSERT_EQUAL_FATAL(run(&s, &r, &err), 0);
	for (size_t i = 0; i < r.n_flows; i++) {
		established += r.flows[i].established_ns < 1500 * MS && !r.flows[i].error;
		served += r.flows[i].window_bytes > 0;
	}
	CU_ASSERT_EQUAL(established, 1000);
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
	struct scenario s = make_scenario(10000 * MS);
	uint64_t begin = monotonic_ns();
	int before = open_descriptors();
	struct congctl_error err;
	struct run_result r;

	add(&s, "cubic", 10, 0, 0);
	stop_after_ticks = 5;
	CU_ASSERT_EQUAL(run(&s, &r, &err), -EINTR);
	CU_ASSERT_EQUAL(strncmp(err.text, "stopped at 0.", 13), 0);
	stop_after_ticks = 0;
	CU_ASSERT(monotonic_ns() - begin < 1000 * MS);
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
	struct scenario s = make_scenario(100 * MS);
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	int refuse = 0, before = open_descriptors();
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = ns, .begin = note_begin, .begin_arg = &refuse};
	struct congctl_error err = {.log = NULL};
	struct run_result r = {0};
	uint64_t from = monotonic_ns();

	add(&s, "cubic", 20, 0, 0);
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), 0);
	CU_ASSERT(descriptors_at_begin > before + 20);
	CU_ASSERT(monotonic_ns() - from >= 130 * MS);
	for (size_t i = 0; i < r.n_flows; i++)
		CU_ASSERT(r.flows[i].received_bytes > 0);
	run_result_free(&r);
	refuse = -EAGAIN;
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), -EAGAIN);
	CU_ASSERT_EQUAL(open_descriptors(), before);
	run_result_free(&r);
}

static void unreachable_receiver_is_the_flows_error(void)
{
	struct scenario s = make_scenario(100 * MS);
	struct traffic_group group = {.sender = loopback(1), .receiver = loopback(2)};
	struct traffic_config config = {.scenario = &s, .groups = &group, .sender_ns = ns, .receiver_ns = -1};
	struct congctl_error err = {.log = NULL};
	struct run_result r = {0};
	int other = other_namespace();

	config.receiver_ns = other; /* its loopback is not connected to the sender's */
	add(&s, "cubic", 1, 0, 0);
	CU_ASSERT_EQUAL(run_planned(&s, &config, &r, &err), 0);
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
