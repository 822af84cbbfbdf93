/* SPDX-License-Identifier: GPL-2.0-only */
/* pidfd.h - another process's sockets, fetched one by one. Private. */
#ifndef CONGCTL_PIDFD_H
#define CONGCTL_PIDFD_H

#include <sys/types.h>

#include <congctl/congctl.h>

/* A file descriptor of the process. -ESRCH there is none, -EINVAL it is a thread, -ENOTSUP before 5.3, with the sentence. */
int pidfd_of(pid_t pid, struct congctl_error *err);
/* A copy of its file descriptor `number`; negative errno */
int pidfd_fetch(int pidfd, int number);
/* The sentence of what pidfd_fetch() came back with. */
int pidfd_fail(int code, pid_t pid, struct congctl_error *err);
bool pidfd_is_tcp(int fd); /* a socket of TCP or MPTCP? */

#endif
