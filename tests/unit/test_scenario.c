// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/scenario/keys.h"
#include "../../netsim/scenario/vary.h"

static char path[] = "/tmp/test_scenario.XXXXXX";

static void put_file(const char *text, size_t size)
{
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(text, 1, size, f), size);
	fclose(f);
}

#define LINK "link: {rate: 100mbit, rtt: 40ms}\n"
#define TOP_KEYS "name, description, topology, hops, link, links, flows, duration, warmup, sample, seed, repeat, mtu, family, vary"
#define LINK_KEYS "rate, rates, trace, return-rate, rtt, jitter, reorder, duplicate, buffer, queue, ecn, loss, police, aggregate"
#define FLOW_KEYS "name, cc, set, count, pacing, workload, start, stop, size, rtt, from, to, load, sizes, request, pause, on, off, rate"
#define AMOUNT "1pkt to 1000000pkt, 64B to 10GB, 0.001bdp to 1000bdp, or 1us to 100s"
#define LOSSES "0% to below 100%, 'periodic N' with N from 2 to 1000000000, 'gilbert-elliott P R [BAD [GOOD]]', or 'packets N,N...', " \
	       "such as 0.01%"
#define FLOWS "flows:\n  - {cc: cubic}\n"

/* a file, and the sentence after "FILE:" */
static const struct {
	const char *text, *sentence;
} bad_files[] = {
	{"link: {rats: 1mbit, rtt: 40ms}\n" FLOWS, "1: unknown key 'rats': one of " LINK_KEYS},
	{LINK FLOWS "colour: blue\n", "4: unknown key 'colour': one of " TOP_KEYS},
	{LINK "flows:\n  - cc: cubic\n    sise: 1MB\n", "4: unknown key 'sise': one of " FLOW_KEYS},
	{LINK FLOWS "? [a, b]\n: 1\n", "4: unknown key 'a list': one of " TOP_KEYS},
	{LINK FLOWS "x\ty: 1\n\"\\e[31m\": 1\n", "4: unknown key 'x?y': one of " TOP_KEYS},
	{"link:\n  rate: 1mbit\n  rtt: 40ms\n  rate: 2mbit\n" FLOWS, "4: key 'rate' again: once, it is on line 2 already"},
	{LINK FLOWS "duration: 1s\nseed: 1\nduration: 1s\n", "6: key 'duration' again: once, it is on line 4 already"},
	{"link: {rate: 10furlong, rtt: 40ms}\n" FLOWS,
	 "1: rate '10furlong' is not a rate: 1kbit to 100gbit, such as 10mbit"},
	{"link: {rate: 10, rtt: 40ms}\n" FLOWS, "1: rate '10' is not a rate: 1kbit to 100gbit, such as 10mbit"},
	{"link:\n  rate: -10mbit\n  rtt: 40ms\n" FLOWS, "2: rate '-10mbit' is not a rate: 1kbit to 100gbit, such as 10mbit"},
	{"link:\n  rate: 0mbit\n  rtt: 40ms\n" FLOWS, "2: rate '0mbit' is out of range: 1kbit to 100gbit, such as 10mbit"},
	{"link:\n  rate: 1mbit\n  rtt: 40\n" FLOWS, "3: rtt '40' is not a time: 1us to 10s, such as 40ms"},
	{"link: {rate: 1mbit, rtt: 0}\n" FLOWS, "1: rtt '0' is out of range: 1us to 10s, such as 40ms"},
	{"link: {rate: 1mbit, rtt: 40ms, buffer: 0pkt}\n" FLOWS,
	 "1: buffer '0pkt' is out of range: " AMOUNT ", at least a frame, such as 1.5bdp"},
	{"link: {rate: 1mbit, rtt: 40ms, buffer: 0bdp}\n" FLOWS,
	 "1: buffer '0bdp' is out of range: " AMOUNT ", at least a frame, such as 1.5bdp"},
	{"link: {rate: 1mbit, rtt: 40ms, buffer: 1.5pkt}\n" FLOWS, "1: buffer '1.5pkt' is not an amount of packets, bytes, BDPs or time: "
	 "" AMOUNT ", at least a frame, such as 1.5bdp"},
	{"link: {rate: 1mbit, rtt: 40ms, buffer: 20}\n" FLOWS, "1: buffer '20' is not an amount of packets, bytes, BDPs or time: "
	 "" AMOUNT ", at least a frame, such as 1.5bdp"},
	{"link: {rate: 1mbit, rtt: 40ms, loss: 100%}\n" FLOWS, "1: loss '100%' is out of range: " LOSSES},
	{"link: {rate: 1mbit, rtt: 40ms, loss: periodic 1}\n" FLOWS, "1: loss 'periodic 1' is out of range: " LOSSES},
	{"link: {rate: 1mbit, rtt: 40ms, loss: often}\n" FLOWS, "1: loss 'often' is not a probability of loss: " LOSSES},
	{"link: {rate: 10mbit, rtt: 40ms,\n  buffer: 64B}\n" FLOWS,
	 "2: a buffer of 64 bytes drops every full frame: at least 1514 bytes, the mtu and 14"},
	{"link: {rate: 10mbit, rtt: 40ms, buffer: 20pkt,\n  ecn: 21pkt}\n" FLOWS,
	 "2: ecn from 21 packets never marks in a buffer of 20: less than the buffer"},
	{LINK FLOWS "duration: 0s\n", "4: duration '0s' is out of range: 100ms to 3600s, such as 40ms"},
	{LINK FLOWS "duration:\n", "4: duration '' is not a time: 100ms to 3600s, such as 40ms"},
	{LINK FLOWS "warmup: 10s\n", "4: the warm-up of 10 s leaves nothing to measure: less than the duration, 10 s"},
	{LINK FLOWS "duration: 1s\nsample: 2s\n", "5: the sampling interval of 2 s is longer than the run: at most the duration, 1 s"},
	{LINK "flows:\n  - {cc: cubic, count: 0}\n", "3: count '0' is out of range: 1 to 20000, 20000 flows in all"},
	{LINK "flows:\n  - {cc: cubic, count: 30000}\n", "3: count '30000' is out of range: 1 to 20000, 20000 flows in all"},
	{LINK "sample: 1s\nflows:\n  - {cc: cubic, count: 18000}\n  - {cc: cubic,\n     count: 2001}\n",
	 "6: 20001 flows are too many: at most 20000 in all"},
	{LINK "duration: 5s\nflows:\n  - {cc: cubic}\n  - cc: cubic\n    start: 5s\n",
	 "6: the flow starts at 5 s, after the end: less than the duration, 5 s"},
	{LINK "flows:\n  - {cc: cubic, name: a}\n  - {cc: cubic, name: a}\n", "4: two flows are called 'a': each name once"},
	{LINK, "1: flows is missing: a scenario has at least link and flows"},
	{FLOWS, "1: link is missing: a scenario has at least link and flows"},
	{LINK "flows: []\n", "2: there are no flows: at least one"},
	{"link: {rtt: 40ms}\n" FLOWS, "1: the link has no rate: one such as 100mbit"},
	{"link: {rate: 1mbit}\n" FLOWS, "1: the link has no rtt: one such as 40ms"},
	{"link: [1mbit, 40ms]\n" FLOWS, "1: link is a list: a map with " LINK_KEYS},
	{LINK "flows: {cc: cubic}\n", "2: flows is a map: a list of flows, each beginning with '-'"},
	{LINK "flows:\n  - cubic\n", "3: a flow is a single value: a map with " FLOW_KEYS},
	{LINK FLOWS "duration: [1s]\n", "4: duration is a list: a time"},
	{"- 1\n", "1: the scenario is a list: a map with " TOP_KEYS},
	{"", "1: the file is empty: a scenario has at least link and flows"},
	{"# only a comment\n", "1: the file is empty: a scenario has at least link and flows"},
	{LINK FLOWS "---\n" LINK FLOWS, "4: a second document: one scenario in a file"},
	{"link: &l {rate: 1mbit, rtt: 40ms}\n" FLOWS, "1: an anchor (&): values written out"},
	{"link: {rate: 1mbit, rtt: 40ms}\nflows: &f [*f]\n", "2: an anchor (&): values written out"},
	{LINK "flows: *f\n", "2: an alias (*): values written out"},
	{LINK FLOWS "seed: !!int 3\n", "4: a tag (!): values written out"},
	{LINK FLOWS "mtu: 575\n", "4: mtu '575' is out of range: 576 to 9000, from 1280 with family 6"},
	{LINK FLOWS "mtu: 9001\n", "4: mtu '9001' is out of range: 576 to 9000, from 1280 with family 6"},
	{LINK FLOWS "family: 6\nmtu: 1279\n", "5: mtu 1279 is too small for IPv6: 1280 to 9000"},
	{LINK FLOWS "family: 5\n", "4: family '5' is not an IP version: 4 or 6"},
	{LINK FLOWS "topology: ring\n", "4: topology 'ring' is not known: dumbbell, chain, parking-lot, star or graph"},
	{LINK FLOWS "seed: twelve\n", "4: seed 'twelve' is not a whole number: 0 to 18446744073709551615"},
	{LINK FLOWS "seed: 18446744073709551616\n", "4: seed '18446744073709551616' is out of range: 0 to 18446744073709551615"},
	{LINK FLOWS "repeat: 0\n", "4: repeat '0' is out of range: 1 to 1000"},
	{LINK FLOWS "name: \"a\\x07b\"\n", "4: name 'a?b' is not printable text: 1 to 63 printable characters"},
	{LINK FLOWS "name: \"a\\x85b\"\n", "4: name 'a\xc2?b' is not printable text: 1 to 63 printable characters"},
	{LINK FLOWS "name: ''\n", "4: name '' is not printable text: 1 to 63 printable characters"},
	{LINK FLOWS "name: \"a\\0b\"\n", "4: name has a zero byte: printable text"},
	{LINK "flows:\n  - {cc: bpf-cubic}\n", "3: cc 'bpf-cubic' is not the name of an algorithm: 1 to 15 of letters, digits and _, "
	 "such as bpf_cubic"},
	{LINK "flows:\n  - {cc: bpf_cubic_longer}\n", "3: cc 'bpf_cubic_longer' is out of range: 1 to 15 of letters, digits and _, "
	 "such as bpf_cubic"},
	{LINK "flows:\n  - {cc: cubic, size: 1}\n", "3: size '1' is not a size: 1B to 1000GB, such as 10MB"},
	{"link: {rate: 1mbit\nflows: 1\n", "2: not YAML (did not find expected ',' or '}'): key: value lines"},
	{LINK "\tflows: 1\n", "2: not YAML (found character that cannot start any token): key: value lines"},
};

