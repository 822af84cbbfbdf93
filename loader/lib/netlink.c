// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

#define ANSWER_SIZE 65536 /* the kernel's dumps fill at most 32 KiB */

void *nlbuf_start(struct nlbuf *b, int type, int flags, size_t size)
{
	memset(b, 0, sizeof(b->header) + NLMSG_ALIGN(size));
	b->header = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(size), .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags,
				      .nlmsg_seq = 1};
	return b->room;
}

int nlbuf_put(struct nlbuf *b, int type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(b->header.nlmsg_len);
	struct rtattr *rta = (struct rtattr *)((char *)b + at);

	if (len > NLMSG_ROOM || at + RTA_SPACE(len) > sizeof(*b))
		return -EMSGSIZE;
	memset(rta, 0, RTA_SPACE(len));
	rta->rta_type = type;
	rta->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(rta), data, len);
	b->header.nlmsg_len = at + RTA_LENGTH(len);
	return 0;
}

struct rtattr *nlbuf_nest(struct nlbuf *b, int type)
{
	size_t at = NLMSG_ALIGN(b->header.nlmsg_len);

	return nlbuf_put(b, type, NULL, 0) ? NULL : (struct rtattr *)((char *)b + at);
}

void nlbuf_nest_end(struct nlbuf *b, struct rtattr *nest)
{
	nest->rta_len = (char *)b + b->header.nlmsg_len - (char *)nest;
}

/* One datagram of the answer; 1: more are to come */
static int take(char *buf, ssize_t len, bool dump, int (*each)(const struct nlmsghdr *message, void *arg), void *arg)
{
	for (const struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, (size_t)len); h = NLMSG_NEXT(h, len)) {
		int ret;

		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return h->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr)) ? -EPROTO : ((struct nlmsgerr *)NLMSG_DATA(h))->error;
		ret = each ? each(h, arg) : 0;
		if (ret || (each && !dump))
			return ret;
	}
	return 1;
}

int nlbuf_ask(struct nlbuf *b, int protocol, int (*each)(const struct nlmsghdr *message, void *arg), void *arg)
{
	bool dump = (b->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), ret = 1;
	char *buf = malloc(ANSWER_SIZE);
	ssize_t len;

	if (fd < 0 || !buf) {
		ret = fd < 0 ? -errno : -ENOMEM;
	} else {
		/* before 4.12 and for other protocols this is not known, and answers are as they always were */
		setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int){1}, sizeof(int));
		if (send(fd, b, b->header.nlmsg_len, 0) < 0)
			ret = -errno;
	}
	while (ret == 1) {
		len = recv(fd, buf, ANSWER_SIZE, 0);
		if (len < 0 && errno == EINTR)
			continue;
		ret = len < 0 ? -errno : take(buf, len, dump, each, arg);
	}
	free(buf);
	if (fd >= 0)
		close(fd);
	return ret;
}
