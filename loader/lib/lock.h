/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock.h - a lock on a directory of the bpf file system, which the kernel frees with whoever holds it. The directory is made for it and
 * goes when nothing is left in it: one that a killed process left empty locks nobody out. Only its owner can open it, so that nobody else can
 * hold it. Private.
 */
#ifndef CONGCTL_LOCK_H
#define CONGCTL_LOCK_H

#include <stdbool.h>

#include <congctl/congctl.h>

/* A file descriptor. -EBUSY: somebody else has it still after `wait_ms`; -ENOENT: it is not there and shall not be made;
 * -EINVAL: another user could open it, or take it away. */
int lock_directory(const char *path, bool make, unsigned int wait_ms);
/* Its failure in words; gives back `code`. */
int lock_explain(const char *path, int code, struct congctl_error *err);
void unlock_directory(const char *path, int fd); /* nothing if `fd` is negative */

#endif
