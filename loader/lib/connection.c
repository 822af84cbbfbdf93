// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connection.h"
#include "netlink.h"
#include "pidfd.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62 /* 5.7 */
#endif

#define DIAG_CGROUP_ID 21 /* INET_DIAG_CGROUP_ID, 5.8 */
#define STATE_LISTEN 10

static void set_host(struct route_prefix *host, int family, const void *addr)
{
	*host = (struct route_prefix){.family = family, .bits = family == AF_INET ? 32 : 128};
	memcpy(host->addr, addr, host->bits / 8);
	if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)host->addr)) {
		struct in6_addr mapped;

		memcpy(&mapped, addr, sizeof(mapped));
		set_host(host, AF_INET, &mapped.s6_addr[12]);
	}
}

void connection_end_print(const struct connection_end *end, char text[64])
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(end->host.family, end->host.addr, address, sizeof(address));
	snprintf(text, 64, end->host.family == AF_INET6 ? "[%s]:%u" : "%s:%u", address, end->port);
}

/* "[2001:db8::1]" or "10.0.0.1", and "%v0" behind the address or the bracket; cuts `text` to its parts. */
static bool parse_host(char *text, struct connection_end *end)
{
	int family = *text == '[' ? AF_INET6 : AF_INET;
	char *device = strchr(text, '%'), *close = strchr(text, ']');
	unsigned char addr[16];

	if (family == AF_INET6 ? !close || (close[1] && close[1] != '%') : close != NULL)
		return false;
	if (device && close > device)
		*close = '\0';
	if (device)
		*device++ = '\0';
	if (device && (!*device || strlen(device) >= sizeof(end->device_name)))
		return false;
	if (device)
		strcpy(end->device_name, device);
	if (close)
		*close = '\0';
	if (inet_pton(family, text + (family == AF_INET6), addr) != 1)
		return false;
	set_host(&end->host, family, addr);
	return true;
}

int connection_end_parse(const char *text, struct connection_end *end, struct congctl_error *err)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + IF_NAMESIZE + 4], *stop = NULL;
	unsigned long port;

	port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &stop, 10) : 0;
	snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - text) : 0, text);
	*end = (struct connection_end){};
	if (!stop || *stop || port < 1 || port > 65535 || colon - text >= (int)sizeof(host) || !parse_host(host, end))
		return congctl_fail(err, -EINVAL, "'%.80s' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80", text);
	end->port = port;
	return 0;
}

static int read_diag(const struct nlmsghdr *message, void *arg)
{
	const struct inet_diag_msg *m = NLMSG_DATA(message);
	struct connection *c = arg;
	int len = message->nlmsg_len - NLMSG_LENGTH(sizeof(*m));

	if (len < 0 || m->idiag_state == STATE_LISTEN)
		return -ENOENT;
	for (const struct rtattr *a = (const void *)(m + 1); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == INET_DIAG_CONG)
			snprintf(c->name, sizeof(c->name), "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
		else if (a->rta_type == DIAG_CGROUP_ID && RTA_PAYLOAD(a) == sizeof(c->cgroup))
			memcpy(&c->cgroup, RTA_DATA(a), sizeof(c->cgroup));
	}
	return 0;
}

static struct inet_diag_req_v2 *start_question(struct nlbuf *b, int flags, const struct connection *c)
{
	struct inet_diag_req_v2 *r = nlbuf_start(b, SOCK_DIAG_BY_FAMILY, flags, sizeof(*r));

	r->sdiag_family = c->local.host.family;
	r->sdiag_protocol = IPPROTO_TCP;
	return r;
}

/* Ask the kernel for the socket with these ends, in the thread's namespace. -EPROTONOSUPPORT: it cannot be asked */
static int look_up(void *arg)
{
	struct connection *c = arg;
	struct nlbuf b;
	struct inet_diag_req_v2 *r = start_question(&b, 0, c);
	int ret;

	r->idiag_ext = 1 << (INET_DIAG_CONG - 1);
	r->idiag_states = ~0U;
	r->id.idiag_if = c->local.device ? c->local.device : c->remote.device;
	r->id.idiag_sport = htons(c->local.port);
	r->id.idiag_dport = htons(c->remote.port);
	memcpy(r->id.idiag_src, c->local.host.addr, c->local.host.bits / 8);
	memcpy(r->id.idiag_dst, c->remote.host.addr, c->remote.host.bits / 8);
	r->id.idiag_cookie[0] = r->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
	ret = nlbuf_ask(&b, NETLINK_SOCK_DIAG, read_diag, c);
	if (ret != -ENOENT)
		return ret;
	start_question(&b, NLM_F_DUMP, c); /* for all sockets in no state: none, or the same error if nobody answers */
	return nlbuf_ask(&b, NETLINK_SOCK_DIAG, NULL, NULL) == -ENOENT ? -EPROTONOSUPPORT : ret;
}

void connection_close(struct connection *c)
{
	namespace_close(&c->ns);
}

static int parse_ends(const char *local, const char *remote, struct connection *c, struct congctl_error *err)
{
	int ret = connection_end_parse(local, &c->local, err);

	if (!ret)
		ret = connection_end_parse(remote, &c->remote, err);
	if (!ret && c->local.host.family != c->remote.host.family)
		ret = congctl_fail(err, -EINVAL, "'%.80s' and '%.80s' are not of one kind: both IPv4 or both IPv6", local, remote);
	return ret;
}

static int find_device(struct connection_end *end, struct congctl_error *err)
{
	if (*end->device_name)
		end->device = if_nametoindex(end->device_name);
	if (*end->device_name && !end->device)
		return congctl_fail(err, -ENODEV, "no device '%s' in this network namespace: 'ip link' shows what there is", end->device_name);
	return 0;
}

