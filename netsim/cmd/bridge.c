// SPDX-License-Identifier: GPL-2.0-only
/* netsim bridge: emulated links between other programs' network namespaces, told line by line on standard input. */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/units.h>

#include "../cmd.h"
#include "../emu/bridge.h"
#include "../scenario/keys.h"

#define MAX_WORDS 16
#define DEFAULT_BUFFER_PKTS 1000 /* netem's and Mininet's */

static const char usage[] =
	"usage: netsim bridge [--wait sleep|hybrid|spin] [--seed N]\n"
	"Emulated links between network namespaces, each end a TAP device. Reads lines, answers each with 'ok' or 'error: REASON',\n"
	"and ends with its standard input; the devices vanish then.\n\n"
	"  link NAME [KEY=VALUE]... PID:INTERFACE PID:INTERFACE   make a link, alike in both directions, between two processes'\n"
	"                                                         namespaces\n"
	"    rate=50mbit      whole Ethernet frames count; without it the link only delays and loses\n"
	"    delay=10ms       one way\n"
	"    buffer=100pkt    or 150kB, 2bdp; default 1000pkt\n"
	"    ecn=20pkt        mark ECN-capable packets that find so many waiting\n"
	"    loss=0.1%\n"
	"  up                 carry frames on all links made so far; frames under way are lost when it is repeated\n"
	"  remove NAME        take a link away\n"
	"  quit\n";

/* what a link line says; amounts and ranges are those of a scenario's link */
static int read_setting(struct scenario *s, char *word, struct congctl_error *err)
{
	char *value = strchr(word, '=');
	static const char *const elsewhere[] = {"rtt", "rates", "trace", "return-rate", "aggregate"}; /* of a network */
	const struct scenario_key *key;
	uint64_t delay_ns;

	*value++ = '\0';
	if (!strcmp(word, "delay")) {
		if (congctl_parse_time(value, &delay_ns) || delay_ns > 10000000000ull)
			return congctl_fail(err, -EINVAL, "delay '%s' is not a time: 0 to 10s, such as 10ms", value);
		s->link.rtt_ns = 2 * delay_ns;
		return 0;
	}
	key = scenario_key_find(KEY_LINK, word);
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		key = strcmp(word, elsewhere[i]) ? key : NULL;
	if (!key)
		return congctl_fail(err, -EINVAL, "a link has no setting '%s': rate, delay, buffer, ecn and loss are known", word);
	return scenario_key_read(key, value, &s->link, err);
}

static int make_config(struct scenario *s, struct link_config *config, struct congctl_error *err)
{
	struct scenario_link *link = &s->link;
	struct scenario_spot spot = {KEY_LINK, 0, NULL};
	int ret = 0;

	if (link->rate_bps && !link->buffer.set)
		link->buffer = (struct scenario_amount){.unit = UNIT_PKTS, .value = DEFAULT_BUFFER_PKTS, .set = true};
	if (link->rate_bps)
		ret = scenario_check_link(s, link, &spot, err);
	else if (link->buffer.set || link->ecn.set || link->queue.discipline != QUEUE_AUTO)
		ret = congctl_fail(err, -EINVAL, "a link without a rate has no queue: give it a rate, or neither buffer nor ecn");
	scenario_link_config(s, link, config);
	config->delay_ns = link->rtt_ns / 2;
	return ret;
}

static int read_end(const char *word, struct bridge_end *end, struct congctl_error *err)
{
	const char *colon = strchr(word, ':');
	char digits[16];
	uint64_t pid;

	if (!colon || colon == word || (size_t)(colon - word) >= sizeof(digits))
		return congctl_fail(err, -EINVAL, "'%s' is not an end of a link: PID:INTERFACE", word);
	memcpy(digits, word, (size_t)(colon - word));
	digits[colon - word] = '\0';
	if (congctl_parse_u64(digits, &pid) || !pid || pid > INT_MAX)
		return congctl_fail(err, -EINVAL, "'%s' is not a process id", digits);
	if (!colon[1] || strlen(colon + 1) >= IFNAMSIZ || strchr(colon + 1, '/') || strchr(colon + 1, '%'))
		return congctl_fail(err, -EINVAL, "'%s' is not a name for an interface: 1 to 15 characters, no '/' or '%%'", colon + 1);
	end->pid = (pid_t)pid;
	snprintf(end->ifname, sizeof(end->ifname), "%s", colon + 1);
	return 0;
}

