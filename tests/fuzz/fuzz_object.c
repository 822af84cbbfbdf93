// SPDX-License-Identifier: GPL-2.0-only
/* The object reader: any bytes in, an algorithm's description or one sentence out. Nothing is loaded into the kernel. */
#include <stdio.h>

#include <congctl/congctl.h>

#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct congctl_error err = {0};
	struct congctl_object **objs;
	size_t n = 0;

	if (!congctl_object_open_all(&objs, &n, fuzz_file(data, size), &err)) {
		for (size_t i = 0; i < n; i++) {
			const struct congctl_info *info = congctl_object_info(objs[i]);

			congctl_object_rename(objs[i], "fuzz", NULL);
			for (size_t k = 0; k < info->n_tunables; k++)
				congctl_object_set(objs[i], info->tunables[k].name, "1", NULL);
			congctl_object_close(objs[i]);
		}
		free(objs);
	} else if (!*err.text) {
		abort(); /* a failure without its sentence */
	}
	congctl_error_clear(&err);
	return 0;
}
