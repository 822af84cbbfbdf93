// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/scenario/workload.h"

#define DRAWS 1000000

static char dir[] = "/tmp/size-cdf.XXXXXX";
static char path[64];
static struct congctl_error err;

static int load_text(struct size_cdf *cdf, const char *text)
{
	FILE *f = fopen(path, "we");

	memset(&err, 0, sizeof(err));
	fputs(text, f);
	fclose(f);
	return size_cdf_load(cdf, path, &err);
}

/* by hand: the sum of (c - c before) × (bytes + bytes before) / 2 over the published points */
static void the_built_in_means_are_those_of_the_points(void)
{
	struct size_cdf cdf;

	CU_ASSERT_EQUAL(size_cdf_load(&cdf, "web-search", &err), 0);
	CU_ASSERT_DOUBLE_EQUAL(size_cdf_mean(&cdf), 1711250, 1e-3);
	CU_ASSERT_EQUAL(size_cdf_load(&cdf, "data-mining", &err), 0);
	CU_ASSERT_DOUBLE_EQUAL(size_cdf_mean(&cdf), 7470236, 1e-3);
}

/* half of data mining's transfers are one packet and 95 % below 3.1 MB: the rest of the bytes is in a few */
static void built_in_quantiles_are_the_published_points(void)
{
	struct size_cdf cdf;

	size_cdf_load(&cdf, "data-mining", &err);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0), 1460);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0.4999), 1460);
	CU_ASSERT_DOUBLE_EQUAL(size_cdf_draw(&cdf, 0.95), 2107 * 1460, 1e-3);
	size_cdf_load(&cdf, "web-search", &err);
	CU_ASSERT_DOUBLE_EQUAL(size_cdf_draw(&cdf, 0.53), 80000, 1e-3);
	CU_ASSERT_DOUBLE_EQUAL(size_cdf_draw(&cdf, 0.565), 140000, 1e-3); /* half way between 80 and 200 kB */
}

static void draws_have_the_mean(void)
{
	struct size_cdf cdf;
	double sum = 0, squares = 0, mean, sigma;
	struct rng rng;

	size_cdf_load(&cdf, "web-search", &err);
	rng_seed(&rng, 1, 1);
	for (int i = 0; i < DRAWS; i++) {
		double bytes = size_cdf_draw(&cdf, rng_uniform(&rng));

		sum += bytes;
		squares += bytes * bytes;
	}
	mean = sum / DRAWS;
	sigma = sqrt((squares / DRAWS - mean * mean) / DRAWS);
	CU_ASSERT_DOUBLE_EQUAL(mean, size_cdf_mean(&cdf), 3 * sigma);
}

static void draws_stay_inside_for_every_uniform_number(void)
{
	struct size_cdf cdf;
	double last = 0;
	int wrong = 0;

	size_cdf_load(&cdf, "data-mining", &err);
	for (int i = 0; i <= 100000; i++) {
		double bytes = size_cdf_draw(&cdf, i < 100000 ? i / 100000.0 : 1 - 0x1p-53);

		wrong += bytes < last || bytes > 666667 * 1460.0;
		last = bytes;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void a_file_may_have_comments_steps_and_blank_lines(void)
{
	struct size_cdf cdf;

	CU_ASSERT_EQUAL(load_text(&cdf, "# sizes\n\n 100 0\n100\t0.5 # half\n200 0.5\r\n3e2 1\n"), 0);
	CU_ASSERT_EQUAL(cdf.n, 4);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0.25), 100);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0.5), 200);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0.75), 250);
	CU_ASSERT_EQUAL(size_cdf_mean(&cdf), 175);
}

static void a_single_point_is_a_constant(void)
{
	struct size_cdf cdf;

	CU_ASSERT_EQUAL(load_text(&cdf, "5000 1"), 0);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 0), 5000);
	CU_ASSERT_EQUAL(size_cdf_draw(&cdf, 1 - 0x1p-53), 5000);
	CU_ASSERT_EQUAL(size_cdf_mean(&cdf), 5000);
}

