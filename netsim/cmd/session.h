/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - what the commands that run scenarios share: the engines, algorithms made available for the time being, and a
 * scenario run as often as it wants to be repeated.
 */
#ifndef NETSIM_SESSION_H
#define NETSIM_SESSION_H

#include "../emu/emu.h"
#include "../report/report.h"
#include "../sim/sim.h"

#define SESSION_MAX_ALGORITHMS SCENARIO_MAX_GROUPS

enum session_engine { SESSION_EMU, SESSION_SIM };
int session_engine_parse(const char *text, enum session_engine *engine); /* "emu", "sim"; -EINVAL */
/* What the engine needs and this machine or user has not: one sentence. The simulator needs nothing. */
int session_require(enum session_engine engine, struct congctl_error *err);

struct session {
	struct report_algorithm algorithms[SESSION_MAX_ALGORITHMS]; /* every algorithm named */
	struct congctl_object *objects[SESSION_MAX_ALGORITHMS];     /* of those registered here; NULL: was available, or a native plugin */
	char own_names[SESSION_MAX_ALGORITHMS][CONGCTL_NAME_MAX + 1]; /* under which: no two sessions meet; empty: its own */
	size_t n;
};

/* Make every algorithm of the scenario available: in the kernel for the emulator, as a native plugin that takes its settings for the
 * simulator. What is registered here, under a name of this session's own, is unregistered by session_end(); if the process is killed, by
 * the kernel or, before 6.4, by the next congctl_sweep(). -ENOENT: there is no such algorithm. */
int session_algorithms(struct session *session, enum session_engine engine, const struct scenario *s, struct congctl_error *err);
void session_end(struct session *session);

struct session_options {
	const struct session *session; /* it has the scenario's algorithms */
	enum session_engine engine;
	enum emu_wait wait; /* of the emulator */
	volatile sig_atomic_t *stop;
	void (*progress)(void *arg, const struct scenario *s, uint64_t t_ns, const struct link_stats *bottleneck);
	void *progress_arg;
};

/* Repeats of a scenario, measured. `results` has room for s->repeat; *n of them are filled, also on failure: free them. */
int session_repeat(const struct scenario *s, const struct session_options *options, struct run_result *results, size_t *n,
		   struct congctl_error *err);

#endif
