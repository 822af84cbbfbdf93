/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * testbed.h - two hosts, left and right, each a namespace with one tunnel port. A host has an address per group of flows,
 * IPv4 or IPv6, so that a packet's addresses tell its group:
 *
 *	left 10.<g div 256>.<g mod 256>.1 and fd00::<g>:1, right …2
 */
#ifndef NETSIM_TESTBED_H
#define NETSIM_TESTBED_H

#include <netinet/in.h>

#include <congctl/congctl.h>
#include "port.h"

enum { LEFT, RIGHT };

#define NO_GROUP UINT32_MAX

struct testbed {
	int ns[2];
	struct port ports[2];
	uint32_t n_groups;
};

int testbed_open(struct testbed *t, uint32_t n_groups, uint32_t mtu, int family, struct congctl_error *err);
void testbed_close(struct testbed *t);

/* A host's address in a group; port 0. */
void testbed_address(int side, uint32_t group, int family, struct sockaddr_storage *out); /* family 4 or 6 */
/* To which group does a packet that left `side` belong? NO_GROUP: not between these hosts. */
uint32_t testbed_group(const struct testbed *t, int side, const struct emu_packet *p);

#endif
