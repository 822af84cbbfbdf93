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

struct answer {
	bool dump, changed; /* changed: NLM_F_DUMP_INTR, what is dumped was not the same from beginning to end */
	int (*each)(const struct nlmsghdr *message, void *arg);
	void *arg;
};

/* Both endings begin with the kernel's errno: of a dump too, which may end before its end. */
static int read_ending(const struct nlmsghdr *h)
{
	int code;

	if (h->nlmsg_len < NLMSG_LENGTH(sizeof(code)))
		return h->nlmsg_type == NLMSG_ERROR ? -EPROTO : 0;
	memcpy(&code, NLMSG_DATA(h), sizeof(code));
	return code < 0 ? code : 0;
}

/* One datagram of the answer; 1: more are to come */
static int take(struct answer *a, const char *buf, ssize_t len)
{
	for (const struct nlmsghdr *h = (const void *)buf; len > 0 && NLMSG_OK(h, (size_t)len); h = NLMSG_NEXT(h, len)) {
		int ret;

		a->changed |= h->nlmsg_flags & NLM_F_DUMP_INTR;
		if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
			ret = read_ending(h);
			return ret || !a->changed ? ret : -EINTR;
		}
		ret = a->each ? a->each(h, a->arg) : 0;
		if (ret || (a->each && !a->dump))
			return ret;
	}
	return 1;
}

/* A socket that hears the kernel alone: whoever may write to it in its namespace could answer in the kernel's stead. */
static int open_socket(int protocol, unsigned int groups)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK}, own = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), ret;

	if (fd < 0)
		return -errno;
	/* before 4.20 this is not known, and answers are as they always were */
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &(int){1}, sizeof(int));
	if (!bind(fd, (struct sockaddr *)&own, sizeof(own)) && !connect(fd, (struct sockaddr *)&kernel, sizeof(kernel)))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int nlbuf_ask(struct nlbuf *b, int protocol, int (*each)(const struct nlmsghdr *message, void *arg), void *arg)
{
	struct answer answer = {.dump = (b->header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP, .each = each, .arg = arg};
	int fd = open_socket(protocol, 0), ret = 1;
	char *buf = malloc(ANSWER_SIZE);
	ssize_t len;

	if (fd < 0 || !buf)
		ret = fd < 0 ? fd : -ENOMEM;
	else if (send(fd, b, b->header.nlmsg_len, 0) < 0)
		ret = -errno;
	while (ret == 1) {
		len = recv(fd, buf, ANSWER_SIZE, MSG_TRUNC);
		if (len < 0 && errno == EINTR)
			continue;
		ret = len < 0 ? -errno : len > ANSWER_SIZE ? -EMSGSIZE : take(&answer, buf, len);
	}
	free(buf);
	if (fd >= 0)
		close(fd);
	return ret;
}

int netlink_listen(int protocol, unsigned int groups)
{
	return open_socket(protocol, groups);
}

bool netlink_heard(int fd)
{
	char byte;
	ssize_t n;

	do {
		n = recv(fd, &byte, sizeof(byte), MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n >= 0 || errno != EAGAIN; /* ENOBUFS: more than the socket holds */
}
