/* SPDX-License-Identifier: GPL-2.0-only */
/* defaults.h - the default algorithms of network namespaces. Private. */
#ifndef CONGCTL_DEFAULTS_H
#define CONGCTL_DEFAULTS_H

#include <congctl/congctl.h>

/* A namespace keeps the build of its default that was registered when it was set: set it again wherever `name` is the default. What
 * cannot be is counted in moved->unmoved, with the reason. Never writes a restricted algorithm in a child namespace: the kernel would
 * refuse it and lose a reference. */
int defaults_renew(const char *name, struct congctl_moved *moved, struct congctl_error *err);

#endif
