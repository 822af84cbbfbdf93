/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * undo.h - what a `congctl use` changed, as a small map pinned at ~undo/ID: written before the change, so that a process killed in
 * between leaves a record of a change that did not happen, which undoing finds out. ID is the map's. Private.
 */
#ifndef CONGCTL_UNDO_H
#define CONGCTL_UNDO_H

#include <stdint.h>

#include <congctl/congctl.h>

#include "route.h"

#define UNDO_DIR CONGCTL_PIN_DIR "/~undo"

#define UNDO_KEPT 32 /* records of one place, and of all moves: places and sockets may live for ever */

struct undo_record {
	uint32_t version, scope; /* scope: enum congctl_scope */
	char name[CONGCTL_NAME_MAX + 1];   /* what was set */
	char before[CONGCTL_NAME_MAX + 1]; /* what was there; empty: nothing */
	uint64_t netns_inode, netns_cookie;
	uint64_t cgroup;             /* id */
	uint32_t port;               /* 0: none */
	char rule[CONGCTL_UNDO_MAX]; /* ~rules/ID of it */
	struct route_key route;
	uint32_t lock, before_lock;
	uint32_t created;            /* the route was not there */
	uint32_t pending;            /* UNDO_… */
};

/* of `pending` */
#define UNDO_PENDING 1 /* being made or undone: if the lock is free, whoever did it was killed */
#define UNDO_RETIRED 2 /* `before` is being unregistered after a drain */

struct undo_saved {
	char id[CONGCTL_UNDO_MAX];
	struct undo_record record;
};

/* Of one place: the same default, rule or route. None is of moves. */
bool undo_same_place(const struct undo_record *a, const struct undo_record *b);

/* The ID of the newest that set `name` where `like` says, which is its scope, namespace, route and lock, and a rule's number; empty: none */
const char *undo_find(const struct undo_saved *list, size_t n, const struct undo_record *like);

/* Under the lock: pin it, pending, and say its ID, which goes to record->rule too if that is empty. */
int undo_write(struct undo_record *record, char id[CONGCTL_UNDO_MAX], struct congctl_error *err);
int undo_read(const char *id, struct undo_record *record, struct congctl_error *err); /* -ENOENT */
int undo_rewrite(const char *id, const struct undo_record *record); /* what a record says, in place */
void undo_drop(const char *id);
/* The map that says which sockets were moved, of move_record(), pinned beside the record ID as long as it. */
int undo_pin_sockets(const char *id, int fd, struct congctl_error *err);
int undo_open_sockets(const char *id); /* a file descriptor; -ENOENT */
/* Under the lock: maps of sockets whose record is not there any more. */
void undo_sweep_sockets(void);
/* Under the lock: of more than UNDO_KEPT of this place forget the oldest; the next one then puts back what that would have. */
void undo_limit(const struct undo_record *place);
/* All of them, the newest first; free() it. */
int undo_list(struct undo_saved **list, size_t *n);

/* The standing records that would put back `name`: it is about to be unregistered, or not after all. */
void undo_retire(const char *name, bool retire);
/* Now it is: each becomes one with the record of the same place before it, which then puts back what that one would have. */
void undo_merge(const char *name);
/* Merge what a killed drain left retired; remove empty directories. Nothing while somebody has the lock. */
void undo_sweep(void);

/* One change of the machine's selection at a time: for undo_unlock(); -EBUSY */
int undo_lock(struct congctl_error *err);
void undo_unlock(int lock);

#endif
