// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "queue.h"

extern const struct queue_ops *const __start_queue_disciplines[], *const __stop_queue_disciplines[];

const struct queue_ops *queue_find(const char *discipline)
{
	/* cppcheck-suppress comparePointers ; both ends of one linker section */
	for (const struct queue_ops *const *ops = __start_queue_disciplines; ops < __stop_queue_disciplines; ops++) {
		if (!strcmp((*ops)->name, discipline))
			return *ops;
	}
	return NULL;
}
