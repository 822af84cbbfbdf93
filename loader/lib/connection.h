/* SPDX-License-Identifier: GPL-2.0-only */
/* connection.h - one live TCP connection, found by its process or by its addresses. Private. */
#ifndef CONGCTL_CONNECTION_H
#define CONGCTL_CONNECTION_H

#include <net/if.h>
#include <netinet/in.h>

#include "netns.h"
#include "route.h"

struct connection_end {
	struct route_prefix host; /* IPv4 if it is ::ffff:a.b.c.d */
	uint16_t port;            /* host byte order */
	uint32_t device;          /* index of the one it is bound to; 0: none */
	char device_name[IF_NAMESIZE]; /* as given; empty: none */
};

struct connection {
	struct connection_end local, remote;
	char name[CONGCTL_NAME_MAX + 1];
	uint64_t cgroup; /* id; 0: unknown, before 5.8 */
	struct namespace ns;
};

/* Is it a connection as congctl_explain() takes one? Asks nothing of the machine. */
int connection_check(const char *socket, const char *remote, struct congctl_error *err);
/* "10.0.0.1:80", "[2001:db8::1]:80", "[fe80::1]%eth0:80"; whether there is such a device is not asked. */
int connection_end_parse(const char *text, struct connection_end *end, struct congctl_error *err);
void connection_end_print(const struct connection_end *end, char text[64]);

int connection_of_process(const char *pid_fd, struct connection *c, struct congctl_error *err);
int connection_by_ends(const char *local, const char *remote, struct connection *c, struct congctl_error *err);
void connection_close(struct connection *c);

#endif
