/* SPDX-License-Identifier: GPL-2.0-only */
/* holders.h - how users and unregister --force show who holds an algorithm. */
#ifndef CONGCTL_HOLDERS_H
#define CONGCTL_HOLDERS_H

#include "command.h"

void holders_show(struct output *out, const struct congctl_holder *holders, size_t n);

#endif
