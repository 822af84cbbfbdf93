/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cell.h - a run's result from a child process to its parent, of the same program: the structs as they are, in a memory file.
 */
#ifndef NETSIM_CELL_H
#define NETSIM_CELL_H

#include "../measure/run.h"

int cell_open(void); /* an fd for the result, or negative errno */
int cell_write(int fd, const struct run_result *r);
int cell_write_failure(int fd, const struct congctl_error *failure);
/* What the child wrote: its result, or its failure as an error. -ECHILD: it ended before it wrote all. */
int cell_read(int fd, struct run_result *r, struct congctl_error *err);

#endif
