// SPDX-License-Identifier: GPL-2.0-only
/* Plain registrations, as before 6.4: the kernel keeps them when their holder is killed, and the next sweep does not. Needs root. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry_fixture.h"

static struct congctl_object *register_plain(void)
{
	struct congctl_object *obj;

	if (congctl_object_open(&obj, OBJECT, NULL))
		return NULL;
	if (!congctl_object_rename(obj, name, NULL) && !object_load_as(obj, false) && !congctl_object_register(obj, NULL))
		return obj;
	congctl_object_close(obj);
	return NULL;
}

/* A process that holds it until it is killed; `pinned`: by its name. */
static pid_t start_holder(bool pinned)
{
	int ready[2];
	pid_t child;
	char byte;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (!child) {
		struct congctl_object *obj = register_plain();

		if (!obj || (pinned && congctl_object_pin(obj, NULL)) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	close(ready[1]);
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	CU_ASSERT_TRUE(congctl_is_available(name));
	return child;
}

static void end_holder(pid_t child)
{
	kill(child, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(child, NULL, 0), child);
}

/* The pin of whoever holds it; false: there is none. */
static bool held_path(char path[PATH_MAX])
{
	DIR *dir = opendir(CONGCTL_PIN_DIR);
	bool found = false;
	struct dirent *d;

	while (dir && !found && (d = readdir(dir))) {
		found = held_is(d->d_name) && !strcmp(strrchr(d->d_name, '~') + 1, name);
		snprintf(path, PATH_MAX, "%s/%s", CONGCTL_PIN_DIR, d->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}

static bool pinned_by_name(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", CONGCTL_PIN_DIR, name);
	return !access(path, F_OK);
}

static void assert_nothing_left(void)
{
	char path[PATH_MAX];

	CU_ASSERT_FALSE(congctl_is_available(name));
	CU_ASSERT_FALSE(held_path(path));
	CU_ASSERT_FALSE(pinned_by_name());
}

/* what the list says of our name; -1: nothing */
static int listed_origin(void)
{
	struct congctl_entry *entries;
	int origin = -1;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(congctl_list(&entries, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(entries[i].name, name))
			origin = entries[i].origin;
	}
	free(entries);
	return origin;
}

static void swept_when_its_holder_was_killed(void)
{
	char path[PATH_MAX];

	end_holder(start_holder(false));
	CU_ASSERT_TRUE(congctl_is_available(name)); /* this kernel's doing: nobody holds it */
	CU_ASSERT_TRUE(held_path(path));
	congctl_sweep();
	assert_nothing_left();
}

static void swept_by_what_lists_or_registers(void)
{
	struct congctl_object *obj;

	end_holder(start_holder(false));
	CU_ASSERT_EQUAL(listed_origin(), -1);
	assert_nothing_left();
	end_holder(start_holder(false));
	CU_ASSERT_EQUAL(congctl_require(NULL), 0);
	assert_nothing_left();
	obj = register_plain(); /* the name is free again */
	CU_ASSERT_PTR_NOT_NULL_FATAL(obj);
	congctl_object_close(obj);
	assert_nothing_left();
	end_holder(start_holder(false));
	CU_ASSERT_EQUAL(congctl_unregister(name, NULL, NULL), 0);
	assert_nothing_left();
}

static void swept_though_nobody_has_waited_for_its_holder(void)
{
	pid_t child = start_holder(false);
	siginfo_t info;

	kill(child, SIGKILL);
	CU_ASSERT_EQUAL(waitid(P_PID, child, &info, WEXITED | WNOWAIT), 0);
	congctl_sweep();
	assert_nothing_left();
	end_holder(child);
}

static void kept_while_its_holder_lives(void)
{
	pid_t child = start_holder(false);
	char path[PATH_MAX];

	congctl_sweep();
	CU_ASSERT_EQUAL(listed_origin(), CONGCTL_FOREIGN); /* not registered for good */
	CU_ASSERT_TRUE(congctl_is_available(name));
	CU_ASSERT_TRUE(held_path(path));
	end_holder(child);
	congctl_sweep();
	assert_nothing_left();
}

static void kept_when_pinned_by_name(void)
{
	end_holder(start_holder(true));
	congctl_sweep();
	CU_ASSERT_EQUAL(listed_origin(), CONGCTL_OURS);
	CU_ASSERT_EQUAL(congctl_unregister(name, NULL, NULL), 0);
	assert_nothing_left();
}

/* Give the pin of `child` other words: its place in the name is that of PIDNS, PID, STARTTIME. */
static void rewrite_pin(unsigned long ns_more, int pid_more, unsigned long long start_more)
{
	char from[PATH_MAX], to[PATH_MAX];
	unsigned long long start;
	unsigned long ns;
	int pid;

	CU_ASSERT_TRUE_FATAL(held_path(from));
	CU_ASSERT_EQUAL_FATAL(sscanf(strchr(from, '~'), "~%lu~%d~%llu~", &ns, &pid, &start), 3);
	snprintf(to, sizeof(to), "%s/~%lu~%d~%llu~%s", CONGCTL_PIN_DIR, ns + ns_more, pid + pid_more, start + start_more, name);
	CU_ASSERT_EQUAL_FATAL(rename(from, to), 0);
}

static void swept_when_its_pid_is_another_process_by_now(void)
{
	pid_t child = start_holder(false);

	rewrite_pin(0, 0, 1);
	congctl_sweep();
	assert_nothing_left();
	end_holder(child);
}

static void kept_when_of_another_pid_namespace(void)
{
	char path[PATH_MAX];

	end_holder(start_holder(false));
	rewrite_pin(1, 0, 0);
	congctl_sweep();
	CU_ASSERT_TRUE(congctl_is_available(name));
	CU_ASSERT_TRUE(held_path(path));
	rewrite_pin(-1UL, 0, 0);
	congctl_sweep();
	assert_nothing_left();
}

static void kept_what_is_no_pin_of_a_holder(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/~%s", CONGCTL_PIN_DIR, name);
	mkdir(CONGCTL_PIN_DIR, 0755);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
	congctl_sweep();
	CU_ASSERT_EQUAL(listed_origin(), -1);
	CU_ASSERT_EQUAL(rmdir(path), 0);
	rmdir(CONGCTL_PIN_DIR);
}

static void held_again_when_unpinned(void)
{
	struct congctl_object *obj = register_plain();
	char path[PATH_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(obj);
	CU_ASSERT_TRUE(held_path(path));
	CU_ASSERT_EQUAL(congctl_object_pin(obj, NULL), 0);
	CU_ASSERT_FALSE(held_path(path));
	CU_ASSERT_TRUE(pinned_by_name());
	congctl_object_unpin(obj);
	CU_ASSERT_TRUE(held_path(path));
	CU_ASSERT_FALSE(pinned_by_name());
	congctl_object_close(obj);
	assert_nothing_left();
}

/* The kernel registers a map once: the second time it fails, when its pin is made already. */
static void refused_it_leaves_no_pin(void)
{
	struct congctl_object *obj = register_plain();
	struct congctl_error err = {};
	uint32_t zero = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(obj);
	held_unpin(obj->held);
	CU_ASSERT_EQUAL(bpf_map_delete_elem(bpf_map__fd(obj->map), &zero), 0);
	obj->registered = false;
	CU_ASSERT_EQUAL(congctl_object_register(obj, &err), -EBUSY);
	assert_nothing_left();
	congctl_object_close(obj);
	congctl_error_clear(&err);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(swept_when_its_holder_was_killed),
		TEST(swept_by_what_lists_or_registers),
		TEST(swept_though_nobody_has_waited_for_its_holder),
		TEST(swept_when_its_pid_is_another_process_by_now),
		TEST(kept_while_its_holder_lives),
		TEST(kept_when_pinned_by_name),
		TEST(kept_when_of_another_pid_namespace),
		TEST(kept_what_is_no_pin_of_a_holder),
		TEST(held_again_when_unpinned),
		TEST(refused_it_leaves_no_pin),
		CU_TEST_INFO_NULL,
	};

	return registry_run("held", 'h', tests);
}