static void bad_files_are_refused_with_line_and_remedy(void)
{
	for (size_t i = 0; i < sizeof(bad_files) / sizeof(bad_files[0]); i++) {
		struct congctl_error err = {0};
		char expected[512];
		struct scenario s;

		put_file(bad_files[i].text, strlen(bad_files[i].text));
		snprintf(expected, sizeof(expected), "%s:%s", path, bad_files[i].sentence);
		CU_ASSERT(scenario_load(&s, path, &err) < 0);
		CU_ASSERT_STRING_EQUAL(err.text, expected);
		if (strcmp(err.text, expected))
			printf("\n  got:      %s\n  expected: %s", err.text, expected);
	}
}

static void files_that_are_none_are_refused(void)
{
	static const char binary[] = "\x7f" "ELF\x02\x01\x01\0\0\0\xff\xfe";
	struct congctl_error err = {0};
	struct scenario s;

	CU_ASSERT_EQUAL(scenario_load(&s, "/nonexistent/x.yaml", &err), -ENOENT);
	CU_ASSERT_STRING_EQUAL(err.text, "cannot open scenario /nonexistent/x.yaml: No such file or directory");
	congctl_error_clear(&err);
	CU_ASSERT(scenario_load(&s, "/tmp", &err) < 0);
	CU_ASSERT_STRING_EQUAL(err.text, "/tmp is not a file: a scenario in YAML");
	congctl_error_clear(&err);
	put_file(binary, sizeof(binary));
	CU_ASSERT(scenario_load(&s, path, &err) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ": not YAML ("));
}

