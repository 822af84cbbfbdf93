// SPDX-License-Identifier: GPL-2.0-only
/* Nodes, links and ways of every topology; what cannot be travelled is refused. */
#include <errno.h>

#include "scenario_fixture.h"
#include "../../netsim/scenario/topology.h"

#define GRAPH(links, flow) "topology: graph\nlinks:\n" links "flows:\n  - {cc: a" flow "}\n"
#define EDGE(from, to, delay) "  - {from: " from ", to: " to ", rate: 10mbit, delay: " delay "}\n"
#define LINK "link: {rate: 10mbit, rtt: 40ms}\n"
#define LONG_EDGES EDGE("a", "b", "1ms") EDGE("b", "c", "1ms") EDGE("c", "d", "1ms") EDGE("d", "e", "1ms") EDGE("e", "f", "1ms") \
	EDGE("f", "g", "1ms") EDGE("g", "h", "1ms") EDGE("h", "i", "1ms") EDGE("i", "j", "1ms") EDGE("j", "k", "1ms") \
	EDGE("k", "l", "1ms") EDGE("l", "m", "1ms") EDGE("m", "n", "1ms") EDGE("n", "o", "1ms") EDGE("o", "p", "1ms") EDGE("p", "q", "1ms")

static const struct fixture_bad bad[] = {
	{GRAPH(EDGE("a", "b", "1ms") EDGE("c", "d", "1ms"), ""),
	 "6: there is no route from a to d: a link to where d is"},
	{GRAPH(EDGE("a", "b", "1ms") EDGE("b", "c", "1ms") EDGE("c", "a", "1ms") EDGE("x", "y", "1ms"), ", from: b, to: x"),
	 "8: there is no route from b to x: the links from b lead only in circles"},
	{GRAPH(EDGE("a", "b", "1ms"), ", from: a, to: z"), "5: there is no node 'z': one of a, b"},
	{GRAPH(EDGE("a", "b", "1ms"), ",\n     from: y"), "6: there is no node 'y': one of a, b"},
	{GRAPH(EDGE("a", "b", "1ms"), ", to: a"), "5: the flow goes from a to a: two nodes"},
	{GRAPH(EDGE("a", "b", "1ms") EDGE("b", "b", "1ms"), ""), "4: the link from b leads to itself: two nodes"},
	{GRAPH(EDGE("a", "b", "1ms") EDGE("b", "a", "1ms") EDGE("a", "b", "2ms"), ""),
	 "5: a second link from a to b: one in a direction"},
	{GRAPH("  - {from: a, rate: 1mbit}\n", ""), "3: the link has no to: the name of a node"},
	{GRAPH("  - {to: a, rate: 1mbit}\n", ""), "3: the link has no from: the name of a node"},
	{GRAPH("  - {from: a, to: b, delay: 1ms}\n", ""), "3: the link has no rate: one such as 100mbit"},
	{GRAPH("  - {from: a-b, to: b, rate: 1mbit}\n", ""), "3: from 'a-b' is not the name of a node: 1 to 15 of letters, digits and _, such as n1"},
	{GRAPH("  - {from: a, to: b, rate: 1mbit, rtt: 1ms}\n", ""), "3: unknown key 'rtt': one of from, to, rate, rates, trace, delay, "
	 "jitter, reorder, duplicate, buffer, queue, ecn, loss, police, aggregate"},
	{GRAPH(EDGE("a", "b", "0s"), ""), "5: the path from a to b takes no time: a delay on a link of it"},
	{GRAPH(EDGE("a", "b", "10ms"), ", rtt: 19ms"), "5: an rtt of 19 ms is less than the path from a to b takes: at least 20 ms"},
	{GRAPH(LONG_EDGES, ", rtt: 1s"), "20: the path from a to q has too many links: at most 16, one less with an rtt of its own"},
	{GRAPH(LONG_EDGES EDGE("q", "r", "1ms"), ""),
	 "21: the path from a to r has too many links: at most 16, one less with an rtt of its own"},
	{GRAPH("  - {from: a, to: b, rate: 1mbit, delay: 1ms,\n     ecn: 3pkt, buffer: 3pkt}\n", ""),
	 "4: ecn from 3 packets never marks in a buffer of 3: less than the buffer"},
	{"topology: graph\nflows: [{cc: a}]\n", "1: the graph has no links: a list of at least one, such as {from: a, to: b, rate: 10mbit}"},
	{"topology: graph\n" LINK "flows: [{cc: a}]\n", "2: a graph has no link: links, a list"},
	{LINK "links:\n" EDGE("a", "b", "1ms") "flows: [{cc: a}]\n", "2: links belong to topology graph, not to dumbbell: link"},
	{"topology: graph\nlinks: {from: a}\nflows: [{cc: a}]\n", "2: links is a map: a list of links, each beginning with '-'"},
	{"topology: chain\nhops: 0\n" LINK "flows: [{cc: a}]\n", "2: hops '0' is out of range: 1 to 15"},
	{"topology: chain\nhops: 16\n" LINK "flows: [{cc: a}]\n", "2: hops '16' is out of range: 1 to 15"},
	{"topology: star\nhops: 3\n" LINK "flows: [{cc: a}]\n", "2: hops belong to chain and parking-lot, not to topology star"},
	{"topology: chain\n" LINK "flows: [{cc: a, to: n1}]\n", "3: to belongs to the topologies parking-lot and graph, not to chain"},
	{"topology: parking-lot\nhops: 3\n" LINK "flows: [{cc: a, to: n4}]\n", "4: there is no node 'n4': one of n0, n1, n2, n3"},
	{"topology: parking-lot\n" LINK "flows: [{cc: a, from: n2}]\n", "3: the flow goes from n2 to n2: two nodes"},
	{"topology: parking-lot\n" LINK "flows: [{cc: a, rtt: 39ms}]\n",
	 "3: an rtt of 39 ms is less than the path from n0 to n2 takes: at least 40 ms"},
};

