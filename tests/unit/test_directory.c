// SPDX-License-Identifier: GPL-2.0-only
/* Directories of results: where one may be made, what of it may be replaced, and that nothing is left of one that fails. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/report/directory.h"

static char dir[] = "/tmp/test_directory.XXXXXX";

static int put(FILE *f, const void *result, struct congctl_error *err)
{
	return fputs(result, f) < 0 ? -EIO : 0;
}

static int put_nothing(FILE *f, const void *result, struct congctl_error *err)
{
	return -ENOMEM;
}

static const struct directory_file files[] = {{"a.json", put}, {"b.csv", put}}, bad[] = {{"a.json", put}, {"b.csv", put_nothing}};
static const struct directory_kind kind = {files, 2}, failing = {bad, 2};

static const char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void empty_dir(void)
{
	static const char *const names[] = {"a.json", "b.csv", "thesis.tex"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_of(names[i]));
}

static void holds(const char *name, const char *expected)
{
	FILE *f = fopen(path_of(name), "re");
	char text[16] = "";

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof(text), f));
	fclose(f);
	CU_ASSERT_STRING_EQUAL(text, expected);
}

/* What it returns, without the sign, in a process of its own, for it cannot be taken back there. */
static int in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status = -1;

	if (!pid)
		_exit(-run());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void what_fails_leaves_the_earlier_result(void)
{
	struct congctl_error err = {0};
	char expected[256];

	CU_ASSERT_EQUAL(directory_write(&kind, dir, "old", &err), 0);
	CU_ASSERT_EQUAL(directory_write(&failing, dir, "new", &err), -ENOMEM);
	snprintf(expected, sizeof(expected), "cannot write %s.", dir);
	CU_ASSERT_EQUAL(strncmp(err.text, expected, strlen(expected)), 0);
	holds("a.json", "old");
	empty_dir();
	CU_ASSERT_EQUAL(directory_write(&failing, path_of("x/y"), "new", NULL), -ENOMEM);
	CU_ASSERT_NOT_EQUAL(access(path_of("x"), F_OK), 0);
}

static void a_foreign_directory_is_refused_and_left_alone(void)
{
	struct congctl_error err = {0};
	char expected[256];
	FILE *f;

	f = fopen(path_of("thesis.tex"), "we");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	CU_ASSERT_EQUAL(directory_check(&kind, dir, &err), -EEXIST);
	snprintf(expected, sizeof(expected), "%s is there and holds other files, thesis.tex for one: another directory with -o", dir);
	CU_ASSERT_STRING_EQUAL(err.text, expected);
	CU_ASSERT_EQUAL(directory_write(&kind, dir, "text", NULL), -EEXIST);
	CU_ASSERT_EQUAL(access(path_of("thesis.tex"), F_OK), 0);
	CU_ASSERT_NOT_EQUAL(access(path_of("b.csv"), F_OK), 0);
	empty_dir();
	f = fopen(path_of("b.csv"), "we"); /* a name of ours, but no result */
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fclose(f);
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(directory_write(&kind, dir, "text", &err), -EEXIST);
	snprintf(expected, sizeof(expected), "%s is there and is not a result of netsim: another directory with -o", dir);
	CU_ASSERT_STRING_EQUAL(err.text, expected);
	empty_dir();
}

static void impossible_places_are_refused(void)
{
	struct congctl_error err = {0};

	static char long_name[5000];
	char place[128], expected[512];

	CU_ASSERT_EQUAL(directory_check(&kind, "", &err), -ENOENT);
	CU_ASSERT_STRING_EQUAL(err.text, "the result directory has no name: one such as results/a with -o");
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(directory_check(&kind, "/dev/null", &err), -EEXIST);
	CU_ASSERT_STRING_EQUAL(err.text, "cannot write results to /dev/null: Not a directory");
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(directory_check(&kind, "/dev/null/a/b", &err), -EEXIST);
	CU_ASSERT_STRING_EQUAL(err.text, "cannot write results to /dev/null/a/b: Not a directory");
	congctl_error_clear(&err);
	for (size_t i = 0; i < sizeof(long_name) - 1; i++)
		long_name[i] = i % 2 ? '/' : 'x';
	CU_ASSERT(directory_check(&kind, long_name, &err) < 0);
	congctl_error_clear(&err);

	/* the part that is there is a link to nowhere */
	CU_ASSERT_EQUAL_FATAL(symlink("/nonexistent", path_of("nowhere")), 0);
	snprintf(place, sizeof(place), "%s/nowhere/a/b", dir);
	CU_ASSERT_EQUAL(directory_check(&kind, place, &err), -EACCES);
	snprintf(expected, sizeof(expected), "cannot make the directory %s: %s/nowhere must be a directory that can be written to", place, dir);
	CU_ASSERT_STRING_EQUAL(err.text, expected);
	unlink(path_of("nowhere"));
}

/* A directory is moved to that name in the end: not over a link, nor over where somebody stands. */
static void what_cannot_be_replaced_is_refused_before_the_run(void)
{
	static const char *const places[] = {"link", "link/", "empty/.", "empty/./", "new/."};
	struct congctl_error err = {0};
	char expected[512];

	CU_ASSERT_EQUAL_FATAL(mkdir(path_of("empty"), 0755), 0);
	CU_ASSERT_EQUAL_FATAL(symlink("empty", path_of("link")), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		CU_ASSERT_EQUAL(directory_check(&kind, path_of(places[i]), &err), -EEXIST);
		snprintf(expected, sizeof(expected), "%s is a link, a mount point or ends in a dot, which no directory can be moved to: another "
			 "name with -o", path_of(places[i]));
		CU_ASSERT_STRING_EQUAL(err.text, expected);
		congctl_error_clear(&err);
	}
	CU_ASSERT_EQUAL(directory_check(&kind, path_of("empty"), &err), 0);
	unlink(path_of("link"));
	rmdir(path_of("empty"));
}

