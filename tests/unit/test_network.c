// SPDX-License-Identifier: GPL-2.0-only
/* A scenario's network in an engine: which links it has, and which of them a group's packets cross. */
#include <errno.h>
#include <unistd.h>

#include "scenario_fixture.h"
#include "../../netsim/scenario/network.h"

static struct scenario s;
static struct network net;

static void open_dumbbell(void)
{
	struct congctl_error err = {0};

	scenario_init(&s);
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "10mbit", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "rtt", "40ms", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "a", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "b,rtt=60ms", &err), 0);
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	CU_ASSERT_EQUAL(network_open(&net, &s, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
}

static void a_dumbbell_has_two_links_and_access_links_for_longer_paths(void)
{
	open_dumbbell();
	CU_ASSERT_EQUAL_FATAL(net.n_links, 2);
	CU_ASSERT_STRING_EQUAL(net.names[0], "bottleneck");
	CU_ASSERT_STRING_EQUAL(net.names[1], "return");
	CU_ASSERT_PTR_EQUAL(net.bottleneck, net.links[0]);
	CU_ASSERT(net.forward[0].n_links == 1 && net.forward[0].links[0] == net.links[0]);
	CU_ASSERT(net.reverse[0].n_links == 1 && net.reverse[0].links[0] == net.links[1]);
	CU_ASSERT(net.forward[1].n_links == 2 && net.forward[1].links[1] == net.links[0]);
	CU_ASSERT(net.reverse[1].n_links == 2 && net.reverse[1].links[1] == net.links[1]);
	CU_ASSERT(net.forward[1].links[0] != net.reverse[1].links[0]);
	network_close(&net);
}

struct arrival {
	uint64_t at_ns;
	unsigned int delivered, dropped;
};

static void on_deliver(void *arg, struct packet *p)
{
	struct arrival *a = arg;

	a->at_ns = engine_now(net.engine);
	a->delivered++;
}

static void on_drop(void *arg, struct packet *p)
{
	((struct arrival *)arg)->dropped++;
}

static void a_packet_takes_the_groups_round_trip(void)
{
	struct packet p = {.len = 1250};
	struct arrival a = {0};

	open_dumbbell();
	for (size_t g = 0; g < 2; g++) {
		uint64_t begin_ns = engine_now(net.engine);

		for (int back = 0; back < 2; back++) {
			struct path *path = back ? &net.reverse[g] : &net.forward[g];

			path->deliver = on_deliver;
			path->drop = on_drop;
			path->arg = &a;
			p.path = path;
			path_send(net.engine, &p);
			engine_run(net.engine, engine_now(net.engine) + 100000000);
			CU_ASSERT_EQUAL(a.delivered, 2 * g + back + 1);
			CU_ASSERT_EQUAL(a.at_ns - begin_ns, scenario_flow_rtt_ns(&s, g) / 2 + 1000000); /* 1250 B at 10 Mbit/s: 1 ms */
			begin_ns = engine_now(net.engine);
		}
	}
	network_close(&net);
	CU_ASSERT_EQUAL(a.dropped, 0);
}

static void closing_gives_back_what_is_inside_and_leaves_nothing(void)
{
	static const struct network empty;
	struct packet p = {.len = 1250};
	struct arrival a = {0};

	open_dumbbell();
	net.forward[1].deliver = on_deliver;
	net.forward[1].drop = on_drop;
	net.forward[1].arg = &a;
	p.path = &net.forward[1];
	path_send(net.engine, &p);
	engine_run(net.engine, 15000000);
	network_close(&net);
	CU_ASSERT(a.delivered == 0 && a.dropped == 1);
	CU_ASSERT_EQUAL(memcmp(&net, &empty, sizeof(net)), 0);
	network_close(&net); /* twice is fine */
}

/* --- topologies ------------------------------------------------------------------------------------------------------ */

static void open_text(const char *text)
{
	struct congctl_error err = {0};

	fixture_load(&s, text);
	CU_ASSERT_EQUAL_FATAL(network_open(&net, &s, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
}

/* "n0-n1 n1-n2" of a path; an access link is "+" */
static const char *links_of(const struct path *path)
{
	static char text[512];
	size_t used = 0;

	text[0] = '\0';
	for (uint8_t i = 0; i < path->n_links; i++) {
		const char *name = "+";

		for (size_t k = 0; k < net.n_links; k++) {
			if (net.links[k] == path->links[i])
				name = net.names[k];
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", name);
	}
	return text;
}

#define LINK "link: {rate: 10mbit, rtt: 40ms}\n"

static void each_topology_has_its_links_and_paths(void)
{
	open_text("topology: chain\nhops: 3\n" LINK "flows: [{cc: a}, {cc: a, rtt: 80ms}]\n");
	CU_ASSERT_EQUAL(net.n_links, 6);
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[0]), "n0-n1 n1-n2 n2-n3");
	CU_ASSERT_STRING_EQUAL(links_of(&net.reverse[1]), "+ n3-n2 n2-n1 n1-n0");
	CU_ASSERT_PTR_EQUAL(net.bottleneck, net.links[0]);
	network_close(&net);

	open_text("topology: parking-lot\n" LINK "flows: [{cc: a}, {cc: a, from: n1}, {cc: a, from: n1, to: n0, rtt: 30ms}]\n");
	CU_ASSERT_EQUAL(net.n_links, 4);
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[0]), "n0-n1 n1-n2");
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[1]), "n1-n2");
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[2]), "+ n1-n0");
	network_close(&net);

	open_text("topology: star\n" LINK "flows: [{cc: a}, {cc: a}]\n");
	CU_ASSERT_EQUAL(net.n_links, 6);
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[1]), "h2-switch switch-sink");
	CU_ASSERT_STRING_EQUAL(links_of(&net.reverse[1]), "sink-switch switch-h2");
	CU_ASSERT_PTR_EQUAL(net.bottleneck, net.links[0]); /* switch-sink: a host's link is as slow, but never full */
	network_close(&net);

	open_text("topology: graph\nlinks:\n  - {from: a, to: b, rate: 50mbit, delay: 5ms}\n  - {from: b, to: c, rate: 10mbit, delay: 5ms}\n"
		  "  - {from: c, to: b, rate: 1mbit, delay: 1ms}\nflows: [{cc: a}, {cc: a, from: c, to: a}]\n");
	CU_ASSERT_EQUAL(net.n_links, 4); /* the way back of a-b is the only one not given */
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[0]), "a-b b-c");
	CU_ASSERT_STRING_EQUAL(links_of(&net.reverse[0]), "c-b b-a");
	CU_ASSERT_STRING_EQUAL(links_of(&net.forward[1]), "c-b b-a");
	CU_ASSERT_PTR_EQUAL(net.bottleneck, net.links[1]);
	network_close(&net);
}

