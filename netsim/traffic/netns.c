// SPDX-License-Identifier: GPL-2.0-only
/* Network namespaces of the calling thread. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flow.h"

/* Autotuning may grow a socket's buffers up to here. Twice the bytes in flight are needed (the kernel counts overhead):
 * 4 Gbit/s, 100 ms and a buffer of one BDP have 100 MB in flight. tcp_wmem's usual 4 MB ends at 160 Mbit/s over 100 ms. */
#define TCP_MEM_MAX "268435456"

int netns_current(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netns_enter(int ns, struct congctl_error *err)
{
	int code;

	if (!setns(ns, CLONE_NEWNET))
		return 0;
	code = -errno;
	return congctl_fail(err, code, "cannot enter a network namespace: %s%s", strerror(-code),
			    code == -EPERM ? ": run as root (CAP_SYS_ADMIN)" : "");
}

static bool is_machines_own(int ns)
{
	struct stat mine, init;

	return fstat(ns, &mine) || stat("/proc/1/ns/net", &init) ||
	       (mine.st_ino == init.st_ino && mine.st_dev == init.st_dev);
}

/* A kernel without the setting keeps its own; the run works, with smaller windows. */
static void write_sysctl(const char *name, const char *value)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	f = fopen(path, "we");
	if (!f)
		return;
	fputs(value, f);
	fclose(f);
}

void netns_prepare(int ns)
{
	if (is_machines_own(ns))
		return;
	write_sysctl("tcp_wmem", "4096 16384 " TCP_MEM_MAX);
	write_sysctl("tcp_rmem", "4096 131072 " TCP_MEM_MAX);
	write_sysctl("tcp_no_metrics_save", "1");
}
