/* SPDX-License-Identifier: GPL-2.0-only */
/* setting.h - a tunable of a running algorithm, as get and set show it. */
#ifndef CONGCTL_SETTING_H
#define CONGCTL_SETTING_H

#include "command.h"

struct setting {
	char name[CONGCTL_NAME_MAX + 1];
	char tunable[64];
	uint64_t value, was, min, max;
	char means[48]; /* the value with its unit: "10.0 ms" */
	char unit[24], effect[32];
};

void setting_fill(struct setting *s, const struct congctl_info *info, const struct congctl_tunable *t);

/* Open what NAME or NAME.TUNABLE, the first `n` characters of `text`, means; `tunable` is empty if there is none. A name may have a
 * dot in it: what is registered under the whole of it comes first. */
int setting_open(struct congctl_object **obj, const char *text, size_t n, char *tunable, size_t size, struct congctl_error *err);

#endif