/* a file of 1 MB that nests as deep as it can must be refused at once, not after minutes or a stack overflow */
static void a_nesting_bomb_is_refused_quickly(void)
{
	const size_t n = 999999;
	char *text = malloc(n);
	struct congctl_error err = {0};
	struct timespec begin, end;
	struct scenario s;

	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	memset(text, '[', n);
	put_file(text, n);
	free(text);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	CU_ASSERT(scenario_load(&s, path, &err) < 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	CU_ASSERT(end.tv_sec - begin.tv_sec < 5); /* of CPU, whatever else runs */
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":1: lists or maps 9 deep: a scenario has 5 levels"));
}

static void a_file_is_read_as_written(void)
{
	static const char text[] =
		"name: dumbbell\ndescription: one sentence\ntopology: dumbbell\n"
		"link: {rate: 100mbit, rtt: 40ms, buffer: 1.5bdp, ecn: 20pkt, loss: 0.01%}\n"
		"flows:\n  - {name: a, cc: bpf_cubic, count: 3, start: 1s, size: 10MB, rtt: 80ms}\n  - {}\n"
		"duration: 30s\nwarmup: 0\nsample: 20ms\nseed: 7\nrepeat: 5\nmtu: 9000\nfamily: 6\n";
	struct congctl_error err = {0};
	struct scenario s;

	put_file(text, strlen(text));
	CU_ASSERT_EQUAL(scenario_load(&s, path, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT_STRING_EQUAL(s.name, "dumbbell");
	CU_ASSERT_STRING_EQUAL(s.description, "one sentence");
	CU_ASSERT_EQUAL(s.link.rate_bps, 100000000);
	CU_ASSERT_EQUAL(s.link.rtt_ns, 40000000);
	CU_ASSERT(s.link.buffer.unit == UNIT_BDP && s.link.buffer.value == 1.5);
	CU_ASSERT(s.link.ecn.unit == UNIT_PKTS && s.link.ecn.value == 20);
	CU_ASSERT(s.link.loss.kind == LOSS_BERNOULLI);
	CU_ASSERT_DOUBLE_EQUAL(s.link.loss.probability, 0.0001, 1e-18);
	CU_ASSERT_EQUAL(s.n_flows, 2);
	CU_ASSERT(s.flows[0].count == 3 && s.flows[0].start_ns == 1000000000 && s.flows[0].size_bytes == 10000000);
	CU_ASSERT_EQUAL(s.flows[0].rtt_ns, 80000000);
	CU_ASSERT(s.flows[1].count == 1 && s.flows[1].cc[0] == '\0');
	CU_ASSERT(s.duration_ns == 30000000000 && s.warmup_ns == 0 && s.sample_ns == 20000000);
	CU_ASSERT(s.seed == 7 && s.repeat == 5 && s.mtu == 9000 && s.family == 6);
}

/* --- what the command line adds ------------------------------------------------------------------------------------ */

static void load_text(struct scenario *s, const char *text)
{
	struct congctl_error err = {0};

	put_file(text, strlen(text));
	CU_ASSERT_EQUAL_FATAL(scenario_load(s, path, &err), 0);
}

static void cc_goes_to_flows_that_name_none(void)
{
	struct congctl_error err = {0};
	struct scenario s;

	load_text(&s, LINK "flows: [{cc: cubic}, {}, {}]\n");
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, "flow 2 names no algorithm: add cc to the flow, or --cc NAME");
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(scenario_finish(&s, "bpf-x", &err), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cc 'bpf-x' is not the name of an algorithm"));
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(scenario_finish(&s, "bpf_x", &err), 0);
	CU_ASSERT_STRING_EQUAL(s.flows[0].cc, "cubic");
	CU_ASSERT_STRING_EQUAL(s.flows[1].name, "bpf_x");
	CU_ASSERT_STRING_EQUAL(s.flows[2].name, "bpf_x#2");
	CU_ASSERT_EQUAL(s.warmup_ns, 2000000000);
	CU_ASSERT_EQUAL(scenario_finish(&s, "bpf_y", &err), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, "--cc bpf_y has no flow to go to: every flow names its algorithm");
}

static void a_flow_spec_is_read_whole(void)
{
	struct congctl_error err = {0};
	struct scenario s;

	scenario_init(&s);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "bpf_cubic@5s", &err), 0);
	CU_ASSERT(!strcmp(s.flows[0].cc, "bpf_cubic") && s.flows[0].start_ns == 5000000000 && s.flows[0].count == 1);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "reno*10@250ms,size=1MB,rtt=80ms,name=x", &err), 0);
	CU_ASSERT(s.flows[1].count == 10 && s.flows[1].start_ns == 250000000 && s.flows[1].size_bytes == 1000000);
	CU_ASSERT(s.flows[1].rtt_ns == 80000000 && !strcmp(s.flows[1].name, "x"));
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "", &err), 0);
	CU_ASSERT_EQUAL(s.n_flows, 3);
}

