// SPDX-License-Identifier: GPL-2.0-only
/* An object file is opened, changed before load, and survives being cut or damaged anywhere. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <congctl/congctl.h>

#include "plugins.h"
#include "unit.h"

#define OBJECT BUILD "/algorithms/aimd.bpf.o"

static char copy[] = "/tmp/congctl-test-object.XXXXXX";
static uint8_t *good;
static size_t good_size;

static void read_good(void)
{
	FILE *f = fopen(OBJECT, "r");

	free(good);
	good = malloc(1 << 20);
	good_size = f && good ? fread(good, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	if (!good_size) {
		fprintf(stderr, "no %s: 'make algorithms' first, and run this from the top directory\n", OBJECT);
		exit(1);
	}
}

static void write_copy(const uint8_t *data, size_t size)
{
	int fd = open(copy, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		CU_FAIL("cannot write the copy");
	close(fd);
}

static const struct congctl_tunable *tunable(const struct congctl_object *obj, const char *name)
{
	const struct congctl_info *info = congctl_object_info(obj);

	for (size_t i = 0; i < info->n_tunables; i++) {
		if (!strcmp(info->tunables[i].name, name))
			return &info->tunables[i];
	}
	return NULL;
}

static void an_object_describes_itself(void)
{
	struct congctl_object *obj;
	const struct congctl_info *info;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	info = congctl_object_info(obj);
	CU_ASSERT_STRING_EQUAL(info->name, "bpf_aimd");
	CU_ASSERT_STRING_EQUAL(info->status, "tested");
	CU_ASSERT_TRUE(strlen(info->title) > 0);
	CU_ASSERT_TRUE(info->n_programs >= 3);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tunable(obj, "beta"));
	CU_ASSERT_EQUAL(tunable(obj, "beta")->value, tunable(obj, "beta")->initial);
	congctl_object_close(obj);
}

static void a_tunable_takes_its_range_and_no_more(void)
{
	static const struct {
		const char *name, *value;
		int ret;
	} cases[] = {
		{"beta", "1", 0},	     {"beta", "1023", 0},	 {"beta", "0", -ERANGE},   {"beta", "1024", -ERANGE},
		{"beta", "12abc", -EINVAL},  {"beta", "", -EINVAL},	 {"beta", "-1", -EINVAL},  {"beta", "1e3", -EINVAL},
		{"gamma", "1", -ENOENT},     {"", "1", -ENOENT},	 {"bet", "1", -ENOENT},
		{"beta", "18446744073709551617", -ERANGE},
	};
	struct congctl_object *obj;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct congctl_error err = {};
		uint64_t before = tunable(obj, "beta")->value;

		CU_ASSERT_EQUAL(congctl_object_set(obj, cases[i].name, cases[i].value, &err), cases[i].ret);
		CU_ASSERT_EQUAL(!*err.text, !cases[i].ret);
		CU_ASSERT_EQUAL(tunable(obj, "beta")->value, cases[i].ret ? before : strtoull(cases[i].value, NULL, 10));
	}
	congctl_object_close(obj);
}

static void a_tunable_takes_quantities_of_its_unit(void)
{
	struct congctl_error err = {};
	struct congctl_object *obj;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "70%", NULL), 0); /* of 1/1024 */
	CU_ASSERT_EQUAL(tunable(obj, "beta")->value, 717);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "0.5", NULL), 0);
	CU_ASSERT_EQUAL(tunable(obj, "beta")->value, 512);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "1.0", &err), -ERANGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "1.0, which is 1024, is out of range for tunable 'beta' of 'bpf_aimd': give 1 to 1023"));
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "0.0001", &err), -ERANGE);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is too little for tunable 'beta' of 'bpf_aimd', which counts whole 1/1024: give 1 or more of them"));
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "10ms", &err), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "or a fraction such as 0.7 or 70%"));
	CU_ASSERT_EQUAL(tunable(obj, "beta")->value, 512);
	congctl_object_close(obj);
}

static void what_does_not_run_takes_no_live_change(void)
{
	struct congctl_object *obj;
	uint64_t number = 0;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	CU_ASSERT_EQUAL(congctl_running_check(obj, "beta", "600", &number, NULL), -EINVAL);
	CU_ASSERT_EQUAL(congctl_running_set(obj, "beta", "600", NULL), -EINVAL);
	CU_ASSERT_EQUAL(tunable(obj, "beta")->value, tunable(obj, "beta")->initial);
	congctl_object_close(obj);
}

static void an_algorithm_is_named_within_its_file(void)
{
	struct congctl_object *obj, **objs;
	struct congctl_error err = {};
	size_t n = 7;

	CU_ASSERT_EQUAL(congctl_object_open(&obj, OBJECT "#bpf_aimd", NULL), 0);
	CU_ASSERT_STRING_EQUAL(congctl_object_info(obj)->name, "bpf_aimd");
	CU_ASSERT_STRING_EQUAL(congctl_object_info(obj)->file, OBJECT);
	congctl_object_close(obj);
	CU_ASSERT_EQUAL(congctl_object_open(&obj, OBJECT "#aimd", &err), -ENOENT);
	CU_ASSERT_PTR_NULL(obj);
	CU_ASSERT_STRING_EQUAL(err.text, "'" OBJECT "' has no algorithm 'aimd': it has bpf_aimd");
	CU_ASSERT_EQUAL(congctl_object_open(&obj, OBJECT "#", NULL), -ENOENT);
	CU_ASSERT_EQUAL(congctl_object_open_all(&objs, &n, "./none#x", NULL), -ENOENT);
	CU_ASSERT_PTR_NULL(objs);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL_FATAL(congctl_object_open_all(&objs, &n, OBJECT, NULL), 0);
	CU_ASSERT_EQUAL(n, 1);
	congctl_object_close(objs[0]);
	free(objs);
}

