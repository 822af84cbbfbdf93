/* SPDX-License-Identifier: GPL-2.0-only */
/* select.h - what the standing selections share. Private. */
#ifndef CONGCTL_SELECT_H
#define CONGCTL_SELECT_H

#include <congctl/congctl.h>

#include "netns.h"
#include "undo.h"

/* The registered algorithm that is meant, `name` itself or bpf_`name`; -ENOENT says what there is. */
int select_name(const char *name, char real[CONGCTL_NAME_MAX + 1], struct congctl_error *err);

/* Is it understood, as congctl_use() asks first? Asks nothing of the machine. -EINVAL */
int select_check(const struct congctl_selection *s, struct congctl_error *err);
int select_port(const char *text, uint32_t *port, struct congctl_error *err); /* 1 to 65535; -EINVAL */
int select_pid(const char *text, pid_t *pid, struct congctl_error *err);      /* -EINVAL */

/* congctl_rules() without the routes of other namespaces, which need not be readable then */
int select_rules_near(struct congctl_rule **rules, size_t *n, struct congctl_error *err);

bool select_is_move(enum congctl_scope scope); /* of live sockets; else a standing selection */

/* Under the lock: what killed processes left pending is either so, or its record goes, as does that of a place that is gone. */
void select_settle(void);
/* Is what a standing selection set there still? Negative errno: it cannot be told. */
int select_stands(const struct undo_record *record);
/* Why each of the records can undo nothing any more: in words what is gone; NULL: it is there, or nobody can tell from here. `moves`: look
 * for the sockets of moves as well, which takes 20 ms. */
void select_gone(const struct undo_saved *saved, size_t n, bool moves, const char **gone);
void select_forget(const struct undo_saved *saved); /* under the lock: of one that is gone */

/* Route of record->route.to: fill in the rest of the record, write it, change the route. In the thread's namespace. */
int select_prefix(struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err);
int select_prefix_check(const struct route_prefix *to, struct congctl_error *err); /* is there one to change? */
int select_prefix_undo(const struct undo_record *record, struct congctl_moved *moved, struct congctl_error *err);

/* The sockets that are there now: PID, FROM. */
int select_live(struct undo_record *record, const struct congctl_selection *s, struct congctl_moved *moved, struct congctl_error *err);
int select_live_undo(const struct undo_saved *saved, struct congctl_moved *moved, struct congctl_error *err);

#endif
