// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"
#include "netns.h"
#include "testbed.h"
#include "wire.h"

#define TX_QUEUE_LEN 40000 /* super-packets of 20,000 flows, two each: TSQ's limit does not hold on a TUN device */

struct sysctl {
	const char *key, *value;
};

/* Done before anything is up. Absent keys (a kernel without IPv6 …) are no error. */
static const struct sysctl settings[] = {
	{"ipv4/tcp_no_metrics_save", "1"},              /* one flow's ssthresh is not the next one's start */
	{"ipv4/tcp_rmem", "4096 131072 536870912"},     /* 1 Gbit/s over 100 ms is 12.5 MB: never limited by the window */
	{"ipv4/tcp_wmem", "4096 65536 536870912"},
	{"ipv4/ip_local_port_range", "1024 65535"},
	{"ipv4/tcp_max_syn_backlog", "65536"},          /* thousands of flows that start together */
	{"ipv4/conf/all/rp_filter", "0"},
	{"ipv4/conf/default/rp_filter", "0"},
	{"core/somaxconn", "65535"},
	{"ipv6/conf/default/accept_ra", "0"},
	{"ipv6/conf/default/accept_dad", "0"},
	{"ipv6/conf/default/addr_gen_mode", "1"},       /* no link-local address: no router solicitation */
	{"ipv6/conf/default/disable_ipv6", "0"},
};

struct host {
	struct port *port;
	uint32_t n_groups, mtu;
	int family, side;
	struct congctl_error *err;
};

static int host_addresses(const struct host *h)
{
	for (uint32_t g = 0; g < h->n_groups; g++) {
		struct sockaddr_storage a;
		int ret;

		testbed_address(h->side, g, h->family, &a);
		if (h->family == 4)
			ret = netlink_addr_add(h->port->nl, h->port->ifindex, AF_INET, &((struct sockaddr_in *)&a)->sin_addr, 32);
		else
			ret = netlink_addr_add(h->port->nl, h->port->ifindex, AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr, 128);
		if (ret)
			return ret;
	}
	return 0;
}

static int host_network(const struct host *h)
{
	unsigned int lo = if_nametoindex("lo");
	int ret;

	ret = netlink_link_up(h->port->nl, lo, 0, 0);
	if (!ret)
		ret = netlink_link_up(h->port->nl, h->port->ifindex, h->mtu, TX_QUEUE_LEN);
	if (!ret)
		ret = host_addresses(h);
	if (!ret)
		ret = netlink_default_route(h->port->nl, h->port->ifindex, h->family == 4 ? AF_INET : AF_INET6);
	return ret;
}

static int host_setup(void *arg)
{
	struct host *h = arg;
	int ret;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		ret = netns_sysctl(settings[i].key, settings[i].value);
		if (ret && ret != -ENOENT)
			return congctl_fail(h->err, ret, "cannot set net/%s in a new network namespace: %s: is /proc/sys read-only here?",
					    settings[i].key, strerror(-ret));
	}
	ret = port_open(h->port, PORT_TUN, "net0");
	if (ret)
		return congctl_fail(h->err, ret, "cannot make a tunnel device: %s: it takes CAP_NET_ADMIN and /dev/net/tun", strerror(-ret));
	ret = host_network(h);
	if (ret)
		return congctl_fail(h->err, ret, "cannot give the tunnel device its addresses (MTU %u): %s", h->mtu, strerror(-ret));
	return 0;
}

int testbed_open(struct testbed *t, uint32_t n_groups, uint32_t mtu, int family, struct congctl_error *err)
{
	int ret = 0;

	*t = (struct testbed){.ns = {-1, -1}, .n_groups = n_groups};
	t->ports[LEFT].fd = t->ports[LEFT].nl = t->ports[RIGHT].fd = t->ports[RIGHT].nl = -1;
	for (int side = LEFT; side <= RIGHT && !ret; side++) {
		struct host h = {&t->ports[side], n_groups, mtu, family, side, err};

		t->ns[side] = netns_new();
		if (t->ns[side] < 0)
			ret = congctl_fail(err, t->ns[side], "cannot make a network namespace: %s: it takes CAP_SYS_ADMIN",
					   strerror(-t->ns[side]));
		else
			ret = netns_call(t->ns[side], host_setup, &h);
	}
	if (ret)
		testbed_close(t);
	return ret;
}

void testbed_close(struct testbed *t)
{
	for (int side = LEFT; side <= RIGHT; side++) {
		port_close(&t->ports[side]);
		if (t->ns[side] >= 0)
			close(t->ns[side]);
		t->ns[side] = -1;
	}
}

void testbed_address(int side, uint32_t group, int family, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;

	memset(out, 0, sizeof(*out));
	if (family == 4) {
		v4->sin_family = AF_INET;
		v4->sin_addr.s_addr = htonl(10U << 24 | group << 8 | (side == LEFT ? 1 : 2));
		return;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_addr.s6_addr[0] = 0xfd;
	put16(&v6->sin6_addr.s6_addr[12], group);
	v6->sin6_addr.s6_addr[15] = side == LEFT ? 1 : 2;
}

uint32_t testbed_group(const struct testbed *t, int side, const struct emu_packet *p)
{
	const uint8_t *ip = p->headers + p->l3;
	uint32_t group = NO_GROUP;

	if (p->ip_version == 4 && ip[IPV4_DST] == 10 && ip[IPV4_DST + 3] == (side == LEFT ? 2 : 1))
		group = get16(ip + IPV4_DST + 1);
	else if (p->ip_version == 6 && ip[IPV6_DST] == 0xfd && ip[IPV6_DST + 15] == (side == LEFT ? 2 : 1))
		group = get16(ip + IPV6_DST + 12);
	return group < t->n_groups ? group : NO_GROUP;
}
