// SPDX-License-Identifier: GPL-2.0-only
/*
 * netsim demo: four algorithms, each alone and each against the kernel's cubic, side by side on one bottleneck each.
 *
 * Each cell is a process of its own, which dies with this one. It hands its result back as a file that it wrote whole (cell.h).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmd.h"
#include "../scenario/keys.h"
#include "cell.h"
#include "session.h"

#define RIVAL "cubic"
#define DURATION "30s"
#define WARMUP "10s" /* slow start and the recovery from it are over; shares still have not settled wholly */
#define SIDE_BY_SIDE 6 /* 6 × 50 Mbit/s is what two CPUs emulate with nothing late */
#define RETRIES_SIDE_BY_SIDE 2 /* what was void may have been disturbed by its neighbours */
#define TRIES 2                /* of a cell whose run is void */
#define DCTCP_THRESHOLD "30pkt" /* above a seventh of the BDP of 165 packets (RFC 8257, 3.1 and Alizadeh et al. 2010, 3.3) */
#define MAX_CELLS 16

static const struct {
	const char *cc, *ecn;
} algorithms[] = {{"bpf_reno", NULL}, {"bpf_cubic", NULL}, {"bpf_dctcp", DCTCP_THRESHOLD}, {"bpf_bbr", NULL}};

#define N_ALGORITHMS (sizeof(algorithms) / sizeof(algorithms[0]))

struct cell {
	char label[64];
	struct scenario scenario;
	struct run_result result;
	bool done;
	int tries;
	pid_t pid;    /* 0: not running */
	int fd;       /* its result, a file without a name */
};

struct demo {
	struct cell cells[MAX_CELLS];
	size_t n;
	sigset_t waited_for, before; /* signals: those that wait_cells() takes, and the mask of the time before */
	struct session session;
};

/* --- the cells ---------------------------------------------------------------------------------------------------- */

static int add_cell(struct demo *d, const char *cc, const char *ecn, bool rival, struct congctl_error *err)
{
	static const char *const settings[][2] = {{"rate", "50mbit"}, {"rtt", "40ms"}, {"buffer", "1bdp"}, {"duration", DURATION},
						  {"warmup", WARMUP}};
	struct cell *cell = &d->cells[d->n];
	struct scenario *s = &cell->scenario;
	int ret = 0;

	scenario_init(s);
	snprintf(cell->label, sizeof(cell->label), "%s %s%s%s", cc, rival ? "against " RIVAL : "alone", ecn ? ", ECN from " : "",
		 ecn ? ecn : "");
	memcpy(s->name, cell->label, sizeof(s->name));
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
	d->n++;
	return ret;
}

/* Each alone, then the rival against itself, as the yardstick, and each against the rival. */
static int make_cells(struct demo *d, struct congctl_error *err)
{
	int ret = 0;

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

/* --- running them --------------------------------------------------------------------------------------------------- */

/* In the child. Its exit code tells nothing that the file does not. */
static void run_cell(const struct cell *cell, pid_t parent, const sigset_t *mask)
{
	const struct session_options options = {.engine = SESSION_EMU, .wait = EMU_WAIT_SLEEP, .stop = &netsim_stop};
	struct congctl_error err = {0};
	struct run_result r;
	size_t n = 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, mask, NULL); /* a signal sent since the fork is taken now */
	if (getppid() != parent)
		_exit(NETSIM_FAILED);
	if (session_repeat(&cell->scenario, &options, &r, &n, &err))
		cell_write_failure(cell->fd, &err);
	else
		cell_write(cell->fd, &r);
	_exit(NETSIM_OK);
}

static int start_cell(struct cell *cell, const sigset_t *mask, struct congctl_error *err)
{
	const pid_t parent = getpid();

	cell->fd = cell_open();
	if (cell->fd < 0)
		return congctl_fail(err, cell->fd, "cannot make a temporary file for a result: %s", strerror(-cell->fd));
	cell->tries++;
	fflush(NULL);
	cell->pid = fork();
	if (cell->pid < 0) {
		cell->pid = 0;
		close(cell->fd);
		return congctl_fail(err, -errno, "cannot start a process: %s", strerror(errno));
	}
	if (!cell->pid)
		run_cell(cell, parent, mask);
	return 0;
}

