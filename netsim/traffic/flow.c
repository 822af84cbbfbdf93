// SPDX-License-Identifier: GPL-2.0-only
/*
 * One flow's sockets. Edge-triggered: a socket is written until it is full and read until it is empty, but each at most
 * WORK_BYTES at a time; a flow that could do more queues up behind the others.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"

#define WORK_BYTES (256u << 10) /* per flow and turn */
#define TURNS_PER_PASS 32       /* of the ready list, between two looks at the other sockets and the clock */
#define BACKLOG SCENARIO_MAX_FLOWS /* the kernel cuts it to net.core.somaxconn */

/* Unsent bytes a socket may hold: RESERVE_NS of its share of the bottleneck, which a thread that is scheduled late lives on,
 * and at least UNSENT_MIN: two writes' worth, so that 8,192 flows hold 256 MB. Refilled from half of it (docs/metrics.md). */
#define RESERVE_NS 50000000
#define UNSENT_MIN (32 << 10)
#define UNSENT_MAX (64 << 20)

static char payload[WORK_BYTES]; /* what is sent: zeros */

static socklen_t address_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

static uint16_t port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port : ((const struct sockaddr_in *)a)->sin_port);
}

static int watch(struct traffic *t, int fd, uint32_t events, enum traffic_event kind, uint32_t index)
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
static int open_socket(int family, struct congctl_error *err)
{
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		return fd;
	code = -errno;
	return congctl_fail(err, code, "cannot open a socket: %s%s", strerror(-code),
			    code == -EMFILE ? ": two descriptors are needed for each flow: raise `ulimit -n`" : "");
}

int traffic_listen(struct traffic *t, uint32_t group, struct congctl_error *err)
{
	struct traffic_listener *l = &t->listeners[group];
	socklen_t len = sizeof(l->address);
	int ret;

	l->address = t->config->groups[group].receiver;
	l->fd = open_socket(l->address.ss_family, err);
	if (l->fd < 0)
		return l->fd;
	ret = set_algorithm(l->fd, t->config->scenario->flows[group].cc, err);
	if (ret)
		return ret;
	if (bind(l->fd, (struct sockaddr *)&l->address, address_len(&l->address)) || listen(l->fd, BACKLOG) ||
	    getsockname(l->fd, (struct sockaddr *)&l->address, &len)) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot listen for flow '%s': %s", t->config->scenario->flows[group].name, strerror(-ret));
	}
	ret = watch(t, l->fd, EPOLLIN, EVENT_LISTENER, group);
	return ret ? congctl_fail(err, ret, "cannot watch a socket: %s", strerror(-ret)) : 0;
}

static int unsent_limit(const struct traffic *t)
{
	double bytes = (double)t->config->scenario->link.rate_bps / 8e9 * RESERVE_NS / (double)t->n_flows;

	return bytes < UNSENT_MIN ? UNSENT_MIN : bytes > UNSENT_MAX ? UNSENT_MAX : (int)bytes;
}

int flow_open(struct traffic *t, struct flow *f, struct congctl_error *err)
{
	const struct sockaddr_storage *from = &t->config->groups[f->out->group].sender;
	int lowat = unsent_limit(t), on = 1, ret;
	socklen_t len = sizeof(f->out->cc);

	f->send_fd = open_socket(from->ss_family, err);
	if (f->send_fd < 0)
		return f->send_fd;
	ret = set_algorithm(f->send_fd, t->config->scenario->flows[f->out->group].cc, err);
	if (ret)
		return ret;
	/* the port is taken at connect(): only the four addresses and ports together must be unique */
	if (getsockopt(f->send_fd, IPPROTO_TCP, TCP_CONGESTION, f->out->cc, &len) ||
	    setsockopt(f->send_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof(lowat)) ||
	    setsockopt(f->send_fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) ||
	    bind(f->send_fd, (const struct sockaddr *)from, address_len(from))) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot set up a sender of flow '%s': %s", f->out->name, strerror(-ret));
	}
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd < 0)
		return;
	close(*fd);
	*fd = -1;
}

void flow_close(struct flow *f)
{
	close_fd(&f->send_fd);
	close_fd(&f->recv_fd);
	f->done = true;
}

static void flow_fail(struct traffic *t, struct flow *f, int error)
{
	if (f->connecting)
		t->connecting--;
	f->connecting = false;
	f->out->error = error;
	flow_close(f);
}

/* Behind the others: it could go on, but has had its turn. */
static void enqueue(struct traffic *t, struct flow *f, bool *flag)
{
	bool queued = f->send_ready || f->recv_ready;

	*flag = true;
	if (queued)
		return;
	f->next_ready = NULL;
	*t->ready_tail = f;
	t->ready_tail = &f->next_ready;
}

