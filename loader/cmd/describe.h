/* SPDX-License-Identifier: GPL-2.0-only */
/* describe.h - how info and check show an algorithm: its own words, its tunables, its programs. */
#ifndef CONGCTL_DESCRIBE_H
#define CONGCTL_DESCRIBE_H

#include "command.h"

void describe(struct output *out, const struct congctl_info *info);
/* One as above, several as the array "algorithms". */
void describe_all(struct output *out, struct congctl_object *const *objs, size_t n);

#endif
