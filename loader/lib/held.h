/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * held.h - a plain registration (before 6.4) held by a process. The kernel keeps it when the process is killed. So its map has a
 * pin that says whose it is, until congctl_object_pin(), and congctl_sweep() unregisters what nobody holds any more. Private.
 */
#ifndef CONGCTL_HELD_H
#define CONGCTL_HELD_H

#include <stdbool.h>
#include <stddef.h>

#define HELD_PATH_MAX 128

/* Pin the map as PIN_DIR/~PIDNS~PID~STARTTIME~NAME, which goes to `path`: PID namespace, process and its start, since a PID comes
 * again. No name has a '~'. Negative errno, and then `path` is empty. */
int held_pin(int map_fd, const char *name, char path[HELD_PATH_MAX]);
/* Remove it, and the directory if it is the last; nothing if `path` is empty, which it is then. */
void held_unpin(char path[HELD_PATH_MAX]);
bool held_is(const char *entry); /* an entry of PIN_DIR */
bool held_is_orphan(const char *entry); /* … whose holder is gone for certain */

#endif
