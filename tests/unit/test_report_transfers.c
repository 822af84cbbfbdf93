// SPDX-License-Identifier: GPL-2.0-only
/* Transfers and links in CSV, summary and table, from a run made by hand. */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/report/csv.h"
#include "../../netsim/report/figures.h"
#include "../../netsim/report/plot.h"
#include "../../netsim/scenario/workload.h"

#define S 1000000000ull
#define MS 1000000ull
#define MAX_RUNS 3

enum { WEB, BULK }; /* groups */

static struct scenario scenario;
static struct run_result results[MAX_RUNS];
static struct report_run run;

/* Of the web group `n_web` flows, every second one small; the k-th takes k + 1 times the least time, the last does not finish. The bulk
 * flow starts in their midst, so that its number differs from run to run. */
static void record(struct run_result *r, uint32_t n_web)
{
	const uint32_t at = n_web / 2;

	*r = (struct run_result){.engine = "sim", .valid = true, .seed = 1, .duration_ns = 10 * S, .n_flows = n_web + 1,
				 .n_transfers = n_web, .n_links = 3};
	r->flows = calloc(r->n_flows, sizeof(*r->flows));
	r->transfers = calloc(r->n_transfers, sizeof(*r->transfers));
	r->links = calloc(r->n_links, sizeof(*r->links));
	for (uint32_t i = 0, k = 0; i <= n_web; i++) {
		struct flow_result *f = &r->flows[i];

		*f = (struct flow_result){.group = i == at ? BULK : WEB, .finished_ns = ENGINE_NEVER, .start_ns = 3 * S + i * MS};
		snprintf(f->name, sizeof(f->name), i == at ? "bulk" : "web, \"x\".%u", k + 1);
		if (i == at) {
			f->window_bytes = n_web * 1000000, f->window_ns = 7 * S;
			continue;
		}
		f->window_ns = 7 * S, f->window_bytes = 1000;
		r->transfers[k] = (struct transfer){.flow = i, .start_ns = f->start_ns, .end_ns = ENGINE_NEVER, .bytes = k % 2 ? 20000000 : 5000};
		if (k + 1 < n_web)
			r->transfers[k].end_ns = f->start_ns + (k + 1) * workload_ideal_ns(&scenario, WEB, r->transfers[k].bytes);
		k++;
	}
	for (size_t i = 0; i < r->n_links; i++) {
		snprintf(r->links[i].name, sizeof(r->links[i].name), "hop%zu", i + 1);
		r->links[i].stats = (struct link_stats){.window_out_bytes = 100 * (i + 1), .window_capacity_bytes = 1000, .queue_pkts_mean = 1.5,
			.queue_pkts_p95 = 7, .window_dropped_pkts = 3, .window_marked_pkts = 2, .window_lost_pkts = i};
	}
	measure_run(&scenario, r);
}

static void set_up(size_t n)
{
	memset(&scenario, 0, sizeof(scenario));
	scenario.link.rate_bps = 10000000;
	scenario.link.rtt_ns = 40 * MS;
	scenario.mtu = 1500;
	scenario.family = 4;
	scenario.duration_ns = 10 * S;
	scenario.warmup_ns = 2 * S;
	scenario.n_flows = 2;
	scenario.flows[WEB] = (struct scenario_flow){.name = "web, \"x\"", .cc = "cubic", .count = 1, .workload = WORKLOAD_POISSON};
	scenario.flows[BULK] = (struct scenario_flow){.name = "bulk", .cc = "cubic", .count = 1};
	for (size_t i = 0; i < n; i++)
		record(&results[i], 5 + 2 * (uint32_t)i);
	run = (struct report_run){.scenario = &scenario, .results = results, .n_results = n};
}

static void tear_down(void)
{
	for (size_t i = 0; i < run.n_results; i++)
		run_result_free(&results[i]);
}

/* what `put` writes; the caller's to free() */
static char *written(void (*put)(FILE *f, const struct report_run *r))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	put(f, &run);
	fclose(f);
	return text;
}

static void put_summary(FILE *f, const struct report_run *r)
{
	CU_ASSERT_EQUAL(report_summary(f, r, NULL), 0);
}