static int finish_cell(struct cell *cell, struct congctl_error *err)
{
	int ret = cell_read(cell->fd, &cell->result, err);

	close(cell->fd);
	cell->pid = 0;
	if (ret)
		return ret;
	cell->done = cell->result.valid || cell->tries >= TRIES;
	if (!cell->done)
		run_result_free(&cell->result);
	return 0;
}

static size_t count_done(const struct demo *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += d->cells[i].done;
	return n;
}

static int start_cells(struct demo *d, size_t *running, struct congctl_error *err)
{
	size_t fresh = 0, most;
	int ret = 0;

	for (size_t i = 0; i < d->n; i++)
		fresh += !d->cells[i].tries;
	most = fresh ? SIDE_BY_SIDE : RETRIES_SIDE_BY_SIDE; /* second tries come last */
	for (size_t i = 0; !ret && i < d->n && *running < most; i++) {
		if (d->cells[i].done || d->cells[i].pid || (most == SIDE_BY_SIDE && d->cells[i].tries))
			continue;
		ret = start_cell(&d->cells[i], &d->before, err);
		if (!ret)
			++*running;
	}
	return ret;
}

/* Signals are blocked while cells run and taken by wait_cells() alone, so that none comes unnoticed between a look and a wait. */
static void hold_signals(struct demo *d)
{
	sigemptyset(&d->waited_for);
	sigaddset(&d->waited_for, SIGINT);
	sigaddset(&d->waited_for, SIGTERM);
	sigaddset(&d->waited_for, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &d->waited_for, &d->before);
}

static void stop_cells(const struct demo *d)
{
	for (size_t i = 0; i < d->n; i++) {
		if (d->cells[i].pid)
			kill(d->cells[i].pid, SIGTERM);
	}
}

/* Until some have ended, or this process is to end. */
static int wait_cells(struct demo *d, size_t *running, struct congctl_error *err)
{
	int ret = 0, sig = sigwaitinfo(&d->waited_for, NULL);

	if (sig == SIGINT || sig == SIGTERM)
		netsim_stop = sig;
	for (size_t i = 0; i < d->n; i++) {
		if (d->cells[i].pid && waitpid(d->cells[i].pid, NULL, WNOHANG) > 0) {
			int now = finish_cell(&d->cells[i], err);

			--*running;
			ret = ret ? ret : now;
		}
	}
	return ret;
}

static int run_cells(struct demo *d, struct congctl_error *err)
{
	const bool terminal = isatty(STDERR_FILENO);
	size_t running = 0;
	int ret = 0;

	hold_signals(d);
	while (running || (!ret && !netsim_stop && count_done(d) < d->n)) {
		int now = ret || netsim_stop ? 0 : start_cells(d, &running, err);

		if (terminal)
			fprintf(stderr, "\r\033[K%zu of %zu runs done, %zu running", count_done(d), d->n, running);
		if (!now && running)
			now = wait_cells(d, &running, err);
		ret = ret ? ret : now;
		if (ret || netsim_stop)
			stop_cells(d);
	}
	sigprocmask(SIG_SETMASK, &d->before, NULL);
	if (terminal)
		fputs("\r\033[K", stderr);
	return ret ? ret : netsim_stop ? -EINTR : 0;
}

/* --- telling ------------------------------------------------------------------------------------------------------------ */

static void print_row(const struct cell *cell)
{
	const struct run_result *r = &cell->result;

	if (!r->valid) {
		printf("%-42s void: %s\n", cell->label, r->void_reason);
		return;
	}
	printf("%-42s %8.2f %8.1f %%", cell->label, r->flows[0].goodput_bps / 1e6, r->flows[0].share * 100);
	printf(" %8.1f %8.1f %% %9.1f %8llu %8llu\n", r->flows[0].rtt_us.p50 / 1e3, r->utilisation * 100, r->link.queue_pkts_mean,
	       (unsigned long long)r->link.window_dropped_pkts, (unsigned long long)r->link.window_marked_pkts);
}

