// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"

#define FIELD(type, field) .offset = offsetof(struct type, field), .size = sizeof(((struct type *)0)->field)
#define TOP(field)         .places = 1 << KEY_SCENARIO, .name = #field, FIELD(scenario, field)
#define AT(key, field)     .places = 1 << KEY_SCENARIO, .name = key, FIELD(scenario, field), .option = true
#define LINK(key, field)   .places = 1 << KEY_LINK | 1 << KEY_EDGE, .name = key, FIELD(scenario_link, field), .option = true
#define ONLY(key, field)   .places = 1 << KEY_LINK, .name = key, FIELD(scenario_link, field), .option = true
#define EDGE(key, field)   .places = 1 << KEY_EDGE, .name = key, FIELD(scenario_link, field)
#define QUEUE(key, field)  .places = 1 << KEY_QUEUE, .name = key, FIELD(scenario_queue, field)
#define FLOW(key, field)   .places = 1 << KEY_FLOW, .name = key, FIELD(scenario_flow, field)
#define NESTED(place, key, type, field) .places = 1 << place, .name = key, FIELD(type, field)
#define LIST(type, field, n, most) .kind = &kind_list, .count = offsetof(struct type, n), .max_items = most, \
				   .item = sizeof(((struct type *)0)->field[0])
#define AMOUNT_RANGE "1pkt to 1000000pkt, 64B to 10GB, 0.001bdp to 1000bdp, or 1us to 100s"
#define RFC_DEFAULT "of the RFC"

const char *const scenario_topologies[] = {"dumbbell", "chain", "parking-lot", "star", "graph", NULL};
const char *const scenario_disciplines[] = {"fifo", "step", "red", "codel", "fq_codel", "pie", "dualpi2", NULL};
const char *const scenario_workloads[] = {"bulk", "poisson", "request", "incast", "on-off", "cbr", NULL};

