// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <congctl/congctl.h>

#include "lock.h"

static bool is_ours(const struct stat *st, mode_t others)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & others);
}

/* Locked, and still the directory of that name? Whoever lets it go takes it along if it is empty. */
static int lock(const char *directory, int fd)
{
	struct stat above, ours, named;

	if (fstat(fd, &ours) || stat(CONGCTL_PIN_DIR, &above))
		return -errno;
	if (!is_ours(&ours, 077) || !is_ours(&above, 022))
		return -EINVAL;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return -errno;
	return stat(directory, &named) || named.st_ino != ours.st_ino ? -ENOENT : 0;
}

int lock_take(const char *directory, unsigned int wait_ms)
{
	for (unsigned int ms = 0;; ms++) {
		int fd, ret;

		if (mkdir(CONGCTL_PIN_DIR, 0755) && errno != EEXIST)
			return -errno;
		if (mkdir(directory, 0700) && errno != EEXIST && errno != ENOENT)
			return -errno;
		fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		ret = fd < 0 ? -errno : lock(directory, fd);
		if (!ret)
			return fd;
		if (fd >= 0)
			close(fd);
		if (ret != -ENOENT && ret != -EWOULDBLOCK)
			return ret;
		if (ms >= wait_ms)
			return -EBUSY;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

void lock_release(const char *directory, int fd)
{
	if (fd < 0)
		return;
	rmdir(directory); /* both stay while something is in them */
	rmdir(CONGCTL_PIN_DIR);
	close(fd);
}
