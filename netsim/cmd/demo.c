// SPDX-License-Identifier: GPL-2.0-only
/*
 * netsim demo: four algorithms, each alone and each against the kernel's cubic, side by side on one bottleneck each.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cmd.h"
#include "../scenario/keys.h"
#include "cells.h"
#include "options.h"

#define RIVAL "cubic"
#define DURATION "30s"
#define WARMUP "10s" /* slow start and the recovery from it are over; shares still have not settled wholly */
#define TRIES 2 /* of a cell whose run is void */
#define DCTCP_THRESHOLD "30pkt" /* above a seventh of the BDP of 165 packets (RFC 8257, 3.1 and Alizadeh et al. 2010, 3.3) */
#define MAX_CELLS 16

static const struct {
	const char *cc, *ecn;
} algorithms[] = {{"bpf_reno", NULL}, {"bpf_cubic", NULL}, {"bpf_dctcp", DCTCP_THRESHOLD}, {"bpf_bbr", NULL}};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct demo {
	struct cells cells;
	struct cell cell[MAX_CELLS];
	struct scenario scenarios[MAX_CELLS];
	char labels[MAX_CELLS][64];
	struct session session;
};

/* --- the cells ---------------------------------------------------------------------------------------------------- */

static int add_cell(struct demo *d, const char *cc, const char *ecn, bool rival, struct congctl_error *err)
{
	static const char *const settings[][2] = {{"rate", "50mbit"}, {"rtt", "40ms"}, {"buffer", "1bdp"}, {"duration", DURATION},
						  {"warmup", WARMUP}};
	struct cell *cell = &d->cell[d->cells.n];
	struct scenario *s = &d->scenarios[d->cells.n];
	char *label = d->labels[d->cells.n];
	int ret = 0;

	scenario_init(s);
	snprintf(label, sizeof(d->labels[0]), "%s %s%s%s", cc, rival ? "against " RIVAL : "alone", ecn ? ", ECN from " : "",
		 ecn ? ecn : "");
	memcpy(s->name, label, sizeof(s->name));
	for (size_t i = 0; !ret && i < sizeof(settings) / sizeof(settings[0]); i++)
		ret = scenario_set(s, settings[i][0], settings[i][1], err);
	if (!ret && ecn)
		ret = scenario_set(s, "ecn", ecn, err);
	if (!ret)
		ret = scenario_add_flow(s, cc, err);
	if (!ret && rival)
		ret = scenario_add_flow(s, RIVAL, err);
	if (!ret)
		ret = scenario_finish(s, NULL, err);
	*cell = (struct cell){.scenario = s, .seed = s->seed, .engine = SESSION_EMU};
	d->cells.n++;
	return ret;
}

/* Each alone, then the rival against itself, as the yardstick, and each against the rival. */
static int make_cells(struct demo *d, struct congctl_error *err)
{
	int ret = 0;

	d->cells = (struct cells){.cells = d->cell, .session = &d->session, .tries = TRIES};
	cells_emulated(&d->cells);
	for (int rival = 0; rival < 2; rival++) {
		if (!ret && rival)
			ret = add_cell(d, RIVAL, NULL, true, err);
		for (size_t i = 0; !ret && i < N_ALGORITHMS; i++) {
			ret = add_cell(d, algorithms[i].cc, NULL, rival, err);
			if (!ret && algorithms[i].ecn)
				ret = add_cell(d, algorithms[i].cc, algorithms[i].ecn, rival, err);
		}
	}
	return ret;
}

/* --- telling ------------------------------------------------------------------------------------------------------------ */

static void print_row(const char *label, const struct run_result *r)
{
	if (!r->valid) {
		printf("%-42s void: %s\n", label, r->void_reason);
		return;
	}
	printf("%-42s %8.2f %8.1f %%", label, r->flows[0].goodput_bps / 1e6, r->flows[0].share * 100);
	printf(" %8.1f %8.1f %% %9.1f %8llu %8llu\n", r->flows[0].rtt_us.p50 / 1e3, r->utilisation * 100, r->link.queue_pkts_mean,
	       (unsigned long long)r->link.window_dropped_pkts, (unsigned long long)r->link.window_marked_pkts);
}

