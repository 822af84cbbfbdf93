// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/report/csv.h"
#include "../../netsim/report/figures.h"
#include "../../netsim/report/plot.h"
#include "../../netsim/report/tool.h"

#define S 1000000000ull
#define MAX_RUNS 5

static char dir[] = "/tmp/test_report.XXXXXX";
static struct scenario scenario;
static struct run_result results[MAX_RUNS];
static struct report_run run;

/* Two flows, 10 s, sampled each 100 ms: the first gets 30 Mbit/s more than `low`, the second `low`. */
static void record(struct run_result *r, uint64_t seed, double low_mbps)
{
	const double mbps[2] = {low_mbps + 30, low_mbps};

	*r = (struct run_result){.engine = "emu", .valid = true, .seed = seed, .duration_ns = 10 * S, .window_ns = 8 * S, .n_flows = 2,
				 .n_samples = 200, .n_queue = 100};
	r->flows = calloc(2, sizeof(*r->flows));
	r->samples = calloc(200, sizeof(*r->samples));
	r->queue = calloc(100, sizeof(*r->queue));
	CU_ASSERT_FATAL(r->flows && r->samples && r->queue);
	for (uint32_t f = 0; f < 2; f++) {
		r->flows[f] = (struct flow_result){.group = f, .finished_ns = ENGINE_NEVER, .window_ns = 8 * S};
		r->flows[f].received_bytes = (uint64_t)(mbps[f] * 1e6 / 8 * 10);
		r->flows[f].window_bytes = (uint64_t)(mbps[f] * 1e6 / 8 * 8);
		strcpy(r->flows[f].name, scenario.flows[f].name);
		strcpy(r->flows[f].cc, scenario.flows[f].cc);
	}
	for (uint32_t i = 0; i < 200; i++) {
		const uint64_t t = (i / 2 + 1) * S / 10;

		r->samples[i] = (struct flow_sample){.t_ns = t, .flow = i % 2, .cwnd_pkts = 10 + i % 2, .ssthresh_pkts = 0x7fffffff,
			.srtt_us = 40000 + 100 * (i / 2), .retransmits = i / 2, .pacing_bps = UINT64_MAX,
			.received_bytes = (uint64_t)(mbps[i % 2] * 1e6 / 8 * (double)t / 1e9)};
		r->queue[i / 2] = (struct queue_sample){.t_ns = t, .queued_pkts = i / 2};
	}
	r->link.window_out_bytes = r->link.window_capacity_bytes = (uint64_t)(50e6 / 8 * 8);
	r->link.queue_pkts_mean = 12.5;
	measure_run(&scenario, r);
}

static void set_up(size_t n)
{
	struct congctl_error err = {0};

	scenario_init(&scenario);
	CU_ASSERT_EQUAL(scenario_set(&scenario, "rate", "50mbit", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&scenario, "rtt", "40ms", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&scenario, "cubic,name=a \"<b>\"", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&scenario, "reno", &err), 0);
	CU_ASSERT_EQUAL_FATAL(scenario_finish(&scenario, NULL, &err), 0);
	for (size_t i = 0; i < n; i++)
		record(&results[i], i + 1, 10 + (double)i);
	run = (struct report_run){.scenario = &scenario, .results = results, .n_results = n, .command_line = "netsim run 'x'"};
}

static void tear_down(void)
{
	for (size_t i = 0; i < run.n_results; i++)
		run_result_free(&results[i]);
}

static struct json_object *summary_of(const struct report_run *r)
{
	struct congctl_error err = {0};
	struct json_object *o;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(report_summary(f, r, &err), 0);
	fclose(f);
	o = json_tokener_parse(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	free(text);
	return o;
}

/* "flows/0/goodput_bps"; NULL: null or not there */
static struct json_object *at(struct json_object *o, const char *path)
{
	struct json_object *found = NULL;
	char pointer[128];

	snprintf(pointer, sizeof(pointer), "/%s", path);
	return json_pointer_get(o, pointer, &found) ? NULL : found;
}

static void the_summary_has_the_figures(void)
{
	struct json_object *o;

	set_up(1);
	o = summary_of(&run);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(o, "engine")), "emu");
	CU_ASSERT(json_object_get_boolean(at(o, "valid")));
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(o, "flows/0/name")), "a \"<b>\"");
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "flows/0/goodput_bps")), 40e6, 1);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "flows/1/share")), 0.2, 1e-9);
	CU_ASSERT_EQUAL(json_object_get_int64(at(o, "flows/0/retransmits")), 99);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "link/utilisation")), 1, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "link/queue_pkts/mean")), 12.5, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "jain")), 2500.0 / (2 * (1600 + 100)), 1e-6);
	CU_ASSERT_PTR_NULL(at(o, "runs"));
	CU_ASSERT_PTR_NULL(at(o, "flows/0/fct_s"));
	json_object_put(o);
	tear_down();
}

