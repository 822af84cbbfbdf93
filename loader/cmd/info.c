// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"

static int open_running(struct congctl_object ***objs, size_t *n, const char *name, struct congctl_error *err)
{
	struct congctl_object **one = malloc(sizeof(*one));
	int ret = one ? congctl_running_open(one, name, err) : congctl_fail(err, -ENOMEM, "out of memory");

	if (ret) {
		free(one);
		return ret;
	}
	*objs = one;
	*n = 1;
	return 0;
}

/* Registered under this name or "bpf_" and it, else in the catalogue; with a '/' or a '.' a file, or else what is registered. */
static int open_any(struct congctl_object ***objs, size_t *n, const char *what, struct congctl_error *err)
{
	struct congctl_error running = {}, file = {};
	bool file_first = strpbrk(what, "/.");
	int ret = file_first ? congctl_object_open_all(objs, n, what, &file) : open_running(objs, n, what, &running);

	if (ret && (!file_first || ret == -ENOENT))
		ret = (file_first ? open_running(objs, n, what, &running) : congctl_object_open_all(objs, n, what, &file)) ? ret : 0;
	if (ret) /* a file that is there but wrong explains more than a name that is not registered */
		congctl_fail(err, ret, "%s", file_first || ret == -ENOENT ? file.text : running.text);
	congctl_error_clear(&running);
	congctl_error_clear(&file);
	return ret;
}

static int info_run(struct invocation *in)
{
	struct congctl_error err = {};
	struct congctl_object **objs;
	size_t n;

	if (open_any(&objs, &n, in->args[0], &err))
		return command_failed(in, &err);
	describe_all(&in->out, objs, n);
	for (size_t i = 0; i < n; i++)
		congctl_object_close(objs[i]);
	free(objs);
	return EXIT_DONE;
}

static const struct command info = {
	.name = "info",
	.args = "NAME|FILE[#NAME]",
	.summary = "what an algorithm says about itself, and its tunables",
	.details = "Of a registered algorithm VALUE is what it runs with now; of a file, what it would start with.",
	.min_args = 1,
	.max_args = 1,
	.run = info_run,
};
COMMAND(info);
