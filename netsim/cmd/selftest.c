// SPDX-License-Identifier: GPL-2.0-only
/* netsim selftest: the emulator's own error on this machine, against limits. */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include <congctl/units.h>

#include "../cmd.h"
#include "../emu/selftest.h"

struct selftest_options {
	struct selftest_config config;
	bool json;
};

static const struct option long_options[] = {
	{"rate", required_argument, NULL, 'r'},
	{"rtt", required_argument, NULL, 't'},
	{"wait", required_argument, NULL, 'w'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static void usage(FILE *f)
{
	fputs("usage: netsim selftest [OPTION]...\n"
	      "Send probes through emulated links and compare with the model: delay, rate, drops, marks, losses, order. About 7 s.\n\n"
	      "  --rate RATE  of the link under test, 1mbit to 1gbit (default 100mbit)\n"
	      "  --rtt TIME   of the link under test, up to 1s (default 20ms)\n"
	      "  --wait HOW   sleep, hybrid (default: sleep, then spin), spin\n"
	      "  -j, --json   as JSON\n"
	      "\nexit code: 0 within all limits, 1 not, 2 misuse, 130 interrupted\n", f);
}

static int misuse(const char *what, const char *value, const char *allowed)
{
	fprintf(stderr, "netsim selftest: %s '%s': allowed is %s\n", what, value, allowed);
	return NETSIM_MISUSE;
}

/* -1: go on; else the exit code */
static int parse(int argc, char **argv, struct selftest_options *o)
{
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "jh", long_options, NULL)) != -1) {
		switch (c) {
		case 'r':
			if (congctl_parse_rate(optarg, &o->config.rate_bps) || o->config.rate_bps < 1000000 ||
			    o->config.rate_bps > 1000000000)
				return misuse("rate", optarg, "1mbit to 1gbit");
			break;
		case 't':
			if (congctl_parse_time(optarg, &o->config.rtt_ns) || o->config.rtt_ns > 1000000000)
				return misuse("rtt", optarg, "0 to 1s");
			break;
		case 'w':
			if (emu_wait_parse(optarg, &o->config.wait))
				return misuse("wait", optarg, "sleep, hybrid or spin");
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			usage(stdout);
			return NETSIM_OK;
		default:
			usage(stderr);
			return NETSIM_MISUSE;
		}
	}
	return optind < argc ? misuse("argument", argv[optind], "none, only options") : -1;
}

static void print_text(const struct selftest_check *checks)
{
	printf("%-42s %12s  %-18s\n", "", "measured", "limit");
	for (int i = 0; i < SELFTEST_CHECKS; i++) {
		const struct selftest_check *c = &checks[i];
		char limit[48];

		if (c->min == c->max)
			snprintf(limit, sizeof(limit), "%g", c->min);
		else
			snprintf(limit, sizeof(limit), "%g to %g", c->min, c->max);
		printf("%-42s %12.4g  %-14s %-5s %s\n", c->title, c->value, limit, c->unit, selftest_passed(c) ? "pass" : "FAIL");
	}
}

static void print_json(const struct selftest_config *config, const struct selftest_check *checks)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(root, "rate_bps", json_object_new_uint64(config->rate_bps));
	json_object_object_add(root, "rtt_ns", json_object_new_uint64(config->rtt_ns));
	for (int i = 0; i < SELFTEST_CHECKS; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "name", json_object_new_string(checks[i].name));
		json_object_object_add(o, "value", json_object_new_double(checks[i].value));
		json_object_object_add(o, "min", json_object_new_double(checks[i].min));
		json_object_object_add(o, "max", json_object_new_double(checks[i].max));
		json_object_object_add(o, "unit", json_object_new_string(checks[i].unit));
		json_object_object_add(o, "pass", json_object_new_boolean(selftest_passed(&checks[i])));
		json_object_array_add(list, o);
	}
	json_object_object_add(root, "checks", list);
	puts(json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY));
	json_object_put(root);
}

static int report_error(const struct selftest_options *o, int ret, const struct congctl_error *err)
{
	if (o->json) {
		struct json_object *root = json_object_new_object();

		json_object_object_add(root, "error", json_object_new_string(err->text));
		puts(json_object_to_json_string(root));
		json_object_put(root);
	}
	fprintf(stderr, "netsim selftest: %s\n", err->text);
	return ret == -EINTR ? NETSIM_INTERRUPTED : NETSIM_FAILED;
}

static int selftest_command(int argc, char **argv)
{
	struct selftest_options o = {
		.config = {.rate_bps = 100000000, .rtt_ns = 20000000, .wait = EMU_WAIT_HYBRID, .stop = &netsim_stop},
	};
	struct selftest_check checks[SELFTEST_CHECKS] = {0};
	struct congctl_error err = {0};
	int ret = parse(argc, argv, &o);

	if (ret >= 0)
		return ret;
	ret = selftest_run(&o.config, checks, &err);
	if (ret)
		return report_error(&o, ret, &err);
	if (o.json)
		print_json(&o.config, checks);
	else
		print_text(checks);
	for (int i = 0; i < SELFTEST_CHECKS; i++) {
		if (!selftest_passed(&checks[i])) {
			fprintf(stderr, "netsim selftest: the emulator is outside its limits: run it with nothing beside it, or expect void runs\n");
			return NETSIM_FAILED;
		}
	}
	return NETSIM_OK;
}

static const struct netsim_command selftest = {
	.name = "selftest",
	.summary = "measure the emulator's own error on this machine",
	.run = selftest_command,
};
NETSIM_COMMAND(selftest);
