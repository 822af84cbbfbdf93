/* SPDX-License-Identifier: GPL-2.0-only */
/* plugins.h - for unit tests: where the plugins of this very build are, wherever that is. */
#ifndef TESTS_PLUGINS_H
#define TESTS_PLUGINS_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "…/build/tests" */
static inline const char *tests_dir(void)
{
	static char dir[PATH_MAX - 128];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);

	dir[n > 0 ? n : 0] = '\0';
	if (strrchr(dir, '/'))
		*strrchr(dir, '/') = '\0';
	return dir;
}

static inline void use_plugins_of(const char *below_tests)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/%s", tests_dir(), below_tests);
	setenv("CONGCTL_ALGORITHMS", dir, 1);
}

/* From here on plugin_open("cubic") finds the algorithms built beside the tests. Call it first: the place is looked up once. */
static inline void use_built_algorithms(void)
{
	use_plugins_of("../algorithms");
}

/* … or the fixtures of tests/plugins/ */
static inline void use_test_plugins(void)
{
	use_plugins_of("plugins");
}

/* a fixture of tests/plugins/ */
static inline const char *test_plugin(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/plugins/%s.so", tests_dir(), name);
	return path;
}

#endif
