/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy.h - a policy file and what has to change for the machine to match it. Private.
 *
 * policy.c reads the file, policy_present.c the machine, policy_diff.c compares the two (pure), policy_apply.c makes the
 * changes and undoes them; policy_plan.c ties these together, and refuses beforehand what can be known. policy_save.c collects the
 * machine's state for policy_write.c.
 */
#ifndef CONGCTL_POLICY_H
#define CONGCTL_POLICY_H

#include <limits.h>
#include <stdio.h>

#include "object.h"
#include "registry.h"

#define POLICY_MAX_ALGORITHMS 64
#define POLICY_MAX_RULES 256
#define POLICY_MAX_TUNABLES 32

/* --- the file ---------------------------------------------------------------------------------------------------- */

struct policy_set {
	char name[64], value[64];
	size_t line;
};

struct policy_algorithm {
	char object[PATH_MAX];         /* as congctl_object_open() takes it */
	char as[CONGCTL_NAME_MAX + 1]; /* empty: the name it has by itself */
	size_t line, n_set;
	struct policy_set set[POLICY_MAX_TUNABLES];
};

struct policy_rule {
	struct congctl_selection selection; /* the place in its one spelling */
	char name[CONGCTL_NAME_MAX + 1];
	size_t line;
};

struct policy {
	const char *file;
	size_t n_algorithms, n_rules;
	struct policy_algorithm *algorithms;
	struct policy_rule *rules;
};

/* Complaints say FILE:LINE. Free it in any case. */
int policy_load(struct policy *p, const char *file, struct congctl_error *err);
void policy_free(struct policy *p);

/* The one spelling of a place: numbers without zeros in front, prefixes as the kernel shows them. -EINVAL it is none, perhaps with a
 * sentence; pure. */
int policy_place(enum congctl_scope scope, const char *text, char place[sizeof(((struct congctl_selection *)NULL)->where)],
		 struct congctl_error *err);
/* what a scope is called in a file; NULL: no standing rule has it */
const char *policy_scope(enum congctl_scope scope);

/* --- the difference ----------------------------------------------------------------------------------------------- */

/* an algorithm of the file, its object opened: name and tunables as the file wants them */
struct policy_wanted {
	const char *object;
	char own_name[CONGCTL_NAME_MAX + 1]; /* that it bears by itself */
	const struct congctl_info *info;
	size_t line;
};

/* an algorithm of the machine */
struct policy_present {
	char name[CONGCTL_NAME_MAX + 1];
	enum congctl_origin origin;      /* builtin, ours or foreign */
	const struct congctl_info *info; /* its live tunables; NULL: the kernel's own, or the file does not name it */
	bool other_build;                /* than that of the file */
};

struct policy_sides {
	const char *file;
	bool prune;
	size_t n_wanted, n_wanted_rules, n_present, n_present_rules;
	const struct policy_wanted *wanted;
	const struct policy_rule *wanted_rules;
	const struct policy_present *present;
	const struct congctl_rule *present_rules;
};

/* which of the arrays above a change is about */
struct policy_step {
	size_t wanted, tunable; /* adopt, register, update, set */
	size_t rule;            /* use: of wanted_rules; drop: of present_rules */
	uint64_t from, to;      /* set */
};

struct policy_changes {
	size_t n;
	struct congctl_change *shown;
	struct policy_step *steps;
};

/* In the order in which they are to be made. -EINVAL: the file wants what cannot be; -ENOMEM. */
int policy_diff(struct policy_changes *changes, const struct policy_sides *sides, struct congctl_error *err);
bool policy_same_place(const struct congctl_selection *a, const struct congctl_selection *b);
void policy_changes_free(struct policy_changes *changes);

/* --- the machine ---------------------------------------------------------------------------------------------------- */

struct congctl_plan {
	struct policy policy;
	struct policy_sides sides;
	struct policy_changes changes;
	/* what the sides point to */
	struct policy_wanted *wanted;
	struct congctl_object **objects; /* one per wanted, loaded */
	struct policy_present *present;
	struct congctl_object **running; /* one per present, or NULL */
	struct congctl_rule *rules;
};

/* Under the lock of plans that are being carried out: read the machine's side again, for it may have changed since the plan was made.
 * *left: what is to be done still, all of the plan or nothing; -EBUSY: it is another difference now. */
int policy_read_again(struct congctl_plan *plan, size_t *left, struct congctl_error *err);
/* Fill in the machine's side for what the policy names. */
int policy_read_present(struct congctl_plan *plan, struct congctl_error *err);
/* The same namespace or the same cgroup, whatever it is called? */
bool policy_is_one_place(const struct congctl_selection *a, const struct congctl_selection *b);
/* -EBUSY: a place, be it an administrator's choice or a route of another namespace, would be left with an algorithm that the changes from `i`
 * on unregister. Before 6.4 there is no way back from unregistering: all that are to go are looked at before each. */
int policy_check_unchosen(const struct congctl_plan *plan, size_t i, struct congctl_error *err);
/* The standing rules that a file could name, places in their one spelling. free() them. */
int policy_read_rules(struct congctl_rule **rules, size_t *n, struct congctl_error *err);

/* One plan at a time is carried out. A file descriptor; -EBUSY after a long wait, for which policy_busy() has the sentence. */
int policy_lock(void);
void policy_unlock(int lock);
int policy_busy(struct congctl_error *err);
/* Remove what a killed process left of it. */
void policy_sweep(void);

/* Write a policy. Pure. */
struct policy_saved {
	const char *name, *object; /* object NULL: no file of the catalogue is it */
	bool own_name;             /* that the object itself carries */
	const struct congctl_info *info;
};
void policy_write(FILE *f, const struct policy_saved *algorithms, size_t n, const struct congctl_rule *rules, size_t n_rules);

#endif
