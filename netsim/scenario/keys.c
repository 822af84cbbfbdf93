// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "keys.h"

#define TOP(field)  .place = KEY_SCENARIO, .name = #field, .offset = offsetof(struct scenario, field), \
		    .size = sizeof(((struct scenario *)0)->field)
#define AT(key, field)  .place = KEY_SCENARIO, .name = key, .offset = offsetof(struct scenario, field), .option = true
#define LINK(key, field) .place = KEY_LINK, .name = key, .offset = offsetof(struct scenario, link.field), .option = true
#define FLOW(key, field) .place = KEY_FLOW, .name = key, .offset = offsetof(struct scenario_flow, field), \
			 .size = sizeof(((struct scenario_flow *)0)->field)
#define AMOUNT_RANGE "1pkt to 1000000pkt, 64B to 10GB, or 0.001bdp to 1000bdp"

/* *INDENT-OFF* one key, a few lines */
static const struct scenario_key keys[] = {
	{TOP(name), .kind = &kind_text, .range = "1 to 63 printable characters", .without = "the name of the file",
	 .help = "what the run is called in tables and reports"},
	{TOP(description), .kind = &kind_text, .range = "at most 511 printable characters", .without = "empty",
	 .help = "one sentence for the reader of the report"},
	{TOP(topology), .kind = &kind_topology, .range = "dumbbell", .initial = "dumbbell",
	 .help = "senders on the left, one bottleneck, receivers on the right"},
	{.place = KEY_SCENARIO, .name = "link", .range = "a map, see below", .without = "an error", .help = "the bottleneck"},
	{.place = KEY_SCENARIO, .name = "flows", .range = "a list of 1 to 64 maps, see below", .without = "an error",
	 .help = "who sends"},
	{AT("duration", duration_ns), .kind = &kind_time, .min = "100ms", .max = "3600s", .initial = "10s",
	 .help = "length of the run"},
	{AT("warmup", warmup_ns), .kind = &kind_time, .min = "0s", .max = "3600s", .range = "less than the duration",
	 .without = "a fifth of the duration, at most 5s", .help = "beginning that the figures leave out"},
	{AT("sample", sample_ns), .kind = &kind_time, .min = "1ms", .max = "10s", .initial = "10ms",
	 .help = "interval of the samples of flows and queue"},
	{AT("seed", seed), .kind = &kind_number, .min = "0", .max = "18446744073709551615", .initial = "1",
	 .help = "of all random numbers; repeat k uses seed + k"},
	{AT("repeat", repeat), .kind = &kind_count, .min = "1", .max = "1000", .initial = "1",
	 .help = "how many times the whole run is made"},
	{AT("mtu", mtu), .kind = &kind_count, .min = "576", .max = "9000", .range = "from 1280 with family 6", .initial = "1500",
	 .help = "largest IP packet, in bytes; a frame has 14 more"},
	{AT("family", family), .kind = &kind_family, .range = "4 or 6", .initial = "4", .help = "IPv4 or IPv6"},
	{.place = KEY_SCENARIO, .name = "vary", .range = "a map, or a list of maps, of settings and lists of values",
	 .without = "a single scenario", .help = "a set of scenarios, every combination of the values: for `netsim compare`"},

	{LINK("rate", rate_bps), .kind = &kind_rate, .min = "1kbit", .max = "100gbit", .without = "an error",
	 .help = "of the bottleneck, whole frames counted"},
	{LINK("rtt", rtt_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "an error",
	 .help = "two-way propagation delay of a flow that names none"},
	{LINK("buffer", buffer), .kind = &kind_amount, .range = AMOUNT_RANGE ", at least a frame", .initial = "1bdp",
	 .help = "room for waiting packets; a packet that finds it full is dropped"},
	{LINK("ecn", ecn), .kind = &kind_amount, .range = AMOUNT_RANGE ", less than the buffer", .without = "no marking",
	 .help = "ECN-capable packets that find so many waiting are marked CE"},
	{LINK("loss", loss), .kind = &kind_loss, .range = "0% to below 100%, or 'periodic N' with N from 2 to 1000000000",
	 .initial = "0%", .help = "random loss on the data direction, before the queue; periodic: one packet in N"},

	{FLOW("name", name), .kind = &kind_text, .range = "1 to 31 printable characters, each name once",
	 .without = "the algorithm, then #2, #3 …", .help = "what the flow is called in tables and reports"},
	{FLOW("cc", cc), .kind = &kind_cc, .range = "1 to 15 of letters, digits and _", .without = "given by --cc",
	 .help = "congestion-control algorithm"},
	{FLOW("count", count), .kind = &kind_count, .min = "1", .max = "20000", .range = "20000 flows in all", .initial = "1",
	 .help = "how many flows like this"},
	{FLOW("start", start_ns), .kind = &kind_time, .min = "0s", .max = "3600s", .range = "less than the duration",
	 .initial = "0s", .help = "when it connects"},
	{FLOW("size", size_bytes), .kind = &kind_size, .min = "1B", .max = "1000GB", .without = "sends until the end",
	 .help = "bytes to transfer"},
	{FLOW("rtt", rtt_ns), .kind = &kind_time, .min = "1us", .max = "10s", .without = "the link's rtt",
	 .help = "two-way propagation delay of this flow instead of the link's"},
};
/* *INDENT-ON* */

const struct scenario_key *scenario_keys(size_t *n)
{
	*n = sizeof(keys) / sizeof(keys[0]);
	return keys;
}

const struct scenario_key *scenario_key_find(enum key_place place, const char *name)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (keys[i].place == place && !strcmp(keys[i].name, name))
			return &keys[i];
	}
	return NULL;
}

const char *scenario_key_names(enum key_place place, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && used < size; i++) {
		if (keys[i].place == place)
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

const char *scenario_quote(const char *text, char *buf, size_t size)
{
	const size_t most = size < 41 ? size - 1 : 40;
	size_t n = 0;

	for (; n < most && text[n]; n++) {
		const unsigned char c = text[n], before = n ? text[n - 1] : 0;

		buf[n] = c < ' ' || c == 0x7f || (before == 0xc2 && c <= 0x9f) ? '?' : text[n]; /* C0, DEL, C1 in UTF-8 */
	}
	buf[n] = '\0';
	return buf;
}

int scenario_key_read(const struct scenario_key *key, const char *text, void *object, struct congctl_error *err)
{
	char allowed[256], quoted[64];
	int ret;

	ret = key->kind->read(key, text, (char *)object + key->offset);
	if (!ret)
		return 0;
	return congctl_fail(err, ret, "%s '%s' is %s%s: %s%s%s", key->name, scenario_quote(text, quoted, sizeof(quoted)),
			    ret == -ERANGE ? "out of range" : "not ", ret == -ERANGE ? "" : key->kind->noun,
			    scenario_key_allowed(key, allowed, sizeof(allowed)), key->kind->example ? ", such as " : "",
			    key->kind->example ? key->kind->example : "");
}

void scenario_key_write(const struct scenario_key *key, const void *object, FILE *f)
{
	key->kind->write(key, (const char *)object + key->offset, f);
}
