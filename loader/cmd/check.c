// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "describe.h"

static int check_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_object **objs;
	size_t n;
	int ret;

	ret = congctl_object_open_all(&objs, &n, in->args[0], &err);
	if (!ret)
		ret = congctl_require(&err);
	for (size_t i = 0; i < n && !ret; i++)
		ret = congctl_object_load(objs[i], &err);
	if (!ret)
		describe_all(&in->out, objs, n);
	for (size_t i = 0; i < n; i++)
		congctl_object_close(objs[i]);
	free(objs);
	if (ret)
		return command_failed(in, &err);
	output_say(&in->out, "the kernel takes it; nothing was registered");
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command check = {
	.name = "check",
	.args = "NAME|FILE[#NAME]",
	.summary = "would the kernel take it? load and verify, register nothing",
	.details = "INSNS are the instructions of each program as the kernel translated it, VERIFIED how many the verifier\n"
		   "walked. -d shows the raw log.",
	.min_args = 1,
	.max_args = 1,
	.run = check_run,
};
COMMAND(check);