static double figure(struct json_object *o, const char *pointer)
{
	struct json_object *found = NULL;

	return json_pointer_get(o, pointer, &found) || !found ? NAN : json_object_get_double(found);
}

static struct json_object *summary(void)
{
	char *text = written(put_summary);
	struct json_object *o = json_tokener_parse(text);

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	free(text);
	return o;
}

static void slowdown_is_the_time_over_the_least(void)
{
	set_up(1);
	for (size_t k = 0; k < 4; k++)
		CU_ASSERT_DOUBLE_EQUAL(results[0].transfers[k].slowdown, k + 1, 1e-9);
	CU_ASSERT(isnan(results[0].transfers[4].slowdown));
	tear_down();
}

/* 5000 bytes: 60 ms and 5264 bytes on the wire at 10 Mbit/s */
static void csv_has_a_line_for_each_transfer(void)
{
	char *text;

	set_up(1);
	text = written(csv_transfers);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "run,flow,name,start_s,end_s,bytes,fct_s,slowdown\n"
				      "1,0,\"web, \"\"x\"\".1\",3.000000,3.064211,5000,0.064211,1.0000\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "1,5,\"web, \"\"x\"\".5\",3.005000,,5000,,\n"));
	CU_ASSERT_PTR_NULL(strstr(text, "bulk"));
	free(text);
	tear_down();
}

static void the_summary_has_groups_by_size(void)
{
	struct json_object *o;

	set_up(1);
	o = summary();
	CU_ASSERT_EQUAL(figure(o, "/groups/0/transfers/total"), 5);
	CU_ASSERT_EQUAL(figure(o, "/groups/0/transfers/completed"), 4);
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/groups/0/transfers/slowdown/mean"), 2.5, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/groups/0/transfers/slowdown/p50"), 2.5, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/groups/0/small/fct_s/mean"), 2 * 0.064211, 1e-5); /* once and three times */
	CU_ASSERT_EQUAL(figure(o, "/groups/0/small/total"), 3);
	CU_ASSERT(isnan(figure(o, "/groups/0/medium/total"))); /* there are none */
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/groups/0/large/slowdown/p99"), 2 + 0.99 * 2, 1e-9);
	CU_ASSERT(isnan(figure(o, "/groups/1/transfers/total"))); /* bulk without end */
	json_object_put(o);
	tear_down();
}

static void flows_at_random_are_not_listed_one_by_one(void)
{
	struct json_object *o, *flows = NULL;
	char *table;

	set_up(1);
	o = summary();
	json_pointer_get(o, "/flows", &flows);
	CU_ASSERT_EQUAL(json_object_array_length(flows), 1);
	json_object_put(o);
	table = written(report_table);
	CU_ASSERT_PTR_NULL(strstr(table, "\"x\".1"));
	CU_ASSERT_PTR_NOT_NULL(strstr(table, "\nbulk "));
	CU_ASSERT_PTR_NOT_NULL(strstr(table, "4/5"));
	CU_ASSERT_PTR_NOT_NULL(strstr(table, "\n  small "));
	CU_ASSERT_PTR_NULL(strstr(table, "\n  medium "));
	free(table);
	tear_down();
}

/* its goodput is 5, 7 and 9 MB in 7 s; its number 2, 3 and 4 */
static void a_flow_is_the_same_in_every_repeat_whatever_its_number(void)
{
	struct json_object *o;

	set_up(3);
	o = summary();
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/flows/0/goodput_bps"), 8e6, 1);
	CU_ASSERT_EQUAL(figure(o, "/groups/0/transfers/total"), 7);
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/runs/2/groups/0/transfers/slowdown/mean"), 4.5, 1e-9);
	json_object_put(o);
	tear_down();
}

static void what_began_in_the_warm_up_does_not_count(void)
{
	struct transfer_figures f;

	set_up(1);
	scenario.warmup_ns = 3 * S + 1 * MS; /* the first began 1 ms earlier */
	CU_ASSERT_EQUAL(measure_transfers(&scenario, &results[0], WEB, 0, UINT64_MAX, &f), 0);
	CU_ASSERT(f.total == 4 && f.completed == 3);
	CU_ASSERT_DOUBLE_EQUAL(f.slowdown.mean, 3, 1e-9);
	scenario.flows[WEB].workload = WORKLOAD_BULK; /* a sized flow counts as it always did */
	CU_ASSERT_EQUAL(measure_transfers(&scenario, &results[0], WEB, 0, UINT64_MAX, &f), 0);
	CU_ASSERT_EQUAL(f.total, 5);
	tear_down();
}

