/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock.h - a lock on a directory of the bpf file system, which the kernel frees with whoever holds it. The directory is made for it and
 * goes when nothing is left in it: one that a killed process left empty locks nobody out. Private.
 */
#ifndef CONGCTL_LOCK_H
#define CONGCTL_LOCK_H

#include <stdbool.h>

/* A file descriptor. -EBUSY: somebody else has it still after `wait_ms`; -ENOENT: it is not there and shall not be made. */
int lock_directory(const char *path, bool make, unsigned int wait_ms);
void unlock_directory(const char *path, int fd);

#endif
