/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lock.h - one at a time, between processes and threads: a directory below CONGCTL_PIN_DIR that only its owner can open, so that nobody
 * else can hold it. There as long as it is locked or something is in it. Private.
 */
#ifndef CONGCTL_LOCK_H
#define CONGCTL_LOCK_H

/* A file descriptor for lock_release(). -EBUSY: somebody else had it all the time; -EINVAL: another user could open it, or take it away. */
int lock_take(const char *directory, unsigned int wait_ms);
void lock_release(const char *directory, int fd); /* nothing if fd is negative */

#endif
