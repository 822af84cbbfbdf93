/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * move.h - give live sockets another algorithm, or another build of the one they have. Names are the kernel's, in full. Each socket is
 * moved by itself: who is killed half way leaves every socket with the one or the other, and the record says which were moved.
 *
 * `record_fd`: a map of move_record(), which then says for each socket what it had; -1: none. The map lives as long as its pin;
 * what it says of a socket goes with the socket. Private.
 */
#ifndef CONGCTL_MOVE_H
#define CONGCTL_MOVE_H

#include <sys/types.h>

#include <congctl/congctl.h>

struct migration;
struct namespace;

/* A new record: a file descriptor, to be pinned. -EPERM with the sentence. */
int move_record(struct congctl_error *err);
/* Give back, in every namespace, what the record says, to sockets that still have what the move gave them. */
int move_undo(int record_fd, struct congctl_moved *moved, struct congctl_error *err);

/* CONGCTL_SCOPE_PID: the TCP sockets of a process, whatever namespace they are of. -ESRCH, -EPERM, -ENOENT no such algorithm. Listening
 * ones too: what they accept from then on has the algorithm. */
int move_process(pid_t pid, const char *to, int record_fd, struct congctl_moved *moved, struct congctl_error *err);

/* CONGCTL_SCOPE_FROM: `selection` says from which, and how it is narrowed. -ENOENT: no such algorithm, cgroup or namespace. */
int move_from(const char *to, const struct congctl_selection *selection, int record_fd, struct congctl_moved *moved,
	      struct congctl_error *err);

/* Every socket of every namespace that has an earlier build of `name`: to the one registered now. */
int move_version(struct migration *m, const char *name, struct congctl_moved *moved, struct congctl_error *err);
/* Every socket of this namespace that has `from`; what comes of it is added to `moved`. */
int move_here(struct migration *m, const struct namespace *ns, const char *from, const char *to, struct congctl_moved *moved,
	      struct congctl_error *err);

#endif
