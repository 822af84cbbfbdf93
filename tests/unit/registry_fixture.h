/* SPDX-License-Identifier: GPL-2.0-only */
/* registry_fixture.h - an algorithm registered under a name of the test's own. Needs root. */
#ifndef TESTS_REGISTRY_FIXTURE_H
#define TESTS_REGISTRY_FIXTURE_H

#include <unistd.h>

#include "unit.h"
#include "../../loader/lib/object.h"

#define OBJECT BUILD "/algorithms/aimd.bpf.o"

static char name[CONGCTL_NAME_MAX + 1];

/* The name ends with `initial`; 77: this machine or user cannot register. */
static inline int registry_run(const char *suite, char initial, CU_TestInfo *tests)
{
	struct congctl_error err = {};
	int failed;

	if (geteuid() || congctl_require(&err)) {
		puts(*err.text ? err.text : "needs root");
		return 77;
	}
	snprintf(name, sizeof(name), "t_%d_%c", (int)getpid(), initial);
	failed = unit_run(suite, tests);
	congctl_unregister(name, NULL, NULL); /* after a failure */
	return failed;
}

#endif
