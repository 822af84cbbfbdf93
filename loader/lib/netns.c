// SPDX-License-Identifier: GPL-2.0-only
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "name.h"
#include "netns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* 5.14 */
#endif

#define NAMES "/run/netns" /* of ip netns */
#define DEFAULT_FILE "/proc/sys/net/ipv4/tcp_congestion_control"
#define FIRST_ONLY "/proc/sys/net/core/netdev_max_backlog" /* only the first namespace has it: it is the machine's */

struct job {
	int fd, ret;
	int (*fn)(void *arg);
	void *arg;
};

static void *work(void *argument)
{
	struct job *job = argument;

	job->ret = setns(job->fd, CLONE_NEWNET) ? -errno : job->fn(job->arg);
	return NULL;
}

int namespace_run(const struct namespace *ns, int (*fn)(void *arg), void *arg)
{
	struct job job = {.fd = ns->fd, .fn = fn, .arg = arg};
	pthread_t thread;
	int ret;

	if (!*ns->where)
		return fn(arg);
	ret = pthread_create(&thread, NULL, work, &job);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);
	return job.ret;
}

static int read_cookie(void *arg)
{
	uint64_t *cookie = arg;
	socklen_t len = sizeof(*cookie);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &len))
		*cookie = 0;
	close(fd);
	return 0;
}

void namespace_close(struct namespace *ns)
{
	if (ns->fd >= 0)
		close(ns->fd);
	ns->fd = -1;
}

/* Open the file and learn who it is; -EINVAL it is no network namespace. */
static int open_file(struct namespace *ns, const char *path, const char *where)
{
	struct stat st;
	int ret;

	*ns = (struct namespace){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (ns->fd < 0)
		return -errno;
	snprintf(ns->where, sizeof(ns->where), "%s", where);
	ret = ioctl(ns->fd, NS_GET_NSTYPE) != CLONE_NEWNET || fstat(ns->fd, &st) ? -EINVAL : 0;
	if (!ret)
		ret = namespace_run(ns, read_cookie, &ns->cookie);
	if (ret)
		namespace_close(ns);
	else
		ns->inode = st.st_ino;
	return ret;
}

int namespace_own(struct namespace *ns, struct congctl_error *err)
{
	int ret = open_file(ns, "/proc/thread-self/ns/net", "");

	return ret ? congctl_fail(err, ret, "cannot open /proc/thread-self/ns/net: %s", strerror(-ret)) : 0;
}

int namespace_open(struct namespace *ns, const char *where, struct congctl_error *err)
{
	bool digits = *where && strspn(where, "0123456789") == strlen(where);
	char path[PATH_MAX];
	int ret;

	ns->fd = -1;
	if (!*where || strlen(where) >= sizeof(ns->where))
		return congctl_fail(err, -EINVAL, "the network namespace is empty or too long: give a name of 'ip netns', a path or a pid");
	snprintf(path, sizeof(path), strchr(where, '/') ? "%s%s" : "%s/%s", strchr(where, '/') ? "" : NAMES, where);
	if (digits && access(path, F_OK))
		snprintf(path, sizeof(path), "/proc/%s/ns/net", where);
	ret = open_file(ns, path, where);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, digits ? "no process '%s' and no network namespace of that name: 'ip netns' and 'lsns -t net' show what there is" :
				    "no network namespace '%s': 'ip netns' and 'lsns -t net' show what there is", where);
	if (ret == -EINVAL)
		return congctl_fail(err, ret, "'%s' is not a network namespace: give a name of 'ip netns', a path or a pid", where);
	if (ret == -EPERM || ret == -EACCES)
		return congctl_fail(err, ret, "no privilege to enter the network namespace '%s': run it as root or give it CAP_SYS_ADMIN", where);
	return ret ? congctl_fail(err, ret, "cannot enter the network namespace '%s': %s", where, strerror(-ret)) : 0;
}

