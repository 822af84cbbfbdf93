/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emulation.h - a scenario's network between two hosts: all senders on the left, all receivers on the right, whatever the topology;
 * a packet's addresses tell its group and with it its path.
 */
#ifndef NETSIM_EMULATION_H
#define NETSIM_EMULATION_H

#include "../scenario/network.h"
#include "loop.h"
#include "testbed.h"

struct emulation {
	struct testbed testbed;
	struct network network;
	struct loop *loop;
};

int emulation_open(struct emulation *e, const struct scenario *s, const struct emu_options *options, struct congctl_error *err);
void emulation_close(struct emulation *e); /* stops it, too */

#endif
