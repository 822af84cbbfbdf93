/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * previous.h - the former build of an algorithm, its struct_ops map pinned as ~previous/NAME, and the one way to swap builds.
 *
 * A swap pins the map that is running as ~previous/~NAME, moves the link if the map is still the one that runs, sets the defaults of
 * namespaces again and renames that pin to ~previous/NAME. Whoever is killed in between leaves ~NAME behind; the link then tells
 * whether the swap happened, and the next previous_sweep() or swap finishes or forgets it. All of it under a lock on the directory,
 * which the kernel frees with the process, and a rollback keeps it until its sockets are moved. A swap to the build that runs already
 * leaves the former one: its pin is ~previous/~~~NAME meanwhile and goes.
 *
 * ~previous/~~NAME is the mark of a rollback that has sockets to move: the build that it went back to. As long as that one runs the
 * rollback is not done. Private.
 */
#ifndef CONGCTL_PREVIOUS_H
#define CONGCTL_PREVIOUS_H

#include <stdbool.h>
#include <stdint.h>

#include <congctl/congctl.h>

#define PREVIOUS_DIR CONGCTL_PIN_DIR "/~previous"

struct previous_swap {
	const char *name;
	int link_fd, old_fd, new_fd;
	const char *file; /* of the new build; NULL: it is the former one */
	bool twin;        /* the two are the same build: the former one stays as it is */
	bool mark;        /* until previous_unmark() */
};

/* For previous_unlock(). Negative errno with the sentence */
int previous_lock(struct congctl_error *err);
void previous_unlock(int lock);
/* The sentence for who came second: -EBUSY */
int previous_lost(const char *name, struct congctl_error *err);

/* Under the lock: let the link run `new_fd` instead of `old_fd`, which becomes the previous build. Defaults of namespaces that keep
 * the old one are told in `moved`. -EBUSY: it does not run `old_fd` any more. On failure nothing has changed. */
int previous_swap(const struct previous_swap *swap, struct congctl_moved *moved, struct congctl_error *err);
/* The map of the previous build; -ENOENT there is none. */
int previous_open(const char *name);
/* Let it be this one instead; negative: none. */
int previous_replace(const char *name, int map_fd);
/* Was a rollback to the build that runs cut short? */
bool previous_is_marked(const char *name);
void previous_unmark(const char *name); /* under the lock */
/* Forget it: `name` is not registered any more. */
void previous_drop(const char *name);
/* Finish what killed processes left, forget what belongs to no registration. */
void previous_sweep(void);

#endif
