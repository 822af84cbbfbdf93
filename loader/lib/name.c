// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "name.h"

#define PIN_TRIES 100 /* each lost to an rmdir() between two system calls */

int name_check(const char *name, bool dots, struct congctl_error *err)
{
	size_t n = strlen(name);

	if (!n)
		return congctl_fail(err, -EINVAL, "the name of an algorithm is empty: give it 1 to %d letters, digits or _",
				    CONGCTL_NAME_MAX);
	if (n > CONGCTL_NAME_MAX)
		return congctl_fail(err, -EINVAL, "the name '%s' is %zu characters long: the kernel takes at most %d", name, n,
				    CONGCTL_NAME_MAX);
	for (const char *c = name; *c; c++) {
		if (isalnum((unsigned char)*c) || *c == '_' || (dots && *c == '.'))
			continue;
		if (!isascii((unsigned char)*c))
			return congctl_fail(err, -EINVAL, "the name '%s' is not ASCII: the kernel takes letters, digits and _ only",
					    name);
		return congctl_fail(err, -EINVAL, "the name '%s' contains '%c': the kernel takes letters, digits and _ only",
				    name, *c);
	}
	return 0;
}

void name_pin_path(const char *name, char path[PATH_MAX])
{
	int n = snprintf(path, PATH_MAX, "%s/", CONGCTL_PIN_DIR);

	snprintf(path + n, PATH_MAX - n, "%s", name);
	for (char *c = path + n; *c; c++)
		*c = *c == '.' ? '+' : *c;
}

int name_pin(int fd, const char *path)
{
	for (int tries = 0; tries < PIN_TRIES; tries++) {
		if (mkdir(CONGCTL_PIN_DIR, 0755) && errno != EEXIST)
			return -errno;
		if (!bpf_obj_pin(fd, path))
			return 0;
		if (errno != ENOENT)
			return -errno;
	}
	return -ENOENT;
}

const char *name_pin_remedy(int ret)
{
	if (ret == -EACCES)
		return "only its owner may write there: run it as root or give it CAP_DAC_OVERRIDE";
	if (ret == -EEXIST)
		return "something else has that place: remove it";
	if (ret == -EROFS)
		return "'mount -o remount,rw /sys/fs/bpf' as root";
	return "is a bpf file system mounted there? 'mount -t bpf bpf /sys/fs/bpf'";
}

void name_from_pin(const char *entry, char name[CONGCTL_NAME_MAX + 1])
{
	snprintf(name, CONGCTL_NAME_MAX + 1, "%.*s", CONGCTL_NAME_MAX, entry);
	for (char *c = name; *c; c++)
		*c = *c == '+' ? '.' : *c;
}

char *name_words(const char *list)
{
	char path[128], *text = calloc(1, 8194); /* the kernel's buffer has 2048 (6.12) */
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", list);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && text)
		n = read(fd, text, 8192);
	if (fd >= 0)
		close(fd);
	if (fd < 0 || !text || n < 0) {
		free(text);
		return NULL;
	}
	for (char *c = text; *c; c++)
		*c = isspace((unsigned char)*c) ? '\0' : *c;
	return text;
}

bool name_listed(const char *list, const char *name)
{
	char *words = name_words(list);
	bool found = false;

	for (char *w = words; w && *w && !found; w += strlen(w) + 1)
		found = !strcmp(w, name);
	free(words);
	return found;
}

bool congctl_is_available(const char *name)
{
	return name_listed("tcp_available_congestion_control", name);
}

static char catalogue[PATH_MAX];

/* `below` from the directory that `file` lies in, if it is there */
static bool take_catalogue(const char *file, const char *below)
{
	const char *slash = strrchr(file, '/');

	if (!slash || snprintf(catalogue, sizeof(catalogue), "%.*s/%s", (int)(slash - file), file, below) >= (int)sizeof(catalogue))
		return false;
	return !access(catalogue, F_OK);
}

static void find_catalogue(void)
{
	const char *set = getenv("CONGCTL_ALGORITHMS");
	char exe[PATH_MAX];
	Dl_info library;
	ssize_t n;

	if (set && *set) {
		snprintf(catalogue, sizeof(catalogue), "%s", set);
		return;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	exe[n > 0 ? n : 0] = '\0';
	if (take_catalogue(exe, "algorithms"))
		return;
	/* a program that is not installed with the library; of the static one this is the program once more */
	if (dladdr(catalogue, &library) && library.dli_fname &&
	    (take_catalogue(library.dli_fname, "congctl/algorithms") || take_catalogue(library.dli_fname, "algorithms")))
		return;
	take_catalogue(exe, "../lib/congctl/algorithms"); /* installed: PREFIX/bin beside PREFIX/lib, wherever PREFIX has come to lie */
}

const char *congctl_catalogue(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_catalogue);
	return catalogue;
}

int name_resolve(const char *name_or_path, char path[PATH_MAX], struct congctl_error *err)
{
	const char *stem = name_or_path;

	if (!*stem)
		return congctl_fail(err, -ENOENT, "the name of an algorithm is empty: 'congctl list' shows what there is");
	if (strpbrk(stem, "/.")) {
		if (strlen(stem) >= PATH_MAX)
			return congctl_fail(err, -ENAMETOOLONG, "the path is longer than %d characters: shorten it", PATH_MAX - 1);
		snprintf(path, PATH_MAX, "%s", stem);
		if (!access(path, F_OK))
			return 0;
		return congctl_fail(err, -ENOENT, "no file '%s': build it, or name an algorithm of 'congctl list'", path);
	}
	if (!strncmp(stem, "bpf_", 4))
		stem += 4;
	if (snprintf(path, PATH_MAX, "%s/%s.bpf.o", congctl_catalogue(), stem) < PATH_MAX && !access(path, F_OK))
		return 0;
	if (access(congctl_catalogue(), F_OK))
		return congctl_fail(err, -ENOENT, "no algorithm '%s': there is no catalogue %s: set CONGCTL_ALGORITHMS to the directory with "
				    "%s.bpf.o, or give its path", name_or_path, congctl_catalogue(), stem);
	return congctl_fail(err, -ENOENT, "no algorithm '%s' in %s: 'congctl list' shows what there is", name_or_path,
			    congctl_catalogue());
}
