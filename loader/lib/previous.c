// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "name.h"
#include "previous.h"
#include "registry.h"

#define LOCK_MS 10000 /* a swap takes 10 to 20 ms, most of it one RCU grace period */

/* DIR/prefixNAME, a dot in the name written as in the pins */
static void previous_path(const char *name, const char *prefix, char path[PATH_MAX])
{
	char pin[PATH_MAX];

	name_pin_path(name, pin);
	snprintf(path, PATH_MAX, "%s/%s%.*s", PREVIOUS_DIR, prefix, CONGCTL_NAME_MAX, strrchr(pin, '/') + 1);
}

/* Is this still the directory of that name? The last entry takes it along. */
static bool is_current(int fd)
{
	struct stat ours, theirs;

	return !fstat(fd, &ours) && !stat(PREVIOUS_DIR, &theirs) && ours.st_ino == theirs.st_ino;
}

static int lock(bool make, unsigned int wait_ms)
{
	for (unsigned int ms = 0;; ms++) {
		int fd, ret;

		if (make && ((mkdir(CONGCTL_PIN_DIR, 0755) && errno != EEXIST) || (mkdir(PREVIOUS_DIR, 0755) && errno != EEXIST)))
			return -errno;
		fd = open(PREVIOUS_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && (!make || errno != ENOENT))
			return -errno;
		ret = fd < 0 ? -ENOENT : flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
		if (!ret && is_current(fd))
			return fd;
		if (fd >= 0)
			close(fd);
		if (ms >= wait_ms)
			return -EBUSY;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

static void unlock(int fd)
{
	rmdir(PREVIOUS_DIR); /* both stay while others are in them */
	rmdir(CONGCTL_PIN_DIR);
	close(fd);
}

/* Under the lock: a swap of `name` that was cut short has happened if the link runs another map than the one it set out from. */
static void settle(const char *name)
{
	char half[PATH_MAX], former[PATH_MAX], pin[PATH_MAX];
	int64_t runs, was;

	previous_path(name, "~", half);
	previous_path(name, "", former);
	name_pin_path(name, pin);
	runs = registry_pin_map(pin);
	was = registry_pin_map(half);
	if (runs < 0 || was < 0)
		return;
	if (!runs) /* not registered: nothing to roll back */
		unlink(former);
	if (!was)
		return;
	if (!runs || runs == was)
		unlink(half);
	else
		rename(half, former);
}

void previous_sweep(void)
{
	char name[CONGCTL_NAME_MAX + 1];
	int fd = lock(false, 0);
	struct dirent *d;
	DIR *dir;

	if (fd < 0) /* nothing there, not ours to look at, or somebody swaps just now */
		return;
	dir = opendir(PREVIOUS_DIR);
	while (dir && (d = readdir(dir))) {
		if (*d->d_name == '.')
			continue;
		name_from_pin(d->d_name + (*d->d_name == '~'), name);
		settle(name);
	}
	if (dir)
		closedir(dir);
	unlock(fd);
}

static int move_link(int link_fd, int from_fd, int to_fd)
{
	struct bpf_link_update_opts opts = {.sz = sizeof(opts), .flags = BPF_F_REPLACE, .old_prog_fd = from_fd};

	return bpf_link_update(link_fd, to_fd, &opts) ? -errno : 0;
}

static int explain_swap(const char *name, int code, struct congctl_error *err)
{
	if (code == -EPERM)
		return congctl_fail(err, -EBUSY, "'%s' was swapped by somebody else meanwhile: look at it and try again", name);
	if (code == -ENOLINK)
		return congctl_fail(err, -ENOENT, "'%s' was unregistered meanwhile: 'congctl register' it", name);
	if (code == -EINVAL)
		return congctl_fail(err, code, "the kernel refuses this build of '%s': its name, its flags or its set of operations", name);
	return congctl_fail(err, code, "cannot swap the build of '%s': %s", name, strerror(-code));
}

int previous_swap(const char *name, int link_fd, int old_fd, int new_fd, struct congctl_error *err)
{
	char half[PATH_MAX], former[PATH_MAX];
	int fd, ret;

	fd = lock(true, LOCK_MS);
	if (fd == -EBUSY)
		return congctl_fail(err, fd, "somebody else holds %s locked: end that process or wait for it", PREVIOUS_DIR);
	if (fd < 0)
		return congctl_fail(err, fd, "cannot make %s: %s: %s", PREVIOUS_DIR, strerror(-fd), name_pin_remedy(fd));
	previous_path(name, "~", half);
	previous_path(name, "", former);
	settle(name);
	ret = bpf_obj_pin(old_fd, half) ? -errno : 0;
	if (ret) {
		unlock(fd);
		return congctl_fail(err, ret, "cannot pin the present build at %s: %s: %s", half, strerror(-ret), name_pin_remedy(ret));
	}
	ret = move_link(link_fd, old_fd, new_fd);
	if (ret) {
		unlink(half);
		ret = explain_swap(name, ret, err);
	} else if (rename(half, former)) {
		ret = congctl_fail(err, -errno, "cannot keep the present build at %s: %s", former, strerror(errno));
		move_link(link_fd, new_fd, old_fd);
		unlink(half);
	}
	unlock(fd);
	return ret;
}

int previous_open(const char *name)
{
	char path[PATH_MAX];
	int fd;

	previous_path(name, "", path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
}

void previous_drop(const char *name)
{
	char path[PATH_MAX];
	int fd = lock(false, LOCK_MS);

	if (fd < 0)
		return;
	previous_path(name, "", path);
	unlink(path);
	unlock(fd);
}
