// SPDX-License-Identifier: GPL-2.0-only
/* Directories of results: where one may be made, what of it may be replaced, and that nothing is left of one that fails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void what_fails_leaves_the_earlier_result(void)
{
	struct congctl_error err = {0};
	char text[16] = "", expected[256];
	FILE *f;

	CU_ASSERT_EQUAL(directory_write(&kind, dir, "old", &err), 0);
	CU_ASSERT_EQUAL(directory_write(&failing, dir, "new", &err), -ENOMEM);
	snprintf(expected, sizeof(expected), "cannot write %s.", dir);
	CU_ASSERT_EQUAL(strncmp(err.text, expected, strlen(expected)), 0);
	f = fopen(path_of("a.json"), "re");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_PTR_NOT_NULL(fgets(text, sizeof(text), f));
	fclose(f);
	CU_ASSERT_STRING_EQUAL(text, "old");
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
		TEST(missing_parents_are_made),
		TEST(parents_made_in_vain_are_removed),
		CU_TEST_INFO_NULL,
	};
	int failed;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	failed = unit_run("directory", tests);
	rmdir(dir);
	return failed;
}