/* the sentence starts with FILE:LINE */
static void wrong_files_are_told_with_their_line(void)
{
	static const struct {
		const char *text, *line, *says;
	} wrong[] = {
		{"", ":1: ", "the distribution is empty"},
		{"# nothing\n\n", ":2: ", "the distribution is empty"},
		{"100 0.2\n90 1\n", ":2: ", "the lines are not sorted, 90 comes after 100"},
		{"100 0.5\n\n200 0.4\n300 1\n", ":3: ", "the lines are not sorted, 0.4 comes after 0.5"},
		{"100 0.5\n200 0.9\n", ":2: ", "does not sum to 1, the last line has 0.9"},
		{"100 0.5\n200 1.1\n", ":2: ", "does not sum to 1, it comes to 1.1"},
		{"100 50%\n", ":1: ", "'50%' is not a number"},
		{"10kB 1\n", ":1: ", "'10kB' is not a number"},
		{"100 nan\n", ":1: ", "'nan' is not a number"},
		{"0x10 1\n", ":1: ", "'0x10' is not a number"},
		{"1e999 1\n", ":1: ", "'1e999' is not a number"},
		{"100\n", ":1: ", "'' is not a number"},
		{"100,1\n", ":1: ", "'100,1' is not a number"},
		{"100 0 1\n", ":1: ", "there is a third column"},
		{"-1 1\n", ":1: ", "-1 is negative"},
		{"1 -0.5\n2 1\n", ":1: ", "-0.5 is negative"},
		{"0 1\n", ":1: ", "the largest size is 0 bytes: at least 1"},
		{"1e16 1\n", ":1: ", "too large: at most 1e+15"},
	};
	struct size_cdf cdf;
	char start[80];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(start, sizeof(start), "%s%s", path, wrong[i].line);
		CU_ASSERT_EQUAL(load_text(&cdf, wrong[i].text), -EINVAL);
		CU_ASSERT(!strncmp(err.text, start, strlen(start)) && strstr(err.text, wrong[i].says));
		if (!strstr(err.text, wrong[i].says))
			printf("\n%zu: %s", i, err.text);
	}
}

static void a_257th_point_is_too_many(void)
{
	char text[4096] = "";
	struct size_cdf cdf;

	for (int i = 1; i <= 256; i++)
		sprintf(text + strlen(text), "%d %s\n", i, i < 256 ? "0.5" : "1");
	CU_ASSERT_EQUAL(load_text(&cdf, text), 0);
	strcat(text, "257 1\n");
	CU_ASSERT_EQUAL(load_text(&cdf, text), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, ":257: too many points: at most 256"));
}

static void a_missing_file_is_told_with_what_there_is(void)
{
	struct size_cdf cdf;

	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(size_cdf_load(&cdf, "/nowhere/sizes", &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'/nowhere/sizes' (No such file or directory): web-search, data-mining or a file"));
	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(size_cdf_load(&cdf, "", &err), -ENOENT);
	memset(&err, 0, sizeof(err));
	CU_ASSERT_EQUAL(size_cdf_load(&cdf, dir, &err), -EIO);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "Is a directory"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_built_in_means_are_those_of_the_points),
		TEST(built_in_quantiles_are_the_published_points),
		TEST(draws_have_the_mean),
		TEST(draws_stay_inside_for_every_uniform_number),
		TEST(a_file_may_have_comments_steps_and_blank_lines),
		TEST(a_single_point_is_a_constant),
		TEST(wrong_files_are_told_with_their_line),
		TEST(a_257th_point_is_too_many),
		TEST(a_missing_file_is_told_with_what_there_is),
		CU_TEST_INFO_NULL,
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/cdf", dir);
	failed = unit_run("size_cdf", tests);
	unlink(path);
	rmdir(dir);
	return failed;
}
