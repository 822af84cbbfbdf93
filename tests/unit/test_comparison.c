/* SPDX-License-Identifier: GPL-2.0-only */
/* What netsim compare says, of figures filled in by hand: differences, cells beyond the limits, void runs, unknown figures. */
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/report/comparison.h"

#define RUN(mbit, rtt_ms) {true, {(mbit) * 1e6, (rtt_ms) * 1e3, 7}}
#define VOID_RUN {false, {0, NAN, 0}}

static const char *const keys[] = {"rate", "rtt"};
static char *text;
static size_t size;

/* four cells: within the limits, goodput beyond, RTT beyond, and one without figures of the second arm */
static struct compared_run runs[4][2][1] = {
	{{RUN(9.8, 40)}, {RUN(10, 41)}},
	{{RUN(9.6, 40)}, {RUN(10, 40)}},
	{{RUN(10, 50)}, {RUN(10, 40)}},
	{{RUN(10, 40)}, {VOID_RUN}},
};
static struct vary_setting settings[4][2] = {
	{{"rate", "1mbit"}, {"rtt", "40ms"}}, {{"rate", "2mbit"}, {"rtt", "40ms"}}, {{"rate", "3mbit"}, {"rtt", "40ms"}},
	{{"rate", NULL}, {"rtt", "40ms"}},
};
static struct comparison_cell cells[4];

static struct comparison engines(void)
{
	struct comparison c = {
		.name = "test", .what = "engine", .arms = {"sim", "emu"}, .n_arms = 2, .reference = 1, .keys = keys, .n_keys = 2,
		.cells = cells, .n_cells = 4, .repeat = 1, .seed = 5,
	};

	for (size_t i = 0; i < 4; i++) {
		cells[i] = (struct comparison_cell){.settings = settings[i]};
		for (size_t a = 0; a < 2; a++)
			cells[i].arms[a].runs = runs[i][a];
	}
	cells[3].arms[1].void_reason = "it stood still";
	return c;
}

static FILE *start(void)
{
	free(text);
	text = NULL;
	return open_memstream(&text, &size);
}

static void has(const char *part)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
	if (!strstr(text, part))
		fprintf(stderr, "not there: %s\n%s\n", part, text);
}

static void lacks(const char *part)
{
	CU_ASSERT_PTR_NULL(strstr(text, part));
}

static void the_limits_are_three_and_ten_per_cent(void)
{
	CU_ASSERT(!comparison_misses(0.03, 0.10));
	CU_ASSERT(!comparison_misses(-0.03, -0.10));
	CU_ASSERT(comparison_misses(0.031, 0));
	CU_ASSERT(comparison_misses(-0.031, NAN));
	CU_ASSERT(comparison_misses(0, -0.101));
	CU_ASSERT(!comparison_misses(NAN, NAN));
}

static void the_table_lists_what_is_beyond(void)
{
	const struct comparison c = engines();
	FILE *f = start();

	comparison_table(f, &c);
	fclose(f);
	has("median |difference| to emu: goodput 2.0 %, RTT p50 2.4 %\n");
	has("beyond: 2mbit  goodput   -4.0 %, RTT   +0.0 %\n");
	has("        3mbit  goodput   +0.0 %, RTT  +25.0 %\n");
	has("1 of 4 cells within 3 % of goodput and 10 % of RTT, 1 without figures\n");
	has("  emu void: it stood still\n");
}

/* datagrams have no RTT: a cell that is beyond one limit is not counted again for the figure it does not have */
static void a_cell_counts_once(void)
{
	struct compared_run pair[2][1] = {{RUN(9, NAN)}, {RUN(10, NAN)}};
	struct comparison c = engines();
	FILE *f = start();

	cells[0].arms[0].runs = pair[0];
	cells[0].arms[1].runs = pair[1];
	c.n_cells = 1;
	comparison_table(f, &c);
	fclose(f);
	has("beyond: goodput  -10.0 %, RTT        -\n0 of 1 cells within 3 % of goodput and 10 % of RTT\n");
}

static void no_figure_is_shown_as_nan(void)
{
	struct comparison c = engines();
	FILE *f = start();

	cells[0] = cells[3];
	c.n_cells = 1;
	comparison_table(f, &c);
	fclose(f);
	lacks("nan");
	has("median |difference| to emu: goodput -, RTT p50 -\n");
}

static void a_key_that_does_not_differ_is_not_shown(void)
{
	struct comparison c = engines();
	FILE *f = start();

	comparison_table(f, &c);
	fclose(f);
	has("rate   ");
	lacks("rtt");
	c.n_cells = 1;
	f = start();
	comparison_table(f, &c);
	fclose(f);
	lacks("rate");
	has("1 of 1 cells within");
}

