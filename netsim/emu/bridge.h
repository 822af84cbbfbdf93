/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bridge.h - emulated links between network namespaces that somebody else made (Mininet's hosts): each link is two TAP devices
 * and the engine's link in both directions. Frames are carried as they are, ARP and all. One thread serves all links.
 */
#ifndef NETSIM_BRIDGE_H
#define NETSIM_BRIDGE_H

#include <sys/types.h>

#include "loop.h"

#define BRIDGE_MAX_LINKS 512
#define BRIDGE_NAME_MAX 63

/* where one end of a link is to appear */
struct bridge_end {
	pid_t pid;          /* a process in the namespace */
	char ifname[16];
};

struct bridge;

struct bridge *bridge_new(enum emu_wait wait, uint64_t seed); /* NULL: no memory */
void bridge_free(struct bridge *b);                           /* every device vanishes */

/* Make the devices; they carry nothing before bridge_up(). Both directions are as `config` says. -EEXIST: the name is taken. */
int bridge_add(struct bridge *b, const char *name, const struct link_config *config, const struct bridge_end ends[2],
	       struct congctl_error *err);
/* -ENOENT: no such link */
int bridge_remove(struct bridge *b, const char *name, struct congctl_error *err);
/* Carry frames on all links there are. Called again after a change it starts afresh: frames under way are lost. */
int bridge_up(struct bridge *b, struct congctl_error *err);

#endif
