/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h - the engine under a virtual clock: simulated TCP endpoints around natively built algorithms. Needs no privilege and no
 * kernel feature; the same scenario and seed give the same bytes on any machine.
 */
#ifndef NETSIM_SIM_H
#define NETSIM_SIM_H

#include <signal.h>

#include "../measure/run.h"

struct sim_options {
	volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct scenario *s, uint64_t t_ns, const struct link_stats *bottleneck);
	void *progress_arg;
};

/* Run the scenario once. -EFAULT: an algorithm misbehaved, `err` says which, where and how; -EINTR: stopped. */
int sim_run(const struct scenario *s, const struct sim_options *options, struct run_result *r, struct congctl_error *err);

#endif
