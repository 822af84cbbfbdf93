// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cmd.h"
#include "cell.h"
#include "cells.h"

/* What a CPU emulates with nothing late: 50 Mbit/s three times (docs/emulator.md) */
#define PER_CPU 3
#define RATE_PER_CPU_BPS 150000000ull
#define RETRIES_SIDE_BY_SIDE 2

/* Signals are blocked while cells run and taken by wait_cells() alone, so that none comes unnoticed between a look and a wait. */
struct signals {
	sigset_t waited_for, before;
};

/* --- one cell ------------------------------------------------------------------------------------------------------- */

static void drop_samples(struct run_result *r)
{
	r->n_samples = r->n_queue = r->n_transfers = 0;
}

/* In the child. Its exit code tells nothing that the file does not. */
static void run_cell(const struct cells *cells, const struct cell *cell, pid_t parent, const sigset_t *mask)
{
	const struct session_options options = {
		.session = cells->session, .engine = cell->engine, .wait = EMU_WAIT_SLEEP, .stop = &netsim_stop,
	};
	struct scenario one = *cell->scenario;
	struct congctl_error err = {0};
	struct run_result r;
	size_t n = 0;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, mask, NULL); /* a signal sent since the fork is taken now */
	if (getppid() != parent)
		_exit(NETSIM_FAILED);
	one.seed = cell->seed;
	one.repeat = 1;
	if (session_repeat(&one, &options, &r, &n, &err)) {
		cell_write_failure(cell->fd, &err);
	} else {
		if (cells->figures_only)
			drop_samples(&r);
		cell_write(cell->fd, &r);
	}
	_exit(NETSIM_OK);
}

static int start_cell(const struct cells *cells, struct cell *cell, const sigset_t *mask, struct congctl_error *err)
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
		run_cell(cells, cell, parent, mask);
	return 0;
}

static int finish_cell(struct cell *cell, int tries, struct congctl_error *err)
{
	int ret = cell_read(cell->fd, &cell->result, err);

	close(cell->fd);
	cell->pid = 0;
	if (ret)
		return ret;
	cell->done = cell->result.valid || cell->tries >= tries;
	if (!cell->done)
		run_result_free(&cell->result);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------------------------------ */

struct load {
	size_t running, done, fresh; /* fresh: never tried */
	uint64_t rate_bps;
};

static struct load look(const struct cells *cells)
{
	struct load load = {0};

	for (size_t i = 0; i < cells->n; i++) {
		const struct cell *cell = &cells->cells[i];

		load.running += cell->pid != 0;
		load.done += cell->done;
		load.fresh += !cell->tries;
		load.rate_bps += cell->pid ? cell->scenario->link.rate_bps : 0;
	}
	return load;
}

/* Second tries come last. */
static bool may_start(const struct cells *cells, const struct cell *cell, const struct load *load)
{
	if (cell->done || cell->pid || (load->fresh && cell->tries))
		return false;
	if (load->running >= (load->fresh ? cells->side_by_side : cells->retry_side_by_side))
		return false;
	return !cells->rate_bps || !load->running || load->rate_bps + cell->scenario->link.rate_bps <= cells->rate_bps;
}

static int start_cells(struct cells *cells, const struct signals *signals, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < cells->n; i++) {
		const struct load load = look(cells);

		if (may_start(cells, &cells->cells[i], &load))
			ret = start_cell(cells, &cells->cells[i], &signals->before, err);
	}
	return ret;
}

static void hold_signals(struct signals *signals)
{
	sigemptyset(&signals->waited_for);
	sigaddset(&signals->waited_for, SIGINT);
	sigaddset(&signals->waited_for, SIGTERM);
	sigaddset(&signals->waited_for, SIGCHLD);
	signal(SIGCHLD, SIG_DFL);
	sigprocmask(SIG_BLOCK, &signals->waited_for, &signals->before);
}

static void stop_cells(const struct cells *cells)
{
	for (size_t i = 0; i < cells->n; i++) {
		if (cells->cells[i].pid)
			kill(cells->cells[i].pid, SIGTERM);
	}
}

/* Until some have ended, or this process is to end. */
static int wait_cells(struct cells *cells, const struct signals *signals, struct congctl_error *err)
{
	int ret = 0, sig = sigwaitinfo(&signals->waited_for, NULL);

	if (sig == SIGINT || sig == SIGTERM)
		netsim_stop = sig;
	for (size_t i = 0; i < cells->n; i++) {
		struct cell *cell = &cells->cells[i];

		if (cell->pid && waitpid(cell->pid, NULL, WNOHANG) > 0) {
			int now = finish_cell(cell, cells->tries, err);

			ret = ret ? ret : now;
		}
	}
	return ret;
}

static void show_progress(const struct load *load, size_t n)
{
	fprintf(stderr, "\r\033[K%zu of %zu runs done, %zu running", load->done, n, load->running);
}

int cells_run(struct cells *cells, struct congctl_error *err)
{
	const bool terminal = isatty(STDERR_FILENO);
	struct load load = look(cells);
	struct signals signals;
	int ret = 0;

	hold_signals(&signals);
	while (load.running || (!ret && !netsim_stop && load.done < cells->n)) {
		int now = ret || netsim_stop ? 0 : start_cells(cells, &signals, err);

		load = look(cells);
		if (terminal)
			show_progress(&load, cells->n);
		if (!now && load.running)
			now = wait_cells(cells, &signals, err);
		ret = ret ? ret : now;
		if (ret || netsim_stop)
			stop_cells(cells);
		load = look(cells);
	}
	sigprocmask(SIG_SETMASK, &signals.before, NULL);
	if (terminal)
		fputs("\r\033[K", stderr);
	return ret ? ret : netsim_stop ? -EINTR : 0;
}

void cells_emulated(struct cells *cells)
{
	const size_t cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);

	cells->side_by_side = cpus * PER_CPU;
	cells->rate_bps = cpus * RATE_PER_CPU_BPS;
	cells->retry_side_by_side = RETRIES_SIDE_BY_SIDE;
}

size_t cells_void(const struct cells *cells)
{
	size_t n = 0;

	for (size_t i = 0; i < cells->n; i++)
		n += !cells->cells[i].result.valid;
	return n;
}

void cells_free(struct cells *cells)
{
	for (size_t i = 0; i < cells->n; i++)
		run_result_free(&cells->cells[i].result);
}
