// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bytes in and out of a connection, at both ends alike. Edge-triggered: a socket is written until it is full and read until it is
 * empty, but each at most WORK_BYTES at a time; a flow that could do more queues up behind the others.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flow.h"

#define WORK_BYTES (256u << 10) /* per flow and turn */
#define TURNS_PER_PASS 32       /* of the ready list, between two looks at the other sockets and the clock */

static char payload[WORK_BYTES]; /* what is sent: zeros */

static uint16_t port_of(const struct sockaddr_storage *a)
{
	return ntohs(a->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)a)->sin6_port : ((const struct sockaddr_in *)a)->sin_port);
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
	close_fd(&f->end[SENDER].fd);
	close_fd(&f->end[RECEIVER].fd);
	f->done = true;
}

void flow_fail(struct traffic *t, struct flow *f, int error)
{
	if (f->connecting)
		t->connecting--;
	f->connecting = false;
	f->out->error = error;
	f->done = true;
	app_failed(t, f);
	flow_close(f);
}

/* Behind the others: it could go on, but has had its turn. */
static void enqueue(struct traffic *t, struct flow *f, bool *flag)
{
	bool queued = f->end[SENDER].send_ready || f->end[SENDER].recv_ready || f->end[RECEIVER].send_ready || f->end[RECEIVER].recv_ready;

	*flag = true;
	if (queued)
		return;
	f->next_ready = NULL;
	*t->ready_tail = f;
	t->ready_tail = &f->next_ready;
}

static void flow_send(struct traffic *t, struct flow *f, enum flow_side side)
{
	struct flow_end *e = &f->end[side];
	uint64_t budget = WORK_BYTES;

	while (budget && e->left_bytes) {
		ssize_t n = send(e->fd, payload, e->left_bytes < budget ? e->left_bytes : budget, MSG_NOSIGNAL);

		if (n < 0) {
			if (errno != EAGAIN)
				flow_fail(t, f, errno);
			return;
		}
		budget -= (uint64_t)n;
		if (e->left_bytes != UINT64_MAX)
			e->left_bytes -= (uint64_t)n;
	}
	if (e->left_bytes)
		enqueue(t, f, &e->send_ready);
	else if (f->closing && side == SENDER)
		shutdown(e->fd, SHUT_WR);
}

void flow_write(struct traffic *t, struct flow *f, enum flow_side side, uint64_t bytes)
{
	f->end[side].left_bytes = bytes;
	if (!f->end[side].send_ready)
		flow_send(t, f, side);
}

void flow_end_stream(struct traffic *t, struct flow *f)
{
	f->closing = true;
	f->end[SENDER].left_bytes = 0;
	if (f->out->established_ns != ENGINE_NEVER)
		flow_send(t, f, SENDER);
}

static void flow_established(struct traffic *t, struct flow *f)
{
	f->connecting = false;
	t->connecting--;
	f->out->established_ns = traffic_now(t);
	app_established(t, f);
	if (!f->done && (f->end[SENDER].left_bytes || f->closing))
		flow_send(t, f, SENDER);
}

void flow_connect(struct traffic *t, struct flow *f)
{
	struct traffic_listener *l = &t->listeners[f->plan->group];
	uint32_t number = (uint32_t)(f - t->flows), both = f->question_left ? EPOLLIN : 0;
	struct sockaddr_storage self;
	socklen_t len = sizeof(self);
	int fd, ret;

	f->connecting = true;
	t->connecting++;
	ret = f->end[SENDER].fd < 0 ? flow_open(t, f, NULL) : 0;
	if (ret) {
		flow_fail(t, f, -ret);
		return;
	}
	fd = f->end[SENDER].fd;
	ret = connect(fd, (struct sockaddr *)&l->address, traffic_address_len(&l->address)) ? errno : 0;
	if ((ret && ret != EINPROGRESS) || getsockname(fd, (struct sockaddr *)&self, &len)) {
		flow_fail(t, f, ret && ret != EINPROGRESS ? ret : errno);
		return;
	}
	l->flow_of_port[port_of(&self)] = number + 1;
	ret = traffic_watch(t, fd, EPOLLOUT | EPOLLET | both, EVENT_SENDER, number);
	if (ret)
		flow_fail(t, f, -ret);
}

/* All connections that wait; who it is from is told by the port. */
void flow_accept(struct traffic *t, uint32_t group)
{
	struct traffic_listener *l = &t->listeners[group];

	for (;;) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof(peer);
		int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		uint32_t number, both;
		struct flow *f;
		int ret;

		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		number = l->flow_of_port[port_of(&peer)];
		f = number ? &t->flows[number - 1] : NULL;
		if (!f || f->done || f->end[RECEIVER].fd >= 0) { /* a stranger, or a flow that failed meanwhile */
			close_fd(&fd);
			continue;
		}
		f->end[RECEIVER].fd = fd;
		both = f->question_left ? EPOLLOUT : 0;
		ret = traffic_watch(t, fd, EPOLLIN | EPOLLET | both, EVENT_RECEIVER, number - 1);
		if (ret)
			flow_fail(t, f, -ret);
		else
			app_accepted(t, f);
	}
}

static void flow_receive(struct traffic *t, struct flow *f, enum flow_side side)
{
	struct flow_end *e = &f->end[side];
	ssize_t n = recv(e->fd, NULL, WORK_BYTES, MSG_TRUNC); /* TCP: discard without copying */

	if (n > 0) {
		app_received(t, f, side, (uint64_t)n);
		/* a short read has emptied the socket, but for the end of the stream */
		if (!f->done && ((f->closing && !f->end[SENDER].left_bytes) || (size_t)n == WORK_BYTES))
			enqueue(t, f, &e->recv_ready);
	} else if (n == 0 && side == RECEIVER) { /* the end of the stream: the sender's last words, then both go */
		sample_flow(t, f);
		app_stream_ended(t, f);
		flow_close(f);
	} else if (n == 0 || errno != EAGAIN) {
		flow_fail(t, f, n ? errno : ECONNRESET);
	}
}

void flow_on_event(struct traffic *t, struct flow *f, enum flow_side side, uint32_t events)
{
	struct flow_end *e = &f->end[side];
	socklen_t len = sizeof(int);
	int error = 0;

	if (f->done)
		return;
	if (events & EPOLLERR) {
		getsockopt(e->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		flow_fail(t, f, error ? error : ECONNRESET);
		return;
	}
	if (events & EPOLLOUT && side == SENDER && f->connecting)
		flow_established(t, f);
	else if (events & EPOLLOUT && e->left_bytes && !e->send_ready)
		flow_send(t, f, side);
	if (!f->done && events & EPOLLIN && !e->recv_ready)
		flow_receive(t, f, side);
}

void flow_serve_ready(struct traffic *t)
{
	for (int turn = 0; turn < TURNS_PER_PASS && t->ready; turn++) {
		struct flow *f = t->ready;
		bool ready[2][2];

		t->ready = f->next_ready;
		if (!t->ready)
			t->ready_tail = &t->ready;
		for (int side = SENDER; side <= RECEIVER; side++) {
			ready[side][0] = f->end[side].recv_ready;
			ready[side][1] = f->end[side].send_ready;
			f->end[side].recv_ready = f->end[side].send_ready = false;
		}
		for (int side = SENDER; side <= RECEIVER; side++) {
			if (ready[side][0] && !f->done)
				flow_receive(t, f, side);
			if (ready[side][1] && !f->done)
				flow_send(t, f, side);
		}
	}
}
