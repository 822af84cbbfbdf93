/* SPDX-License-Identifier: GPL-2.0-only */
/* plugin_instance.h - what plugin_host.c and plugin_fault.c share. Private to them. */
#ifndef NETSIM_PLUGIN_INSTANCE_H
#define NETSIM_PLUGIN_INSTANCE_H

#include <limits.h>

#include "plugin_host.h"

struct plugin {
	struct plugin *next;
	void *handle;             /* dlopen's */
	int fd;                   /* the copy in memory */
	uintptr_t base;           /* load address */
	uintptr_t text, text_end; /* the executable part */
	const struct cc_plugin *info;
	char path[PATH_MAX];
};

extern struct plugin *plugins; /* all that are open */

#endif
