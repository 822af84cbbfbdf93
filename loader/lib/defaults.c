// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "defaults.h"
#include "name.h"
#include "namespaces.h"

#define DEFAULT "/proc/sys/net/ipv4/tcp_congestion_control"

struct renewal {
	const char *name;
	bool initial; /* the first namespace, which may have what is restricted */
};

static bool is_initial(const struct netns *ns)
{
	struct stat st;

	return !stat("/proc/1/ns/net", &st) && st.st_ino == ns->id;
}

/* In the namespace. 1: it was the default and is again; -EACCES: it is restricted. */
static int renew_here(void *arg)
{
	const struct renewal *r = arg;
	int fd, ret;

	if (!name_listed("tcp_congestion_control", r->name))
		return 0;
	if (!r->initial && !name_listed("tcp_allowed_congestion_control", r->name))
		return -EACCES;
	fd = open(DEFAULT, O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || write(fd, r->name, strlen(r->name)) < 0 ? -errno : 1;
	if (fd >= 0)
		close(fd);
	return ret;
}

int defaults_renew(const char *name, struct congctl_moved *moved, struct congctl_error *err)
{
	struct netns *list;
	size_t n;
	int ret = namespaces_walk(&list, &n, err);

	for (size_t i = 0; !ret && i < n; i++) {
		struct renewal r = {.name = name, .initial = is_initial(&list[i])};
		int got = namespace_call(list[i].own ? -1 : list[i].fd, renew_here, &r);

		if (got >= 0)
			continue;
		moved->unmoved++;
		snprintf(moved->why, sizeof(moved->why), "the default of %.40s keeps the former build: %s", list[i].where,
			 got == -EACCES ? "it is not in tcp_allowed" : strerror(-got));
	}
	namespaces_free(list, n);
	return ret;
}
