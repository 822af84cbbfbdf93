/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emu.h - the engine under the real clock: the kernel's TCP in two network namespaces, a tunnel port in each, the network
 * model between them. One process, one emulator thread; namespaces and devices have no name outside the process and vanish
 * with it, however it ends.
 */
#ifndef NETSIM_EMU_H
#define NETSIM_EMU_H

#include <signal.h>

#include "../measure/run.h"

enum emu_wait { EMU_WAIT_SLEEP, EMU_WAIT_HYBRID, EMU_WAIT_SPIN };
int emu_wait_parse(const char *text, enum emu_wait *wait); /* "sleep", "hybrid", "spin"; -EINVAL */

struct emu_options {
	enum emu_wait wait;          /* default sleep; hybrid (sleep, then spin) for single runs; spin for sub-ms paths */
	uint32_t coalesce_segments;  /* most segments of one flow put back together in one write; default 44, 1: never */
	volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct scenario *s, uint64_t t_ns, const struct link_stats *bottleneck);
	void *progress_arg;
};

/* Run the scenario once. The algorithms it names must be available. 0 also for a void run (r->valid tells). */
int emu_run(const struct scenario *s, const struct emu_options *options, struct run_result *r, struct congctl_error *err);

/* What is missing on this machine: CAP_NET_ADMIN, CAP_SYS_ADMIN, /dev/net/tun … one sentence. */
int emu_require(struct congctl_error *err);

#endif
