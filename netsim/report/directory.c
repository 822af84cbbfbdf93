// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"

#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE (1 << 1)
#endif

#define MAX_PARENTS 64 /* made for one result */

static bool is_ours(const struct directory_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->n; i++) {
		if (!strcmp(kind->files[i].name, name))
			return true;
	}
	return false;
}

/* Nothing but files of ours, and the first of them; an empty directory will do too. */
static int check_content(const struct directory_kind *kind, DIR *d, const char *dir, struct congctl_error *err)
{
	size_t n = 0;
	bool marked = false;
	struct dirent *e;

	while ((e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!is_ours(kind, e->d_name))
			return congctl_fail(err, -EEXIST, "%s is there and holds other files, %s for one: another directory with -o", dir,
					    e->d_name);
		marked |= !strcmp(e->d_name, kind->files[0].name);
		n++;
	}
	if (n && !marked)
		return congctl_fail(err, -EEXIST, "%s is there and is not a result of netsim: another directory with -o", dir);
	return 0;
}

/* The part of `path` that is there, "." or "/" in the end; cut in place. */
static const char *existing_part(char *path)
{
	struct stat st;

	while (lstat(path, &st)) {
		char *slash;

		for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
			path[n - 1] = '\0';
		slash = strrchr(path, '/');
		if (!slash)
			return ".";
		slash[slash == path] = '\0';
		if (!strcmp(path, "/"))
			break;
	}
	return path;
}

/* `dir` without slashes at its end. */
static int find_place(char *place, size_t size, const char *dir, struct congctl_error *err)
{
	size_t n = strlen(dir);

	if (!n)
		return congctl_fail(err, -ENOENT, "the result directory has no name: one such as results/a with -o");
	while (n > 1 && dir[n - 1] == '/')
		n--;
	if (n >= size)
		return congctl_fail(err, -ENAMETOOLONG, "the name of the result directory is too long: less than %zu bytes", size);
	snprintf(place, size, "%.*s", (int)n, dir);
	return 0;
}

/* Can a directory be moved to that name, whether or not one is there? */
static bool can_be_moved_to(const char *place)
{
	const char *slash = strrchr(place, '/'), *last = slash ? slash + 1 : place;
	struct statx st;

	if (!strcmp(last, ".") || !strcmp(last, ".."))
		return false;
	if (statx(AT_FDCWD, place, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st))
		return true;
	return !S_ISLNK(st.stx_mode) && !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* The results are made beside their place, in the directory above it, or in that part of it which is there. */
static int check_above(const char *place, struct congctl_error *err)
{
	char path[4100];
	const char *there;
	struct stat st;

	snprintf(path, sizeof(path), "%s", place);
	there = existing_part(path);
	if (!strcmp(there, place)) {
		snprintf(path, sizeof(path), "%s/..", place);
		there = path;
	}
	if (!stat(there, &st) && S_ISDIR(st.st_mode) && !access(there, W_OK | X_OK))
		return 0;
	return congctl_fail(err, -EACCES, "cannot make the directory %s: %s must be a directory that can be written to", place, there);
}

int directory_check(const struct directory_kind *kind, const char *dir, struct congctl_error *err)
{
	char place[4000];
	int ret = find_place(place, sizeof(place), dir, err);
	DIR *d;

	if (ret)
		return ret;
	d = opendir(place);
	if (d ? access(place, W_OK | X_OK) : errno != ENOENT)
		ret = congctl_fail(err, -EEXIST, "cannot write results to %s: %s", dir, strerror(errno));
	else if (d)
		ret = check_content(kind, d, dir, err);
	if (d)
		closedir(d);
	if (!ret && !can_be_moved_to(place))
		ret = congctl_fail(err, -EEXIST, "%s is a link, a mount point or ends in a dot, which no directory can be moved to: another name "
				   "with -o", dir);
	return ret ? ret : check_above(place, err);
}

/* The directories above `place` that were missing: where their names end in it. */
struct parents {
	size_t n, ends[MAX_PARENTS];
};

static void remove_parents(const struct parents *made, const char *place)
{
	char path[4000];

	for (size_t i = made->n; i-- > 0;) {
		snprintf(path, sizeof(path), "%.*s", (int)made->ends[i], place);
		rmdir(path); /* stays if another program uses it by now */
	}
}

static int make_parents(struct parents *made, const char *place, struct congctl_error *err)
{
	char path[4000];
	int ret = 0;

	for (const char *slash = strchr(place + 1, '/'); slash && !ret; slash = strchr(slash + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash - place), place);
		if (made->n == MAX_PARENTS)
			ret = -ENAMETOOLONG;
		else if (!mkdir(path, 0777))
			made->ends[made->n++] = (size_t)(slash - place);
		else if (errno != EEXIST)
			ret = -errno;
	}
	if (!ret)
		return 0;
	remove_parents(made, place);
	return congctl_fail(err, ret, "cannot make the directory %s: %s", path, strerror(-ret));
}