static void what_cannot_be_travelled_is_refused(void)
{
	fixture_refused(bad, sizeof(bad) / sizeof(bad[0]));
}

static struct scenario s;
static struct topology t;

/* "a-b b-c" of a group's way; back: of its way back */
static const char *way(size_t group, bool back)
{
	const int from = topology_sender(&t, &s, group), to = topology_receiver(&t, &s, group);
	int edges[PATH_MAX_LINKS], n = topology_route(&t, back ? to : from, back ? from : to, edges, PATH_MAX_LINKS);
	static char text[256];
	size_t used = 0;

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", i ? " " : "", t.edges[edges[i]].name);
	return text;
}

static void load(const char *text)
{
	fixture_load(&s, text);
	topology_make(&s, &t);
}

static const struct {
	const char *links, *there, *back;
} routes[] = {
	/* less delay over more links */
	{EDGE("a", "z", "10ms") EDGE("a", "b", "4ms") EDGE("b", "z", "5ms"), "a-b b-z", "z-b b-a"},
	/* equal delay: fewer links */
	{EDGE("a", "b", "4ms") EDGE("b", "z", "6ms") EDGE("a", "z", "10ms"), "a-z", "z-a"},
	/* equal delay and number: as listed */
	{EDGE("a", "c", "5ms") EDGE("a", "b", "5ms") EDGE("b", "z", "5ms") EDGE("c", "z", "5ms"), "a-c c-z", "z-b b-a"},
	{EDGE("a", "b", "5ms") EDGE("a", "c", "5ms") EDGE("b", "z", "5ms") EDGE("c", "z", "5ms"), "a-b b-z", "z-b b-a"},
	/* a link of its own for the way back: slower than by another way */
	{EDGE("a", "z", "5ms") EDGE("z", "a", "50ms") EDGE("a", "b", "10ms") EDGE("b", "z", "10ms"), "a-z", "z-b b-a"},
	/* without delay, too, no way leads in a circle */
	{EDGE("a", "b", "0s") EDGE("b", "c", "0s") EDGE("c", "a", "0s") EDGE("c", "z", "1ms"), "a-c c-z", "z-c c-a"},
};