static void flow_send(struct traffic *t, struct flow *f)
{
	uint64_t budget = WORK_BYTES;

	while (budget && f->left_bytes) {
		ssize_t n = send(f->send_fd, payload, f->left_bytes < budget ? f->left_bytes : budget, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno != EAGAIN)
				flow_fail(t, f, errno);
			return;
		}
		budget -= (uint64_t)n;
		if (f->left_bytes != UINT64_MAX)
			f->left_bytes -= (uint64_t)n;
	}
	if (f->left_bytes)
		enqueue(t, f, &f->send_ready);
	else
		shutdown(f->send_fd, SHUT_WR);
}

static void flow_established(struct traffic *t, struct flow *f)
{
	f->connecting = false;
	t->connecting--;
	f->out->established_ns = traffic_now(t);
	flow_send(t, f);
}

void flow_connect(struct traffic *t, struct flow *f)
{
	struct traffic_listener *l = &t->listeners[f->out->group];
	struct sockaddr_storage self;
	socklen_t len = sizeof(self);
	int ret;

	f->connecting = true;
	t->connecting++;
	ret = connect(f->send_fd, (struct sockaddr *)&l->address, address_len(&l->address)) ? errno : 0;
	if ((ret && ret != EINPROGRESS) || getsockname(f->send_fd, (struct sockaddr *)&self, &len)) {
		flow_fail(t, f, ret && ret != EINPROGRESS ? ret : errno);
		return;
	}
	l->flow_of_port[port_of(&self)] = (uint32_t)(f - t->flows) + 1;
	ret = watch(t, f->send_fd, EPOLLOUT | EPOLLET, EVENT_SENDER, (uint32_t)(f - t->flows));
	if (ret)
		flow_fail(t, f, -ret);
}

void flow_on_sender(struct traffic *t, struct flow *f, uint32_t events)
{
	socklen_t len = sizeof(int);
	int error = 0;

	if (f->done)
		return;
	if (events & EPOLLERR) {
		getsockopt(f->send_fd, SOL_SOCKET, SO_ERROR, &error, &len);
		flow_fail(t, f, error ? error : ECONNRESET);
	} else if (events & EPOLLOUT && f->connecting) {
		flow_established(t, f);
	} else if (events & EPOLLOUT && f->left_bytes && !f->send_ready) {
		flow_send(t, f);
	}
}

/* All connections that wait; who it is from is told by the port. */
void flow_accept(struct traffic *t, uint32_t group)
{
	struct traffic_listener *l = &t->listeners[group];

	for (;;) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		uint32_t number;
		struct flow *f;
		int ret;

		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		number = l->flow_of_port[port_of(&peer)];
		f = number ? &t->flows[number - 1] : NULL;
		if (!f || f->done || f->recv_fd >= 0) { /* a stranger, or a flow that failed meanwhile */
			close_fd(&fd);
			continue;
		}
		f->recv_fd = fd;
		ret = watch(t, fd, EPOLLIN | EPOLLET, EVENT_RECEIVER, number - 1);
		if (ret)
			flow_fail(t, f, -ret);
	}
}

void flow_on_receiver(struct traffic *t, struct flow *f)
{
	uint64_t size = t->config->scenario->flows[f->out->group].size_bytes;
	bool complete;
	ssize_t n;

	if (f->done || f->recv_ready)
		return;
	n = recv(f->recv_fd, NULL, WORK_BYTES, MSG_TRUNC); /* TCP: discard without copying */
	if (n > 0) {
		f->out->received_bytes += (uint64_t)n;
		complete = size && f->out->received_bytes >= size;
		if (complete && f->out->finished_ns == ENGINE_NEVER)
			f->out->finished_ns = traffic_now(t);
		if (complete || (size_t)n == WORK_BYTES) /* a short read has emptied the socket, but for the end of the stream */
			enqueue(t, f, &f->recv_ready);
	} else if (n == 0) { /* the end of the stream: the sender's last words, then both go */
		sample_flow(t, f);
		flow_close(f);
	} else if (errno != EAGAIN) {
		flow_fail(t, f, errno);
	}
}

void flow_serve_ready(struct traffic *t)
{
	for (int turn = 0; turn < TURNS_PER_PASS && t->ready; turn++) {
		struct flow *f = t->ready;
		bool send_ready = f->send_ready, recv_ready = f->recv_ready;

		t->ready = f->next_ready;
		if (!t->ready)
			t->ready_tail = &t->ready;
		f->send_ready = f->recv_ready = false;
		if (recv_ready)
			flow_on_receiver(t, f);
		if (send_ready && !f->done)
			flow_send(t, f);
	}
}
