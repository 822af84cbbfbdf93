// SPDX-License-Identifier: GPL-2.0-only
/* port.c - reference: Documentation/networking/tuntap.rst */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "netlink.h"
#include "port.h"

static int port_setup(struct port *port, enum port_kind kind, const char *name)
{
	struct ifreq ifr = {.ifr_flags = (kind == PORT_TUN ? IFF_TUN : IFF_TAP) | IFF_NO_PI | IFF_VNET_HDR};
	int header = sizeof(struct virtio_net_hdr);

	port->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (port->fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(port->fd, TUNSETIFF, &ifr) || ioctl(port->fd, TUNSETVNETHDRSZ, &header) ||
	    ioctl(port->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN))
		return -errno;
	snprintf(port->name, sizeof(port->name), "%s", ifr.ifr_name);
	port->ifindex = if_nametoindex(port->name);
	if (!port->ifindex)
		return -errno;
	port->nl = netlink_open();
	return port->nl < 0 ? port->nl : 0;
}

int port_open(struct port *port, enum port_kind kind, const char *name)
{
	int ret;

	*port = (struct port){.fd = -1, .nl = -1, .l2_len = kind == PORT_TAP ? 14 : 0};
	ret = port_setup(port, kind, name);
	if (ret)
		port_close(port);
	return ret;
}

void port_close(struct port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	if (port->nl >= 0)
		close(port->nl);
	port->fd = port->nl = -1;
}

int port_read(const struct port *port, struct virtio_net_hdr *vnet, void *buf, size_t size)
{
	struct iovec iov[2] = {{vnet, sizeof(*vnet)}, {buf, size}};
	ssize_t n = readv(port->fd, iov, 2);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n > (ssize_t)sizeof(*vnet) ? n - (int)sizeof(*vnet) : 0;
}

int port_overruns(const struct port *port, uint64_t *pkts)
{
	return netlink_tx_dropped(port->nl, port->ifindex, pkts);
}
