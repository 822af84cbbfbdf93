// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of a process, fetched one by one. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <netinet/in.h>
#include <signal.h>
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
#include "pidfd.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#define OF_THREAD O_EXCL /* PIDFD_THREAD, 6.9 */

struct process {
	int record_fd;
	const char *to;
	struct migrate_outcome outcome;
};

bool pidfd_is_tcp(int fd)
{
	socklen_t len = sizeof(int);
	int protocol = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		return false;
	return protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP;
}

int pidfd_of(pid_t pid, struct congctl_error *err)
{
	int fd = syscall(SYS_pidfd_open, pid, 0), ret = fd < 0 ? -errno : 0;

	if (!ret)
		return fd;
	if (ret == -ENOSYS)
		return congctl_fail(err, -ENOTSUP, "this kernel cannot reach the sockets of a process: use 5.6 or later");
	if (ret != -ESRCH && ret != -ENOENT && ret != -EINVAL)
		return congctl_fail(err, ret, "cannot look into process %d: %s", pid, strerror(-ret));
	if (pid > 0 && (!kill(pid, 0) || errno == EPERM))
		return congctl_fail(err, -EINVAL, "%d is a thread: give the pid of its process, the Tgid in /proc/%d/status", pid, pid);
	return congctl_fail(err, -ESRCH, "there is no process %d: 'ss -tnp' shows those with connections", pid);
}

int pidfd_fetch(int pidfd, int number)
{
	int fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);

	return fd < 0 ? -errno : fd;
}

int pidfd_fail(int code, pid_t pid, struct congctl_error *err)
{
	switch (code) {
	case -ESRCH:
	case -ENOENT:
		return congctl_fail(err, -ESRCH, "process %d has ended meanwhile", pid);
	case -EPERM:
	case -EACCES:
		if (kernel_has_cap(CAP_SYS_PTRACE))
			return congctl_fail(err, -EPERM, "the kernel lets nobody here look into process %d: it is of another user namespace, or a "
					    "security module guards it: do it where that process is at home", pid);
		return congctl_fail(err, -EPERM, "no privilege to look into process %d: run it as root or give it CAP_SYS_PTRACE", pid);
	case -ENOSYS:
		return congctl_fail(err, -ENOTSUP, "this kernel cannot reach the sockets of a process: use 5.6 or later");
	default:
		return congctl_fail(err, code, "cannot look into process %d: %s", pid, strerror(-code));
	}
}

/* A second file descriptor of a socket finds it moved already. */
static void move_one(struct process *p, int fd)
{
	struct migrate_record record = {};
	socklen_t len = sizeof(record.from);

	if (!pidfd_is_tcp(fd) || getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, record.from, &len) || !strcmp(record.from, p->to))
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

/* The file descriptor `name` of who `pidfd` is, if it is a socket; -EPERM: it may not be fetched. One closed meanwhile is none of its sockets. */
static int visit(struct process *p, int pidfd, int directory, const char *name)
{
	char link[64] = "";
	int fd;

	if (!isdigit((unsigned char)*name))
		return 0;
	if (readlinkat(directory, name, link, sizeof(link) - 1) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (strncmp(link, "socket:", 7))
		return 0;
	fd = pidfd_fetch(pidfd, atoi(name));
	if (fd < 0)
		return fd == -EBADF ? 0 : fd;
	move_one(p, fd);
	close(fd);
	return 0;
}

static int visit_all(struct process *p, int pidfd, const char *path)
{
	struct dirent *d;
	int ret = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (d = readdir(dir)))
		ret = visit(p, pidfd, dirfd(dir), d->d_name);
	closedir(dir);
	return ret;
}

static bool share_files(pid_t a, pid_t b)
{
	return syscall(SYS_kcmp, a, b, KCMP_FILES, 0, 0) <= 0; /* refused: as nearly all threads do */
}

/* Threads with file descriptors of their own: unshare(CLONE_FILES), or the first thread has ended before the others. */
static int visit_threads(struct process *p, pid_t pid)
{
	pid_t last = pid, tid;
	struct dirent *d;
	char path[64];
	int ret = 0, fd;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !ret && (d = readdir(dir))) {
		tid = atoi(d->d_name);
		if (tid <= 0 || share_files(pid, tid) || share_files(last, tid))
			continue;
		fd = syscall(SYS_pidfd_open, tid, OF_THREAD);
		if (fd < 0) /* ended meanwhile, or before 6.9 */
			continue;
		last = tid;
		snprintf(path, sizeof(path), "/proc/%d/task/%d/fd", pid, tid);
		ret = visit_all(p, fd, path);
		if (ret == -ESRCH || ret == -ENOENT)
			ret = 0;
		close(fd);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int move_process(pid_t pid, const char *to, int record_fd, struct congctl_moved *moved, struct congctl_error *err)
{
	struct process p = {.record_fd = record_fd, .to = to};
	char path[64];
	int pidfd, ret;

	if (!congctl_is_available(to))
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is", to);
	pidfd = pidfd_of(pid, err);
	if (pidfd < 0)
		return pidfd;
	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	ret = visit_all(&p, pidfd, path);
	if (!ret)
		ret = visit_threads(&p, pid);
	close(pidfd);
	migration_tell(&p.outcome, moved);
	if (p.outcome.reasons[EPERM] && !kernel_has_cap(CAP_NET_ADMIN)) /* else a route locks them */
		snprintf(moved->why, sizeof(moved->why), "'%s' is restricted: give CAP_NET_ADMIN or allow it in tcp_allowed_congestion_control", to);
	return ret ? pidfd_fail(ret, pid, err) : 0;
}