static void bad_flow_specs_are_refused(void)
{
	static const struct {
		const char *spec, *sentence;
	} bad[] = {
		{"bpf-x", "--flow bpf-x: cc 'bpf-x' is not the name of an algorithm: 1 to 15 of letters, digits and _, such as bpf_cubic"},
		{"x*0", "--flow x*0: count '0' is out of range: 1 to 20000, 20000 flows in all"},
		{"x@5", "--flow x@5: start '5' is not a time: 0s to 3600s, less than the duration, such as 40ms"},
		{"x,size", "--flow x,size: 'size' has no value: key=value, such as size=1MB"},
		{"x,colour=red", "--flow x,colour=red: unknown key 'colour': one of " FLOW_KEYS},
		{"x*2,count=3", "--flow x*2,count=3: count is given twice: once"},
		{"x,cc=y", "--flow x,cc=y: cc is given twice: once"},
	};
	struct scenario s;

	scenario_init(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct congctl_error err = {0};

		CU_ASSERT(scenario_add_flow(&s, bad[i].spec, &err) < 0);
		CU_ASSERT_STRING_EQUAL(err.text, bad[i].sentence);
		CU_ASSERT_EQUAL(s.n_flows, 0);
	}
}

static void a_setting_has_the_ranges_of_the_file(void)
{
	struct congctl_error err = {0};
	struct scenario s;

	scenario_init(&s);
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "12.5mbit", &err), 0);
	CU_ASSERT_EQUAL(s.link.rate_bps, 12500000);
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "0bit", &err), -ERANGE);
	CU_ASSERT_STRING_EQUAL(err.text, "rate '0bit' is out of range: 1kbit to 100gbit, such as 10mbit");
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(scenario_set(&s, "flows", "x", &err), -ENOENT);
	CU_ASSERT_STRING_EQUAL(err.text, "there is no setting 'flows': see netsim run -h");
}

