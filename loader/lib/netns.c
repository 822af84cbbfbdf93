// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/nsfs.h>
#include <mntent.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel.h"
#include "name.h"
#include "netns.h"

#define NAMES "/run/netns" /* of ip netns */
#define DEFAULT_FILE "/proc/sys/net/ipv4/tcp_congestion_control"
#define FIRST_PIDS 0xeffffffcUL /* inode number of the first PID namespace, PROC_PID_INIT_INO */
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

int namespace_path(const char *where, char path[PATH_MAX])
{
	bool digits = *where && strspn(where, "0123456789") == strlen(where);
	int n;

	if (strchr(where, '/'))
		return snprintf(path, PATH_MAX, "%s", where) < PATH_MAX ? 0 : -ENAMETOOLONG;
	n = snprintf(path, PATH_MAX, NAMES "/%s", where);
	if (digits && access(path, F_OK))
		n = snprintf(path, PATH_MAX, "/proc/%s/ns/net", where);
	return n < PATH_MAX ? 0 : -ENAMETOOLONG;
}

int namespace_open(struct namespace *ns, const char *where, struct congctl_error *err)
{
	bool digits = strspn(where, "0123456789") == strlen(where);
	char path[PATH_MAX];
	int ret;

	ns->fd = -1;
	if (!*where || strlen(where) >= sizeof(ns->where) || namespace_path(where, path))
		return congctl_fail(err, -EINVAL, "the network namespace is empty or too long: give a name of 'ip netns', a path or a pid");
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

static bool is_listed(const struct namespace *list, size_t n, uint64_t inode)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].inode == inode)
			return true;
	}
	return false;
}

/* Append what `path` is, unless it is there already. */
static int add(struct namespace **list, size_t *n, const char *path, const char *where)
{
	struct namespace *more;
	struct stat st;

	if (stat(path, &st) || is_listed(*list, *n, st.st_ino)) /* gone, or not ours to see */
		return 0;
	more = realloc(*list, (*n + 1) * sizeof(**list));
	if (!more)
		return -ENOMEM;
	*list = more;
	if (open_file(&more[*n], path, where))
		return 0;
	if (is_listed(more, *n, more[*n].inode)) /* the process has gone elsewhere meanwhile, or its pid is another's */
		namespace_close(&more[*n]);
	else
		++*n;
	return 0;
}