static void repeats_give_median_and_interval(void)
{
	struct json_object *o;

	set_up(5);
	o = summary_of(&run);
	CU_ASSERT_EQUAL(json_object_array_length(at(o, "runs")), 5);
	CU_ASSERT_EQUAL(json_object_get_int(at(o, "runs/4/seed")), 5);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "runs/4/flows/1/goodput_bps")), 14e6, 1);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "flows/1/goodput_bps")), 12e6, 1);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "median/goodput_bps")), 54e6, 1);
	CU_ASSERT(json_object_get_double(at(o, "ci95/goodput_bps/0")) >= 50e6 - 1);
	CU_ASSERT(json_object_get_double(at(o, "ci95/goodput_bps/1")) <= 58e6 + 1);
	CU_ASSERT(json_object_get_double(at(o, "ci95/goodput_bps/0")) < json_object_get_double(at(o, "ci95/goodput_bps/1")));
	json_object_put(o);
	tear_down();
}

static void no_number_of_a_void_run_is_told(void)
{
	struct json_object *o;
	char *text = NULL;
	size_t size;
	FILE *f;

	set_up(1);
	results[0].valid = false;
	strcpy(results[0].void_reason, "too late");
	o = summary_of(&run);
	CU_ASSERT(!json_object_get_boolean(at(o, "valid")));
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(o, "void_reason")), "too late");
	CU_ASSERT_STRING_EQUAL(json_object_get_string(at(o, "flows/1/cc")), "reno");
	CU_ASSERT_PTR_NULL(at(o, "flows/0/goodput_bps"));
	CU_ASSERT_PTR_NULL(at(o, "flows/0/retransmits"));
	CU_ASSERT_PTR_NULL(at(o, "flows/0/rtt_us/p50"));
	CU_ASSERT_PTR_NULL(at(o, "link/utilisation"));
	CU_ASSERT_PTR_NULL(at(o, "link/drops"));
	CU_ASSERT_PTR_NULL(at(o, "jain"));
	json_object_put(o);
	f = open_memstream(&text, &size);
	report_table(f, &run);
	csv_flows(f, &run);
	csv_samples(f, &run);
	csv_queue(f, &run);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "VOID: too late"));
	CU_ASSERT_PTR_NULL(strstr(text, "40.0 Mbit/s"));
	CU_ASSERT_PTR_NULL(strstr(text, "\n1,"));
	free(text);
	tear_down();
}

static void a_void_repeat_is_left_out(void)
{
	struct json_object *o;

	set_up(3);
	results[2].valid = false;
	o = summary_of(&run);
	CU_ASSERT_EQUAL(json_object_get_int(at(o, "runs_valid")), 2);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(at(o, "flows/1/goodput_bps")), 10.5e6, 1);
	CU_ASSERT_PTR_NULL(at(o, "runs/2/flows/0/goodput_bps"));
	json_object_put(o);
	tear_down();
}

static void csv_quotes_names_and_leaves_the_unknown_empty(void)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	set_up(1);
	csv_flows(f, &run);
	csv_samples(f, &run);
	fclose(f);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n1,0,\"a \"\"<b>\"\"\",cubic,0.000000,0.000000,,50000000,40000000,40000000,0.800000,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n1,0.100000,0,10,,40000,0,0,0,0,0,0,,0,500000,0\n"));
	free(text);
	tear_down();
}

/* --- the directory ------------------------------------------------------------------------------------------------- */

static const char *const wanted[] = {"scenario.yaml", "manifest.json", "flows.csv", "samples.csv", "queue.csv", "transfers.csv", "summary.json",
				     "report.html"};

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static char *slurp(const char *name)
{
	static char text[4000000];
	FILE *f = fopen(path_of(name), "re");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static void empty_dir(void)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		unlink(path_of(wanted[i]));
}

static void the_directory_is_whole_and_replaces_an_earlier_result(void)
{
	struct congctl_error err = {0};
	struct scenario back;

	set_up(2);
	for (int again = 0; again < 2; again++) {
		CU_ASSERT_EQUAL(report_write(&run, dir, &err), 0);
		CU_ASSERT_STRING_EQUAL(err.text, "");
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			CU_ASSERT_EQUAL(access(path_of(wanted[i]), R_OK), 0);
	}
	CU_ASSERT_EQUAL(scenario_load(&back, path_of("scenario.yaml"), &err), 0);
	CU_ASSERT_EQUAL(memcmp(&back, &scenario, sizeof(back)), 0);
	empty_dir();
	tear_down();
}

static void the_page_is_self_contained_and_escaped(void)
{
	struct congctl_error err = {0};
	char *page;

	set_up(1);
	CU_ASSERT_EQUAL(report_write(&run, dir, &err), 0);
	page = slurp("report.html");
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "<td>a &quot;&lt;b&gt;&quot;</td>"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "netsim run &#39;x&#39;"));
	CU_ASSERT_PTR_NULL(strstr(page, "<b>"));
	CU_ASSERT_PTR_NULL(strstr(page, "src="));
	CU_ASSERT_PTR_NULL(strstr(page, "<script"));
	CU_ASSERT_PTR_NULL(strstr(page, "href=\"http"));
	CU_ASSERT_PTR_NULL(strstr(page, "url(http"));
	empty_dir();
	tear_down();
}