int connection_by_ends(const char *local, const char *remote, struct connection *c, struct congctl_error *err)
{
	int ret;

	*c = (struct connection){.ns.fd = -1};
	ret = parse_ends(local, remote, c, err);
	if (!ret)
		ret = find_device(&c->local, err);
	if (!ret)
		ret = find_device(&c->remote, err);
	if (!ret)
		ret = namespace_own(&c->ns, err);
	if (ret)
		return ret;
	ret = look_up(c);
	if (!ret && !*c->name)
		ret = congctl_fail(err, -ENOENT, "the connection from %s to %s has ended, in TIME_WAIT it has no algorithm any more", local, remote);
	if (ret)
		connection_close(c);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, "no connection from %s to %s in this network namespace: 'ss -tn' shows what there is", local, remote);
	if (ret == -EPROTONOSUPPORT)
		return congctl_fail(err, ret, "cannot look for the connection: this kernel has no socket diagnostics: 'modprobe tcp_diag'");
	return ret ? congctl_fail(err, ret, "cannot look for the connection: %s", strerror(-ret)) : 0;
}

/* Its algorithm and both ends of a connected TCP socket; -EINVAL it is none */
static int read_ends(int fd, struct connection *c)
{
	struct connection_end *ends[] = {&c->local, &c->remote};
	socklen_t len = sizeof(c->name);
	int device = 0;

	if (!pidfd_is_tcp(fd))
		return -EINVAL;
	if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, c->name, &len))
		return -errno;
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in6 a = {};
		const struct sockaddr_in *v4 = (const void *)&a;

		len = sizeof(a);
		if (i ? getpeername(fd, (struct sockaddr *)&a, &len) : getsockname(fd, (struct sockaddr *)&a, &len))
			return -errno;
		set_host(&ends[i]->host, a.sin6_family, a.sin6_family == AF_INET ? (const void *)&v4->sin_addr : &a.sin6_addr);
		ends[i]->port = ntohs(a.sin6_port);
	}
	len = sizeof(device);
	getsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &device, &len);
	c->local.device = device;
	return 0;
}

/* The namespace the socket is in, which need not be its process's */
static int read_namespace(int fd, struct connection *c)
{
	socklen_t len = sizeof(c->ns.cookie);
	struct stat own, st;

	c->ns = (struct namespace){.fd = ioctl(fd, SIOCGSKNS), .where = "the socket's"};
	if (c->ns.fd < 0)
		return -errno;
	if (fstat(c->ns.fd, &st) || stat("/proc/thread-self/ns/net", &own))
		return -errno;
	c->ns.inode = st.st_ino;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &c->ns.cookie, &len))
		c->ns.cookie = 0;
	if (st.st_ino == own.st_ino)
		*c->ns.where = '\0';
	return 0;
}

/* "4711:5" */
static int parse_pid_fd(const char *text, unsigned int *pid, unsigned int *number, struct congctl_error *err)
{
	size_t digits = strspn(text, "0123456789"), more = text[digits] == ':' ? strspn(text + digits + 1, "0123456789") : 0;

	if (digits < 1 || digits > 9 || more < 1 || more > 9 || text[digits + 1 + more])
		return congctl_fail(err, -EINVAL, "'%.80s' is not PID:FD: write it like 4711:5, or give both ends of a connection", text);
	*pid = strtoul(text, NULL, 10);
	*number = strtoul(text + digits + 1, NULL, 10);
	return 0;
}

int connection_check(const char *socket, const char *remote, struct congctl_error *err)
{
	unsigned int pid, number;
	struct connection c;

	return remote ? parse_ends(socket, remote, &c, err) : parse_pid_fd(socket, &pid, &number, err);
}

/* A copy of the socket; the sentences say what it is instead. */
static int fetch(unsigned int pid, unsigned int number, struct congctl_error *err)
{
	int pidfd = pidfd_of(pid, err), fd;

	if (pidfd < 0)
		return pidfd == -ESRCH ? -ENOENT : pidfd;
	fd = pidfd_fetch(pidfd, number);
	close(pidfd);
	if (fd == -EBADF)
		return congctl_fail(err, -ENOENT, "process %u has no file descriptor %u: 'ss -tnp' shows what it has", pid, number);
	return fd < 0 ? pidfd_fail(fd, pid, err) : fd;
}

static int explain_no_connection(int ret, unsigned int pid, unsigned int number, const struct connection *c, struct congctl_error *err)
{
	if (ret == -EINVAL)
		return congctl_fail(err, ret, "file descriptor %u of process %u is no TCP socket: 'ss -tnp' shows which are", number, pid);
	if (ret == -ENOTCONN)
		return congctl_fail(err, ret, "file descriptor %u of process %u is not connected, and what it has by now is '%s': 'ss -tnp' shows "
				    "its connections", number, pid, c->name);
	return congctl_fail(err, ret, "cannot look at file descriptor %u of process %u: %s", number, pid, strerror(-ret));
}

int connection_of_process(const char *pid_fd, struct connection *c, struct congctl_error *err)
{
	unsigned int pid, number;
	int fd, ret;

	*c = (struct connection){.ns.fd = -1};
	ret = parse_pid_fd(pid_fd, &pid, &number, err);
	if (ret)
		return ret;
	fd = fetch(pid, number, err);
	if (fd < 0)
		return fd;
	ret = read_ends(fd, c);
	if (ret)
		explain_no_connection(ret, pid, number, c, err);
	else if ((ret = read_namespace(fd, c)))
		congctl_fail(err, ret, "no privilege to learn the network namespace of %s: run it as root or give it CAP_NET_ADMIN", pid_fd);
	close(fd);
	if (ret) {
		connection_close(c);
		return ret;
	}
	namespace_run(&c->ns, look_up, c); /* adds the cgroup if it can */
	return 0;
}
