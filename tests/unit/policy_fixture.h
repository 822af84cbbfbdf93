/* SPDX-License-Identifier: GPL-2.0-only */
/* policy_fixture.h - policies of a few lines in a file of the test's own. */
#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"
#include "../../loader/lib/policy.h"

static char fixture_path[] = "/tmp/test_policy.XXXXXX";

static inline void fixture_put(const char *text, size_t size)
{
	FILE *f = fopen(fixture_path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_EQUAL(fwrite(text, 1, size, f), size);
	fclose(f);
}

/* Load what is no fault. */
static inline void fixture_load(struct policy *p, const char *text)
{
	struct congctl_error err = {0};

	fixture_put(text, strlen(text));
	CU_ASSERT_EQUAL_FATAL(policy_load(p, fixture_path, &err), 0);
}

static inline int fixture_run(const char *name, CU_TestInfo *tests)
{
	int fd = mkstemp(fixture_path), failed;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	failed = unit_run(name, tests);
	unlink(fixture_path);
	return failed;
}

#endif