static int write_as_another(void)
{
	char place[256];

	snprintf(place, sizeof(place), "%s/theirs", dir);
	if (!geteuid() && setresuid(65534, 65534, 65534))
		return -errno;
	return directory_check(&kind, place, NULL) ? directory_write(&kind, place, "new", NULL) : 0;
}

/* of root's `sudo netsim run -o results`, for one */
static void what_may_not_be_written_to_is_refused_before_the_run(void)
{
	CU_ASSERT_EQUAL(directory_write(&kind, path_of("theirs"), "old", NULL), 0);
	CU_ASSERT_EQUAL(chmod(dir, 0777) | chmod(path_of("theirs"), 0555), 0);
	CU_ASSERT_EQUAL(in_child(write_as_another), EEXIST);
	holds("theirs/a.json", "old");
	CU_ASSERT_EQUAL(chmod(dir, 0700) | chmod(path_of("theirs"), 0755), 0);
	unlink(path_of("theirs/a.json"));
	unlink(path_of("theirs/b.csv"));
	rmdir(path_of("theirs"));
}

/* a file system that cannot let two directories change places, NFS for one */
static int write_without_exchange(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return -errno;
	return directory_write(&kind, path_of("x"), "new", NULL);
}

static void a_result_is_replaced_on_any_file_system(void)
{
	CU_ASSERT_EQUAL(directory_write(&kind, path_of("x"), "old", NULL), 0);
	CU_ASSERT_EQUAL(in_child(write_without_exchange), 0);
	holds("x/a.json", "new");
	unlink(path_of("x/a.json"));
	unlink(path_of("x/b.csv"));
	rmdir(path_of("x"));
}

static void the_users_mask_holds(void)
{
	struct stat st;
	mode_t mask = umask(0027);

	CU_ASSERT_EQUAL(directory_write(&kind, dir, "text", NULL), 0);
	umask(mask);
	CU_ASSERT_EQUAL(stat(dir, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0750);
	empty_dir();
}

static void missing_parents_are_made(void)
{
	static const char *const places[] = {"a/b/c", "a//b/c//", "a/../a/b/c", "c"};
	struct congctl_error err = {0};
	char place[256], file[300];
	char *cwd = getcwd(NULL, 0);

	CU_ASSERT_EQUAL_FATAL(chdir(dir), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		for (int absolute = 0; absolute < 2; absolute++) {
			snprintf(place, sizeof(place), "%s%s%s", absolute ? dir : "", absolute ? "/" : "", places[i]);
			CU_ASSERT_EQUAL(directory_check(&kind, place, &err), 0);
			CU_ASSERT_NOT_EQUAL(access(path_of("a"), F_OK), 0); /* a question makes nothing */
			CU_ASSERT_EQUAL(directory_write(&kind, place, "text", &err), 0);
			CU_ASSERT_STRING_EQUAL(err.text, "");
			for (size_t k = 0; k < kind.n; k++) {
				snprintf(file, sizeof(file), "%s/%s", place, files[k].name);
				CU_ASSERT_EQUAL(unlink(file), 0);
			}
			CU_ASSERT_EQUAL(rmdir(place), 0);
			rmdir(path_of("a/b"));
			rmdir(path_of("a"));
		}
	}
	CU_ASSERT_EQUAL(chdir(cwd), 0);
	free(cwd);
}

/* a last name so long that the one beside it is too long: the write fails after the parents were made */
static void parents_made_in_vain_are_removed(void)
{
	struct congctl_error err = {0};
	char place[600];

	CU_ASSERT_EQUAL_FATAL(mkdir(path_of("old"), 0755), 0);
	snprintf(place, sizeof(place), "%s/new/../old/deep/%0254d", dir, 0);
	CU_ASSERT_EQUAL(directory_write(&kind, place, "text", &err), -ENAMETOOLONG);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot make a directory beside "));
	CU_ASSERT_NOT_EQUAL(access(path_of("new"), F_OK), 0);
	CU_ASSERT_NOT_EQUAL(access(path_of("old/deep"), F_OK), 0);
	CU_ASSERT_EQUAL(rmdir(path_of("old")), 0); /* was there, and stays */
	congctl_error_clear(&err);
	snprintf(place, sizeof(place), "%s/new/%0256d/a", dir, 0); /* and with the parents half made */
	CU_ASSERT_EQUAL(directory_write(&kind, place, "text", &err), -ENAMETOOLONG);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cannot make the directory "));
	CU_ASSERT_NOT_EQUAL(access(path_of("new"), F_OK), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(what_fails_leaves_the_earlier_result),
		TEST(a_foreign_directory_is_refused_and_left_alone),
		TEST(impossible_places_are_refused),
		TEST(what_cannot_be_replaced_is_refused_before_the_run),
		TEST(what_may_not_be_written_to_is_refused_before_the_run),
		TEST(a_result_is_replaced_on_any_file_system),
		TEST(the_users_mask_holds),
		TEST(missing_parents_are_made),
		TEST(parents_made_in_vain_are_removed),
		CU_TEST_INFO_NULL,
	};
	int failed;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	failed = unit_run("directory", tests);
	return rmdir(dir) || failed; /* nothing is left in it */
}
