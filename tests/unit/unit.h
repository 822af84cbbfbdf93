/* SPDX-License-Identifier: GPL-2.0-only */
/* unit.h - the one way to run unit tests: main() returns unit_run(), non-zero when anything failed and when nothing ran. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <stdio.h>

#define TEST(fn) {#fn, fn}

static inline int unit_run(const char *name, CU_TestInfo *tests)
{
	CU_SuiteInfo suites[] = {{.pName = name, .pTests = tests}, CU_SUITE_INFO_NULL};
	int failed;

	if (CU_initialize_registry() || CU_register_suites(suites)) {
		fprintf(stderr, "cannot register the tests: %s\n", CU_get_error_msg());
		return 1;
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	failed = CU_basic_run_tests() || CU_get_number_of_failure_records() || !CU_get_number_of_tests_run();
	CU_cleanup_registry();
	return failed;
}

#endif