static void a_new_name_is_checked(void)
{
	static const struct {
		const char *name;
		int ret;
	} cases[] = {
		{"x", 0}, {"fifteen_letters", 0}, {"", -EINVAL}, {"sixteen_letters_", -EINVAL}, {"a-b", -EINVAL},
		{"a.b", -EINVAL}, {"a b", -EINVAL}, {"a/b", -EINVAL}, {"\xc3\xa4", -EINVAL},
	};
	struct congctl_object *obj;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CU_ASSERT_EQUAL(congctl_object_rename(obj, cases[i].name, NULL), cases[i].ret);
		CU_ASSERT_EQUAL(!strcmp(congctl_object_info(obj)->name, cases[i].name), !cases[i].ret);
	}
	congctl_object_close(obj);
}

static void cut_anywhere_it_is_refused_in_a_sentence(void)
{
	for (size_t cut = 0; cut < good_size; cut += cut < 256 ? 1 : 61) {
		struct congctl_error err = {};
		struct congctl_object *obj;

		write_copy(good, cut);
		CU_ASSERT_EQUAL(congctl_object_open(&obj, copy, &err), -EINVAL);
		CU_ASSERT_PTR_NULL(obj);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cut < 4 ? "is not an ELF file" : "is cut short"));
	}
}

/* A section that claims more than the file has, the table itself being whole. */
static void a_section_past_the_end_is_refused(void)
{
	uint64_t table, size = good_size;
	struct congctl_error err = {};
	struct congctl_object *obj;

	memcpy(&table, good + 40, sizeof(table)); /* e_shoff */
	memcpy(good + table + 3 * 64 + 32, &size, sizeof(size)); /* sh_size of section 3 */
	write_copy(good, good_size);
	CU_ASSERT_EQUAL(congctl_object_open(&obj, copy, &err), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is cut short: section 3 lies past"));
	read_good();
}

/* Run under a sanitizer or valgrind this finds reads out of bounds; in any case it ends, with a sentence or an object. */
static void damaged_anywhere_it_is_survived(void)
{
	unsigned int seed = 20221122;
	size_t refused = 0;

	printf("(seed %u) ", seed);
	for (int round = 0; round < 3000; round++) {
		size_t at[4];
		uint8_t *data = malloc(good_size);
		struct congctl_error err = {};
		struct congctl_object *obj;

		CU_ASSERT_PTR_NOT_NULL_FATAL(data);
		memcpy(data, good, good_size);
		for (int i = 0; i < 4; i++) {
			at[i] = rand_r(&seed) % good_size;
			data[at[i]] = rand_r(&seed) % 4 ? 0xff : rand_r(&seed);
		}
		write_copy(data, good_size);
		if (congctl_object_open(&obj, copy, &err)) {
			refused++;
			if (!*err.text || obj)
				CU_FAIL("a failure without a sentence");
		}
		congctl_object_close(obj);
		free(data);
	}
	CU_ASSERT_TRUE(refused > 0);
	CU_ASSERT_TRUE(refused < 3000); /* debug info may be damaged: nobody reads it */
}

static void what_is_not_there_is_said(void)
{
	static const struct {
		const char *what, *sentence;
		int ret;
	} cases[] = {
		{"", "is empty", -ENOENT},
		{"./none.bpf.o", "no file './none.bpf.o'", -ENOENT},
		{"no_such_algorithm", "no algorithm 'no_such_algorithm' in ", -ENOENT},
		{"/", "is not a regular file", -EINVAL},
		{"/etc/passwd", "is not an ELF file", -EINVAL},
		{"/proc/self/exe", "is not a BPF object", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct congctl_error err = {};
		struct congctl_object *obj;

		CU_ASSERT_EQUAL(congctl_object_open(&obj, cases[i].what, &err), cases[i].ret);
		if (!strstr(err.text, cases[i].sentence))
			CU_FAIL(cases[i].sentence);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"an object describes itself", an_object_describes_itself},
		{"a tunable takes its range and no more", a_tunable_takes_its_range_and_no_more},
		{"a tunable takes quantities of its unit", a_tunable_takes_quantities_of_its_unit},
		{"what does not run takes no live change", what_does_not_run_takes_no_live_change},
		{"an algorithm is named within its file", an_algorithm_is_named_within_its_file},
		{"a new name is checked", a_new_name_is_checked},
		{"cut anywhere it is refused in a sentence", cut_anywhere_it_is_refused_in_a_sentence},
		{"a section past the end is refused", a_section_past_the_end_is_refused},
		{"damaged anywhere it is survived", damaged_anywhere_it_is_survived},
		{"what is not there is said", what_is_not_there_is_said},
		CU_TEST_INFO_NULL,
	};
	int fd = mkstemp(copy), failed;

	if (fd < 0)
		return 1;
	close(fd);
	use_built_algorithms(); /* without a catalogue the sentence is another */
	read_good();
	failed = unit_run("object", tests);
	unlink(copy);
	free(good);
	return failed;
}
