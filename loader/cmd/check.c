// SPDX-License-Identifier: GPL-2.0-only
#include "describe.h"

static int check_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_object *obj = NULL;
	int ret;

	ret = congctl_object_open(&obj, in->args[0], &err);
	if (!ret)
		ret = congctl_require(&err);
	if (!ret)
		ret = congctl_object_load(obj, &err);
	if (!ret)
		describe(&in->out, congctl_object_info(obj));
	congctl_object_close(obj);
	if (ret)
		return command_failed(in, &err);
	output_say(&in->out, "the kernel takes it; nothing was registered");
	congctl_error_clear(&err);
	return EXIT_DONE;
}

static const struct command check = {
	.name = "check",
	.args = "NAME|FILE",
	.summary = "would the kernel take it? load and verify, register nothing",
	.details = "INSNS are the instructions of each program as the kernel translated it, VERIFIED how many the verifier\n"
		   "walked. -d shows the raw log.",
	.min_args = 1,
	.max_args = 1,
	.run = check_run,
};
COMMAND(check);
