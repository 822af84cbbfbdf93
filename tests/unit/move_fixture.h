/* SPDX-License-Identifier: GPL-2.0-only */
/* move_fixture.h - live connections over loopback, and which algorithm each of their sockets has. */
#ifndef TESTS_MOVE_FIXTURE_H
#define TESTS_MOVE_FIXTURE_H

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <congctl/congctl.h>

#include "unit.h"

static char first[CONGCTL_NAME_MAX + 1], second[CONGCTL_NAME_MAX + 1]; /* the algorithms of the test */

/* a connection and the socket that accepted it */
struct trio {
	int listener, client, server;
};

static int open_tcp(int family, const char *algorithm)
{
	int fd = socket(family, SOCK_STREAM, 0);

	CU_ASSERT_TRUE_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, algorithm, strlen(algorithm)), 0);
	return fd;
}

/* A listener on `bound` that a client reaches as `reached`; IPv6 if there is a ':' in it. */
static struct trio connect_trio(const char *bound, const char *reached, const char *algorithm)
{
	int family = strchr(bound, ':') ? AF_INET6 : AF_INET, other = strchr(reached, ':') ? AF_INET6 : AF_INET;
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	struct sockaddr_in four = {.sin_family = AF_INET};
	void *address = family == AF_INET ? (void *)&four : &six;
	socklen_t len = family == AF_INET ? sizeof(four) : sizeof(six);
	struct trio t = {.listener = open_tcp(family, algorithm), .client = open_tcp(other, algorithm)};
	in_port_t port;

	CU_ASSERT_EQUAL_FATAL(inet_pton(family, bound, family == AF_INET ? (void *)&four.sin_addr : &six.sin6_addr), 1);
	CU_ASSERT_EQUAL_FATAL(bind(t.listener, address, len), 0);
	CU_ASSERT_EQUAL_FATAL(listen(t.listener, 1), 0);
	getsockname(t.listener, address, &len);
	port = family == AF_INET ? four.sin_port : six.sin6_port;
	CU_ASSERT_EQUAL_FATAL(inet_pton(other, reached, other == AF_INET ? (void *)&four.sin_addr : &six.sin6_addr), 1);
	four.sin_port = six.sin6_port = port;
	address = other == AF_INET ? (void *)&four : &six;
	CU_ASSERT_EQUAL_FATAL(connect(t.client, address, other == AF_INET ? sizeof(four) : sizeof(six)), 0);
	t.server = accept(t.listener, NULL, NULL);
	CU_ASSERT_TRUE_FATAL(t.server >= 0);
	return t;
}

static void close_trio(const struct trio *t)
{
	close(t->client);
	close(t->server);
	close(t->listener);
}

static bool has(int fd, const char *algorithm)
{
	char name[CONGCTL_NAME_MAX + 1] = "";
	socklen_t len = sizeof(name);

	return !getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &len) && !strcmp(name, algorithm);
}

/* listener, client, server: '1' has the first algorithm, '2' the second */
static bool have(const struct trio *t, const char *wanted)
{
	const int fds[] = {t->listener, t->client, t->server};

	for (int i = 0; i < 3; i++) {
		if (!has(fds[i], wanted[i] == '1' ? first : second))
			return false;
	}
	return true;
}

/* data goes both ways */
static bool works(const struct trio *t)
{
	char byte = 'x', got = 0;

	return send(t->client, &byte, 1, MSG_NOSIGNAL) == 1 && recv(t->server, &got, 1, 0) == 1 && got == 'x' &&
	       send(t->server, &byte, 1, MSG_NOSIGNAL) == 1 && recv(t->client, &got, 1, 0) == 1;
}

#endif