static void without_gnuplot_the_report_says_so(void)
{
	struct congctl_error err = {0};
	char *path = strdup(getenv("PATH"));

	set_up(1);
	setenv("PATH", "/nonexistent", 1);
	CU_ASSERT_EQUAL(report_write(&run, dir, &err), 0);
	setenv("PATH", path, 1);
	free(path);
	CU_ASSERT_PTR_NOT_NULL(strstr(slurp("report.html"), "No pictures: gnuplot is not installed (Debian: gnuplot-nox)."));
	CU_ASSERT_PTR_NULL(strstr(slurp("report.html"), "<svg"));
	empty_dir();
	tear_down();
}

/* a flow's name must not become a command of gnuplot's */
static void a_picture_takes_names_as_text(void)
{
	char *svg = NULL;
	int ret;

	set_up(1);
	strcpy(results[0].flows[0].name, "'`touch /tmp/tr_pwned`'; $(x)");
	unlink("/tmp/tr_pwned");
	ret = plot_svg(SERIES_CWND, &scenario, &results[0], "t", &svg);
	if (ret == -ENOENT) {
		printf("no gnuplot ");
	} else {
		CU_ASSERT_EQUAL_FATAL(ret, 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(svg, "’`touch /tmp/tr_pwned`’; $(x)"));
		CU_ASSERT_PTR_NOT_NULL(strstr(svg, "cwnd (packets)"));
		CU_ASSERT_PTR_NOT_NULL(strstr(svg, "reno"));
	}
	CU_ASSERT_NOT_EQUAL(access("/tmp/tr_pwned", F_OK), 0);
	free(svg);
	tear_down();
}

/* datagrams have neither cwnd nor RTT: those pictures are left out, the others are there */
static void what_has_no_samples_has_no_picture(void)
{
	char *page = NULL, *svg = NULL;
	size_t size;
	FILE *f = open_memstream(&page, &size);

	set_up(1);
	for (size_t i = 0; i < results[0].n_samples; i++)
		results[0].samples[i].srtt_us = 0;
	CU_ASSERT_EQUAL(plot_svg(SERIES_RTT, &scenario, &results[0], "t", &svg), -ENODATA);
	CU_ASSERT_EQUAL(report_page(f, &run, 1, "t"), 0);
	fclose(f);
	CU_ASSERT_PTR_NULL(strstr(page, plot_titles[SERIES_RTT]));
	CU_ASSERT(strstr(page, plot_titles[SERIES_QUEUE]) || strstr(page, "gnuplot is not installed"));
	free(page);
	free(svg);
	tear_down();
}

/* process and process group */
static void an_interrupt_from_the_terminal_spares_the_tools(void)
{
	char *const argv[] = {"sh", "-c", "cut -d ' ' -f 1,5 /proc/$$/stat", NULL};
	char *output = NULL;
	int pid, group;

	CU_ASSERT_EQUAL_FATAL(tool_output(argv, STDIN_FILENO, &output), 0);
	CU_ASSERT_EQUAL_FATAL(sscanf(output, "%d %d", &pid, &group), 2);
	CU_ASSERT_EQUAL(pid, group);
	free(output);
}

static void a_series_has_the_rate_the_flow_had(void)
{
	struct series series;

	set_up(1);
	CU_ASSERT_EQUAL_FATAL(series_make(&series, SERIES_GOODPUT, &scenario, &results[0], 20), 0);
	CU_ASSERT_EQUAL(series.n_bins, 20);
	for (size_t bin = 1; bin < series.n_bins; bin++) {
		CU_ASSERT_DOUBLE_EQUAL(series.values[bin], 40, 0.01);
		CU_ASSERT_DOUBLE_EQUAL(series.values[series.n_bins + bin], 10, 0.01);
	}
	free(series.values);
	CU_ASSERT_EQUAL_FATAL(series_make(&series, SERIES_QUEUE, &scenario, &results[0], 10), 0);
	CU_ASSERT(series.n_flows == 1 && series.n_bins == 10);
	CU_ASSERT_DOUBLE_EQUAL(series.values[5], 53.5, 0.01); /* samples 49 to 58, at 5.0 to 5.9 s */
	free(series.values);
	tear_down();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_summary_has_the_figures),
		TEST(repeats_give_median_and_interval),
		TEST(no_number_of_a_void_run_is_told),
		TEST(a_void_repeat_is_left_out),
		TEST(csv_quotes_names_and_leaves_the_unknown_empty),
		TEST(the_directory_is_whole_and_replaces_an_earlier_result),
		TEST(the_page_is_self_contained_and_escaped),
		TEST(without_gnuplot_the_report_says_so),
		TEST(a_picture_takes_names_as_text),
		TEST(what_has_no_samples_has_no_picture),
		TEST(an_interrupt_from_the_terminal_spares_the_tools),
		TEST(a_series_has_the_rate_the_flow_had),
		CU_TEST_INFO_NULL,
	};
	int failed;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	failed = unit_run("report", tests);
	rmdir(dir);
	return failed;
}
