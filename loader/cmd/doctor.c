// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "command.h"

static const char *const verdicts[] = {[CONGCTL_PASS] = "pass", [CONGCTL_WARN] = "warn", [CONGCTL_FAIL] = "fail"};

static const struct field fields[] = {
	FIELD_ENUM(struct congctl_finding, verdict, verdicts, "VERDICT"),
	FIELD(struct congctl_finding, what, FIELD_CHARS, "WHAT"),
	FIELD(struct congctl_finding, found, FIELD_CHARS, "FOUND"),
	FIELD(struct congctl_finding, remedy, FIELD_CHARS, "REMEDY"),
	{},
};

static int doctor_run(struct invocation *in)
{
	struct congctl_finding *findings;
	struct congctl_error err = {};
	int ret = EXIT_DONE;
	size_t n;

	if (congctl_doctor(&findings, &n, &err))
		return command_failed(in, &err);
	output_table(&in->out, "findings", fields, findings, n, sizeof(*findings));
	for (size_t i = 0; i < n; i++) {
		if (findings[i].verdict == CONGCTL_FAIL)
			ret = EXIT_FAILED;
	}
	free(findings);
	return ret;
}

static const struct command doctor = {
	.name = "doctor",
	.args = "",
	.summary = "does this machine have what it takes, and is anything left behind?",
	.details = "fail: needed and missing, exit code 1. warn: some commands cannot work, or something is left of an algorithm that\n"
		   "is gone. Each with the remedy. Nothing is changed.",
	.run = doctor_run,
};
COMMAND(doctor);
