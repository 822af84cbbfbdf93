// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/types.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../bpf/assign.h"
#include "capture.h"
#include "cgroup_rule.h"
#include "embedded.h"

#define FILEID_KERNFS 0xfe /* linux/exportfs.h: the handle of a directory of cgroup2 is its id */
#define MAX_MAPS 8         /* of assign.bpf.c, which has one */

int cgroup_root(char path[PATH_MAX], struct congctl_error *err)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[2 * PATH_MAX];
	struct mntent m;
	int ret = -ENODEV;

	while (mounts && ret && getmntent_r(mounts, &m, line, sizeof(line))) {
		if (strcmp(m.mnt_type, "cgroup2"))
			continue;
		snprintf(path, PATH_MAX, "%s", m.mnt_dir);
		ret = 0;
	}
	if (mounts)
		endmntent(mounts);
	return ret ? congctl_fail(err, ret, "no cgroup2 is mounted: 'mount -t cgroup2 none /sys/fs/cgroup' or another directory, as root") : 0;
}

static int open_directory(const char *path)
{
	struct statfs fs;
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && (fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)) {
		close(fd);
		return -EINVAL;
	}
	return fd < 0 ? -errno : fd;
}

int cgroup_open(const char *where, uint64_t *id, struct congctl_error *err)
{
	char root[PATH_MAX], below[2 * PATH_MAX + 1];
	struct stat st;
	int fd, ret = cgroup_root(root, err);

	if (ret)
		return ret;
	fd = open_directory(where);
	/* "." is meant from here: never the root of all */
	if (fd < 0 && *where != '.' && snprintf(below, sizeof(below), "%s/%s", root, where) < PATH_MAX && !access(below, F_OK))
		fd = open_directory(below);
	if (fd == -EINVAL || fd == -ENOTDIR)
		return congctl_fail(err, -EINVAL, "'%s' is no cgroup2 directory: give one below %s", where, root);
	if (fd < 0)
		return congctl_fail(err, fd, "no cgroup '%s' (%s): give a directory below %s", where, strerror(-fd), root);
	if (fstat(fd, &st)) {
		ret = -errno;
		close(fd);
		return congctl_fail(err, ret, "cannot look at '%s': %s", where, strerror(-ret));
	}
	*id = st.st_ino;
	return fd;
}

int cgroup_path(uint64_t id, char path[PATH_MAX])
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} h = {.handle = {.handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS}};
	char self[64];
	ssize_t n;
	int root, fd, ret;

	if (cgroup_root(path, NULL))
		return -ENODEV;
	root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	memcpy(h.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(root, &h.handle, O_RDONLY | O_CLOEXEC);
	close(root);
	if (fd < 0)
		return errno == ESTALE ? -ENOENT : -errno;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, path, PATH_MAX - 1);
	ret = n < 0 ? -errno : 0; /* it may be too long; only one that is gone is -ENOENT */
	close(fd);
	path[ret ? 0 : n] = '\0';
	return ret;
}

static void path_of(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", RULES_DIR, id);
}

/* What the program's constant says. */
static int read_program(uint32_t prog_id, struct cgroup_rule *rule)
{
	uint32_t maps[MAX_MAPS], zero = 0, len;
	struct bpf_prog_info prog = {.nr_map_ids = MAX_MAPS, .map_ids = (uintptr_t)maps};
	int prog_fd = bpf_prog_get_fd_by_id(prog_id), fd, ret = -ENOENT;

	len = sizeof(prog);
	if (prog_fd < 0)
		return -errno;
	if (bpf_obj_get_info_by_fd(prog_fd, &prog, &len))
		prog.nr_map_ids = 0;
	for (uint32_t i = 0; i < prog.nr_map_ids && i < MAX_MAPS && ret; i++) {
		struct bpf_map_info map = {};
		struct assign_rule said;

		len = sizeof(map);
		fd = bpf_map_get_fd_by_id(maps[i]);
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &map, &len) && map.value_size == sizeof(said) && !bpf_map_lookup_elem(fd, &zero, &said)) {
			snprintf(rule->name, sizeof(rule->name), "%.*s", CONGCTL_NAME_MAX, said.name);
			rule->port = said.port;
			ret = 0;
		}
		close(fd);
	}
	close(prog_fd);
	return ret;
}

/* -ENOENT and no cgroup: that is gone, so it is nothing any more */
static int read_rule(const char *id, struct cgroup_rule *rule)
{
	struct bpf_link_info info;
	uint32_t len, before = 0;
	char path[PATH_MAX];
	int fd, ret;

	*rule = (struct cgroup_rule){.cgroup = ~0ULL};
	path_of(id, path);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return -errno;
	do { /* a change of mind meanwhile takes the program away */
		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		before = rule->prog_id;
		ret = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : info.type != BPF_LINK_TYPE_CGROUP ? -EINVAL : 0;
		if (ret)
			break;
		*rule = (struct cgroup_rule){.cgroup = info.cgroup.cgroup_id, .prog_id = info.prog_id};
		snprintf(rule->id, sizeof(rule->id), "%s", id);
		ret = rule->cgroup ? read_program(info.prog_id, rule) : -ENOENT;
	} while (ret == -ENOENT && rule->cgroup && rule->prog_id != before);
	close(fd);
	return ret;
}

