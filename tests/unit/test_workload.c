// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/scenario/workload.h"

#define MS 1000000ull
#define S 1000000000ull

static struct congctl_error err;
static struct workload_flow *plan;
static size_t n;

static struct scenario make_scenario(void)
{
	struct scenario s = {.duration_ns = 60 * S, .seed = 1, .mtu = 1500, .family = 4, .link = {.rate_bps = 1000000000, .rtt_ns = 20 * MS}};

	return s;
}

static struct scenario_flow *add(struct scenario *s, enum workload workload, uint32_t count)
{
	struct scenario_flow *f = &s->flows[s->n_flows++];

	*f = (struct scenario_flow){.workload = workload, .count = count, .stop_ns = ENGINE_NEVER};
	snprintf(f->name, sizeof(f->name), "group%zu", s->n_flows);
	return f;
}

static struct scenario_flow *add_poisson(struct scenario *s, double load, const char *sizes)
{
	struct scenario_flow *f = add(s, WORKLOAD_POISSON, 1);

	f->load = load;
	snprintf(f->sizes, sizeof(f->sizes), "%s", sizes);
	return f;
}

static int make_plan(const struct scenario *s)
{
	free(plan);
	plan = NULL;
	n = 0;
	memset(&err, 0, sizeof(err));
	return workload_plan(s, &plan, &n, &err);
}

static void groups_take_turns_in_order_of_start(void)
{
	static const uint32_t expected[][2] = {{1, 0}, {1, 1}, {0, 0}, {2, 0}, {0, 1}, {0, 2}};
	struct scenario s = make_scenario();

	add(&s, WORKLOAD_BULK, 3)->start_ns = S;
	add(&s, WORKLOAD_BULK, 2)->size_bytes = 5000;
	add(&s, WORKLOAD_REQUEST, 1)->start_ns = S;
	s.flows[2].size_bytes = 7000;
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	CU_ASSERT_EQUAL_FATAL(n, 6);
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(plan[i].group, expected[i][0]);
		CU_ASSERT_EQUAL(plan[i].instance, expected[i][1]);
		CU_ASSERT_EQUAL(plan[i].start_ns, s.flows[plan[i].group].start_ns);
		CU_ASSERT_EQUAL(plan[i].stop_ns, s.duration_ns);
		CU_ASSERT_EQUAL(plan[i].size_bytes, plan[i].group == 1 ? 5000 : 0); /* an answer's size is not the flow's */
	}
}

static void a_flow_stops_when_told_or_at_the_end(void)
{
	struct scenario s = make_scenario();

	add(&s, WORKLOAD_BULK, 1)->stop_ns = 5 * S;
	add(&s, WORKLOAD_BULK, 1)->stop_ns = 90 * S;
	add(&s, WORKLOAD_BULK, 1)->stop_ns = 0;
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	CU_ASSERT_EQUAL(plan[0].stop_ns, 5 * S);
	CU_ASSERT_EQUAL(plan[1].stop_ns, 60 * S);
	CU_ASSERT_EQUAL(plan[2].stop_ns, 60 * S);
}

/* the number of arrivals in a time is Poisson: its variance is its mean */
static void arrivals_come_at_the_load(void)
{
	static const double loads[] = {0.1, 0.5, 0.9};
	struct scenario s = make_scenario();

	add_poisson(&s, 0, "web-search");
	for (size_t i = 0; i < 3; i++) {
		for (s.seed = 1; s.seed <= 5; s.seed++) {
			double expected = loads[i] * 1e9 * 1448 / 1514 / 8 / 1711250 * 60;

			s.flows[0].load = loads[i];
			CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
			CU_ASSERT_DOUBLE_EQUAL((double)n, expected, 3 * sqrt(expected));
		}
	}
}

