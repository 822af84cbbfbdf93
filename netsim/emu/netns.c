// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"

struct call {
	int ns; /* -1: a new one */
	int (*fn)(void *arg);
	void *arg;
	int ret;
};

static void *call_thread(void *arg)
{
	struct call *c = arg;

	if (c->ns < 0 ? unshare(CLONE_NEWNET) : setns(c->ns, CLONE_NEWNET))
		c->ret = -errno;
	else
		c->ret = c->fn(c->arg);
	return NULL;
}

static int call_in_thread(struct call *c)
{
	pthread_t thread;
	int ret = pthread_create(&thread, NULL, call_thread, c);

	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return c->ret;
}

static int open_own(void *arg)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netns_new(void)
{
	return call_in_thread(&(struct call){.ns = -1, .fn = open_own});
}

int netns_call(int ns, int (*fn)(void *arg), void *arg)
{
	return call_in_thread(&(struct call){.ns = ns, .fn = fn, .arg = arg});
}

int netns_sysctl(const char *key, const char *value)
{
	char path[128];
	ssize_t n;
	int fd, ret = 0;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", key);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = write(fd, value, strlen(value));
	if (n < 0)
		ret = -errno;
	close(fd);
	return ret;
}
