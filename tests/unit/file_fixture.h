/* SPDX-License-Identifier: GPL-2.0-only */
/* file_fixture.h - a file of the test's own, for what reads one. */
#ifndef TESTS_FILE_FIXTURE_H
#define TESTS_FILE_FIXTURE_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

static char fixture_path[] = "/tmp/congctl_unit.XXXXXX";

static inline void fixture_put(const char *text)
{
	FILE *f = fopen(fixture_path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT(fputs(text, f) >= 0);
	fclose(f);
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