/* Kolmogorov-Smirnov: √n·D below 1.95 with probability 0.999 */
static void check_exponential(double *gaps, size_t count)
{
	double mean = 0, squares = 0, d = 0;

	for (size_t i = 0; i < count; i++) {
		mean += gaps[i] / (double)count;
		squares += gaps[i] * gaps[i] / (double)count;
	}
	CU_ASSERT_DOUBLE_EQUAL(mean, 1, 3 / sqrt((double)count));
	CU_ASSERT_DOUBLE_EQUAL(squares - mean * mean, 1, 3 * sqrt(8.0 / (double)count)); /* the fourth central moment is 9 */
	for (size_t i = 0; i < count; i++) { /* sorted */
		double f = 1 - exp(-gaps[i]);

		d = fmax(d, fmax(f - (double)i / (double)count, ((double)i + 1) / (double)count - f));
	}
	CU_ASSERT(d * sqrt((double)count) < 1.95);
}

static int compare_doubles(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* gaps over the mean gap, in units of it; the whole of 15 seeds' plans */
static void gaps_are_exponential(void)
{
	struct scenario s = make_scenario();
	static double gaps[15 * SCENARIO_MAX_FLOWS];
	double mean_ns = 1711250 * 8e9 / (0.3 * 1e10 * 1448 / 1514);
	size_t count = 0;

	s.link.rate_bps = 10000000000;
	add_poisson(&s, 0.3, "web-search");
	for (s.seed = 1; s.seed <= 15; s.seed++) {
		CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
		for (size_t i = 1; i < n; i++)
			gaps[count++] = (double)(plan[i].start_ns - plan[i - 1].start_ns) / mean_ns;
	}
	CU_ASSERT(count > 100000);
	qsort(gaps, count, sizeof(*gaps), compare_doubles);
	check_exponential(gaps, count);
}

static void arrivals_fall_between_start_and_stop(void)
{
	struct scenario s = make_scenario();
	struct scenario_flow *f = add_poisson(&s, 0.8, "web-search");
	int wrong = 0;

	f->start_ns = 20 * S;
	f->stop_ns = 30 * S;
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	CU_ASSERT(n > 300 && n < 800); /* 558 ± 4 σ and more */
	for (size_t i = 0; i < n; i++) {
		wrong += plan[i].start_ns < 20 * S || plan[i].start_ns >= 30 * S || plan[i].stop_ns != 60 * S;
		wrong += plan[i].size_bytes < 1 || plan[i].size_bytes > 30000000;
		wrong += plan[i].instance != i;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void a_plan_follows_from_the_seed_alone(void)
{
	struct scenario s = make_scenario();
	struct workload_flow *first;
	size_t n_first;

	add_poisson(&s, 0.5, "web-search");
	add_poisson(&s, 0.5, "web-search");
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	first = plan;
	n_first = n;
	plan = NULL;
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	CU_ASSERT(n == n_first && !memcmp(first, plan, n * sizeof(*plan)));
	s.seed = 2;
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	CU_ASSERT(n != n_first || memcmp(first, plan, n * sizeof(*plan)));
	free(first);
}

static void groups_draw_from_streams_of_their_own(void)
{
	struct scenario s = make_scenario();
	uint64_t first;

	add_poisson(&s, 0.5, "web-search");
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	first = plan[0].start_ns;
	add_poisson(&s, 0.5, "web-search");
	CU_ASSERT_EQUAL_FATAL(make_plan(&s), 0);
	for (size_t i = 0; i < n; i++) {
		if (plan[i].instance == 0 && plan[i].group == 0)
			CU_ASSERT_EQUAL(plan[i].start_ns, first); /* whatever the other group does */
		if (plan[i].instance == 0 && plan[i].group == 1)
			CU_ASSERT_NOT_EQUAL(plan[i].start_ns, first);
	}
}

static void more_than_the_most_is_refused_with_the_remedy(void)
{
	struct scenario s = make_scenario();

	add(&s, WORKLOAD_BULK, SCENARIO_MAX_FLOWS);
	CU_ASSERT_EQUAL(make_plan(&s), 0);
	CU_ASSERT_EQUAL(n, SCENARIO_MAX_FLOWS);
	add(&s, WORKLOAD_BULK, 1);
	CU_ASSERT_EQUAL(make_plan(&s), -E2BIG);
	CU_ASSERT_STRING_EQUAL(err.text, "the flows up to 'group2' are more than 20000: fewer flows, or a lower load of those that come"
			       " at random");
	s.n_flows = 0;
	s.link.rate_bps = 100000000000;
	add_poisson(&s, 0.9, "web-search");
	CU_ASSERT_EQUAL(make_plan(&s), -E2BIG);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "the load 0.9 of 'group1' brings more than 20000 connections by 3."));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, " s: a lower load or a shorter duration")); /* 20000 × 1.71 MB × 8 / 86 Gbit/s = 3.18 s */
	CU_ASSERT_PTR_NULL(plan);
}

