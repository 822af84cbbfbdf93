/* SPDX-License-Identifier: GPL-2.0-only */
/* scenario_fixture.h - scenarios of a few lines in a file of the test's own. */
#ifndef TESTS_SCENARIO_FIXTURE_H
#define TESTS_SCENARIO_FIXTURE_H

#include "file_fixture.h"
#include "../../netsim/scenario/keys.h"

/* a file, and the sentence after "FILE:" */
struct fixture_bad {
	const char *text, *sentence;
};

static inline void fixture_refused(const struct fixture_bad *bad, size_t n)
{
	static struct scenario s;

	for (size_t i = 0; i < n; i++) {
		struct congctl_error err = {0};
		char expected[800];

		fixture_put(bad[i].text);
		snprintf(expected, sizeof(expected), "%s:%s", fixture_path, bad[i].sentence);
		CU_ASSERT(scenario_load(&s, fixture_path, &err) < 0);
		CU_ASSERT_STRING_EQUAL(err.text, expected);
		if (strcmp(err.text, expected))
			printf("\n  got:      %s\n  expected: %s", err.text, expected);
	}
}

/* Load what is no fault and make it ready to run. */
static inline void fixture_load(struct scenario *s, const char *text)
{
	struct congctl_error err = {0};

	fixture_put(text);
	CU_ASSERT_EQUAL(scenario_load(s, fixture_path, &err), 0);
	if (err.text[0])
		printf("\n  %s", err.text);
	CU_ASSERT_EQUAL_FATAL(scenario_finish(s, NULL, &err), 0);
}

#endif
