/* SPDX-License-Identifier: GPL-2.0-only */
/* policy_fixture.h - policies of a few lines in a file of the test's own. */
#ifndef TESTS_POLICY_FIXTURE_H
#define TESTS_POLICY_FIXTURE_H

#include <errno.h>

#include "file_fixture.h"
#include "../../loader/lib/policy.h"

/* Load what is no fault. */
static inline void fixture_load(struct policy *p, const char *text)
{
	struct congctl_error err = {0};

	fixture_put(text);
	CU_ASSERT_EQUAL_FATAL(policy_load(p, fixture_path, &err), 0);
}

#endif
