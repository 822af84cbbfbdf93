// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "describe.h"

/* Registered under this name or "bpf_" and it, else in the catalogue; with a '/' or a '.' a file. */
static int open_any(struct congctl_object **obj, const char *what, struct congctl_error *err)
{
	struct congctl_error running = {}, file = {};
	char longer[64];
	int ret;

	if (strpbrk(what, "/."))
		return congctl_object_open(obj, what, err);
	ret = congctl_running_open(obj, what, &running);
	if (ret && snprintf(longer, sizeof(longer), "bpf_%s", what) <= CONGCTL_NAME_MAX) {
		if (!congctl_running_open(obj, longer, NULL))
			ret = 0;
	}
	if (ret)
		ret = congctl_object_open(obj, what, &file) ? ret : 0;
	if (ret) /* a file that is there but wrong explains more than a name that is not registered */
		congctl_fail(err, ret, "%s", ret == -ENOENT ? file.text : running.text);
	congctl_error_clear(&running);
	congctl_error_clear(&file);
	return ret;
}

static int info_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_object *obj;

	if (open_any(&obj, in->args[0], &err))
		return command_failed(in, &err);
	describe(&in->out, congctl_object_info(obj));
	congctl_object_close(obj);
	return EXIT_DONE;
}

static const struct command info = {
	.name = "info",
	.args = "NAME|FILE",
	.summary = "what an algorithm says about itself, and its tunables",
	.details = "Of a registered algorithm VALUE is what it runs with now; of a file, what it would start with.",
	.min_args = 1,
	.max_args = 1,
	.run = info_run,
};
COMMAND(info);
