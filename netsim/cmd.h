/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - what a command of netsim is. One file in cmd/ each, found through a linker section: no list is kept.
 */
#ifndef NETSIM_CMD_H
#define NETSIM_CMD_H

#include <signal.h>

struct netsim_command {
	const char *name, *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns the exit code */
};

#define NETSIM_COMMAND(command)                                                                                        \
	static const struct netsim_command *const command##_entry __attribute__((section("netsim_commands"), used)) = &command

enum netsim_exit { NETSIM_OK = 0, NETSIM_FAILED = 1, NETSIM_MISUSE = 2, NETSIM_INTERRUPTED = 130 };

extern volatile sig_atomic_t netsim_stop;    /* SIGINT or SIGTERM came: tidy up and end */
const char *netsim_command_line(void);       /* as typed, arguments quoted where needed */

#endif