static struct json_object *json_of(const struct comparison *c)
{
	struct congctl_error err = {0};
	FILE *f = start();

	CU_ASSERT_EQUAL(comparison_json(f, c, &err), 0);
	fclose(f);
	return json_tokener_parse(text);
}

static struct json_object *arm_of(struct json_object *o, size_t cell, size_t arm)
{
	struct json_object *array = json_object_array_get_idx(json_object_object_get(o, "cells"), cell);

	return json_object_array_get_idx(json_object_object_get(array, "arms"), arm);
}

static void a_void_run_is_null_in_json(void)
{
	const struct comparison c = engines();
	struct json_object *o = json_of(&c), *arm;

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	arm = arm_of(o, 3, 1);
	CU_ASSERT_PTR_NULL(json_object_object_get(arm, "goodput_bps"));
	CU_ASSERT_PTR_NULL(json_object_object_get(arm, "rtt_p50_us"));
	CU_ASSERT_EQUAL(json_object_get_int(json_object_object_get(arm, "runs_valid")), 0);
	CU_ASSERT_STRING_EQUAL(json_object_get_string(json_object_object_get(arm, "void_reason")), "it stood still");
	arm = json_object_object_get(arm_of(o, 3, 0), "difference");
	CU_ASSERT_PTR_NOT_NULL(arm);
	CU_ASSERT_PTR_NULL(json_object_object_get(arm, "goodput_bps_relative"));
	json_object_put(o);
}

static void json_has_the_differences(void)
{
	const struct comparison c = engines();
	struct json_object *o = json_of(&c), *missed;

	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	missed = json_object_object_get(o, "missed");
	CU_ASSERT_EQUAL(json_object_array_length(missed), 2);
	CU_ASSERT_EQUAL(json_object_get_int(json_object_array_get_idx(missed, 0)), 2);
	CU_ASSERT_EQUAL(json_object_get_int(json_object_array_get_idx(missed, 1)), 3);
	CU_ASSERT_PTR_NULL(json_object_object_get(arm_of(o, 0, 1), "difference"));
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(json_object_object_get(json_object_object_get(arm_of(o, 1, 0), "difference"),
									     "goodput_bps_relative")), -0.04, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(json_object_get_double(json_object_object_get(json_object_object_get(arm_of(o, 1, 0), "difference"),
									     "goodput_bps")), -4e5, 1e-3);
	json_object_put(o);
}

static void csv_has_a_line_for_each_run(void)
{
	struct comparison c = engines();
	FILE *f = start();

	settings[3][0].value = "a,b \"c\"";
	comparison_csv(f, &c);
	fclose(f);
	settings[3][0].value = NULL;
	has("cell,rate,rtt,engine,seed,valid,goodput_bps,rtt_p50_us,retransmits\n1,1mbit,40ms,sim,5,1,9800000,40000,7\n"
	    "1,1mbit,40ms,emu,5,1,10000000,41000,7\n2,");
	has("\n4,\"a,b \"\"c\"\"\",40ms,sim,5,1,10000000,40000,7\n4,\"a,b \"\"c\"\"\",40ms,emu,5,0,,,\n");
}

static void algorithms_have_no_limits(void)
{
	struct comparison c = engines();
	struct json_object *o;
	FILE *f = start();

	c.what = "cc";
	c.engine = "sim";
	c.arms[0] = "reno";
	c.arms[1] = "cubic";
	c.reference = 0;
	comparison_table(f, &c);
	fclose(f);
	has("test on sim: 4 cells");
	has("difference to reno, run by run");
	lacks("within");
	o = json_of(&c);
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	CU_ASSERT(!json_object_object_get_ex(o, "missed", NULL));
	CU_ASSERT_PTR_NULL(json_object_object_get(arm_of(o, 0, 0), "difference"));
	CU_ASSERT_PTR_NOT_NULL(json_object_object_get(arm_of(o, 0, 1), "difference"));
	json_object_put(o);
}

int main(void)
{
	int failed = unit_run("comparison", (CU_TestInfo[]){
		TEST(the_limits_are_three_and_ten_per_cent), TEST(the_table_lists_what_is_beyond),
		TEST(a_cell_counts_once), TEST(no_figure_is_shown_as_nan),
		TEST(a_key_that_does_not_differ_is_not_shown), TEST(a_void_run_is_null_in_json), TEST(json_has_the_differences),
		TEST(csv_has_a_line_for_each_run), TEST(algorithms_have_no_limits), CU_TEST_INFO_NULL,
	});

	free(text);
	return failed;
}