static void a_plan_of_nothing_is_refused(void)
{
	struct scenario s = make_scenario();

	s.duration_ns = MS;
	add_poisson(&s, 0.01, "data-mining");
	CU_ASSERT_EQUAL(make_plan(&s), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, "not one flow comes in 0.001 s: a higher load or a longer duration");
}

static void a_wrong_distribution_is_told(void)
{
	struct scenario s = make_scenario();

	add_poisson(&s, 0.5, "web-serach");
	CU_ASSERT_EQUAL(make_plan(&s), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'web-serach'"));
}

static void sizes_are_whole_and_at_least_one(void)
{
	char path[] = "/tmp/workload-cdf.XXXXXX";
	struct scenario s = make_scenario();
	int fd = mkstemp(path), wrong = 0;
	FILE *f = fdopen(fd, "w");

	fputs("0 0.5\n1.4 1\n", f);
	fclose(f);
	s.link.rate_bps = 100000;
	add_poisson(&s, 0.005, path);
	CU_ASSERT_EQUAL(make_plan(&s), 0);
	for (size_t i = 0; i < n; i++)
		wrong += plan[i].size_bytes != 1;
	CU_ASSERT(n > 1000);
	CU_ASSERT_EQUAL(wrong, 0);
	unlink(path);
}

/* 1 Gbit/s, 20 ms: one frame of 1514 bytes takes 12.112 us */
static void the_ideal_is_handshake_frames_and_half_a_round_trip(void)
{
	struct scenario s = make_scenario();

	add(&s, WORKLOAD_BULK, 1)->size_bytes = 1448;
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 1448), 30 * MS + 12112);
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 1449), 30 * MS + 12112 + 536); /* 66 bytes of headers and one */
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 1448000), 30 * MS + 12112000);
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 0), 30 * MS);
	s.flows[0].rtt_ns = 40 * MS;
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 1448), 60 * MS + 12112);
}

static void the_ideal_of_an_answer_has_no_handshake(void)
{
	struct scenario s = make_scenario();

	add(&s, WORKLOAD_REQUEST, 1);
	add(&s, WORKLOAD_INCAST, 1);
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 0, 1448), 20 * MS + 12112);
	CU_ASSERT_EQUAL(workload_ideal_ns(&s, 1, 1448), 20 * MS + 12112);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(groups_take_turns_in_order_of_start),
		TEST(a_flow_stops_when_told_or_at_the_end),
		TEST(arrivals_come_at_the_load),
		TEST(gaps_are_exponential),
		TEST(arrivals_fall_between_start_and_stop),
		TEST(a_plan_follows_from_the_seed_alone),
		TEST(groups_draw_from_streams_of_their_own),
		TEST(more_than_the_most_is_refused_with_the_remedy),
		TEST(a_plan_of_nothing_is_refused),
		TEST(a_wrong_distribution_is_told),
		TEST(sizes_are_whole_and_at_least_one),
		TEST(the_ideal_is_handshake_frames_and_half_a_round_trip),
		TEST(the_ideal_of_an_answer_has_no_handshake),
		CU_TEST_INFO_NULL,
	};
	int failed = unit_run("workload", tests);

	free(plan);
	return failed;
}
