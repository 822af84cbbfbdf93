// SPDX-License-Identifier: GPL-2.0-only
/* The keys of links, queues and workloads: what each means, and what is refused. */
#include <errno.h>

#include "scenario_fixture.h"

#define LINK(more) "link: {rate: 10mbit, rtt: 40ms, " more "}\nflows: [{cc: a}]\n"
#define FLOW(flow) "link: {rate: 10mbit, rtt: 40ms}\nflows:\n  - {" flow "}\n"
#define LOSSES "0% to below 100%, 'periodic N' with N from 2 to 1000000000, 'gilbert-elliott P R [BAD [GOOD]]', or 'packets N,N...', " \
	       "such as 0.01%"
#define VALUE "1 to 63 printable characters, such as 0.7 or 10ms"
#define DIGITS "0123456789abcdef"
#define DISCIPLINES "fifo, step, red, codel, fq_codel, pie or dualpi2"
#define QUEUE_KEYS "name, mark, target, interval, ce_threshold, tupdate, alpha, beta, coupling, step, min, max, probability, weight, " \
		   "gentle, flows, quantum"

static const struct fixture_bad bad_links[] = {
	{LINK("queue: codle"), "1: queue codle: name 'codle' is not known: " DISCIPLINES},
	{LINK("queue: {name: codle}"), "1: name 'codle' is not known: " DISCIPLINES},
	{LINK("queue: {target: 5ms}"), "1: the queue has no name: " DISCIPLINES},
	{LINK("queue: {name: codel, goal: 5ms}"), "1: unknown key 'goal': one of " QUEUE_KEYS},
	{LINK("queue: {name: codel, target: 5}"), "1: target '5' is not a time: 1us to 10s, such as 40ms"},
	{LINK("queue: \"codel,target\""), "1: queue codel,target: 'target' has no value: key=value, such as rate=10mbit"},
	{LINK("queue: \"\""), "1: queue : name '' is not known: fifo, step, red, codel, fq_codel, pie or dualpi2"},
	{LINK("queue: \"pie,tupdate=9us\""), "1: queue pie,tupdate=9us: tupdate '9us' is out of range: 10us to 10s, such as 40ms"},
	{LINK("queue: \"codel,name=pie\""), "1: queue codel,name=pie: name is given twice: once"},
	{LINK("queue: [codel]"), "1: queue is a list: a map with " QUEUE_KEYS},
	{LINK("queue: {name: codel, tupdate: 15ms}"), "1: queue codel has no tupdate: a parameter of pie dualpi2"},
	{LINK("queue: {name: fifo, mark: yes}"), "1: queue fifo has no mark: a parameter of red codel fq_codel pie"},
	{LINK("queue: {name: dualpi2, mark: yes}"), "1: queue dualpi2 has no mark: a parameter of red codel fq_codel pie"},
	{LINK("queue: {name: codel, mark: maybe}"), "1: mark 'maybe' is not a switch: yes or no"},
	{LINK("queue: {name: red, min: 20pkt, max: 20pkt}"), "1: the queue's min is not below its max: a range between them"},
	{LINK("queue: {name: red, probability: 2}"), "1: probability '2' is out of range: 0.0001 to 1, such as 0.5 or 50%"},
	{LINK("queue: {name: fq_codel, flows: 0}"), "1: flows '0' is out of range: 1 to 65536"},
	{LINK("queue: step"), "1: queue step has no threshold: ecn, such as 20pkt"},
	{LINK("queue: fifo, ecn: 10pkt"), "1: ecn is the threshold of queue step, not of fifo: leave out the queue"},
	{LINK("queue: pie, ecn: 10pkt"), "1: ecn is the threshold of queue step, not of pie: mark: yes in the queue lets it mark"},
	{LINK("queue: dualpi2, ecn: 10pkt"), "1: ecn is the threshold of queue step, not of dualpi2: it marks anyway"},
	{LINK("loss: gilbert-elliott 1%"), "1: loss 'gilbert-elliott 1%' is not a probability of loss: " LOSSES},
	{LINK("loss: gilbert-elliott 1% 0%"), "1: loss 'gilbert-elliott 1% 0%' is out of range: " LOSSES},
	{LINK("loss: gilbert-elliott 1% 20% 1 0 1"), "1: loss 'gilbert-elliott 1% 20% 1 0 1' is not a probability of loss: " LOSSES},
	{LINK("loss: gilbert-elliott 1% often"), "1: loss 'gilbert-elliott 1% often' is not a probability of loss: " LOSSES},
	{LINK("loss: \"packets \""), "1: loss 'packets ' is not a probability of loss: " LOSSES},
	{LINK("loss: packets 0"), "1: loss 'packets 0' is out of range: " LOSSES},
	{LINK("loss: \"packets 10,10\""), "1: loss 'packets 10,10' is out of range: " LOSSES},
	{LINK("loss: \"packets 10,x\""), "1: loss 'packets 10,x' is not a probability of loss: " LOSSES},
	{LINK("reorder: yes"), "1: reorder changes nothing without jitter: jitter, such as 2ms"},
	{LINK("jitter: 0ms"), "1: jitter '0ms' is out of range: 1us to 10s, such as 40ms"},
	{LINK("duplicate: 101%"), "1: duplicate '101%' is out of range: 0 to 1, such as 0.5 or 50%"},
	{LINK("police: {rate: 1mbit}"), "1: the policer has no burst: rate and burst, such as {rate: 10mbit, burst: 100kB}"},
	{LINK("police: {burst: 10kB}"), "1: the policer has no rate: rate and burst, such as {rate: 10mbit, burst: 100kB}"},
	{LINK("police: {rate: 1mbit, burst: 1500B}"), "1: a burst of 1500 bytes drops every full frame: at least 1514 bytes, the mtu and 14"},
	{LINK("aggregate: {packets: 8}"), "1: aggregation of 8 packets has no time: how long the first waits at most, such as 4ms"},
	{LINK("rates: [{at: 5s}]"), "1: a change of the rate has no rate: one such as 20mbit"},
	{LINK("rates: [{rate: 5mbit}]"), "1: a change of the rate has no time: at, such as 10s"},
	{LINK("rates: [{at: 5s, rate: 1mbit}, {at: 5s, rate: 2mbit}]"), "1: the rate changes at 5 s and then at 5 s: in ascending order"},
	{LINK("rates: {at: 5s}"), "1: rates is a map: a list of rates, each beginning with '-'"},
	{LINK("rates: [1mbit]"), "1: a change of the rate is a single value: a map with at, rate"},
	{LINK("rates: 5mbit"), "1: rates '5mbit' has no time: RATE@TIME,RATE@TIME..., such as 20mbit@10s"},
	{LINK("trace: /x"), "1: the link has a rate and a trace: one of them"},
	{"link: {rtt: 40ms, trace: /nonexistent/x}\nflows: [{cc: a}]\n",
	 "1: cannot open trace /nonexistent/x: No such file or directory"},
	{"link: {rtt: 40ms, trace: /tmp}\nflows: [{cc: a}]\n", "1: /tmp is not a file: a trace, a moment in ms on each line"},
};

