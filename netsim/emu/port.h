/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * port.h - one end of the emulated network: a TUN device (IP packets) or a TAP device (Ethernet frames) that some host's stack
 * takes for its network card. It lives as long as its descriptor is open, in the namespace of the thread that opened it.
 */
#ifndef NETSIM_PORT_H
#define NETSIM_PORT_H

#include "segment.h"

struct port {
	int fd;             /* -1: closed */
	int nl;             /* netlink socket in the device's namespace */
	unsigned int ifindex;
	uint32_t l2_len;    /* 14 on TAP, 0 on TUN */
	char name[16];
};

enum port_kind { PORT_TUN, PORT_TAP };

/* Create the device in the calling thread's namespace; not up yet. Negative errno. */
int port_open(struct port *port, enum port_kind kind, const char *name);
void port_close(struct port *port);

/* One frame into `buf`, which is as large as a super-packet. Its length, 0 when there is none, or negative errno. */
int port_read(const struct port *port, struct virtio_net_hdr *vnet, void *buf, size_t size);
int port_overruns(const struct port *port, uint64_t *pkts); /* that found the device's queue full, since it was made */

#endif
