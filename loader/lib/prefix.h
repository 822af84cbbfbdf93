/* SPDX-License-Identifier: GPL-2.0-only */
/* prefix.h - "10.0.0.0/8", "2001:db8::/32", or an address alone. Pure. Private. */
#ifndef CONGCTL_PREFIX_H
#define CONGCTL_PREFIX_H

#include <stdint.h>

#include <congctl/congctl.h>

struct prefix {
	int family;          /* AF_INET, AF_INET6 */
	uint32_t bits;
	uint32_t address[4]; /* network byte order */
};

/* -EINVAL with the sentence, also when bits after the prefix are set. */
int prefix_parse(const char *text, struct prefix *prefix, struct congctl_error *err);

#endif