static const struct fixture_bad bad_flows[] = {
	{FLOW("workload: bulky"), "3: workload 'bulky' is not known: bulk, poisson, request, incast, on-off or cbr"},
	{FLOW("workload: poisson, load: 0.5"), "3: workload poisson needs sizes: see netsim keys"},
	{FLOW("workload: poisson, sizes: web-search"), "3: workload poisson needs load: see netsim keys"},
	{FLOW("workload: poisson, load: 50%, sizes: web-search, count: 2"), "3: count means nothing to workload poisson: leave it out"},
	{FLOW("workload: poisson, load: 50%, sizes: web-search, size: 1MB"), "3: size means nothing to workload poisson: leave it out"},
	{FLOW("workload: poisson, load: 0, sizes: web-search"), "3: load '0' is out of range: 0.001 to 2, such as 0.5 or 50%"},
	{FLOW("workload: request"), "3: workload request needs size: see netsim keys"},
	{FLOW("workload: incast, count: 20"), "3: workload incast needs size: see netsim keys"},
	{FLOW("workload: on-off, on: 1s"), "3: workload on-off needs off: see netsim keys"},
	{FLOW("workload: on-off, on: 1s, off: 1s, size: 1MB"), "3: size means nothing to workload on-off: leave it out"},
	{FLOW("workload: cbr"), "3: workload cbr needs rate: see netsim keys"},
	{FLOW("workload: cbr, rate: 1mbit, cc: cubic"), "3: cc means nothing to workload cbr: leave it out"},
	{FLOW("workload: cbr, rate: 1mbit, set: {beta: 1}"), "3: set means nothing to workload cbr: leave it out"},
	{FLOW("cc: a, load: 0.5"), "3: load means nothing to workload bulk: leave it out"},
	{FLOW("cc: a, pause: 1s"), "3: pause means nothing to workload bulk: leave it out"},
	{FLOW("cc: a, request: 200B"), "3: request means nothing to workload bulk: leave it out"},
	{FLOW("cc: a, rate: 1mbit"), "3: rate means nothing to workload bulk: leave it out"},
	{FLOW("cc: a, start: 2s,\n     stop: 2s"), "4: the flow stops at 2 s and starts at 2 s: later"},
	{FLOW("cc: a, set: 5"), "3: set is a single value: a map of tunables, such as {beta: 70%}"},
	{FLOW("cc: a, set: {beta: }"), "3: beta '' is not a value: " VALUE},
	{FLOW("cc: a, set: {beta: \"1\\n\"}"), "3: beta '1?' is not a value: " VALUE},
	{FLOW("cc: a, set: {beta: " DIGITS DIGITS DIGITS DIGITS "}"), "3: beta '" DIGITS DIGITS "01234567' is not a value: " VALUE},
	{FLOW("cc: a, set: {beta: [1]}"), "3: beta is not a single value: one such as 0.7 or 10ms"},
	{FLOW("cc: a, set: {beta: \"1\\0\"}"), "3: beta is not a single value: one such as 0.7 or 10ms"},
	{FLOW("cc: a, set: {[a]: 1}"), "3: 'a list' is not the name of a tunable: 1 to 63 of letters, digits and _"},
	{FLOW("cc: a, set: {b-eta: 1}"), "3: 'b-eta' is not the name of a tunable: 1 to 63 of letters, digits and _"},
	{FLOW("cc: a, set: {beta: 1, beta: 2}"), "3: beta is set twice: once"},
	{FLOW("cc: a, set: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1, i: 1}"), "3: too many tunables: at most 8 for a flow"},
};