/* *INDENT-OFF* one key, a few lines */
static const struct scenario_key keys[] = {
	{TOP(name), .kind = &kind_text, .range = "1 to 63 printable characters", .without = "the name of the file",
	 .help = "what the run is called in tables and reports"},
	{TOP(description), .kind = &kind_text, .range = "at most 511 printable characters", .without = "empty",
	 .help = "one sentence for the reader of the report"},
	{AT("topology", topology), .kind = &kind_choice, .choices = scenario_topologies, .initial = "dumbbell",
	 .range = "dumbbell, chain, parking-lot, star or graph", .help = "how the links are joined"},
	{AT("hops", hops), .kind = &kind_count, .min = "1", .max = "15", .without = "2", .help = "links of a chain or parking-lot"},
	{TOP(link), .kind = &kind_map, .nested = KEY_LINK, .range = "a map, see below", .without = "an error, but for a graph",
	 .help = "the bottleneck, or each link of a chain or parking-lot"},
	{TOP(links), LIST(scenario, links, n_links, SCENARIO_MAX_LINKS), .nested = KEY_EDGE, .range = "a list of 1 to 64 maps, see below",
	 .without = "an error with a graph", .help = "the links of a graph"},
	{TOP(flows), LIST(scenario, flows, n_flows, SCENARIO_MAX_GROUPS), .nested = KEY_FLOW, .range = "a list of 1 to 64 maps, see below",
	 .without = "an error", .help = "who sends"},
	{AT("duration", duration_ns), .kind = &kind_time, .min = "100ms", .max = "3600s", .initial = "10s",
	 .help = "length of the run"},
	{AT("warmup", warmup_ns), .kind = &kind_time, .min = "0s", .max = "3600s", .range = "less than the duration",
	 .never = SCENARIO_WARMUP_DEFAULT, .without = "a fifth of the duration, at most 5s",
	 .help = "beginning that the figures leave out"},
	{AT("sample", sample_ns), .kind = &kind_time, .min = "1ms", .max = "10s", .initial = "10ms",
	 .help = "interval of the samples of flows and queue"},
	{AT("seed", seed), .kind = &kind_number, .min = "0", .max = "18446744073709551615", .initial = "1",
	 .help = "of all random numbers; repeat k uses seed + k"},
	{AT("repeat", repeat), .kind = &kind_count, .min = "1", .max = "1000", .initial = "1",
	 .help = "how many times the whole run is made"},
	{AT("mtu", mtu), .kind = &kind_count, .min = "576", .max = "9000", .range = "from 1280 with family 6", .initial = "1500",
	 .help = "largest IP packet, in bytes; a frame has 14 more"},
	{AT("family", family), .kind = &kind_family, .range = "4 or 6", .initial = "4", .help = "IPv4 or IPv6"},
	{.places = 1 << KEY_SCENARIO, .name = "vary", .kind = &kind_vary, .range = "a map, or a list of maps, of settings and lists of values",
	 .without = "a single scenario", .help = "a set of scenarios, every combination of the values: for `netsim compare`"},

	{EDGE("from", from), .kind = &kind_node, .range = "1 to 15 of letters, digits and _", .without = "an error",
	 .help = "the node it leaves"},
	{EDGE("to", to), .kind = &kind_node, .range = "1 to 15 of letters, digits and _", .without = "an error",
	 .help = "the node it leads to; without a link of its own the way back has the same rate and delay and drops nothing"},
	{LINK("rate", rate_bps), .kind = &kind_rate, .min = "1kbit", .max = "100gbit", .without = "an error, or a trace",
	 .help = "of the bottleneck, whole frames counted"},
	{LINK("rates", rates), .kind = &kind_rates, .count = offsetof(struct scenario_link, n_rates), .nested = KEY_RATE,
	 .item = sizeof(struct rate_step), .max_items = SCENARIO_MAX_RATES, .range = "a list of 1 to 32 maps, or RATE@TIME,RATE@TIME...",
	 .without = "a constant rate", .help = "changes of the rate"},
	{LINK("trace", trace), .kind = &kind_file, .range = "a file", .without = "a rate",
	 .help = "moments in ms at which a packet may leave, one a line, repeated at the end (mahimahi's format), instead of a rate"},
	{ONLY("return-rate", return_bps), .kind = &kind_rate, .min = "1kbit", .max = "100gbit", .without = "the rate",
	 .help = "rate of the way back, which drops nothing"},
	{ONLY("rtt", rtt_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "an error",
	 .help = "two-way propagation delay of a flow that names none"},
	{EDGE("delay", delay_ns), .kind = &kind_time, .min = "0s", .max = "10s", .initial = "0s", .help = "one-way propagation delay"},
	{LINK("jitter", jitter_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "none",
	 .help = "most of a random addition to the delay of each packet"},
	{LINK("reorder", reorder), .kind = &kind_switch, .range = "yes or no", .without = "no",
	 .help = "may packets overtake each other by the jitter?"},
	{LINK("duplicate", duplicate), .kind = &kind_decimal, .min = "0", .max = "1", .without = "none",
	 .help = "part of the packets that arrive twice"},
	{LINK("buffer", buffer), .kind = &kind_amount, .range = AMOUNT_RANGE ", at least a frame", .initial = "1bdp",
	 .help = "room for waiting packets; a packet that finds it full is dropped"},
	{LINK("queue", queue), .kind = &kind_map, .nested = KEY_QUEUE, .range = "a discipline, or a map, see below",
	 .without = "step with ecn, else fifo", .help = "which packet leaves next, which are dropped or marked"},
	{LINK("ecn", ecn), .kind = &kind_amount, .range = AMOUNT_RANGE ", less than the buffer", .without = "no marking",
	 .help = "ECN-capable packets that find so many waiting are marked CE"},
	{LINK("loss", loss), .kind = &kind_loss, .initial = "0%",
	 .range = "0% to below 100%, 'periodic N' with N from 2 to 1000000000, 'gilbert-elliott P R [BAD [GOOD]]', or 'packets N,N...'",
	 .help = "random loss on the data direction, before the queue; periodic: one packet in N"},
	{LINK("police", police), .kind = &kind_map, .nested = KEY_POLICE, .range = "a map, see below", .without = "none",
	 .help = "a token bucket before the queue: what finds no token is dropped"},
	{LINK("aggregate", aggregate), .kind = &kind_map, .nested = KEY_AGGREGATE, .range = "a map, see below", .without = "none",
	 .help = "what comes back (in a graph: what crosses the link) is held and let go together: ACK aggregation"},

	{QUEUE("name", discipline), .kind = &kind_choice, .choices = scenario_disciplines, .first = QUEUE_FIFO, .without = "an error",
	 .range = "fifo, step, red, codel, fq_codel, pie or dualpi2", .help = "discipline"},
	{QUEUE("mark", mark), .kind = &kind_switch, .range = "yes or no", .without = "no", .goes_with = " red codel fq_codel pie ",
	 .help = "mark ECN-capable packets where others are dropped"},
	{QUEUE("target", target_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = RFC_DEFAULT,
	 .goes_with = " codel fq_codel pie dualpi2 ", .help = "sojourn time aimed at"},
	{QUEUE("interval", interval_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = RFC_DEFAULT,
	 .goes_with = " codel fq_codel ", .help = "how long the sojourn time may be above the target"},
	{QUEUE("ce_threshold", ce_threshold_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "off",
	 .goes_with = " codel fq_codel ", .help = "sojourn time from which every ECN-capable packet is marked"},
	{QUEUE("tupdate", tupdate_ns), .kind = &kind_time, .min = "10us", .max = "10s", .without = RFC_DEFAULT,
	 .goes_with = " pie dualpi2 ", .help = "interval at which the probability is worked out"},
	{QUEUE("alpha", alpha), .kind = &kind_decimal, .min = "0.0001", .max = "1000", .without = RFC_DEFAULT,
	 .goes_with = " pie dualpi2 ", .help = "gain on the difference to the target, in Hz"},
	{QUEUE("beta", beta), .kind = &kind_decimal, .min = "0.0001", .max = "1000", .without = RFC_DEFAULT,
	 .goes_with = " pie dualpi2 ", .help = "gain on the change, in Hz"},
	{QUEUE("coupling", coupling), .kind = &kind_decimal, .min = "0.1", .max = "100", .without = RFC_DEFAULT,
	 .goes_with = " dualpi2 ", .help = "k, of the marking of the two queues"},
	{QUEUE("step", step_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = RFC_DEFAULT, .goes_with = " dualpi2 ",
	 .help = "sojourn time in the low-latency queue from which packets are marked"},
	{QUEUE("min", min), .kind = &kind_amount, .range = AMOUNT_RANGE, .without = RFC_DEFAULT, .goes_with = " red ",
	 .help = "average queue below which nothing is dropped"},
	{QUEUE("max", max), .kind = &kind_amount, .range = AMOUNT_RANGE, .without = RFC_DEFAULT, .goes_with = " red ",
	 .help = "average queue at which the probability is `probability`"},
	{QUEUE("probability", probability), .kind = &kind_decimal, .min = "0.0001", .max = "1", .without = RFC_DEFAULT,
	 .goes_with = " red ", .help = "of a drop or mark at `max`"},
	{QUEUE("weight", weight), .kind = &kind_decimal, .min = "0.000001", .max = "1", .without = RFC_DEFAULT, .goes_with = " red ",
	 .help = "of a new sample in the average"},
	{QUEUE("gentle", gentle), .kind = &kind_switch, .range = "yes or no", .without = "no", .goes_with = " red ",
	 .help = "probability up to 1 between `max` and twice that, instead of a jump"},
	{QUEUE("flows", flows), .kind = &kind_count, .min = "1", .max = "65536", .without = RFC_DEFAULT, .goes_with = " fq_codel ",
	 .help = "number of queues"},
	{QUEUE("quantum", quantum_bytes), .kind = &kind_count, .min = "64", .max = "100000", .without = RFC_DEFAULT,
	 .goes_with = " fq_codel ", .help = "bytes a queue may send in its turn"},

	{NESTED(KEY_POLICE, "rate", scenario_police, rate_bps), .kind = &kind_rate, .min = "1kbit", .max = "100gbit",
	 .without = "an error", .help = "of the tokens"},
	{NESTED(KEY_POLICE, "burst", scenario_police, burst_bytes), .kind = &kind_size, .min = "64B", .max = "1GB",
	 .range = "at least a frame", .without = "an error", .help = "size of the bucket"},

	{NESTED(KEY_AGGREGATE, "time", scenario_aggregate, time_ns), .kind = &kind_time, .min = "1us", .max = "10s",
	 .without = "an error", .help = "how long the first waits at most"},
	{NESTED(KEY_AGGREGATE, "packets", scenario_aggregate, pkts), .kind = &kind_count, .min = "2", .max = "100000",
	 .without = "no limit", .help = "how many wait at most"},

	{NESTED(KEY_RATE, "at", rate_step, at_ns), .kind = &kind_time, .min = "1us", .max = "3600s", .range = "later than the one before",
	 .without = "an error", .help = "when"},
	{NESTED(KEY_RATE, "rate", rate_step, rate_bps), .kind = &kind_rate, .min = "0bit", .max = "100gbit", .never = ENGINE_NEVER,
	 .without = "an error", .help = "from then on; 0bit: nothing leaves until the next"},

	{FLOW("name", name), .kind = &kind_text, .range = "1 to 31 printable characters, each name once",
	 .without = "the algorithm, then #2, #3 …", .help = "what the flow is called in tables and reports"},
	{FLOW("cc", cc), .kind = &kind_cc, .range = "1 to 15 of letters, digits and _", .without = "given by --cc",
	 .help = "congestion-control algorithm", .goes_with = " bulk poisson request incast on-off "},
	{FLOW("set", set), .kind = &kind_set, .range = "a map of values as `congctl set` takes them", .without = "the algorithm's own",
	 .goes_with = " bulk poisson request incast on-off ", .help = "tunables of the algorithm, for this flow only"},
	{FLOW("count", count), .kind = &kind_count, .min = "1", .max = "20000", .range = "20000 flows in all", .initial = "1",
	 .goes_with = " bulk request incast on-off cbr ", .help = "how many flows like this"},
	{FLOW("pacing", pacing), .kind = &kind_switch, .range = "yes or no", .without = "as the algorithm wants",
	 .help = "packets leave spaced by the pacing rate, not in bursts"},
	{FLOW("workload", workload), .kind = &kind_choice, .choices = scenario_workloads, .initial = "bulk",
	 .range = "bulk, poisson, request, incast, on-off or cbr", .help = "what it sends"},
	{FLOW("start", start_ns), .kind = &kind_time, .min = "0s", .max = "3600s", .range = "less than the duration",
	 .initial = "0s", .help = "when it connects"},
	{FLOW("stop", stop_ns), .kind = &kind_time, .min = "1us", .max = "3600s", .range = "after the start", .never = ENGINE_NEVER,
	 .without = "the end of the run", .help = "no new data from here on"},
	{FLOW("size", size_bytes), .kind = &kind_size, .min = "1B", .max = "1000GB", .without = "sends until the end",
	 .goes_with = " bulk request incast ", .help = "bytes to transfer; request, incast: of an answer"},
	{FLOW("rtt", rtt_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "the link's rtt",
	 .help = "two-way propagation delay of this flow instead of the link's"},
	{FLOW("from", from), .kind = &kind_node, .range = "1 to 15 of letters, digits and _", .without = "the first node",
	 .help = "node of the sender, in a parking-lot or graph"},
	{FLOW("to", to), .kind = &kind_node, .range = "1 to 15 of letters, digits and _", .without = "the last node",
	 .help = "node of the receiver"},
	{FLOW("load", load), .kind = &kind_decimal, .min = "0.001", .max = "2", .without = "an error with poisson",
	 .goes_with = " poisson ", .help = "offered, as a part of what the bottleneck can carry"},
	{FLOW("sizes", sizes), .kind = &kind_file, .range = "web-search, data-mining or a file", .without = "an error with poisson",
	 .goes_with = " poisson ", .help = "distribution of the sizes; a file has lines of bytes and cumulative probability"},
	{FLOW("request", request_bytes), .kind = &kind_size, .min = "1B", .max = "1GB", .initial = "100B",
	 .goes_with = " request incast ", .help = "of the question"},
	{FLOW("pause", pause_ns), .kind = &kind_time, .min = "1us", .max = "3600s", .without = "none", .goes_with = " request incast ",
	 .help = "from an answer's last byte to the next question"},
	{FLOW("on", on_ns), .kind = &kind_time, .min = "1us", .max = "3600s", .without = "an error with on-off", .goes_with = " on-off ",
	 .help = "how long it sends"},
	{FLOW("off", off_ns), .kind = &kind_time, .min = "1us", .max = "3600s", .without = "an error with on-off",
	 .goes_with = " on-off ", .help = "how long it is silent"},
	{FLOW("rate", rate_bps), .kind = &kind_rate, .min = "1kbit", .max = "100gbit", .without = "an error with cbr",
	 .goes_with = " cbr ", .help = "of UDP datagrams, whole frames counted"},
};
/* *INDENT-ON* */

_Static_assert(sizeof(keys) / sizeof(keys[0]) <= SCENARIO_MAX_KEYS, "scenario_spec_read() counts what was given");

const struct scenario_key *scenario_keys(size_t *n)
{
	*n = sizeof(keys) / sizeof(keys[0]);
	return keys;
}

const struct scenario_key *scenario_key_find(enum key_place place, const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((keys[i].places & 1 << place) && !strcmp(keys[i].name, name))
			return &keys[i];
	}
	return NULL;
}

const char *scenario_key_names(enum key_place place, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && used < size; i++) {
		if (keys[i].places & 1 << place)
			used += snprintf(buf + used, size - used, "%s%s", used ? ", " : "", keys[i].name);
	}
	return buf;
}

const char *scenario_key_allowed(const struct scenario_key *key, char *buf, size_t size)
{
	if (key->min)
		snprintf(buf, size, "%s to %s%s%s", key->min, key->max, key->range ? ", " : "", key->range ? key->range : "");
	else
		snprintf(buf, size, "%s", key->range);
	return buf;
}

/* "codel,target=5ms" of a key whose value is a map */
static int read_map_text(const struct scenario_key *key, const char *text, void *field, struct congctl_error *err)
{
	bool seen[SCENARIO_MAX_KEYS] = {false};
	struct congctl_error inner = {0};
	char spec[512], quoted[64];
	int ret;

	if (strlen(text) >= sizeof(spec))
		return congctl_fail(err, -E2BIG, "%s is too long: at most %zu characters", key->name, sizeof(spec) - 1);
	strcpy(spec, text);
	memset(field, 0, key->size);
	ret = scenario_spec_read(key->nested, key->nested == KEY_QUEUE ? "name" : NULL, spec, field, seen, &inner);
	return ret ? congctl_fail(err, ret, "%s %s: %s", key->name, document_quote(text, quoted, sizeof(quoted)), inner.text) : 0;
}

int scenario_key_read(const struct scenario_key *key, const char *text, void *object, struct congctl_error *err)
{
	char allowed[256], quoted[64];
	int ret;

	if (key->kind == &kind_map)
		return read_map_text(key, text, (char *)object + key->offset, err);
	if (key->kind == &kind_rates)
		return scenario_rates_read(text, object, err);
	ret = key->kind->read ? key->kind->read(key, text, (char *)object + key->offset) : -EINVAL;
	if (!ret)
		return 0;
	return congctl_fail(err, ret, "%s '%s' is %s%s: %s%s%s", key->name, document_quote(text, quoted, sizeof(quoted)),
			    ret == -ERANGE ? "out of range" : "not ", ret == -ERANGE ? "" : key->kind->noun,
			    scenario_key_allowed(key, allowed, sizeof(allowed)), key->kind->example ? ", such as " : "",
			    key->kind->example ? key->kind->example : "");
}

void scenario_key_write(const struct scenario_key *key, const void *object, FILE *f)
{
	key->kind->write(key, (const char *)object + key->offset, f);
}

bool scenario_key_given(const struct scenario_key *key, const void *object)
{
	const unsigned char *field = (const unsigned char *)object + key->offset;

	if (key->never)
		return *(const uint64_t *)(const void *)field != key->never;
	if (key->initial)
		return true;
	for (size_t i = 0; i < key->size; i++) {
		if (field[i])
			return true;
	}
	return false;
}

bool scenario_key_suits(const struct scenario_key *key, const char *user)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", user);
	return !key->goes_with || strstr(key->goes_with, word);
}

void scenario_item_init(enum key_place place, void *object, size_t size)
{
	memset(object, 0, size);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *field = (char *)object + keys[i].offset;

		if (!(keys[i].places & 1 << place))
			continue;
		if (keys[i].initial)
			keys[i].kind->read(&keys[i], keys[i].initial, field);
		else if (keys[i].never)
			*(uint64_t *)(void *)field = keys[i].never;
	}
}
