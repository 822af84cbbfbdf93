/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of scenarios: which cells they have, in which order, and what is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/scenario/vary.h"

#define BASE "link: {rate: 10mbit, rtt: 40ms}\nflows: [{count: 1}]\n"

static struct vary v;
static struct congctl_error err;

static void start(void)
{
	memset(&v, 0, sizeof(v));
	memset(&err, 0, sizeof(err));
}

/* a file with that text, or -1 and the sentence without the file's name */
static int load(const char *text)
{
	char file[] = "/tmp/test_vary.XXXXXX";
	struct scenario *s = malloc(sizeof(*s));
	int fd = mkstemp(file), ret = -EIO;

	start();
	if (s && fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		ret = scenario_load_set(s, &v, file, &err);
	if (ret && !strncmp(err.text, file, strlen(file)))
		memmove(err.text, err.text + strlen(file) + 1, strlen(err.text) - strlen(file));
	close(fd);
	unlink(file);
	free(s);
	return ret;
}

/* "cubic 10mbit 0.1%" of a cell, "-" for what it does not have */
static const char *cell_text(size_t cell)
{
	static char text[512];
	const char *keys[VARY_MAX_MAPS * VARY_MAX_KEYS];
	struct vary_setting settings[VARY_MAX_MAPS * VARY_MAX_KEYS];
	size_t n = vary_keys(&v, keys), used = 0;

	text[0] = '\0';
	vary_cell(&v, cell, keys, n, settings);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "",
					 settings[i].value ? settings[i].value : "-");
	return text;
}

static void a_map_is_every_combination_the_first_key_last(void)
{
	static const char *const expected[] = {"a 1ms 0%", "a 1ms 1%", "a 2ms 0%", "a 2ms 1%", "a 3ms 0%", "a 3ms 1%",
					       "b 1ms 0%", "b 1ms 1%", "b 2ms 0%", "b 2ms 1%", "b 3ms 0%", "b 3ms 1%"};

	CU_ASSERT_EQUAL(load(BASE "vary: {cc: [a, b], rtt: [1ms, 2ms, 3ms], loss: [0%, 1%]}\n"), 0);
	CU_ASSERT_EQUAL_FATAL(vary_count(&v), 12);
	for (size_t i = 0; i < 12; i++)
		CU_ASSERT_STRING_EQUAL(cell_text(i), expected[i]);
}

static void maps_follow_each_other_with_keys_of_their_own(void)
{
	static const char *const expected[] = {"a 1ms -", "a 2ms -", "b - 20pkt", "c - 20pkt"};

	CU_ASSERT_EQUAL(load(BASE "vary:\n- {cc: a, rtt: [1ms, 2ms]}\n- {ecn: 20pkt, cc: [b, c]}\n"), 0);
	CU_ASSERT_EQUAL_FATAL(vary_count(&v), 4);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_STRING_EQUAL(cell_text(i), expected[i]);
}

static void nothing_varied_is_one_cell(void)
{
	const char *keys[VARY_MAX_MAPS * VARY_MAX_KEYS];

	CU_ASSERT_EQUAL(load(BASE), 0);
	CU_ASSERT_EQUAL(vary_count(&v), 1);
	CU_ASSERT_EQUAL(vary_keys(&v, keys), 0);
	CU_ASSERT_STRING_EQUAL(cell_text(0), "");
}

static void an_option_replaces_the_files_values(void)
{
	CU_ASSERT_EQUAL(load(BASE "vary:\n- {cc: [a, b], rtt: 1ms}\n- {cc: c}\n"), 0);
	CU_ASSERT_EQUAL(vary_option(&v, "cc=x,y", &err), 0);
	CU_ASSERT_EQUAL(vary_count(&v), 4);
	CU_ASSERT_STRING_EQUAL(cell_text(1), "1ms y");
	CU_ASSERT_STRING_EQUAL(cell_text(3), "- y");
}

static void an_option_alone_makes_a_set(void)
{
	start();
	CU_ASSERT_EQUAL(vary_option(&v, "loss=periodic 100,0.1%", &err), 0);
	CU_ASSERT_EQUAL(vary_count(&v), 2);
	CU_ASSERT_STRING_EQUAL(cell_text(0), "periodic 100");
}

static void a_key_is_taken_out_of_every_map(void)
{
	struct vary_key cc;

	CU_ASSERT_EQUAL(load(BASE "vary:\n- {rtt: [1ms, 2ms], cc: [a, b]}\n- {cc: [a, b], rate: 1mbit}\n"), 0);
	CU_ASSERT_EQUAL(vary_take(&v, "cc", &cc, &err), 0);
	CU_ASSERT_EQUAL(cc.n, 2);
	CU_ASSERT_STRING_EQUAL(cc.values[1], "b");
	CU_ASSERT_EQUAL(vary_count(&v), 3);
	CU_ASSERT_STRING_EQUAL(cell_text(2), "- 1mbit");
	CU_ASSERT_EQUAL(vary_take(&v, "cc", &cc, &err), 0);
	CU_ASSERT_EQUAL(cc.n, 0);
}

