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
#define PRESENT ""
#define FORMER "~"
#define NEXT "~~"     /* of a swap that is under way */
#define NOT_KNOWN "-" /* as a note: there is one that says nothing */
#define NOTE_TRIES 100 /* each lost to another's rmdir() of the empty directory */

static void link_path(const char *name, const char *prefix, char path[PATH_MAX])
{
	char pin[PATH_MAX];

	name_pin_path(name, pin); /* a dot in the name is none there */
	snprintf(path, PATH_MAX, "%s/%s%.*s", SOURCE_DIR, prefix, CONGCTL_NAME_MAX, strrchr(pin, '/') + 1);
}

/* `file`: as realpath() gives it, or NOT_KNOWN. Only a hint: without it FILE has to be given. */
static void put_note(const char *name, const char *prefix, const char *file)
{
	char path[PATH_MAX];

	link_path(name, prefix, path);
	unlink(path);
	for (int tries = 0; tries < NOTE_TRIES && (!mkdir(SOURCE_DIR, 0755) || errno == EEXIST); tries++) {
		if (!symlink(file, path))
			return;
		if (errno != ENOENT)
			break;
	}
	rmdir(SOURCE_DIR);
}

static void drop_note(const char *name, const char *prefix)
{
	char path[PATH_MAX];

	link_path(name, prefix, path);
	unlink(path);
}

static void note(const char *name, const char *prefix, const char *file)
{
	char whole[PATH_MAX];

	if (realpath(file, whole))
		put_note(name, prefix, whole);
	else
		drop_note(name, prefix);
}

static const char *read_note(const char *name, const char *prefix, char file[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n;

	link_path(name, prefix, path);
	n = readlink(path, file, PATH_MAX - 1);
	if (n < 0)
		return NULL;
	file[n] = '\0';
	return file;
}

void source_note(const char *name, const char *file)
{
	note(name, PRESENT, file);
}

void source_note_former(const char *name, const char *file)
{
	note(name, FORMER, file);
}

void source_forget(const char *name)
{
	drop_note(name, PRESENT);
	drop_note(name, FORMER);
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
		snprintf(pin, sizeof(pin), "%s/%s", CONGCTL_PIN_DIR, d->d_name + strspn(d->d_name, "~"));
		if (*d->d_name != '.' && access(pin, F_OK) && errno == ENOENT)
			unlinkat(dirfd(dir), d->d_name, 0);
	}
	closedir(dir);
	rmdir(SOURCE_DIR);
}

const char *source_of(const char *name, char file[PATH_MAX])
{
	return read_note(name, PRESENT, file) && *file == '/' ? file : NULL;
}

const char *source_of_former(const char *name, char file[PATH_MAX])
{
	return read_note(name, FORMER, file) && *file == '/' ? file : NULL;
}

void source_begin(const char *name, const char *file)
{
	char next[PATH_MAX] = NOT_KNOWN, present[PATH_MAX];

	if (file ? !realpath(file, next) : !read_note(name, FORMER, next))
		strcpy(next, NOT_KNOWN);
	if (!read_note(name, PRESENT, present)) /* so that there is one to become the former one's */
		put_note(name, PRESENT, NOT_KNOWN);
	put_note(name, NEXT, next);
}

void source_end(const char *name, bool swapped)
{
	char present[PATH_MAX], former[PATH_MAX], next[PATH_MAX], file[PATH_MAX];

	link_path(name, PRESENT, present);
	link_path(name, FORMER, former);
	link_path(name, NEXT, next);
	if (!swapped) {
		unlink(next);
	} else if (read_note(name, NEXT, file)) {
		rename(present, former); /* there is none if whoever was cut short did it */
		rename(next, present);
	}
}

void source_replace(const char *name, bool swapped)
{
	char present[PATH_MAX], next[PATH_MAX];

	link_path(name, PRESENT, present);
	link_path(name, NEXT, next);
	if (swapped)
		rename(next, present); /* there is none if whoever was cut short did it */
	else
		unlink(next);
}
