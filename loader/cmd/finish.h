/* SPDX-License-Identifier: GPL-2.0-only */
/* finish.h - several changes that belong together, made to the end whatever becomes of the command. */
#ifndef CONGCTL_FINISH_H
#define CONGCTL_FINISH_H

#include <congctl/congctl.h>

/* make(arg, err) by a process of its own, which goes on when this one is killed, and which no signal but SIGKILL ends. What it changes in
 * memory is not seen here. */
int finish(int (*make)(void *arg, struct congctl_error *err), void *arg, struct congctl_error *err);

#endif
