/* SPDX-License-Identifier: GPL-2.0-only */
/* swapped.h - how update and rollback show what became of the sockets. */
#ifndef CONGCTL_SWAPPED_H
#define CONGCTL_SWAPPED_H

#include "command.h"

void swapped_show(struct invocation *in, const struct congctl_moved *moved);

#endif
