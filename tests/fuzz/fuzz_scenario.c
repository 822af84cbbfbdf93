// SPDX-License-Identifier: GPL-2.0-only
/* The scenario reader: any bytes in; what it takes is made ready to run, and written. */
#include <stdio.h>
#include <string.h>

#include "../../netsim/scenario/vary.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scenario s;
	static struct vary vary;
	static FILE *nowhere;
	struct congctl_error err = {0};

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	if (!scenario_load_set(&s, &vary, fuzz_file(data, size), &err)) {
		if (!scenario_finish(&s, NULL, &err))
			scenario_write(&s, nowhere);
	} else if (!*err.text) {
		abort(); /* a failure without its sentence */
	}
	congctl_error_clear(&err);
	return 0;
}
