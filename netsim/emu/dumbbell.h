/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dumbbell.h - a scenario's links and paths in an engine: all data to the right over one bottleneck, all acknowledgements to the
 * left over one link that is never full. A group whose RTT is longer than the shortest has the difference, half in each direction,
 * on an access link of its own in front of the shared one.
 */
#ifndef NETSIM_DUMBBELL_H
#define NETSIM_DUMBBELL_H

#include "loop.h"
#include "testbed.h"

struct dumbbell {
	struct testbed testbed;
	struct engine *engine;
	struct loop *loop;
	struct link *bottleneck;
	struct path paths[2][SCENARIO_MAX_GROUPS]; /* by the port of entry and by group */
};

int dumbbell_open(struct dumbbell *d, const struct scenario *s, const struct emu_options *options, uint64_t start_mono_ns,
		  struct congctl_error *err);
void dumbbell_close(struct dumbbell *d); /* stops it, too */

#endif
