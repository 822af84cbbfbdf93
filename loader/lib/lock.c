// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <congctl/congctl.h>

#include "lock.h"

/* Is this still the directory of that name? The last entry takes it along. */
static bool is_current(const char *path, int fd)
{
	struct stat ours, theirs;

	return !fstat(fd, &ours) && !stat(path, &theirs) && ours.st_ino == theirs.st_ino;
}

int lock_directory(const char *path, bool make, unsigned int wait_ms)
{
	for (unsigned int ms = 0;; ms++) {
		int fd, ret;

		if (make && ((mkdir(CONGCTL_PIN_DIR, 0755) && errno != EEXIST) || (mkdir(path, 0755) && errno != EEXIST && errno != ENOENT)))
			return -errno;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && (!make || errno != ENOENT))
			return -errno;
		ret = fd < 0 ? -ENOENT : flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
		if (!ret && is_current(path, fd))
			return fd;
		if (fd >= 0)
			close(fd);
		if (ms >= wait_ms)
			return -EBUSY;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
}

void unlock_directory(const char *path, int fd)
{
	if (is_current(path, fd)) {
		rmdir(path); /* both stay while others are in them */
		rmdir(CONGCTL_PIN_DIR);
	}
	close(fd);
}
