/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netlink.h - the few rtnetlink requests the emulator needs. A socket stays in the network namespace of the thread that opened
 * it. All return 0 or a negative errno.
 */
#ifndef NETSIM_NETLINK_H
#define NETSIM_NETLINK_H

#include <stdint.h>

int netlink_open(void); /* fd or negative errno */
int netlink_link_up(int nl, unsigned int ifindex, uint32_t mtu, uint32_t txqueuelen); /* 0: leave as it is */
int netlink_addr_add(int nl, unsigned int ifindex, int family, const void *addr, uint8_t prefix_len);
int netlink_default_route(int nl, unsigned int ifindex, int family);
int netlink_tx_dropped(int nl, unsigned int ifindex, uint64_t *dropped);

#endif
