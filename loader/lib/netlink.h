/* SPDX-License-Identifier: GPL-2.0-only */
/* netlink.h - one request to the kernel and its answers, in the network namespace of the calling thread. Private. */
#ifndef CONGCTL_NETLINK_SIDE_H
#define CONGCTL_NETLINK_SIDE_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NLMSG_ROOM 8192

struct nlbuf {
	struct nlmsghdr header;
	char room[NLMSG_ROOM];
};

/* Start with a header of `size` bytes after the netlink header: gives it back, zeroed. */
void *nlbuf_start(struct nlbuf *b, int type, int flags, size_t size);
/* -EMSGSIZE: the message has grown too long; then nothing is added */
int nlbuf_put(struct nlbuf *b, int type, const void *data, size_t len);
struct rtattr *nlbuf_nest(struct nlbuf *b, int type); /* NULL: too long */
void nlbuf_nest_end(struct nlbuf *b, struct rtattr *nest);

/* Send, and call each() for every message of the answer until it gives back something else than 0, which is the result; else 0 or
 * the kernel's errno. -EINTR: what was dumped has changed meanwhile, and each() has seen neither the old nor the new. */
int nlbuf_ask(struct nlbuf *b, int protocol, int (*each)(const struct nlmsghdr *message, void *arg), void *arg);

/* A socket to which the kernel tells the changes of these groups (RTMGRP_…) from now on; to be closed. Negative errno. */
int netlink_listen(int protocol, unsigned int groups);
/* Has it told any? */
bool netlink_heard(int fd);

#endif