static void the_largest_star_and_graph_fit(void)
{
	char text[8192] = "topology: star\n" LINK "flows:\n";

	for (int i = 0; i < SCENARIO_MAX_GROUPS; i++)
		strcat(text, "  - {cc: a}\n");
	open_text(text);
	CU_ASSERT_EQUAL(net.n_links, 2 * SCENARIO_MAX_GROUPS + 2);
	network_close(&net);

	strcpy(text, "topology: graph\nflows: [{cc: a, from: x0, to: y0}]\nlinks:\n");
	for (int i = 0; i < SCENARIO_MAX_LINKS; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "  - {from: x%d, to: y%d, rate: 1mbit, delay: 1ms}\n", i, i);
	open_text(text);
	CU_ASSERT_EQUAL(net.n_links, 2 * SCENARIO_MAX_LINKS);
	network_close(&net);
	strcat(text, "  - {from: a, to: b, rate: 1mbit}\n");
	fixture_put(text);
	CU_ASSERT(scenario_load(&s, fixture_path, NULL) < 0);
}

static void every_discipline_and_extra_opens(void)
{
	static const char *const links[] = {
		"queue: red, buffer: 200pkt", "queue: {name: red, min: 20pkt, max: 60pkt, probability: 10%, weight: 0.002, gentle: yes, mark: yes}",
		"queue: codel", "queue: {name: codel, target: 7ms, interval: 80ms, ce_threshold: 1ms, mark: yes}",
		"queue: fq_codel", "queue: {name: fq_codel, flows: 16, quantum: 300}",
		"queue: pie", "queue: {name: pie, target: 20ms, tupdate: 10ms, alpha: 0.1, beta: 1, mark: yes}",
		"queue: dualpi2", "queue: {name: dualpi2, target: 20ms, tupdate: 10ms, alpha: 0.1, beta: 1, coupling: 3, step: 2ms}",
		"queue: fifo, buffer: 50ms", "queue: step, ecn: 10pkt", "buffer: 50ms, ecn: 10ms",
		"jitter: 3ms, reorder: yes, duplicate: 1%", "aggregate: {time: 4ms, packets: 8}", "police: {rate: 1mbit, burst: 10kB}",
		"return-rate: 1mbit, rates: [{at: 1s, rate: 0bit}, {at: 2s, rate: 5mbit}]", "loss: gilbert-elliott 1% 20%",
		"loss: \"packets 1,2\"", "loss: periodic 7",
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "link: {rate: 10mbit, rtt: 40ms, %s}\nflows: [{cc: a}]\n", links[i]);
		open_text(text);
		network_close(&net);
	}
}

