/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSIM_REPORT_TOOL_H
#define NETSIM_REPORT_TOOL_H

#include <stddef.h>

/* Run a program, searched in PATH, with `input` as its standard input, and take what it prints (malloc'd, ended by a NUL). Its complaints
 * are not shown. -ENOENT: there is no such program; -EIO: it failed. */
int tool_output(char *const argv[], int input, char **output);

#endif
