/* SPDX-License-Identifier: GPL-2.0-only */
/* directory.h - a directory of results: made whole beside its place, then moved there, so that one that exists is complete. */
#ifndef NETSIM_REPORT_DIRECTORY_H
#define NETSIM_REPORT_DIRECTORY_H

#include <stdio.h>

#include <congctl/congctl.h>

struct directory_file {
	const char *name;
	int (*write)(FILE *f, const void *result, struct congctl_error *err); /* 0 or negative errno */
};

/* what such a directory holds; its first file tells it from others */
struct directory_kind {
	const struct directory_file *files;
	size_t n;
};

/* Could directory_write() put a result there? To be asked before a run, not after: -EEXIST: something else is there. */
int directory_check(const struct directory_kind *kind, const char *dir, struct congctl_error *err);
/* With the directories above it that are missing; an earlier result of the kind is replaced. What fails leaves nothing behind. */
int directory_write(const struct directory_kind *kind, const char *dir, const void *result, struct congctl_error *err);

/* fclose() of a file that was written: `ret` if that is a failure, else the file's, -ENOSPC for one. */
int directory_close(FILE *f, int ret);

#endif
