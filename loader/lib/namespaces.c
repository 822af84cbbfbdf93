// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "namespaces.h"

#define NAMED "/run/netns"

struct walk {
	struct netns *list;
	size_t n;
};

/* Add the namespace at `path` unless it is there; one that cannot be opened is passed over. */
static int add(struct walk *w, const char *path, const char *where)
{
	struct netns *more;
	struct stat st;

	if (stat(path, &st))
		return 0;
	for (size_t i = 0; i < w->n; i++) {
		if (w->list[i].id == st.st_ino)
			return 0;
	}
	more = reallocarray(w->list, w->n + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	w->list = more;
	more += w->n;
	more->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (more->fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : 0;
	if (ioctl(more->fd, NS_GET_NSTYPE) != CLONE_NEWNET) { /* a leftover mount point in NAMED is a plain file */
		close(more->fd);
		return 0;
	}
	more->id = st.st_ino;
	more->own = !w->n++;
	snprintf(more->where, sizeof(more->where), "%s", where);
	return 0;
}

static int add_directory(struct walk *w, const char *directory, const char *tail, bool pids)
{
	DIR *dir = opendir(directory);
	char path[PATH_MAX];
	struct dirent *d;
	int ret = 0;

	while (!ret && dir && (d = readdir(dir))) {
		if (*d->d_name == '.' || (pids && !isdigit((unsigned char)*d->d_name)))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", directory, d->d_name, tail);
		ret = add(w, path, d->d_name);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int namespaces_walk(struct netns **list, size_t *n, struct congctl_error *err)
{
	struct walk w = {};
	int ret;

	ret = add(&w, "/proc/thread-self/ns/net", "this namespace");
	if (!ret && !w.n)
		ret = -ENODEV;
	if (!ret)
		ret = add_directory(&w, NAMED, "", false);
	if (!ret)
		ret = add_directory(&w, "/proc", "/ns/net", true);
	*list = w.list;
	*n = w.n;
	if (!ret)
		return 0;
	namespaces_free(w.list, w.n);
	*list = NULL;
	*n = 0;
	return congctl_fail(err, ret, "cannot list the network namespaces: %s",
			    ret == -ENODEV ? "/proc is not mounted: 'mount -t proc proc /proc'" : strerror(-ret));
}

void namespaces_free(struct netns *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(list[i].fd);
	free(list);
}

int namespace_open(const char *where, struct congctl_error *err)
{
	bool pid = *where && strspn(where, "0123456789") == strlen(where);
	char path[PATH_MAX];
	int fd, ret;

	if (!*where)
		return congctl_fail(err, -EINVAL, "no network namespace given: give a name of 'ip netns list', a path or a pid");
	snprintf(path, sizeof(path), strchr(where, '/') ? "%s" : NAMED "/%s", where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && pid) { /* a name may be a number */
		snprintf(path, sizeof(path), "/proc/%s/ns/net", where);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	ret = fd < 0 ? -errno : 0;
	if (ret == -ENOENT)
		return congctl_fail(err, ret, pid ? "there is no process %s" : "there is no network namespace '%s': 'ip netns list' shows the named ones",
				    where);
	if (ret == -EACCES || ret == -EPERM)
		return congctl_fail(err, -EPERM, "no privilege to open the network namespace '%s': run it as root or give it CAP_SYS_PTRACE", where);
	if (ret)
		return congctl_fail(err, ret, "cannot open the network namespace '%s': %s", where, strerror(-ret));
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET)
		return fd;
	close(fd);
	return congctl_fail(err, -EINVAL, "'%s' is not a network namespace: give a name of 'ip netns list', a path or a pid", where);
}

struct call {
	int fd, ret;
	int (*fn)(void *arg);
	void *arg;
};

static void *run_inside(void *arg)
{
	struct call *c = arg;

	c->ret = setns(c->fd, CLONE_NEWNET) ? -errno : c->fn(c->arg);
	return NULL;
}

int namespace_call(int fd, int (*fn)(void *arg), void *arg)
{
	struct call c = {.fd = fd, .fn = fn, .arg = arg};
	pthread_t thread;
	int ret;

	if (fd < 0)
		return fn(arg);
	ret = pthread_create(&thread, NULL, run_inside, &c);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return c.ret;
}