static int tell(struct demo *d, const char *dir, struct congctl_error *err)
{
	struct report_run runs[MAX_CELLS];
	char file[4200];
	int ret;

	printf("50 Mbit/s, round-trip time 40 ms, buffer 1 BDP, " DURATION ", measured from " WARMUP "; the figures of the first flow\n\n"
	       "%-42s %8s %10s %8s %10s %9s %8s %8s\n", "run", "Mbit/s", "share", "RTT ms", "link used", "queue", "dropped", "marked");
	for (size_t i = 0; i < d->cells.n; i++) {
		print_row(d->labels[i], &d->cell[i].result);
		runs[i] = (struct report_run){
			.scenario = &d->scenarios[i],
			.results = &d->cell[i].result,
			.n_results = 1,
			.label = d->labels[i],
			.algorithms = d->session.algorithms,
			.n_algorithms = d->session.n,
			.command_line = netsim_command_line(),
		};
	}
	puts("\nqueue: mean of the packets waiting; RTT: median. Of two flows of cubic that start together, one is ahead for half a minute and more:\n"
	     "hold a share against that of cubic against cubic. Against cubic on a link that marks, DCTCP gives way: cubic keeps the queue above\n"
	     "the threshold, so that every packet is marked. It is meant for networks in which all flows answer to marks (RFC 8257, 5).");
	snprintf(file, sizeof(file), "%s/report.html", dir);
	ret = report_html(runs, d->cells.n, "Four congestion-control algorithms, alone and against the kernel's cubic", file, err);
	if (!ret)
		printf("\nfor reading, with pictures: %s\n", file);
	return ret;
}

static int demo(struct demo *d, const char *dir, struct congctl_error *err)
{
	int ret = emu_require(err);

	if (!ret)
		ret = make_cells(d, err);
	for (size_t i = 0; !ret && i < d->cells.n; i++)
		ret = session_algorithms(&d->session, SESSION_EMU, &d->scenarios[i], err);
	if (!ret)
		ret = cells_run(&d->cells, err);
	if (!ret)
		ret = tell(d, dir, err);
	if (!ret && cells_void(&d->cells))
		ret = congctl_fail(err, -EAGAIN, "%zu of %zu runs are void, twice: try again on an idle machine", cells_void(&d->cells),
				   d->cells.n);
	cells_free(&d->cells);
	session_end(&d->session);
	return ret;
}

/* *dir made if it does not exist, *new then; NULL: one made of the template */
static int make_directory(const char **dir, char *template, bool *new, struct congctl_error *err)
{
	struct stat st;

	if (!*dir) {
		*dir = mkdtemp(template);
		if (!*dir)
			return congctl_fail(err, -errno, "cannot make a directory below /tmp: %s", strerror(errno));
		*new = true;
		chmod(template, 0755);
		return 0;
	}
	*new = !mkdir(*dir, 0755);
	if (!*new && errno != EEXIST)
		return congctl_fail(err, -errno, "cannot make the directory %s: %s", *dir, strerror(errno));
	if (stat(*dir, &st) || !S_ISDIR(st.st_mode) || access(*dir, W_OK | X_OK))
		return congctl_fail(err, -EACCES, "%s must be a directory that can be written to", *dir);
	return 0;
}

static int parse(const char **dir, int argc, char **argv)
{
	static const struct option table[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "o:h", table, NULL)) != -1) {
		if (c == 'o') {
			*dir = optarg;
		} else if (c == 'h') {
			puts("usage: netsim demo [-o DIR]\n"
			     "Compare four plugin algorithms, alone and against the kernel's cubic: about a minute, as root.\n"
			     "  -o DIR   put report.html into this directory (default: a new one below /tmp)");
			return -ECANCELED;
		} else {
			return options_complain("demo", argv);
		}
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "netsim demo: '%s' is one argument too many: demo takes none, only -o DIR\n", argv[optind]);
	return -EINVAL;
}

static int demo_run(int argc, char **argv)
{
	static char made[] = "/tmp/netsim-demo.XXXXXX";
	struct demo *d = calloc(1, sizeof(*d));
	struct congctl_error err = {0};
	const char *dir = NULL;
	bool new = false;
	int ret = d ? parse(&dir, argc, argv) : -ENOMEM, code = NETSIM_OK;

	if (ret) {
		free(d);
		return ret == -ECANCELED ? NETSIM_OK : NETSIM_MISUSE;
	}
	ret = make_directory(&dir, made, &new, &err);
	if (!ret)
		ret = demo(d, dir, &err);
	if (new)
		rmdir(dir); /* stays if there is a report in it */
	if (ret)
		code = netsim_stop ? NETSIM_INTERRUPTED : NETSIM_FAILED;
	free(d);
	return options_end("demo", code, &err);
}

static const struct netsim_command demo_command = {"demo", "compare four algorithms on an emulated link", demo_run};
NETSIM_COMMAND(demo_command);