/* --- derived figures ------------------------------------------------------------------------------------------------------ */

static void derived_figures_follow_from_the_frame(void)
{
	struct link_config forward;
	struct scenario s;

	load_text(&s, "link: {rate: 100mbit, rtt: 40ms, buffer: 1.5bdp, ecn: 30kB}\nflows: [{cc: a}, {cc: b, rtt: 100ms}, {cc: c, rtt: "
		      "10ms}]\n");
	CU_ASSERT_EQUAL(scenario_frame_bytes(&s), 1514);
	CU_ASSERT_EQUAL(scenario_payload_bytes(&s), 1448);
	CU_ASSERT_DOUBLE_EQUAL(scenario_bdp_pkts(&s), 500000.0 / 1514, 1e-9);
	CU_ASSERT_DOUBLE_EQUAL(scenario_tcp_cap_bps(&s), 1e8 * 1448 / 1514, 1e-3);
	scenario_link_config(&s, &s.link, &forward);
	CU_ASSERT_STRING_EQUAL(forward.queue.discipline, "step");
	CU_ASSERT_EQUAL(forward.queue.limit_pkts, 495);        /* 1.5 × 330.25 = 495.4 */
	CU_ASSERT_EQUAL(forward.queue.mark_threshold_bytes, 30000);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(scenario_common_rtt_ns(&s) + 2 * scenario_access_delay_ns(&s, i), scenario_flow_rtt_ns(&s, i));
	CU_ASSERT_EQUAL(scenario_flow_rtt_ns(&s, 2), 10000000);
	CU_ASSERT_EQUAL(scenario_flow_count(&s), 3);
	s.family = 6;
	CU_ASSERT_EQUAL(scenario_payload_bytes(&s), 1428);
}

