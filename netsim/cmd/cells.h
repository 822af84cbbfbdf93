/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cells.h - runs side by side: each a process of its own, which dies with this one and hands its result back as a file that it
 * wrote whole (cell.h). What demo and compare share.
 */
#ifndef NETSIM_CELLS_H
#define NETSIM_CELLS_H

#include "session.h"

struct cell {
	const struct scenario *scenario; /* finished; one run of it is made, whatever its `repeat` */
	uint64_t seed;
	enum session_engine engine;
	struct run_result result;        /* the last try's, also when it is void */
	bool done;
	int tries;
	pid_t pid;                       /* 0: not running */
	int fd;                          /* its result, a file without a name */
};

struct cells {
	struct cell *cells;
	size_t n;
	const struct session *session; /* it has the algorithms of all */
	size_t side_by_side;       /* most at a time */
	size_t retry_side_by_side; /* of what was void: its neighbours may have disturbed it */
	uint64_t rate_bps;         /* of the bottlenecks at a time, together; a single one may have more. 0: any */
	int tries;                 /* of a run that is void */
	bool figures_only;         /* no samples come back */
};

/* As many side by side as this machine emulates with nothing late. */
void cells_emulated(struct cells *cells);
/* Run what is not done yet. The first failure ends all; -EINTR: netsim_stop was set. No child is left, whatever the outcome. */
int cells_run(struct cells *cells, struct congctl_error *err);
size_t cells_void(const struct cells *cells);
void cells_free(struct cells *cells); /* the results, not the array */

#endif
