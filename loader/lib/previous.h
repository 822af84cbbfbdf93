/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * previous.h - the former build of an algorithm, its struct_ops map pinned as ~previous/NAME, and the one way to swap builds.
 *
 * A swap pins the map that is running as ~previous/~NAME, moves the link if the map is still the one that runs, and renames that
 * pin to ~previous/NAME. Whoever is killed in between leaves ~NAME behind; the link then tells whether the swap happened, and the
 * next previous_sweep() or swap finishes or forgets it. All of it under a lock on the directory, which the kernel frees with the
 * process. Private.
 */
#ifndef CONGCTL_PREVIOUS_H
#define CONGCTL_PREVIOUS_H

#include <stdint.h>

#include <congctl/congctl.h>

#define PREVIOUS_DIR CONGCTL_PIN_DIR "/~previous"

/* Let the link run `new_fd` instead of `old_fd`, which becomes the previous build of `name`. -EBUSY: it does not run `old_fd` any
 * more. On failure nothing has changed. */
int previous_swap(const char *name, int link_fd, int old_fd, int new_fd, struct congctl_error *err);
/* The map of the previous build; -ENOENT there is none. */
int previous_open(const char *name);
/* Forget it: `name` is not registered any more. */
void previous_drop(const char *name);
/* Finish what killed processes left, forget what belongs to no registration. */
void previous_sweep(void);

#endif