static void the_least_delay_wins_then_the_fewest_links_then_the_first(void)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "topology: graph\nlinks:\n%sflows: [{cc: a, from: a, to: z}]\n", routes[i].links);
		load(text);
		CU_ASSERT_STRING_EQUAL(way(0, false), routes[i].there);
		CU_ASSERT_STRING_EQUAL(way(0, true), routes[i].back);
	}
}

static void the_longest_way_a_packet_can_carry_is_accepted(void)
{
	load(GRAPH(LONG_EDGES, ""));
	CU_ASSERT_EQUAL(topology_rtt_ns(&t, &s, 0), 32000000);
	load("topology: chain\nhops: 15\n" LINK "flows: [{cc: a}, {cc: a, rtt: 80ms}]\n");
	CU_ASSERT_EQUAL(t.n_edges, 30);
}

static void the_delays_of_a_chain_add_up_to_its_rtt(void)
{
	for (unsigned int hops = 1; hops <= 15; hops++) {
		char text[256];
		uint64_t sum_ns = 0;

		snprintf(text, sizeof(text), "topology: chain\nhops: %u\nlink: {rate: 1gbit, rtt: 1234567ns}\nflows: [{cc: a}]\n", hops);
		load(text);
		for (int i = 0; i < t.n_edges; i++)
			sum_ns += t.edges[i].delay_ns;
		CU_ASSERT_EQUAL(sum_ns, 1234567);
		CU_ASSERT_EQUAL(topology_rtt_ns(&t, &s, 0), 1234567);
	}
}

static void a_parking_lots_flows_cross_what_is_between_their_nodes(void)
{
	load("topology: parking-lot\nhops: 3\nlink: {rate: 10mbit, rtt: 60ms, return-rate: 1mbit}\n"
	     "flows: [{cc: a}, {cc: a, from: n1, to: n2}, {cc: a, from: n2, to: n0, rtt: 50ms}]\n");
	CU_ASSERT_STRING_EQUAL(way(0, false), "n0-n1 n1-n2 n2-n3");
	CU_ASSERT_STRING_EQUAL(way(1, false), "n1-n2");
	CU_ASSERT_STRING_EQUAL(way(1, true), "n2-n1");
	CU_ASSERT_STRING_EQUAL(way(2, false), "n2-n1 n1-n0");
	CU_ASSERT_EQUAL(scenario_flow_rtt_ns(&s, 0), 60000000);
	CU_ASSERT_EQUAL(scenario_flow_rtt_ns(&s, 1), 20000000);
	CU_ASSERT_EQUAL(scenario_access_delay_ns(&s, 1), 0);
	CU_ASSERT_EQUAL(scenario_access_delay_ns(&s, 2), 5000000); /* 50 ms where the way takes 40 */
	CU_ASSERT_EQUAL(scenario_common_rtt_ns(&s), 20000000);
	CU_ASSERT(t.edges[0].rate_bps == 10000000 && t.edges[3].rate_bps == 1000000 && t.edges[3].plain);
}

static void the_way_back_follows_the_rate_unless_it_has_its_own(void)
{
	load("link: {rate: 10mbit, rtt: 40ms, rates: 5mbit@1s, aggregate: {time: 4ms}}\nflows: [{cc: a}]\n");
	CU_ASSERT(t.edges[0].changes && t.edges[1].changes && t.edges[1].rate_bps == 10000000);
	CU_ASSERT(!t.edges[0].aggregate.time_ns && t.edges[1].aggregate.time_ns == 4000000);
	load("link: {rate: 10mbit, rtt: 40ms, rates: 5mbit@1s, return-rate: 2mbit}\nflows: [{cc: a}]\n");
	CU_ASSERT(t.edges[0].changes && !t.edges[1].changes && t.edges[1].rate_bps == 2000000);
	load("topology: star\nlink: {rate: 10mbit, rtt: 40ms, rates: 5mbit@1s}\nflows: [{cc: a}]\n");
	CU_ASSERT(t.edges[0].changes && !t.edges[1].changes); /* a host's link stays as it is */
	load("topology: graph\nlinks: [{from: a, to: b, rate: 1mbit, delay: 1ms, aggregate: {time: 4ms}}]\nflows: [{cc: a}]\n");
	CU_ASSERT(t.edges[0].aggregate.time_ns == 4000000 && !t.edges[1].aggregate.time_ns);
}