/* Append what `path` is, unless it is there already. */
static int add(struct namespace **list, size_t *n, const char *path, const char *where)
{
	struct namespace *more;
	struct stat st;

	if (stat(path, &st))
		return 0; /* gone, or not ours to see */
	for (size_t i = 0; i < *n; i++) {
		if ((*list)[i].inode == st.st_ino)
			return 0;
	}
	more = realloc(*list, (*n + 1) * sizeof(**list));
	if (!more)
		return -ENOMEM;
	*list = more;
	*n += !open_file(&more[*n], path, where);
	return 0;
}

static int add_all(struct namespace **list, size_t *n, const char *directory, const char *format, bool numbers)
{
	DIR *dir = opendir(directory);
	struct dirent *d;
	char path[PATH_MAX];
	int ret = 0;

	while (dir && !ret && (d = readdir(dir))) {
		if (*d->d_name == '.' || (numbers && (*d->d_name < '0' || *d->d_name > '9')))
			continue;
		snprintf(path, sizeof(path), format, directory, d->d_name);
		ret = add(list, n, path, d->d_name);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int namespace_list(struct namespace **list, size_t *n)
{
	int ret;

	*list = NULL;
	*n = 0;
	ret = add(list, n, "/proc/thread-self/ns/net", "");
	if (!ret)
		ret = add_all(list, n, NAMES, "%s/%s", false);
	if (!ret)
		ret = add_all(list, n, "/proc", "%s/%s/ns/net", true);
	if (ret)
		namespace_list_free(*list, *n);
	return ret;
}

void namespace_list_free(struct namespace *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		namespace_close(&list[i]);
	free(list);
}

int namespace_find(struct namespace *ns, uint64_t inode, uint64_t cookie)
{
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret)
		return ret;
	ret = -ENOENT;
	for (size_t i = 0; i < n && ret; i++) {
		if (list[i].inode != inode || list[i].cookie != cookie)
			continue;
		*ns = list[i];
		list[i].fd = -1;
		ret = 0;
	}
	namespace_list_free(list, n);
	return ret;
}

static int read_default(void *arg)
{
	char text[64] = "", *name = arg;
	int fd = open(DEFAULT_FILE, O_RDONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) < 0)
		ret = -errno;
	close(fd);
	text[strcspn(text, " \n")] = '\0';
	snprintf(name, CONGCTL_NAME_MAX + 1, "%.*s", CONGCTL_NAME_MAX, text);
	return ret;
}

int namespace_default(const struct namespace *ns, char name[CONGCTL_NAME_MAX + 1])
{
	return namespace_run(ns, read_default, name);
}

/* -EACCES before the kernel is asked: its refusal leaks a reference to the algorithm for ever (6.18) */
static int write_default(void *arg)
{
	const char *name = arg;
	int fd, ret = 0;

	if (access(FIRST_ONLY, F_OK) && !name_listed("tcp_allowed_congestion_control", name))
		return -EACCES;
	fd = open(DEFAULT_FILE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	if (write(fd, name, strlen(name)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int namespace_set_default(const struct namespace *ns, const char *name, struct congctl_error *err)
{
	int ret = namespace_run(ns, write_default, (void *)name);

	switch (ret) {
	case 0:
		return 0;
	case -EACCES:
		return congctl_fail(err, ret, "'%s' is restricted, so it cannot be the default of a network namespace other than the first: "
				    "add it to net.ipv4.tcp_allowed_congestion_control there, or build it with .flags = TCP_CONG_NON_RESTRICTED", name);
	case -ENOENT:
		return congctl_fail(err, ret, "'%s' is not registered any more: register it first", name);
	case -EPERM:
		return congctl_fail(err, ret, "no privilege to write net.ipv4.tcp_congestion_control: run it as root or give it CAP_NET_ADMIN");
	default:
		return congctl_fail(err, ret, "cannot write net.ipv4.tcp_congestion_control: %s", strerror(-ret));
	}
}
