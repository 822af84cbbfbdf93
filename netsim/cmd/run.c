// SPDX-License-Identifier: GPL-2.0-only
/* netsim run: one scenario, from a file or from the command line, emulated or simulated. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

#include "../cmd.h"
#include "../scenario/keys.h"
#include "session.h"

#define MAX_SETTINGS 64
#define FIRST_KEY 256 /* getopt's value of the scenario's key 0 */

struct setting {
	const char *key, *value;
};

struct run_options {
	const char *file, *cc, *dir;
	struct setting settings[MAX_SETTINGS]; /* of scenario keys, in the order given */
	size_t n_settings;
	const char *flows[SCENARIO_MAX_GROUPS];
	size_t n_flows;
	enum session_engine engine;
	enum emu_wait wait;
	bool wait_given, json;
};

enum { OPTION_CC = 1, OPTION_FLOW, OPTION_ENGINE, OPTION_WAIT };

static const struct option own_options[] = {
	{"cc", required_argument, NULL, OPTION_CC},
	{"flow", required_argument, NULL, OPTION_FLOW},
	{"engine", required_argument, NULL, OPTION_ENGINE},
	{"wait", required_argument, NULL, OPTION_WAIT},
	{"output", required_argument, NULL, 'o'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
};

#define N_OWN (sizeof(own_options) / sizeof(own_options[0]))

static void usage(FILE *f)
{
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);
	char allowed[256];

	fputs("usage: netsim run SCENARIO.yaml [OPTION]...\n"
	      "       netsim run --rate RATE --rtt TIME [--cc NAME | --flow SPEC...] [OPTION]...\n"
	      "Run a scenario and show what each flow got: with the kernel's TCP on an emulated network, as root, or simulated.\n\n"
	      "  --cc NAME       algorithm of every flow that names none\n"
	      "  --flow SPEC     one more group of flows: CC[*COUNT][@START][,KEY=VALUE]..., e.g. bpf_cubic*10@5s,size=1MB,rtt=80ms\n"
	      "  -o, --output D  write the result directory D\n"
	      "  -j, --json      summary.json on standard output instead of the table\n"
	      "  --engine NAME   emu (default): the kernel's TCP, in real time; sim: a simulated TCP around the plugin, in virtual time,\n"
	      "                  the same to the byte for the same seed, no root\n"
	      "  --wait HOW      of emu: sleep (default), hybrid (sleep, then spin: one run at a time), spin (round trips below 1 ms)\n\n"
	      "keys of the scenario, over those of the file:\n", f);
	for (size_t i = 0; i < n; i++) {
		if (keys[i].option)
			fprintf(f, "  --%-13s %s (%s; %s%s)\n", keys[i].name, keys[i].help,
				scenario_key_allowed(&keys[i], allowed, sizeof(allowed)), keys[i].initial ? "default " : "without: ",
				keys[i].initial ? keys[i].initial : keys[i].without);
	}
	fputs("\n'netsim keys' tells what the maps hold, and the keys that have no option\n"
	      "exit code: 0 done, 1 failed or void, 2 misuse, 130 interrupted\n", f);
}

/* getopt's table: our own options, then one for each key of a scenario that can be set */
static struct option *make_options(void)
{
	size_t n, used = N_OWN;
	const struct scenario_key *keys = scenario_keys(&n);
	struct option *options = calloc(N_OWN + n + 1, sizeof(*options));

	if (!options)
		return NULL;
	memcpy(options, own_options, sizeof(own_options));
	for (size_t i = 0; i < n; i++) {
		if (keys[i].option)
			options[used++] = (struct option){keys[i].name, required_argument, NULL, FIRST_KEY + (int)i};
	}
	return options;
}

static int set_engine(struct run_options *o, const char *name)
{
	int ret = session_engine_parse(name, &o->engine);

	if (ret)
		fprintf(stderr, "netsim run: --engine '%s' is not an engine: emu or sim\n", name);
	return ret;
}

static int set_wait(struct run_options *o, const char *how)
{
	int ret = emu_wait_parse(how, &o->wait);

	o->wait_given = true;
	if (ret)
		fprintf(stderr, "netsim run: --wait '%s' is not a way to wait: sleep, hybrid or spin\n", how);
	return ret;
}