int cgroup_rules(struct cgroup_rule **list, size_t *n)
{
	DIR *dir = opendir(RULES_DIR);
	struct cgroup_rule *more;
	struct dirent *d;
	int ret = 0, one;

	*list = NULL;
	*n = 0;
	while (dir && (d = readdir(dir))) {
		if (*d->d_name == '.' || strlen(d->d_name) >= CONGCTL_UNDO_MAX)
			continue;
		more = realloc(*list, (*n + 1) * sizeof(**list));
		if (!more) {
			closedir(dir);
			free(*list);
			*list = NULL;
			*n = 0;
			return -ENOMEM;
		}
		*list = more;
		one = read_rule(d->d_name, &more[*n]);
		*n += !one;
		ret = one == -EPERM ? one : ret;
	}
	if (dir)
		closedir(dir);
	return ret;
}

static int explain(int ret, struct congctl_error *err)
{
	if (ret == -EPERM || ret == -EACCES)
		return congctl_fail(err, ret, "no privilege to attach a program to a cgroup: run it as root or give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN");
	if (ret == -EINVAL || ret == -EOPNOTSUPP)
		return congctl_fail(err, ret, "this kernel does not take the program that assigns algorithms to a cgroup: use 5.7 or later with CONFIG_CGROUP_BPF");
	return congctl_fail(err, ret, "cannot attach a program to the cgroup: %s", strerror(-ret));
}

/* The program of a rule, loaded; the object to close is `*obj`. */
static int load(const char *name, uint32_t port, bool needs_ecn, struct bpf_object **obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "congctl_rule");
	struct assign_rule rule = {.port = port, .needs_ecn = needs_ecn};
	struct bpf_map *map;
	const void *image;
	size_t size;
	int ret;

	snprintf(rule.name, sizeof(rule.name), "%s", name);
	image = embedded_object("assign", &size);
	capture_begin();
	*obj = bpf_object__open_mem(image, size, &opts);
	ret = *obj ? 0 : -errno;
	map = *obj ? bpf_object__next_map(*obj, NULL) : NULL;
	if (!ret)
		ret = bpf_map__set_initial_value(map, &rule, sizeof(rule));
	if (!ret)
		ret = bpf_object__load(*obj);
	free(capture_end());
	if (ret) {
		bpf_object__close(*obj);
		return ret;
	}
	return bpf_program__fd(bpf_object__next_program(*obj, NULL));
}

static int pin(int link, const char *id)
{
	char path[PATH_MAX];

	if (mkdir(RULES_DIR, 0700) && errno != EEXIST) /* the lock keeps the directory above */
		return -errno;
	path_of(id, path);
	return bpf_obj_pin(link, path) ? -errno : 0;
}

int cgroup_rule_add(const struct cgroup_rule *rule, bool needs_ecn, int cgroup_fd, struct congctl_error *err)
{
	struct bpf_object *obj;
	int prog = load(rule->name, rule->port, needs_ecn, &obj), link, ret;

	if (prog < 0)
		return explain(prog, err);
	link = bpf_link_create(prog, cgroup_fd, BPF_CGROUP_SOCK_OPS, NULL);
	ret = link < 0 ? -errno : pin(link, rule->id);
	if (link >= 0)
		close(link); /* what is not pinned is gone with it */
	bpf_object__close(obj);
	return ret ? explain(ret, err) : 0;
}

int cgroup_rule_change(const struct cgroup_rule *rule, const char *name, bool needs_ecn, struct congctl_error *err)
{
	DECLARE_LIBBPF_OPTS(bpf_link_update_opts, opts, .flags = BPF_F_REPLACE);
	struct bpf_object *obj;
	char path[PATH_MAX];
	int prog = load(name, rule->port, needs_ecn, &obj), link, old, ret = 0;

	if (prog < 0)
		return explain(prog, err);
	path_of(rule->id, path);
	link = bpf_obj_get(path);
	old = bpf_prog_get_fd_by_id(rule->prog_id);
	opts.old_prog_fd = old;
	if (link < 0 || old < 0 || bpf_link_update(link, prog, &opts))
		ret = -errno;
	if (link >= 0)
		close(link);
	if (old >= 0)
		close(old);
	bpf_object__close(obj);
	return ret ? explain(ret, err) : 0;
}

int cgroup_rule_remove(const char *id)
{
	char path[PATH_MAX];
	int ret;

	path_of(id, path);
	ret = unlink(path) ? -errno : 0;
	rmdir(RULES_DIR); /* stays while others are in it */
	return ret;
}

void cgroup_rules_sweep(void)
{
	DIR *dir = opendir(RULES_DIR);
	struct cgroup_rule rule;
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (*d->d_name != '.' && strlen(d->d_name) < CONGCTL_UNDO_MAX && read_rule(d->d_name, &rule) == -ENOENT && !rule.cgroup)
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	closedir(dir);
	rmdir(RULES_DIR);
}