static int add_processes(struct namespace **list, size_t *n)
{
	DIR *dir = opendir("/proc");
	struct dirent *d;
	char path[PATH_MAX];
	int ret = 0;

	while (dir && !ret && (d = readdir(dir))) {
		if (*d->d_name < '0' || *d->d_name > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", d->d_name);
		ret = add(list, n, path, d->d_name);
	}
	if (dir)
		closedir(dir);
	return ret;
}

/* What is mounted of them: a name of `ip netns`, or any other file, which its path names. */
static int add_mounts(struct namespace **list, size_t *n)
{
	FILE *mounts = setmntent("/proc/thread-self/mounts", "re");
	const size_t names = strlen(NAMES "/");
	char line[2 * PATH_MAX];
	struct mntent m;
	int ret = 0;

	while (mounts && !ret && getmntent_r(mounts, &m, line, sizeof(line))) {
		bool named = !strncmp(m.mnt_dir, NAMES "/", names) && !strchr(m.mnt_dir + names, '/');

		if (!strcmp(m.mnt_type, "nsfs"))
			ret = add(list, n, m.mnt_dir, m.mnt_dir + (named ? names : 0));
	}
	if (mounts)
		endmntent(mounts);
	return ret;
}

int namespace_list(struct namespace **list, size_t *n)
{
	int ret;

	*list = NULL;
	*n = 0;
	ret = add(list, n, "/proc/thread-self/ns/net", "");
	if (!ret)
		ret = add_mounts(list, n);
	if (!ret)
		ret = add_processes(list, n);
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

/* May this process enter every network namespace? The kernel says of one that it may not enter that it is gone. */
static bool enters_all(void)
{
	return kernel_has_cap(CAP_SYS_ADMIN) && !kernel_in_user_namespace();
}

/* The kernel's own answer, wherever the namespace hides (6.18): a file descriptor; -ENOENT it is gone; anything else: it does not say. */
static int open_handle(const struct namespace *own, uint64_t inode, uint64_t cookie)
{
	struct {
		struct file_handle head;
		struct nsfs_id {
			uint64_t cookie;
			uint32_t type, inode;
		} id;
	} h = {.head.handle_bytes = sizeof(h.id)};
	struct nsfs_id id;
	int mount, fd;

	if (name_to_handle_at(own->fd, "", &h.head, &mount, AT_EMPTY_PATH))
		return -EOPNOTSUPP;
	memcpy(&id, h.head.f_handle, sizeof(id));
	if (h.head.handle_bytes != sizeof(id) || id.cookie != own->cookie || id.type != CLONE_NEWNET || id.inode != own->inode)
		return -EOPNOTSUPP;
	id = (struct nsfs_id){cookie, CLONE_NEWNET, inode};
	memcpy(h.head.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(own->fd, &h.head, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno == ESTALE && enters_all() ? -ENOENT : -EOPNOTSUPP : fd;
}

/* Is every process of this machine in sight? */
static bool sees_all(void)
{
	struct stat st;

	return !stat("/proc/self/ns/pid", &st) && st.st_ino == FIRST_PIDS && kernel_has_cap(CAP_SYS_PTRACE) && enters_all();
}

static int find_in_list(struct namespace *ns, uint64_t inode, uint64_t cookie)
{
	struct namespace *list;
	size_t n;
	int ret = namespace_list(&list, &n);

	if (ret)
		return ret;
	ret = sees_all() ? -ENOENT : -EACCES;
	for (size_t i = 0; i < n && ns->fd < 0; i++) {
		if (list[i].inode != inode || list[i].cookie != cookie)
			continue;
		*ns = list[i];
		list[i].fd = -1;
		ret = 0;
	}
	namespace_list_free(list, n);
	return ret;
}

int namespace_find(struct namespace *ns, uint64_t inode, uint64_t cookie)
{
	int ret = namespace_own(ns, NULL), fd;

	if (ret || (ns->inode == inode && ns->cookie == cookie))
		return ret;
	fd = cookie ? open_handle(ns, inode, cookie) : -EOPNOTSUPP;
	namespace_close(ns);
	if (fd == -EOPNOTSUPP)
		return find_in_list(ns, inode, cookie);
	*ns = (struct namespace){.fd = fd, .inode = inode, .cookie = cookie};
	snprintf(ns->where, sizeof(ns->where), "net:[%llu]", (unsigned long long)inode);
	return fd < 0 ? fd : 0;
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

static int check_default(void *name)
{
	return access(FIRST_ONLY, F_OK) && !name_listed("tcp_allowed_congestion_control", name) ? -EACCES : 0;
}

/* -EACCES before the kernel is asked: its refusal leaks a reference to the algorithm for ever (6.18) */
static int write_default(void *arg)
{
	const char *name = arg;
	int fd, ret = check_default(arg);

	if (ret)
		return ret;
	fd = open(DEFAULT_FILE, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? -EPERM : -errno;
	if (write(fd, name, strlen(name)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int explain_default(int ret, const char *name, struct congctl_error *err)
{
	switch (ret) {
	case 0:
		return 0;
	case -EACCES:
		return congctl_fail(err, ret, "'%s' is restricted, so it cannot be the default of a network namespace other than the first: "
				    "add it to net.ipv4.tcp_allowed_congestion_control of the first, or build it with .flags = TCP_CONG_NON_RESTRICTED", name);
	case -ENOENT:
		return congctl_fail(err, ret, "'%s' is not registered any more: register it first", name);
	case -EPERM:
		return congctl_fail(err, ret, "no privilege to write net.ipv4.tcp_congestion_control: run it as root or give it CAP_NET_ADMIN");
	default:
		return congctl_fail(err, ret, "cannot write net.ipv4.tcp_congestion_control: %s", strerror(-ret));
	}
}

int namespace_check_default(const struct namespace *ns, const char *name, struct congctl_error *err)
{
	return explain_default(namespace_run(ns, check_default, (void *)name), name, err);
}

int namespace_set_default(const struct namespace *ns, const char *name, struct congctl_error *err)
{
	return explain_default(namespace_run(ns, write_default, (void *)name), name, err);
}
