// SPDX-License-Identifier: GPL-2.0-only
/* netlink.c - reference: rtnetlink(7) */
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

struct request {
	struct nlmsghdr h;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg addr;
		struct rtmsg route;
	};
	uint8_t attributes[128];
};

static void request_add(struct request *r, uint16_t type, const void *data, uint16_t len)
{
	struct rtattr *a = (struct rtattr *)((uint8_t *)r + NLMSG_ALIGN(r->h.nlmsg_len));

	a->rta_type = type;
	a->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
	r->h.nlmsg_len = NLMSG_ALIGN(r->h.nlmsg_len) + RTA_ALIGN(a->rta_len);
}

static struct request request_new(uint16_t type, uint16_t flags, size_t body)
{
	struct request r = {.h = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags}};

	r.h.nlmsg_len = NLMSG_LENGTH(body);
	return r;
}

/* Send and take the one answer: length of it in `answer`, or negative errno; an acknowledgement is 0. */
static int request_send(int nl, const struct request *r, void *answer, size_t size)
{
	struct nlmsghdr *h = answer;
	ssize_t n;

	if (send(nl, r, r->h.nlmsg_len, 0) < 0)
		return -errno;
	n = recv(nl, answer, size, 0);
	if (n < 0)
		return -errno;
	if (!NLMSG_OK(h, (size_t)n))
		return -EBADMSG;
	if (h->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	return n;
}

static int request_ack(int nl, const struct request *r)
{
	uint8_t answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	int ret = request_send(nl, r, answer, sizeof(answer));

	return ret > 0 ? -EBADMSG : ret;
}

int netlink_open(void)
{
	int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return nl < 0 ? -errno : nl;
}

int netlink_link_up(int nl, unsigned int ifindex, uint32_t mtu, uint32_t txqueuelen)
{
	struct request r = request_new(RTM_NEWLINK, NLM_F_ACK, sizeof(r.link));

	r.link = (struct ifinfomsg){.ifi_index = ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	if (mtu)
		request_add(&r, IFLA_MTU, &mtu, sizeof(mtu));
	if (txqueuelen)
		request_add(&r, IFLA_TXQLEN, &txqueuelen, sizeof(txqueuelen));
	return request_ack(nl, &r);
}

int netlink_addr_add(int nl, unsigned int ifindex, int family, const void *addr, uint8_t prefix_len)
{
	struct request r = request_new(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(r.addr));
	uint16_t len = family == AF_INET ? 4 : 16;

	/* no duplicate address detection: usable at once */
	r.addr = (struct ifaddrmsg){.ifa_family = family, .ifa_prefixlen = prefix_len, .ifa_index = ifindex};
	r.addr.ifa_flags = family == AF_INET6 ? IFA_F_NODAD : 0;
	request_add(&r, IFA_LOCAL, addr, len);
	request_add(&r, IFA_ADDRESS, addr, len);
	return request_ack(nl, &r);
}

int netlink_default_route(int nl, unsigned int ifindex, int family)
{
	struct request r = request_new(RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, sizeof(r.route));

	r.route = (struct rtmsg){
		.rtm_family = family,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_scope = family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
		.rtm_type = RTN_UNICAST,
	};
	request_add(&r, RTA_OIF, &ifindex, sizeof(ifindex));
	return request_ack(nl, &r);
}

int netlink_tx_dropped(int nl, unsigned int ifindex, uint64_t *dropped)
{
	uint8_t answer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct request r = request_new(RTM_GETLINK, 0, sizeof(r.link));
	struct nlmsghdr *h = (struct nlmsghdr *)answer;
	struct rtnl_link_stats64 stats;
	int ret, left;

	r.link = (struct ifinfomsg){.ifi_index = ifindex};
	ret = request_send(nl, &r, answer, sizeof(answer));
	if (ret <= 0)
		return ret ? ret : -EBADMSG;
	left = IFLA_PAYLOAD(h);
	for (struct rtattr *a = IFLA_RTA((struct ifinfomsg *)NLMSG_DATA(h)); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if (a->rta_type != IFLA_STATS64 || RTA_PAYLOAD(a) < offsetof(struct rtnl_link_stats64, multicast))
			continue;
		memset(&stats, 0, sizeof(stats));
		memcpy(&stats, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof(stats) ? RTA_PAYLOAD(a) : sizeof(stats));
		*dropped = stats.tx_dropped;
		return 0;
	}
	return -ENODATA;
}