/* --- traces -------------------------------------------------------------------------------------------------------------- */

static char trace[] = "/tmp/test_network_trace.XXXXXX";

static void put_trace(const char *text)
{
	FILE *f = fopen(trace, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

#define FIFTY "a line may be as long as it likes, of a remark too "

static const struct {
	const char *text, *sentence;
} bad_traces[] = {
	{"", ":1: the trace is empty: a moment in ms on each line"},
	{"# nothing\n\n", ":2: the trace is empty: a moment in ms on each line"},
	{"1\n5\n4\n", ":3: 4 ms comes after 5 ms: in ascending order"},
	{"1\ntwo\n", ":2: 'two' is not a moment: whole milliseconds, 0 to 86400000"},
	{"1\n-2\n", ":2: '-2' is not a moment: whole milliseconds, 0 to 86400000"},
	{"1.5\n", ":1: '1.5' is not a moment: whole milliseconds, 0 to 86400000"},
	{"1 2\n", ":1: '1 2' is not a moment: whole milliseconds, 0 to 86400000"},
	{"86400001\n", ":1: '86400001' is not a moment: whole milliseconds, 0 to 86400000"},
	{"# " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\n1\ntwo\n", ":3: 'two' is not a moment: whole milliseconds, 0 to 86400000"},
	{"0\n0\n", ":2: the trace ends at 0 ms: its last moment is its length"},
};

static void bad_traces_are_refused_before_the_run_and_when_it_opens(void)
{
	static const struct network empty;
	char text[256];

	snprintf(text, sizeof(text), "link: {rtt: 40ms, trace: %s}\nflows: [{cc: a}]\n", trace);
	for (size_t i = 0; i < sizeof(bad_traces) / sizeof(bad_traces[0]); i++) {
		struct congctl_error err = {0};
		char expected[512];

		put_trace("1\n2\n");
		fixture_load(&s, text);
		put_trace(bad_traces[i].text); /* changed since */
		snprintf(expected, sizeof(expected), "%s%s", trace, bad_traces[i].sentence);
		CU_ASSERT_EQUAL(network_open(&net, &s, &err), -EINVAL);
		CU_ASSERT_STRING_EQUAL(err.text, expected);
		CU_ASSERT_EQUAL(memcmp(&net, &empty, sizeof(net)), 0);
		congctl_error_clear(&err);
		CU_ASSERT(scenario_load(&s, fixture_path, &err) < 0);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, expected));
	}
}

static void a_packet_leaves_at_a_moment_of_the_trace(void)
{
	struct packet p = {.len = 1514};
	struct arrival a = {0};
	char text[256];

	put_trace("# three in 30 ms\n10\n10\n30\n");
	snprintf(text, sizeof(text), "link: {rtt: 40ms, trace: %s, buffer: 10pkt}\nflows: [{cc: a}]\n", trace);
	open_text(text);
	CU_ASSERT_EQUAL(s.link.rate_bps, (uint64_t)(3 * 1514 * 8 / 0.030));
	net.forward[0].deliver = on_deliver;
	net.forward[0].drop = on_drop;
	net.forward[0].arg = &a;
	p.path = &net.forward[0];
	engine_run(net.engine, 35000000);
	path_send(net.engine, &p);
	engine_run(net.engine, 100000000);
	CU_ASSERT(a.delivered == 1 && a.at_ns == 60000000); /* 30 + 10 ms, and half of the RTT */
	network_close(&net);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_dumbbell_has_two_links_and_access_links_for_longer_paths),
		TEST(a_packet_takes_the_groups_round_trip),
		TEST(closing_gives_back_what_is_inside_and_leaves_nothing),
		TEST(each_topology_has_its_links_and_paths),
		TEST(the_largest_star_and_graph_fit),
		TEST(every_discipline_and_extra_opens),
		TEST(bad_traces_are_refused_before_the_run_and_when_it_opens),
		TEST(a_packet_leaves_at_a_moment_of_the_trace),
		CU_TEST_INFO_NULL,
	};

	int fd = mkstemp(trace), failed;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	failed = fixture_run("network", tests);
	unlink(trace);
	return failed;
}