static void bad_links_are_refused(void)
{
	fixture_refused(bad_links, sizeof(bad_links) / sizeof(bad_links[0]));
}

static void bad_flows_are_refused(void)
{
	fixture_refused(bad_flows, sizeof(bad_flows) / sizeof(bad_flows[0]));
}

static void a_queue_is_a_word_or_a_map(void)
{
	static const char *const texts[] = {
		LINK("queue: fq_codel"), LINK("queue: {name: fq_codel}"),
		LINK("queue: {name: fq_codel, target: 7ms, interval: 90ms, flows: 64, quantum: 300, mark: yes}"),
		LINK("queue: \"fq_codel,target=7ms,interval=90ms,flows=64,quantum=300,mark=yes\""),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		static struct scenario s;
		struct link_config c;

		fixture_load(&s, texts[i]);
		scenario_link_config(&s, &s.link, &c);
		CU_ASSERT_STRING_EQUAL(c.queue.discipline, "fq_codel");
		CU_ASSERT_EQUAL(c.queue.target_ns, i < 2 ? 0 : 7000000);
		CU_ASSERT_EQUAL(c.queue.interval_ns, i < 2 ? 0 : 90000000);
		CU_ASSERT(c.queue.flows == (i < 2 ? 0 : 64) && c.queue.quantum_bytes == (i < 2 ? 0 : 300));
		CU_ASSERT_EQUAL(c.queue.ecn, i >= 2);
	}
}

static void every_parameter_reaches_the_engine(void)
{
	static struct scenario s;
	struct link_config c;

	fixture_load(&s, LINK("queue: {name: red, min: 20pkt, max: 90kB, probability: 10%, weight: 0.002, gentle: yes, mark: yes}"));
	scenario_link_config(&s, &s.link, &c);
	CU_ASSERT(c.queue.min_bytes == 20 * 1514 && c.queue.max_bytes == 90000 && c.queue.max_probability == 0.1);
	CU_ASSERT(c.queue.weight == 0.002 && c.queue.gentle && c.queue.ecn);
	fixture_load(&s, LINK("queue: {name: dualpi2, target: 14ms, tupdate: 17ms, alpha: 0.2, beta: 3.5, coupling: 2.5, step: 2ms}"));
	scenario_link_config(&s, &s.link, &c);
	CU_ASSERT(c.queue.target_ns == 14000000 && c.queue.tupdate_ns == 17000000 && c.queue.step_ns == 2000000);
	CU_ASSERT(c.queue.alpha == 0.2 && c.queue.beta == 3.5 && c.queue.coupling == 2.5);
	fixture_load(&s, LINK("queue: {name: codel, ce_threshold: 3ms}, jitter: 2ms, reorder: yes, duplicate: 2%, "
			      "police: {rate: 3mbit, burst: 20kB}, rates: 5mbit@3s"));
	scenario_link_config(&s, &s.link, &c);
	CU_ASSERT(c.queue.ce_threshold_ns == 3000000 && c.jitter_ns == 2000000 && c.reorder && c.duplicate == 0.02);
	CU_ASSERT(c.police_bps == 3000000 && c.police_burst_bytes == 20000 && c.queue.mtu_frame_bytes == 1514);
	CU_ASSERT(c.n_steps == 1 && c.steps[0].at_ns == 3000000000 && c.steps[0].rate_bps == 5000000);
}