static int tell(const struct demo *d, const char *dir, struct congctl_error *err)
{
	struct report_run runs[MAX_CELLS];
	char file[4200];
	int ret;

	printf("50 Mbit/s, round-trip time 40 ms, buffer 1 BDP, " DURATION ", measured from " WARMUP "; the figures of the first flow\n\n"
	       "%-42s %8s %10s %8s %10s %9s %8s %8s\n", "run", "Mbit/s", "share", "RTT ms", "link used", "queue", "dropped", "marked");
	for (size_t i = 0; i < d->n; i++) {
		print_row(&d->cells[i]);
		runs[i] = (struct report_run){
			.scenario = &d->cells[i].scenario,
			.results = (struct run_result *)&d->cells[i].result,
			.n_results = 1,
			.label = d->cells[i].label,
			.algorithms = d->session.algorithms,
			.n_algorithms = d->session.n,
			.command_line = netsim_command_line(),
		};
	}
	puts("\nqueue: mean of the packets waiting; RTT: median. Of two flows of cubic that start together, one is ahead for half a minute and more:\n"
	     "hold a share against that of cubic against cubic. Against cubic on a link that marks, DCTCP gives way: cubic keeps the queue above\n"
	     "the threshold, so that every packet is marked. It is meant for networks in which all flows answer to marks (RFC 8257, 5).");
	snprintf(file, sizeof(file), "%s/report.html", dir);
	ret = report_html(runs, d->n, "Four congestion-control algorithms, alone and against the kernel's cubic", file, err);
	if (!ret)
		printf("\nfor reading, with pictures: %s\n", file);
	return ret;
}

static size_t count_void(const struct demo *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += !d->cells[i].result.valid;
	return n;
}

static int demo(struct demo *d, const char *dir, struct congctl_error *err)
{
	int ret = emu_require(err);

	if (!ret)
		ret = make_cells(d, err);
	for (size_t i = 0; !ret && i < d->n; i++)
		ret = session_algorithms(&d->session, SESSION_EMU, &d->cells[i].scenario, err);
	if (!ret)
		ret = run_cells(d, err);
	if (!ret)
		ret = tell(d, dir, err);
	if (!ret && count_void(d))
		ret = congctl_fail(err, -EAGAIN, "%zu of %zu runs are void, twice: try again on an idle machine", count_void(d), d->n);
	for (size_t i = 0; i < d->n; i++)
		run_result_free(&d->cells[i].result);
	session_end(&d->session);
	return ret;
}

static int parse(const char **dir, int argc, char **argv)
{
	static const char usage[] = "usage: netsim demo [-o DIR]\n"
				    "Compare four plugin algorithms, alone and against the kernel's cubic: about a minute, as root.\n"
				    "  -o DIR   put report.html into this directory (default: a new one below /tmp)\n";
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "o:h")) != -1) {
		if (c == 'o') {
			*dir = optarg;
		} else {
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? -ECANCELED : -EINVAL;
		}
	}
	if (optind < argc)
		fputs(usage, stderr);
	return optind < argc ? -EINVAL : 0;
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
	ret = cell_directory(&dir, made, &new, &err);
	if (!ret)
		ret = demo(d, dir, &err);
	if (new)
		rmdir(dir); /* stays if there is a report in it */
	if (ret)
		code = netsim_stop ? NETSIM_INTERRUPTED : NETSIM_FAILED;
	if (ret)
		fprintf(stderr, "netsim demo: %s\n", netsim_stop ? "interrupted: nothing was written" : err.text);
	congctl_error_clear(&err);
	free(d);
	return code;
}

static const struct netsim_command demo_command = {"demo", "compare four algorithms on an emulated link", demo_run};
NETSIM_COMMAND(demo_command);
