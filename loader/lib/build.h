/* SPDX-License-Identifier: GPL-2.0-only */
/* build.h - is what is registered the same build as a file? Private. */
#ifndef CONGCTL_BUILD_H
#define CONGCTL_BUILD_H

#include "object.h"
#include "registry.h"

/* Is the registered one of the same build as the loaded object: programs, constants, self-description and who may choose it alike? What
 * cannot be read is not the same. */
bool build_same(const struct congctl_object *obj, const struct congctl_object *running, const struct registered *r);
/* May the object be a build of what is registered? One that bears another name by itself is if its structure is called alike. -EINVAL */
int build_check_name(const struct congctl_object *obj, const char *own_name, const struct registered *r, struct congctl_error *err);
bool build_same_description(const struct congctl_info *a, const struct congctl_info *b);

#endif
