// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "netns.h"
#include "probe.h"

#define RECEIVE_BUFFER (64 << 20)

struct datagram {
	uint32_t number;
	uint32_t pad;
	uint64_t sent_ns; /* CLOCK_REALTIME, as the receiver's time stamps */
	uint8_t fill[1472 - 16];
};

static int open_socket(void *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

static int open_sockets(struct probe *p)
{
	struct sockaddr_storage receiver;
	socklen_t len = sizeof(struct sockaddr_in);
	int ret;

	for (int side = LEFT; side <= RIGHT; side++) {
		p->sockets[side] = netns_call(p->testbed.ns[side], open_socket, NULL);
		if (p->sockets[side] < 0)
			return p->sockets[side];
	}
	testbed_address(RIGHT, 0, 4, &receiver);
	if (bind(p->sockets[RIGHT], (struct sockaddr *)&receiver, len) ||
	    getsockname(p->sockets[RIGHT], (struct sockaddr *)&receiver, &len) ||
	    connect(p->sockets[LEFT], (struct sockaddr *)&receiver, len))
		return -errno;
	ret = set_option(p->sockets[RIGHT], SOL_SOCKET, SO_TIMESTAMPNS, 1);
	if (!ret)
		ret = set_option(p->sockets[RIGHT], IPPROTO_IP, IP_RECVTOS, 1);
	if (!ret)
		ret = set_option(p->sockets[RIGHT], SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
	return ret ? ret : set_option(p->sockets[LEFT], SOL_SOCKET, SO_SNDBUFFORCE, RECEIVE_BUFFER);
}

static const struct path *probe_route(void *arg, uint32_t port, const struct emu_packet *packet)
{
	struct probe *p = arg;

	return testbed_group(&p->testbed, port, packet) == NO_GROUP ? NULL : &p->paths[port];
}

static int probe_network(struct probe *p, const struct link_config *link, enum emu_wait wait, struct congctl_error *err)
{
	struct loop_config config = {
		.ports = p->testbed.ports,
		.n_ports = 2,
		.wait = wait,
		.coalesce_segments = 1,
		.route = probe_route,
		.arg = p,
	};
	int ret = -ENOMEM;

	p->engine = config.engine = engine_new(1);
	p->loop = p->engine ? loop_new(&config, err) : NULL;
	if (p->loop)
		p->link = link_new(p->engine, link, &ret);
	if (!p->link)
		return congctl_fail(err, ret, "cannot make a link to test: %s", strerror(-ret));
	p->paths[LEFT] = (struct path){.n_links = 1, .links = {p->link}};
	p->paths[RIGHT] = (struct path){.n_links = 0};
	loop_path_end(p->loop, RIGHT, &p->paths[LEFT]);
	loop_path_end(p->loop, LEFT, &p->paths[RIGHT]);
	return loop_start(p->loop, clock_mono_ns(), err);
}

static void network_free(struct probe *p)
{
	if (p->loop)
		loop_stop(p->loop);
	engine_free(p->engine);
	loop_free(p->loop);
	p->engine = NULL;
	p->loop = NULL;
	p->link = NULL;
}

static int probe_hosts(struct probe *p, struct congctl_error *err)
{
	int ret = testbed_open(&p->testbed, 1, 1500, 4, err);

	if (ret) {
		p->testbed.n_groups = 0;
		return ret;
	}
	p->sockets[LEFT] = p->sockets[RIGHT] = -1;
	ret = open_sockets(p);
	return ret ? congctl_fail(err, ret, "cannot open the sockets of a probe: %s", strerror(-ret)) : 0;
}

int probe_start(struct probe *p, const struct link_config *link, enum emu_wait wait, struct congctl_error *err)
{
	int ret;

	network_free(p);
	if (!p->testbed.n_groups) {
		ret = probe_hosts(p, err);
		if (ret)
			return ret;
	}
	*p = (struct probe){.testbed = p->testbed, .sockets = {p->sockets[LEFT], p->sockets[RIGHT]}};
	return probe_network(p, link, wait, err);
}

void probe_stop(struct probe *p)
{
	loop_stop(p->loop);
}

void probe_close(struct probe *p)
{
	network_free(p);
	if (!p->testbed.n_groups)
		return;
	for (int side = LEFT; side <= RIGHT; side++) {
		if (p->sockets[side] >= 0)
			close(p->sockets[side]);
	}
	testbed_close(&p->testbed);
	p->testbed.n_groups = 0;
}

int probe_send(struct probe *p, uint32_t payload, uint8_t ecn)
{
	struct datagram d = {.number = p->sent};
	int ret = set_option(p->sockets[LEFT], IPPROTO_IP, IP_TOS, ecn);

	if (ret)
		return ret;
	d.sent_ns = clock_ns(CLOCK_REALTIME);
	if (send(p->sockets[LEFT], &d, payload, 0) < 0)
		return -errno;
	p->sent++;
	return 0;
}

static void probe_take(struct probe *p, const struct datagram *d, uint32_t payload, uint64_t at_ns, uint8_t tos)
{
	if (p->received && d->number <= p->last)
		p->reordered++;
	p->last = d->number;
	p->marked += (tos & 3) == ECN_CE;
	if (p->delays_ns && p->received < p->delays_room)
		p->delays_ns[p->received] = (double)at_ns - (double)d->sent_ns;
	p->received++;
	if (at_ns < p->count_from_ns)
		return;
	if (p->first_ns)
		p->received_bytes += payload + PROBE_HEADERS;
	else
		p->first_ns = at_ns;
	p->last_ns = at_ns;
}

void probe_receive(struct probe *p)
{
	for (;;) {
		uint8_t control[256] __attribute__((aligned(8)));
		struct datagram d;
		struct iovec iov = {&d, sizeof(d)};
		struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(p->sockets[RIGHT], &m, 0);
		struct timespec ts = {0};
		uint8_t tos = 0;

		if (n < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
				memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
				tos = *CMSG_DATA(c);
		}
		if (n >= 16)
			probe_take(p, &d, n, ts.tv_sec * NS_PER_S + ts.tv_nsec, tos);
	}
}

void probe_drain(struct probe *p, uint32_t expected, uint64_t quiet_ns)
{
	struct pollfd pfd = {.fd = p->sockets[RIGHT], .events = POLLIN};

	while (p->received < expected && poll(&pfd, 1, quiet_ns / 1000000) > 0)
		probe_receive(p);
}
