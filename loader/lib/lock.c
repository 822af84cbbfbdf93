// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lock.h"
#include "name.h"

static bool is_ours(const struct stat *st, mode_t others)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & others);
}

/* Is this still the directory of that name? The last entry takes it along. */
static bool is_current(const char *path, int fd)
{
	struct stat ours, theirs;

	return !fstat(fd, &ours) && !stat(path, &theirs) && ours.st_ino == theirs.st_ino;
}

static int lock(const char *path, int fd)
{
	struct stat st, above;

	if (fstat(fd, &st) || stat(CONGCTL_PIN_DIR, &above))
		return -errno;
	if (!is_ours(&st, 077) || !is_ours(&above, 022))
		return -EINVAL;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return -errno;
	return is_current(path, fd) ? 0 : -ENOENT;
}

int lock_directory(const char *path, bool make, unsigned int wait_ms)
{
	for (unsigned int ms = 0;; ms++) {
		int fd, ret;

		if (make && ((mkdir(CONGCTL_PIN_DIR, 0755) && errno != EEXIST) || (mkdir(path, 0700) && errno != EEXIST && errno != ENOENT)))
			return -errno;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && (!make || errno != ENOENT))
			return -errno;
		ret = fd < 0 ? -ENOENT : lock(path, fd);
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

int lock_explain(const char *path, int code, struct congctl_error *err)
{
	if (code == -EBUSY)
		return congctl_fail(err, code, "somebody else holds %s locked: end that process or wait for it", path);
	if (code == -EINVAL)
		return congctl_fail(err, code, "%s or the directory it is in may be changed by others: look at who made it and remove it", path);
	return congctl_fail(err, code, "cannot make %s: %s: %s", path, strerror(-code), name_pin_remedy(code));
}

void unlock_directory(const char *path, int fd)
{
	if (fd < 0)
		return;
	if (is_current(path, fd)) {
		rmdir(path); /* both stay while others are in them */
		rmdir(CONGCTL_PIN_DIR);
	}
	flock(fd, LOCK_UN); /* a child that another thread forked meanwhile would keep it */
	close(fd);
}