/* the reference cannot drift from the table: ranges and defaults must be readable by the key they belong to */
static void the_table_of_keys_reads_its_own_ranges(void)
{
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);
	static struct scenario s; /* as large as any object of a key */

	CU_ASSERT(n > 70);
	for (size_t i = 0; i < n; i++) {
		const struct scenario_key *key = &keys[i];

		CU_ASSERT(key->help && (key->initial || key->without) && (key->range || key->min));
		if (!key->kind->read)
			continue;
		CU_ASSERT(!key->min || !scenario_key_read(key, key->min, &s, NULL));
		CU_ASSERT(!key->max || !scenario_key_read(key, key->max, &s, NULL));
		CU_ASSERT(!key->initial || !scenario_key_read(key, key->initial, &s, NULL));
		CU_ASSERT(scenario_key_read(key, "\x01", &s, NULL) < 0);
	}
}

/* those we ship: complete but for the algorithm; `make check` runs in the root of the tree */
static void every_scenario_we_ship_is_valid(void)
{
	struct vary *vary = malloc(sizeof(*vary));
	glob_t found;

	CU_ASSERT_PTR_NOT_NULL_FATAL(vary);
	CU_ASSERT_EQUAL_FATAL(glob("netsim/scenarios/*.yaml", 0, NULL, &found), 0);
	CU_ASSERT(found.gl_pathc > 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct congctl_error err = {0};
		struct scenario s;

		CU_ASSERT_EQUAL(scenario_load_set(&s, vary, found.gl_pathv[i], &err), 0);
		CU_ASSERT_EQUAL(scenario_finish(&s, "bpf_x", &err), 0);
		CU_ASSERT_STRING_EQUAL(err.text, "");
		CU_ASSERT(s.description[0]);
	}
	free(vary);
	globfree(&found);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(bad_files_are_refused_with_line_and_remedy),
		TEST(files_that_are_none_are_refused),
		TEST(a_nesting_bomb_is_refused_quickly),
		TEST(a_file_is_read_as_written),
		TEST(cc_goes_to_flows_that_name_none),
		TEST(a_flow_spec_is_read_whole),
		TEST(bad_flow_specs_are_refused),
		TEST(a_setting_has_the_ranges_of_the_file),
		TEST(derived_figures_follow_from_the_frame),
		TEST(the_table_of_keys_reads_its_own_ranges),
		TEST(every_scenario_we_ship_is_valid),
		CU_TEST_INFO_NULL,
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	failed = unit_run("scenario", tests);
	unlink(path);
	return failed;
}
