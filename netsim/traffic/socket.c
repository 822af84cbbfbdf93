// SPDX-License-Identifier: GPL-2.0-only
/* The sockets of both ends, made before time 0. */
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "flow.h"

#define BACKLOG SCENARIO_MAX_FLOWS /* the kernel cuts it to net.core.somaxconn */

/* Unsent bytes a socket may hold: RESERVE_NS of its share of the bottleneck, which a thread that is scheduled late lives on,
 * and at least UNSENT_MIN: two writes' worth, so that 8,192 flows hold 256 MB. Refilled from half of it (docs/metrics.md). */
#define RESERVE_NS 50000000
#define UNSENT_MIN (32 << 10)
#define UNSENT_MAX (64 << 20)
#define POISSON_TOGETHER 10
#define DATAGRAM_BUFFER (8 << 20) /* bytes of memory: 3,600 full-size datagrams */

socklen_t traffic_address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

int traffic_watch(struct traffic *t, int fd, uint32_t events, enum traffic_event kind, uint32_t index)
{
	struct epoll_event ev = {.events = events, .data.u64 = (uint64_t)kind << 32 | index};

	return epoll_ctl(t->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* The algorithm before anything is sent: an ECN algorithm negotiates ECN, on both ends. */
static int set_algorithm(int fd, const char *cc, struct congctl_error *err)
{
	int code;

	if (*cc && !setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cc, strlen(cc)))
		return 0;
	code = *cc ? -errno : -EINVAL;
	if (code == -ENOENT)
		return congctl_fail(err, code, "cannot use congestion control '%s': it is not registered: register it with"
				    " `congctl register` or choose one that `congctl list` shows", cc);
	if (code == -EPERM)
		return congctl_fail(err, code, "cannot use congestion control '%s': not allowed here: run with CAP_NET_ADMIN", cc);
	return congctl_fail(err, code, "cannot use congestion control '%s': %s", cc, strerror(-code));
}

/*
 * A socket that is reset when it is closed, whoever closes it: after kill -9 that is the kernel, and a connection left to time out would
 * keep its namespace and its algorithm for minutes. What a listener accepts inherits it.
 */
static int open_socket(int family, int type, struct congctl_error *err)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		return fd;
	code = -errno;
	return congctl_fail(err, code, "cannot open a socket: %s%s", strerror(-code),
			    code == -EMFILE ? ": two descriptors are needed for each flow: raise `ulimit -n`" : "");
}

/* questions and answers are sent at once, whatever is unacknowledged; what a listener accepts inherits it */
static bool asks(const struct scenario_flow *group)
{
	return group->workload == WORKLOAD_REQUEST || group->workload == WORKLOAD_INCAST;
}

int traffic_listen(struct traffic *t, uint32_t group, struct congctl_error *err)
{
	struct traffic_listener *l = &t->listeners[group];
	int nodelay = asks(&t->config->scenario->flows[group]), ret;
	socklen_t len = sizeof(l->address);

	l->address = t->config->groups[group].receiver;
	l->fd = open_socket(l->address.ss_family, SOCK_STREAM, err);
	if (l->fd < 0)
		return l->fd;
	ret = set_algorithm(l->fd, t->config->scenario->flows[group].cc, err);
	if (ret)
		return ret;
	if (setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay)) ||
	    bind(l->fd, (struct sockaddr *)&l->address, traffic_address_len(&l->address)) || listen(l->fd, BACKLOG) ||
	    getsockname(l->fd, (struct sockaddr *)&l->address, &len)) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot listen for flow '%s': %s", t->config->scenario->flows[group].name, strerror(-ret));
	}
	ret = traffic_watch(t, l->fd, EPOLLIN, EVENT_LISTENER, group);
	return ret ? congctl_fail(err, ret, "cannot watch a socket: %s", strerror(-ret)) : 0;
}

/* Of those that come at random few are there at a time. */
static double flows_together(const struct scenario *s)
{
	double n = 0;

	for (size_t g = 0; g < s->n_flows; g++)
		n += s->flows[g].workload == WORKLOAD_POISSON ? POISSON_TOGETHER : s->flows[g].count;
	return n;
}

static int unsent_limit(const struct traffic *t)
{
	const struct scenario *s = t->config->scenario;
	double bytes = (double)s->link.rate_bps / 8e9 * RESERVE_NS / flows_together(s);

	return bytes < UNSENT_MIN ? UNSENT_MIN : bytes > UNSENT_MAX ? UNSENT_MAX : (int)bytes;
}

int flow_open(struct traffic *t, struct flow *f, struct congctl_error *err)
{
	const struct sockaddr_storage *from = &t->config->groups[f->out->group].sender;
	int lowat = unsent_limit(t), on = 1, nodelay = asks(f->group), ret, fd;
	socklen_t len = sizeof(f->out->cc);

	fd = f->end[SENDER].fd = open_socket(from->ss_family, SOCK_STREAM, err);
	if (fd < 0)
		return fd;
	ret = set_algorithm(fd, f->group->cc, err);
	if (ret)
		return ret;
	/* the port is taken at connect(): only the four addresses and ports together must be unique */
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, f->out->cc, &len) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(lowat)) ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, sizeof(nodelay)) ||
	    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)from, traffic_address_len(from))) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot set up a sender of flow '%s': %s", f->out->name, strerror(-ret));
	}
	return 0;
}

/* --- datagrams -------------------------------------------------------------------------------------------------------- */

/* What comes while this thread is busy waits in the socket: a loss there would look like the network's. */
int datagram_open_receiver(struct traffic *t, struct flow *f, struct congctl_error *err)
{
	const struct sockaddr_storage *to = &t->config->groups[f->plan->group].receiver;
	int fd = f->end[RECEIVER].fd = open_socket(to->ss_family, SOCK_DGRAM, err), room = DATAGRAM_BUFFER, ret;

	if (fd < 0)
		return fd;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (const struct sockaddr *)to, traffic_address_len(to))) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot set up a receiver of flow '%s': %s", f->out->name, strerror(-ret));
	}
	ret = traffic_watch(t, fd, EPOLLIN, EVENT_DATAGRAM, (uint32_t)(f - t->flows));
	return ret ? congctl_fail(err, ret, "cannot watch a socket: %s", strerror(-ret)) : 0;
}

int datagram_open_sender(struct traffic *t, struct flow *f, struct congctl_error *err)
{
	const struct sockaddr_storage *from = &t->config->groups[f->plan->group].sender;
	int fd = f->end[SENDER].fd = open_socket(from->ss_family, SOCK_DGRAM, err), room = DATAGRAM_BUFFER, ret;
	struct sockaddr_storage to;
	socklen_t len = sizeof(to);

	if (fd < 0)
		return fd;
	if (getsockname(f->end[RECEIVER].fd, (struct sockaddr *)&to, &len) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) ||
	    bind(fd, (const struct sockaddr *)from, traffic_address_len(from)) || connect(fd, (struct sockaddr *)&to, len)) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot set up a sender of flow '%s': %s", f->out->name, strerror(-ret));
	}
	snprintf(f->out->cc, sizeof(f->out->cc), "udp");
	return 0;
}