static void maps_that_differ_in_the_key_are_refused(void)
{
	static const char *const files[] = {"vary:\n- {cc: [a, b]}\n- {cc: [b, a]}\n", "vary:\n- {cc: [a, b]}\n- {cc: a}\n",
					    "vary:\n- {cc: [a]}\n- {rtt: 1ms}\n", "vary:\n- {rtt: 1ms}\n- {cc: [a]}\n"};
	struct vary_key cc;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), BASE "%s", files[i]);
		CU_ASSERT_EQUAL(load(text), 0);
		CU_ASSERT_EQUAL(vary_take(&v, "cc", &cc, &err), -EINVAL);
		CU_ASSERT_STRING_EQUAL(err.text, "the maps of vary differ in cc, which one engine compares: the same list in each, --vary cc=…, or --engines sim,emu");
	}
}

static void bad_files_are_refused_with_their_line(void)
{
	static const struct { const char *text, *sentence; } cases[] = {
		{BASE "vary: {rtt: []}\n", "3: rtt has an empty list to vary: at least one value"},
		{BASE "vary: []\n", "3: vary is an empty list: at least one map such as {rtt: [10ms, 40ms]}"},
		{BASE "vary:\n- 1\n", "4: an entry of vary is a single value: a map such as {rtt: [10ms, 40ms]}"},
		{BASE "vary: 1\n", "3: an entry of vary is a single value: a map such as {rtt: [10ms, 40ms]}"},
		{BASE "vary: {rtt: [[1ms]]}\n", "3: rtt to vary is a list: single values"},
		{BASE "vary: {rtt: {a: b}}\n", "3: rtt to vary is a map: single values"},
		{BASE "vary: {[a]: 1}\n", "3: a key to vary is a list: a name such as rtt"},
		{BASE "vary: {rtt: [1ms, ' ', 1ms]}\n", "3: rtt '1ms' is there twice: each value once"},
		{BASE "vary: {rtt: ''}\n", "3: rtt has an empty value to vary: at least one character"},
		{BASE "vary: {rtt: 0123456789012345678901234567890123456789012345678901234567890123}\n",
		 "3: rtt '0123456789012345678901234567890123456789' is too long: less than 64 characters"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_NOT_EQUAL(load(cases[i].text), 0);
		CU_ASSERT_STRING_EQUAL(err.text, cases[i].sentence);
	}
}

static void unknown_keys_are_refused(void)
{
	static const char *const keys[] = {"rats", "repeat", "seed", "name", "flows", "link", "vary", "count", ""};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		start();
		CU_ASSERT_EQUAL(vary_add(&v.maps[0], keys[i], "1", &err), -ENOENT);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ": one of cc, "));
		CU_ASSERT_EQUAL(v.maps[0].n, 0);
	}
}

static void bad_options_are_refused(void)
{
	static const struct { const char *text, *sentence; } cases[] = {
		{"rtt", "'rtt' does not say what to vary: KEY=VALUE,VALUE such as rtt=10ms,40ms"},
		{"=1ms", "'=1ms' does not say what to vary: KEY=VALUE,VALUE such as rtt=10ms,40ms"},
		{"", "'' does not say what to vary: KEY=VALUE,VALUE such as rtt=10ms,40ms"},
		{"rtt=", "rtt has an empty value to vary: at least one character"},
		{"rtt=1ms,", "rtt has an empty value to vary: at least one character"},
		{"rtt=1ms,,2ms", "rtt has an empty value to vary: at least one character"},
		{"rtt=1ms,1ms", "rtt '1ms' is there twice: each value once"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start();
		CU_ASSERT_NOT_EQUAL(vary_option(&v, cases[i].text, &err), 0);
		CU_ASSERT_STRING_EQUAL(err.text, cases[i].sentence);
	}
}

static void the_limits_hold(void)
{
	char value[16];

	start();
	for (int i = 0; i < VARY_MAX_VALUES; i++) {
		snprintf(value, sizeof(value), "%dms", i + 1);
		CU_ASSERT_EQUAL(vary_add(&v.maps[0], "rtt", value, &err), 0);
	}
	CU_ASSERT_EQUAL(vary_add(&v.maps[0], "rtt", "100ms", &err), -E2BIG);
	CU_ASSERT_STRING_EQUAL(err.text, "too many values of rtt: at most 16");
}

static void a_single_scenario_refuses_a_set(void)
{
	char file[] = "/tmp/test_vary.XXXXXX";
	const char *text = BASE "vary: {rtt: [1ms, 2ms]}\n";
	struct scenario *s = malloc(sizeof(*s));
	int fd = mkstemp(file);

	start();
	CU_ASSERT_EQUAL_FATAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	CU_ASSERT_EQUAL(scenario_load(s, file, &err), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":3: vary makes this a set of scenarios: for netsim compare"));
	close(fd);
	unlink(file);
	free(s);
}

int main(void)
{
	return unit_run("vary", (CU_TestInfo[]){
		TEST(a_map_is_every_combination_the_first_key_last), TEST(maps_follow_each_other_with_keys_of_their_own),
		TEST(nothing_varied_is_one_cell), TEST(an_option_replaces_the_files_values), TEST(an_option_alone_makes_a_set),
		TEST(a_key_is_taken_out_of_every_map), TEST(maps_that_differ_in_the_key_are_refused),
		TEST(bad_files_are_refused_with_their_line), TEST(unknown_keys_are_refused), TEST(bad_options_are_refused),
		TEST(the_limits_hold), TEST(a_single_scenario_refuses_a_set), CU_TEST_INFO_NULL,
	});
}
