// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of a process, fetched one by one. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "kernel.h"
#include "migration.h"
#include "move.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

struct process {
	int pidfd, record_fd;
	const char *to;
	struct migrate_outcome outcome;
};

static bool is_tcp(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		return false;
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

/* A second file descriptor of a socket finds it moved already. */
static void move_one(struct process *p, int fd)
{
	struct migrate_record record = {};
	socklen_t len = sizeof(record.from);

	if (!is_tcp(fd) || getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, record.from, &len) || !strcmp(record.from, p->to))
		return;
	p->outcome.meant++;
	strcpy(record.to, p->to);
	if (p->record_fd >= 0)
		bpf_map_update_elem(p->record_fd, &fd, &record, BPF_ANY);
	if (!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, p->to, strlen(p->to))) {
		p->outcome.moved++;
		return;
	}
	p->outcome.unmoved++;
	p->outcome.reasons[errno < MIGRATE_REASONS ? errno : 0]++;
	if (p->record_fd >= 0)
		bpf_map_delete_elem(p->record_fd, &fd);
}

/* The file descriptor `name` of the process if it is a socket; -EPERM: it may not be fetched. One closed meanwhile is none of its sockets. */
static int visit(struct process *p, int directory, const char *name)
{
	char link[64] = "";
	int fd;

	if (!isdigit((unsigned char)*name))
		return 0;
	if (readlinkat(directory, name, link, sizeof(link) - 1) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (strncmp(link, "socket:", 7))
		return 0;
	fd = syscall(SYS_pidfd_getfd, p->pidfd, atoi(name), 0);
	if (fd < 0)
		return errno == EBADF ? 0 : -errno;
	move_one(p, fd);
	close(fd);
	return 0;
}

static int visit_all(struct process *p, pid_t pid)
{
	char path[64];
	struct dirent *d;
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (d = readdir(dir)))
		ret = visit(p, dirfd(dir), d->d_name);
	closedir(dir);
	return ret;
}

static int explain(int code, pid_t pid, struct congctl_error *err)
{
	switch (code) {
	case -ESRCH:
	case -ENOENT:
		return congctl_fail(err, -ESRCH, "there is no process %d", pid);
	case -EPERM:
	case -EACCES:
		return congctl_fail(err, -EPERM, "no privilege to reach the sockets of process %d: run it as root or give it CAP_SYS_PTRACE", pid);
	case -ENOSYS:
		return congctl_fail(err, -ENOTSUP, "this kernel cannot reach the sockets of a process: use 5.6 or later");
	case -EINVAL:
		return congctl_fail(err, code, "%d is not a process: give the pid of one, not of a thread", pid);
	default:
		return congctl_fail(err, code, "cannot reach the sockets of process %d: %s", pid, strerror(-code));
	}
}

int move_process(pid_t pid, const char *to, int record_fd, struct congctl_moved *moved, struct congctl_error *err)
{
	struct process p = {.record_fd = record_fd, .to = to};
	int ret;

	if (!congctl_is_available(to))
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is", to);
	p.pidfd = syscall(SYS_pidfd_open, pid, 0);
	ret = p.pidfd < 0 ? -errno : visit_all(&p, pid);
	if (p.pidfd >= 0)
		close(p.pidfd);
	migration_tell(&p.outcome, moved);
	if (p.outcome.reasons[EPERM] && !kernel_has_cap(CAP_NET_ADMIN)) /* else a route locks them */
		snprintf(moved->why, sizeof(moved->why), "'%s' is restricted: give CAP_NET_ADMIN or allow it in tcp_allowed_congestion_control", to);
	return ret ? explain(ret, pid, err) : 0;
}
