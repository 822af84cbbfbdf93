/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * session.h - what run and demo share: algorithms registered for the time being, and a scenario run as often as it
 * wants to be repeated.
 */
#ifndef NETSIM_SESSION_H
#define NETSIM_SESSION_H

#include "../emu/emu.h"
#include "../report/report.h"

#define SESSION_MAX_ALGORITHMS SCENARIO_MAX_GROUPS

struct session {
	struct report_algorithm algorithms[SESSION_MAX_ALGORITHMS]; /* every algorithm named */
	struct congctl_object *objects[SESSION_MAX_ALGORITHMS];     /* of those registered here; NULL: was available */
	size_t n;
};

/* Make every algorithm of the scenario available. What is registered here is unregistered by session_end(); if the process is
 * killed, by the kernel or, before 6.4, by the next congctl_sweep(). -ENOENT: there is no such algorithm. */
int session_algorithms(struct session *session, const struct scenario *s, struct congctl_error *err);
void session_end(struct session *session);

/* Repeats of a scenario, measured. `results` has room for s->repeat; *n of them are filled, also on failure: free them. */
int session_repeat(const struct scenario *s, const struct emu_options *options, struct run_result *results, size_t *n,
		   struct congctl_error *err);

#endif
