// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "name.h"
#include "source.h"

#define SOURCE_DIR CONGCTL_PIN_DIR "/~files"

static void link_path(const char *name, char path[PATH_MAX])
{
	char pin[PATH_MAX];

	name_pin_path(name, pin); /* a dot in the name is none there */
	snprintf(path, PATH_MAX, "%s/%.*s", SOURCE_DIR, CONGCTL_NAME_MAX, strrchr(pin, '/') + 1);
}

void source_note(const char *name, const char *file)
{
	char path[PATH_MAX], whole[PATH_MAX];

	link_path(name, path);
	unlink(path);
	if (!realpath(file, whole))
		return;
	mkdir(SOURCE_DIR, 0755);
	if (symlink(whole, path))
		rmdir(SOURCE_DIR); /* only a hint: without it the file is looked for in the catalogue */
}

void source_forget(const char *name)
{
	char path[PATH_MAX];

	link_path(name, path);
	unlink(path);
	rmdir(SOURCE_DIR); /* stays while others are in it */
}

void source_sweep(void)
{
	DIR *dir = opendir(SOURCE_DIR);
	char pin[PATH_MAX];
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		snprintf(pin, sizeof(pin), "%s/%s", CONGCTL_PIN_DIR, d->d_name);
		if (*d->d_name != '.' && access(pin, F_OK) && errno == ENOENT)
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	closedir(dir);
	rmdir(SOURCE_DIR);
}

const char *source_of(const char *name, char file[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n;

	link_path(name, path);
	n = readlink(path, file, PATH_MAX - 1);
	if (n < 0)
		return NULL;
	file[n] = '\0';
	return file;
}