static void a_buffer_in_time_is_what_passes_in_it(void)
{
	static struct scenario s;
	struct link_config c;

	fixture_load(&s, LINK("buffer: 50ms"));
	scenario_link_config(&s, &s.link, &c);
	CU_ASSERT(c.queue.limit_ns == 50000000 && !c.queue.limit_pkts && !c.queue.limit_bytes);
	CU_ASSERT_EQUAL(scenario_amount_pkts(&s, &s.link.buffer), 41); /* 62,500 bytes */
	fixture_load(&s, LINK("buffer: 50ms, queue: codel"));
	scenario_link_config(&s, &s.link, &c);
	CU_ASSERT(!c.queue.limit_ns && c.queue.limit_pkts == 41);
}

static void losses_are_read_as_written(void)
{
	static struct scenario s;

	fixture_load(&s, LINK("loss: gilbert-elliott 1% 20%"));
	CU_ASSERT(s.link.loss.kind == LOSS_GILBERT_ELLIOTT && s.link.loss.p == 0.01 && s.link.loss.r == 0.2);
	CU_ASSERT(s.link.loss.loss_bad == 1 && s.link.loss.loss_good == 0);
	fixture_load(&s, LINK("loss: gilbert-elliott 1% 20% 50% 0.001"));
	CU_ASSERT(s.link.loss.loss_bad == 0.5 && s.link.loss.loss_good == 0.001);
	fixture_load(&s, LINK("loss: \"packets 10,11,57\""));
	CU_ASSERT(s.link.loss.kind == LOSS_NUMBERS && s.link.loss.n_numbers == 3);
	CU_ASSERT(s.link.loss.numbers[0] == 10 && s.link.loss.numbers[1] == 11 && s.link.loss.numbers[2] == 57);
}

static void the_command_line_has_the_same_keys(void)
{
	static const char *const settings[][2] = {
		{"rate", "10mbit"}, {"rtt", "40ms"}, {"queue", "pie,target=20ms,mark=yes"}, {"rates", "20mbit@1s,0bit@2s"},
		{"police", "rate=5mbit,burst=20kB"}, {"aggregate", "time=4ms,packets=16"}, {"topology", "chain"}, {"hops", "3"},
	};
	struct congctl_error err = {0};
	static struct scenario s;

	scenario_init(&s);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		CU_ASSERT_EQUAL(scenario_set(&s, settings[i][0], settings[i][1], &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "bpf_cubic,set.beta=70%,set.friendliness=0", &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, ",workload=cbr,rate=1mbit", &err), 0);
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT(s.link.queue.discipline == QUEUE_PIE && s.link.queue.target_ns == 20000000 && s.link.queue.mark);
	CU_ASSERT(s.link.n_rates == 2 && s.link.rates[0].rate_bps == 20000000 && s.link.rates[1].at_ns == 2000000000);
	CU_ASSERT(s.link.police.rate_bps == 5000000 && s.link.aggregate.pkts == 16 && s.hops == 3);
	CU_ASSERT(s.flows[0].n_set == 2 && !strcmp(s.flows[0].set[0].name, "beta"));
	CU_ASSERT_STRING_EQUAL(s.flows[0].set[0].value, "70%"); /* what that is, its algorithm knows */
	CU_ASSERT_STRING_EQUAL(s.flows[1].cc, "udp");
}

static void defaults_of_a_flow_are_those_of_the_contract(void)
{
	struct scenario_flow flow;

	scenario_flow_init(&flow);
	CU_ASSERT(flow.workload == WORKLOAD_BULK && flow.count == 1 && flow.stop_ns == ENGINE_NEVER && flow.request_bytes == 100);
	CU_ASSERT(!flow.size_bytes && !flow.pause_ns && !flow.from[0] && !flow.n_set);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(bad_links_are_refused),
		TEST(bad_flows_are_refused),
		TEST(a_queue_is_a_word_or_a_map),
		TEST(every_parameter_reaches_the_engine),
		TEST(a_buffer_in_time_is_what_passes_in_it),
		TEST(losses_are_read_as_written),
		TEST(the_command_line_has_the_same_keys),
		TEST(defaults_of_a_flow_are_those_of_the_contract),
		CU_TEST_INFO_NULL,
	};

	return fixture_run("scenario_keys", tests);
}