/* words[0] is "link" */
static int do_link(struct bridge *b, char **words, size_t n, struct congctl_error *err)
{
	struct bridge_end ends[2];
	struct link_config config;
	struct scenario s;
	int ret = 0;

	if (n < 4)
		return congctl_fail(err, -EINVAL, "a link needs a name and two ends: link NAME [KEY=VALUE]... PID:INTERFACE PID:INTERFACE");
	scenario_init(&s);
	s.link.buffer.set = false; /* a scenario's default is no word of the user's */
	for (size_t i = 2; !ret && i < n - 2; i++)
		ret = strchr(words[i], '=') ? read_setting(&s, words[i], err)
					    : congctl_fail(err, -EINVAL, "'%s' is not a setting: KEY=VALUE", words[i]);
	if (!ret)
		ret = make_config(&s, &config, err);
	if (!ret)
		ret = read_end(words[n - 2], &ends[0], err);
	if (!ret)
		ret = read_end(words[n - 1], &ends[1], err);
	return ret ? ret : bridge_add(b, words[1], &config, ends, err);
}

static int do_line(struct bridge *b, char **words, size_t n, struct congctl_error *err)
{
	if (!strcmp(words[0], "link"))
		return do_link(b, words, n, err);
	if (!strcmp(words[0], "up") && n == 1)
		return bridge_up(b, err);
	if (!strcmp(words[0], "remove") && n == 2)
		return bridge_remove(b, words[1], err);
	return congctl_fail(err, -EINVAL, "cannot make sense of '%s' with %zu arguments: link, up, remove NAME and quit are known", words[0],
			    n - 1);
}

/* The words of a line, in place. MAX_WORDS + 1: there are more. */
static size_t split(char *line, char **words)
{
	size_t n = 0;
	char *save;

	for (char *w = strtok_r(line, " \t\n", &save); w; w = strtok_r(NULL, " \t\n", &save)) {
		if (n == MAX_WORDS)
			return MAX_WORDS + 1;
		words[n++] = w;
	}
	return n;
}

static void serve(struct bridge *b)
{
	char *line = NULL, *words[MAX_WORDS];
	size_t size = 0;

	while (!netsim_stop && getline(&line, &size, stdin) > 0) {
		struct congctl_error err = {.log = NULL};
		size_t n = split(line, words);

		if (!n)
			continue;
		if (n == 1 && !strcmp(words[0], "quit"))
			break;
		if (n > MAX_WORDS)
			printf("error: a line has at most %d words\n", MAX_WORDS);
		else if (do_line(b, words, n, &err))
			printf("error: %s\n", err.text);
		else
			puts("ok");
		fflush(stdout);
		congctl_error_clear(&err);
	}
	free(line);
}

static int parse_options(int argc, char **argv, enum emu_wait *wait, uint64_t *seed)
{
	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";

		if ((strcmp(argv[i], "--seed") || congctl_parse_u64(value, seed)) &&
		    (strcmp(argv[i], "--wait") || emu_wait_parse(value, wait))) {
			fprintf(stderr, "netsim bridge: cannot make sense of '%s %s': 'netsim bridge -h' explains\n", argv[i], value);
			return -EINVAL;
		}
	}
	return 0;
}

static int bridge_run(int argc, char **argv)
{
	struct congctl_error err = {.log = NULL};
	enum emu_wait wait = EMU_WAIT_SLEEP;
	uint64_t seed = 1;
	struct bridge *b;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs(usage, stdout);
		return NETSIM_OK;
	}
	if (parse_options(argc, argv, &wait, &seed))
		return NETSIM_MISUSE;
	if (emu_require(&err)) {
		fprintf(stderr, "netsim bridge: %s\n", err.text);
		return NETSIM_FAILED;
	}
	b = bridge_new(wait, seed);
	if (!b) {
		fputs("netsim bridge: out of memory\n", stderr);
		return NETSIM_FAILED;
	}
	serve(b);
	bridge_free(b);
	return NETSIM_OK;
}

static const struct netsim_command bridge_command = {"bridge", "emulated links for Mininet and other namespaces", bridge_run};
NETSIM_COMMAND(bridge_command);