static int set_option(struct run_options *o, int c, const char *option)
{
	size_t n;

	switch (c) {
	case OPTION_CC:
		o->cc = optarg;
		return 0;
	case OPTION_FLOW:
		if (o->n_flows == SCENARIO_MAX_GROUPS) {
			fprintf(stderr, "netsim run: too many --flow: at most %d; use CC*COUNT for flows alike\n", SCENARIO_MAX_GROUPS);
			return -E2BIG;
		}
		o->flows[o->n_flows++] = optarg;
		return 0;
	case OPTION_ENGINE:
		return set_engine(o, optarg);
	case OPTION_WAIT:
		return set_wait(o, optarg);
	case 'o':
		o->dir = optarg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	}
	if (c < FIRST_KEY || o->n_settings == MAX_SETTINGS) {
		fprintf(stderr, "netsim run: option '%s' is unknown, or its value is missing: 'netsim run -h' lists the options\n",
			option);
		return -EINVAL;
	}
	o->settings[o->n_settings++] = (struct setting){scenario_keys(&n)[c - FIRST_KEY].name, optarg};
	return 0;
}

/* 0, -ECANCELED after -h, or misuse */
static int parse(struct run_options *o, int argc, char **argv)
{
	struct option *options = make_options();
	int c, ret = options ? 0 : -ENOMEM;

	opterr = 0;
	while (!ret && (c = getopt_long(argc, argv, "o:jh", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			ret = -ECANCELED;
		} else {
			ret = set_option(o, c, argv[optind - 1]);
		}
	}
	free(options);
	if (!ret && optind < argc)
		o->file = argv[optind++];
	if (!ret && optind < argc) {
		fprintf(stderr, "netsim run: '%s' is one argument too many: a single scenario file\n", argv[optind]);
		ret = -EINVAL;
	}
	if (!ret && o->wait_given && o->engine == SESSION_SIM) {
		fputs("netsim run: --wait is for the emulator: the simulator waits for nothing\n", stderr);
		ret = -EINVAL;
	}
	return ret;
}

/* --- the scenario ------------------------------------------------------------------------------------------------- */

static int start_scenario(struct scenario *s, const struct run_options *o, struct congctl_error *err)
{
	if (o->file)
		return scenario_load(s, o->file, err);
	scenario_init(s);
	snprintf(s->name, sizeof(s->name), "quick");
	return o->n_flows ? 0 : scenario_add_flow(s, "", err);
}

/* Returns an exit code, NETSIM_OK if the scenario can be run. */
static int build_scenario(struct scenario *s, const struct run_options *o, struct congctl_error *err)
{
	if (start_scenario(s, o, err))
		return NETSIM_FAILED;
	for (size_t i = 0; i < o->n_settings; i++) {
		if (scenario_set(s, o->settings[i].key, o->settings[i].value, err))
			return NETSIM_MISUSE;
	}
	for (size_t i = 0; i < o->n_flows; i++) {
		if (scenario_add_flow(s, o->flows[i], err))
			return NETSIM_MISUSE;
	}
	if (!o->file && ((!s->link.rate_bps && !s->link.trace[0]) || !s->link.rtt_ns)) {
		congctl_fail(err, -EINVAL, "there is no network: a scenario file, or --rate and --rtt");
		return NETSIM_MISUSE;
	}
	switch (scenario_finish(s, o->cc, err)) {
	case 0:
		return NETSIM_OK;
	case -EIO:
		return NETSIM_FAILED;
	default: /* the file by itself was right */
		return NETSIM_MISUSE;
	}
}

/* --- the run ------------------------------------------------------------------------------------------------------------ */

struct progress {
	uint64_t t_ns, out_bytes;
};

static void show_progress(void *arg, const struct scenario *s, uint64_t t_ns, const struct link_stats *link)
{
	struct progress *last = arg;
	char rate[32];

	if (t_ns < last->t_ns) /* the next repeat */
		*last = (struct progress){0};
	if (t_ns - last->t_ns < 200000000)
		return;
	congctl_format_rate(rate, sizeof(rate), (double)(link->out_bytes - last->out_bytes) * 8e9 / (double)(t_ns - last->t_ns));
	fprintf(stderr, "\r\033[K%s seed %llu: %.1f of %g s, queue %llu pkts, link %s", s->name, (unsigned long long)s->seed,
		(double)t_ns / 1e9, (double)s->duration_ns / 1e9, (unsigned long long)link->queued_pkts, rate);
	*last = (struct progress){t_ns, link->out_bytes};
}

static int repeat(const struct run_options *o, const struct session *session, const struct scenario *s, struct run_result *results,
		  size_t *n, struct congctl_error *err)
{
	const bool terminal = isatty(STDERR_FILENO);
	struct progress progress = {0};
	const struct session_options options = {
		.session = session,
		.engine = o->engine,
		.wait = o->wait,
		.stop = &netsim_stop,
		.progress = terminal ? show_progress : NULL,
		.progress_arg = &progress,
	};
	int ret = session_repeat(s, &options, results, n, err);

	if (terminal)
		fputs("\r\033[K", stderr);
	return ret;
}

/* Show and write what came out; 0, or the first failure. */
static int tell(const struct run_options *o, const struct report_run *run, struct congctl_error *err)
{
	int ret = 0;

	if (o->json)
		ret = report_summary(stdout, run, err);
	else
		report_table(stdout, run);
	if (!ret && o->dir)
		ret = report_write(run, o->dir, err);
	if (!ret && o->dir && !o->json)
		printf("\nwritten to %s, for reading: %s/report.html\n", o->dir, o->dir);
	return ret;
}

static size_t count_void(const struct run_result *results, size_t n)
{
	size_t bad = 0;

	for (size_t i = 0; i < n; i++)
		bad += !results[i].valid;
	return bad;
}

static int run_scenario(const struct run_options *o, const struct scenario *s, struct congctl_error *err)
{
	struct run_result *results = calloc(s->repeat, sizeof(*results));
	struct session session = {0};
	size_t n = 0;
	int ret = results ? 0 : congctl_fail(err, -ENOMEM, "out of memory for %u results: fewer repeats", s->repeat);

	if (!ret && o->dir)
		ret = report_check_dir(o->dir, err);
	if (!ret)
		ret = session_require(o->engine, err);
	if (!ret)
		ret = session_algorithms(&session, o->engine, s, err);
	if (!ret)
		ret = repeat(o, &session, s, results, &n, err);
	if (!ret) {
		struct report_run run = {
			.scenario = s,
			.results = results,
			.n_results = n,
			.algorithms = session.algorithms,
			.n_algorithms = session.n,
			.command_line = netsim_command_line(),
		};

		ret = tell(o, &run, err);
	}
	if (!ret && count_void(results, n)) {
		ret = -EAGAIN;
		congctl_fail(err, ret, "%zu of %zu runs are void, the emulator could not keep up: a lower rate, fewer flows or an idle "
			     "machine", count_void(results, n), n);
	}
	for (size_t i = 0; i < n; i++)
		run_result_free(&results[i]);
	free(results);
	session_end(&session);
	return ret;
}

static int run_run(int argc, char **argv)
{
	struct run_options o = {.engine = SESSION_EMU, .wait = EMU_WAIT_SLEEP};
	struct congctl_error err = {0};
	struct scenario s;
	int ret, code;

	ret = parse(&o, argc, argv);
	if (ret)
		return ret == -ECANCELED ? NETSIM_OK : NETSIM_MISUSE;
	code = build_scenario(&s, &o, &err);
	if (!code && run_scenario(&o, &s, &err))
		code = netsim_stop ? NETSIM_INTERRUPTED : NETSIM_FAILED;
	if (code == NETSIM_INTERRUPTED)
		fputs("netsim run: interrupted: nothing was written\n", stderr);
	else if (code)
		fprintf(stderr, "netsim run: %s\n", err.text);
	congctl_error_clear(&err);
	return code;
}

static const struct netsim_command run_command = {"run", "run a scenario and show what each flow got", run_run};
NETSIM_COMMAND(run_command);