static void remove_results(const struct directory_kind *kind, const char *dir)
{
	char path[4200];

	for (size_t i = 0; i < kind->n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, kind->files[i].name);
		unlink(path);
	}
	rmdir(dir);
}

int directory_close(FILE *f, int ret)
{
	const bool failed = ferror(f);

	errno = 0; /* when an earlier write failed, so does that of what is left, and says why */
	if (fclose(f) || failed)
		ret = ret ? ret : errno ? -errno : -EIO;
	return ret;
}

static int write_one(const struct directory_file *file, const char *dir, const void *result, struct congctl_error *err)
{
	char path[4200];
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", dir, file->name);
	f = fopen(path, "we");
	if (!f)
		return congctl_fail(err, -errno, "cannot write %s: %s", path, strerror(errno));
	ret = file->write(f, result, err);
	ret = directory_close(f, ret);
	return ret ? congctl_fail(err, ret, "cannot write %s: %s", path, strerror(-ret)) : 0;
}

/* Two directories change places: in a single step where the file system can, on NFS for one in three. 0 or -1, with errno */
static int exchange(const char *made, const char *dir)
{
	char aside[4200];

	if (!renameat2(AT_FDCWD, made, AT_FDCWD, dir, RENAME_EXCHANGE))
		return 0;
	snprintf(aside, sizeof(aside), "%s~", made);
	if (errno != EINVAL || rename(dir, aside))
		return -1;
	if (!rename(made, dir))
		return rename(aside, made);
	rename(aside, dir);
	return -1;
}

/* An earlier result in that place goes. */
static int move_in_place(const struct directory_kind *kind, const char *made, const char *dir, struct congctl_error *err)
{
	if (!rename(made, dir))
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return congctl_fail(err, -errno, "cannot move the results to %s: %s", dir, strerror(errno));
	if (exchange(made, dir))
		return congctl_fail(err, -errno, "cannot replace the results in %s: %s; remove it first", dir, strerror(errno));
	remove_results(kind, made);
	return 0;
}

/* Into a new directory beside `place`, then moved there. */
static int write_beside(const struct directory_kind *kind, const char *place, const void *result, struct congctl_error *err)
{
	const mode_t mask = umask(0);
	char made[4100];
	int ret = 0;

	umask(mask); /* there is no other way to read it */
	snprintf(made, sizeof(made), "%s.XXXXXX", place);
	if (!mkdtemp(made))
		return congctl_fail(err, -errno, "cannot make a directory beside %s: %s", place, strerror(errno));
	chmod(made, 0777 & ~mask); /* as mkdir() would */
	for (size_t i = 0; !ret && i < kind->n; i++)
		ret = write_one(&kind->files[i], made, result, err);
	if (!ret)
		ret = move_in_place(kind, made, place, err);
	if (ret)
		remove_results(kind, made);
	return ret;
}

int directory_write(const struct directory_kind *kind, const char *dir, const void *result, struct congctl_error *err)
{
	struct parents parents = {0};
	char place[4000];
	int ret = directory_check(kind, dir, err);

	if (!ret)
		ret = find_place(place, sizeof(place), dir, err);
	if (ret)
		return ret;
	ret = make_parents(&parents, place, err);
	if (ret)
		return ret;
	ret = write_beside(kind, place, result, err);
	if (ret)
		remove_parents(&parents, place);
	return ret;
}
