// SPDX-License-Identifier: GPL-2.0-only
/* The lock on a directory of the bpf file system. Needs root. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "../../loader/lib/lock.h"

static char path[64], inside[72];

static void held_once(void)
{
	int fd = lock_directory(path, true, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL(lock_directory(path, true, 2), -EBUSY);
	unlock_directory(path, fd);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

/* The child of a library's user, forked by another thread meanwhile */
static void freed_though_a_child_has_it(void)
{
	int fd = lock_directory(path, true, 0), again;
	pid_t child;

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (!child) {
		pause();
		_exit(1);
	}
	CU_ASSERT_EQUAL_FATAL(mkdir(inside, 0700), 0); /* so that the directory stays */
	unlock_directory(path, fd);
	again = lock_directory(path, false, 0);
	CU_ASSERT_TRUE(again >= 0);
	CU_ASSERT_EQUAL(rmdir(inside), 0);
	unlock_directory(path, again);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

static void not_where_others_could_open_it(void)
{
	mkdir(CONGCTL_PIN_DIR, 0755);
	CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
	CU_ASSERT_EQUAL(lock_directory(path, true, 0), -EINVAL);
	CU_ASSERT_EQUAL(rmdir(path), 0);
	rmdir(CONGCTL_PIN_DIR);
}

static void not_made_unless_asked_for(void)
{
	CU_ASSERT_EQUAL(lock_directory(path, false, 0), -ENOENT);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(held_once),
		TEST(freed_though_a_child_has_it),
		TEST(not_where_others_could_open_it),
		TEST(not_made_unless_asked_for),
		CU_TEST_INFO_NULL,
	};
	struct congctl_error err = {};

	if (geteuid() || congctl_require(&err)) {
		puts(*err.text ? err.text : "needs root");
		return 77;
	}
	snprintf(path, sizeof(path), "%s/~%d", CONGCTL_PIN_DIR, (int)getpid());
	snprintf(inside, sizeof(inside), "%s/inside", path);
	return unit_run("lock", tests);
}
