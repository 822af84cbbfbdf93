// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "held.h"
#include "name.h"
#include "policy.h"
#include "previous.h"
#include "source.h"
#include "undo.h"

/* proc(5): the fields of /proc/PID/stat after the name in parentheses: state (3), num_threads (20), starttime (22) */
#define STAT_FIELDS " %c %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %*d %ld %*d %llu"

/* Start of a process in clock ticks since boot. -ESRCH: there is none, or a zombie without threads. */
static int start_time(long pid, unsigned long long *start)
{
	char path[64], text[1024], state, *name_end;
	long threads;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (n < 0) /* /proc may hide a process that lives */
		return kill(pid, 0) && errno == ESRCH ? -ESRCH : -EACCES;
	text[n] = '\0';
	name_end = strrchr(text, ')');
	if (!name_end || sscanf(name_end + 1, STAT_FIELDS, &state, &threads, start) != 3)
		return -EINVAL;
	return state == 'X' || (state == 'Z' && threads <= 1) ? -ESRCH : 0;
}

/* Its number; 0: unknown */
static unsigned long pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) ? 0 : st.st_ino;
}

bool held_is(const char *entry)
{
	return *entry == '~';
}

int held_pin(int map_fd, const char *name, char path[HELD_PATH_MAX])
{
	unsigned long long start;
	char pin[PATH_MAX];
	int ret;

	*path = '\0';
	ret = start_time(getpid(), &start);
	if (ret)
		return ret;
	name_pin_path(name, pin);
	snprintf(path, HELD_PATH_MAX, "%s/~%lu~%d~%llu~%.*s", CONGCTL_PIN_DIR, pid_namespace(), (int)getpid(), start,
		 CONGCTL_NAME_MAX, strrchr(pin, '/') + 1);
	ret = name_pin(map_fd, path);
	if (ret)
		*path = '\0';
	return ret;
}

void held_unpin(char path[HELD_PATH_MAX])
{
	if (!*path)
		return;
	unlink(path);
	rmdir(CONGCTL_PIN_DIR); /* stays while others are in it */
	*path = '\0';
}

/* Is the holder gone for certain? Of another PID namespace's processes nothing is known. */
bool held_is_orphan(const char *entry)
{
	unsigned long long start, now;
	unsigned long ns;
	int pid, ret;

	if (sscanf(entry, "~%lu~%d~%llu~", &ns, &pid, &start) != 3 || pid <= 0 || !ns || ns != pid_namespace())
		return false;
	ret = start_time(pid, &now);
	return ret == -ESRCH || (!ret && now != start);
}

static void remove_orphan(const char *entry)
{
	char path[PATH_MAX];
	uint32_t zero = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", CONGCTL_PIN_DIR, entry);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return;
	/* the kernel's other answers say that it was never registered or is no more */
	if (!bpf_map_delete_elem(fd, &zero) || errno == ENOENT || errno == EINPROGRESS)
		unlink(path);
	close(fd);
}

void congctl_sweep(void)
{
	DIR *dir = opendir(CONGCTL_PIN_DIR);
	struct dirent *d;

	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (held_is(d->d_name) && held_is_orphan(d->d_name))
			remove_orphan(d->d_name);
	}
	closedir(dir);
	previous_sweep();
	source_sweep();
	policy_sweep();
	undo_sweep(); /* last: it removes the directory if that is empty */
}
