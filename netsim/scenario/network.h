/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * network.h - a scenario's network in an engine, for every engine the same: its links, and a path there and back for each group
 * of flows. Who sends and receives the packets sets deliver, drop, copy and arg of the paths.
 */
#ifndef NETSIM_NETWORK_H
#define NETSIM_NETWORK_H

#include "scenario.h"

#define NETWORK_MAX_LINKS (2 * (SCENARIO_MAX_LINKS + 1)) /* a star has one more than hosts */

struct network {
	struct engine *engine;
	struct link *links[NETWORK_MAX_LINKS]; /* with a name of their own, in the order of the scenario; no access links */
	char names[NETWORK_MAX_LINKS][32];
	size_t n_links;
	struct link *bottleneck;                      /* of the first group's path there: the slowest */
	struct path forward[SCENARIO_MAX_GROUPS];     /* from the group's sender to its receiver */
	struct path reverse[SCENARIO_MAX_GROUPS];
	struct scenario_trace *traces;                /* memory behind links */
};

/* What may be wrong with a scenario that passed scenario_finish() is a file it names: -ENOENT, -EINVAL with file and line. */
/* `s` must stay where it is as long as the network. */
int network_open(struct network *n, const struct scenario *s, struct congctl_error *err);
void network_close(struct network *n); /* packets inside are given to drop() */

#endif