static void a_star_has_a_host_for_each_group(void)
{
	load("topology: star\nlink: {rate: 10mbit, rtt: 40ms}\nflows: [{cc: a}, {cc: a, count: 30}]\n");
	CU_ASSERT(t.n_edges == 6 && t.n_nodes == 4);
	CU_ASSERT_STRING_EQUAL(way(0, false), "h1-switch switch-sink");
	CU_ASSERT_STRING_EQUAL(way(1, false), "h2-switch switch-sink");
	CU_ASSERT_STRING_EQUAL(way(1, true), "sink-switch switch-h2");
	CU_ASSERT(t.edges[1].rate_bps == 10000000 && t.edges[2].rate_bps == 300000000 && t.edges[2].plain && !t.edges[0].plain);
	CU_ASSERT_EQUAL(topology_rtt_ns(&t, &s, 1), 40000000);
}

static void figures_of_a_graph_are_about_the_first_flows_bottleneck(void)
{
	load("topology: graph\nlinks:\n  - {from: a, to: b, rate: 50mbit, delay: 5ms}\n"
	     "  - {from: b, to: c, rate: 10mbit, delay: 15ms, buffer: 2bdp}\n  - {from: c, to: d, rate: 1mbit, delay: 15ms}\n"
	     "flows: [{cc: a, to: c}, {cc: a}]\n");
	CU_ASSERT(s.link.rate_bps == 10000000 && s.link.rtt_ns == 40000000);
	CU_ASSERT_DOUBLE_EQUAL(scenario_bdp_pkts(&s), 50000.0 / 1514, 1e-9);
	CU_ASSERT_EQUAL(scenario_amount_pkts(&s, &s.link.buffer), 66);
	CU_ASSERT_EQUAL(scenario_link_amount_pkts(&s, &s.links[0], &s.links[0].buffer), 165); /* its own rate × that rtt */
	CU_ASSERT_EQUAL(scenario_flow_rtt_ns(&s, 1), 70000000);
}

static void a_setting_has_no_one_link_to_go_to_in_a_graph(void)
{
	struct congctl_error err = {0};

	load(GRAPH(EDGE("a", "b", "1ms"), ""));
	CU_ASSERT_EQUAL(scenario_set(&s, "rate", "5mbit", &err), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, "a graph has many links: rate of each in the file");
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(scenario_set(&s, "duration", "5s", &err), 0);
	CU_ASSERT_EQUAL(scenario_set(&s, "topology", "star", &err), 0);
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, "links belong to topology graph, not to star: link");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(what_cannot_be_travelled_is_refused),
		TEST(the_least_delay_wins_then_the_fewest_links_then_the_first),
		TEST(the_longest_way_a_packet_can_carry_is_accepted),
		TEST(the_delays_of_a_chain_add_up_to_its_rtt),
		TEST(a_parking_lots_flows_cross_what_is_between_their_nodes),
		TEST(the_way_back_follows_the_rate_unless_it_has_its_own),
		TEST(a_star_has_a_host_for_each_group),
		TEST(figures_of_a_graph_are_about_the_first_flows_bottleneck),
		TEST(a_setting_has_no_one_link_to_go_to_in_a_graph),
		CU_TEST_INFO_NULL,
	};

	return fixture_run("topology", tests);
}
