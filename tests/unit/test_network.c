// SPDX-License-Identifier: GPL-2.0-only
/* A scenario's network in an engine: which links it has, and which of them a group's packets cross. */
#include <errno.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/scenario/keys.h"
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

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_dumbbell_has_two_links_and_access_links_for_longer_paths),
		TEST(a_packet_takes_the_groups_round_trip),
		TEST(closing_gives_back_what_is_inside_and_leaves_nothing),
		CU_TEST_INFO_NULL,
	};

	return unit_run("network", tests);
}