static void a_group_without_transfers_has_no_figures(void)
{
	struct transfer_figures f;
	struct json_object *o;
	char *svg = NULL;

	set_up(1);
	results[0].n_transfers = 0;
	CU_ASSERT_EQUAL(measure_transfers(&scenario, &results[0], WEB, 0, UINT64_MAX, &f), 0);
	CU_ASSERT(f.total == 0 && f.fct_s.n == 0 && f.slowdown.mean == 0);
	o = summary();
	CU_ASSERT(isnan(figure(o, "/groups/0/transfers/total")));
	json_object_put(o);
	CU_ASSERT_EQUAL(plot_slowdown(&scenario, &results[0], "x", &svg), -ENODATA);
	tear_down();
}

static void links_are_told_when_they_are_more_than_the_bottleneck(void)
{
	struct json_object *o;
	char *table;

	set_up(2);
	o = summary();
	CU_ASSERT_DOUBLE_EQUAL(figure(o, "/links/1/utilisation"), 0.2, 1e-9);
	CU_ASSERT_EQUAL(figure(o, "/links/2/queue_pkts/p95"), 7);
	CU_ASSERT_EQUAL(figure(o, "/links/2/losses"), 2);
	json_object_put(o);
	table = written(report_table);
	CU_ASSERT_PTR_NOT_NULL(strstr(table, "\nhop3 "));
	free(table);
	results[0].n_links = results[1].n_links = 2; /* a bottleneck and its way back */
	table = written(report_table);
	CU_ASSERT_PTR_NULL(strstr(table, "\nhop2 "));
	free(table);
	tear_down();
}

static void a_void_run_tells_nothing_of_its_transfers(void)
{
	struct json_object *o;
	char *text;

	set_up(1);
	results[0].valid = false;
	strcpy(results[0].void_reason, "too late");
	o = summary();
	CU_ASSERT(isnan(figure(o, "/groups/0/transfers/total")) && isnan(figure(o, "/links/0/utilisation")));
	json_object_put(o);
	text = written(csv_transfers);
	CU_ASSERT_STRING_EQUAL(text, "run,flow,name,start_s,end_s,bytes,fct_s,slowdown\n");
	free(text);
	tear_down();
}

static void jain_is_of_lasting_flows(void)
{
	struct report_figures f;

	set_up(2);
	CU_ASSERT_EQUAL_FATAL(figures_make(&f, &run), 0);
	CU_ASSERT_EQUAL(f.jain.median, 1); /* the bulk flow alone */
	figures_free(&f);
	scenario.flows[BULK].workload = WORKLOAD_POISSON;
	CU_ASSERT_EQUAL_FATAL(figures_make(&f, &run), 0);
	CU_ASSERT(isnan(f.jain.median) && !f.jain.n); /* no flow to compare */
	figures_free(&f);
	tear_down();
}

static void slowdowns_are_drawn(void)
{
	char *svg = NULL;
	int ret;

	set_up(1);
	ret = plot_slowdown(&scenario, &results[0], "x", &svg);
	if (ret == -ENOENT) {
		printf("no gnuplot ");
	} else {
		CU_ASSERT_EQUAL_FATAL(ret, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(svg, "slowdown: time taken"));
	}
	free(svg);
	tear_down();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(slowdown_is_the_time_over_the_least),
		TEST(csv_has_a_line_for_each_transfer),
		TEST(the_summary_has_groups_by_size),
		TEST(flows_at_random_are_not_listed_one_by_one),
		TEST(a_flow_is_the_same_in_every_repeat_whatever_its_number),
		TEST(what_began_in_the_warm_up_does_not_count),
		TEST(a_group_without_transfers_has_no_figures),
		TEST(links_are_told_when_they_are_more_than_the_bottleneck),
		TEST(a_void_run_tells_nothing_of_its_transfers),
		TEST(jain_is_of_lasting_flows),
		TEST(slowdowns_are_drawn),
		CU_TEST_INFO_NULL,
	};

	return unit_run("report of transfers", tests);
}
