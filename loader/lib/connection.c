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
#include <sys/syscall.h>
#include <unistd.h>

#include "connection.h"
#include "netlink.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894C
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

int connection_end_parse(const char *text, struct connection_end *end, struct congctl_error *err)
{
	const char *colon = strrchr(text, ':'), *from = text;
	char address[INET6_ADDRSTRLEN + 2], *stop = NULL;
	unsigned char addr[16];
	unsigned long port;
	int family, n;

	port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &stop, 10) : 0;
	if (!stop || *stop || port < 1 || port > 65535)
		return congctl_fail(err, -EINVAL, "'%.80s' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80", text);
	n = colon - text;
	family = *text == '[' ? AF_INET6 : AF_INET;
	if (family == AF_INET6) {
		from++;
		n -= 2; /* both brackets */
	}
	if (n < 0 || n >= (int)sizeof(address) || (family == AF_INET6 && colon[-1] != ']'))
		n = 0;
	snprintf(address, sizeof(address), "%.*s", n, from);
	if (inet_pton(family, address, addr) != 1)
		return congctl_fail(err, -EINVAL, "'%.80s' is not ADDRESS:PORT: write it like 10.0.0.1:80 or [2001:db8::1]:80", text);
	set_host(&end->host, family, addr);
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

int connection_by_ends(const char *local, const char *remote, struct connection *c, struct congctl_error *err)
{
	int ret;

	*c = (struct connection){.ns.fd = -1};
	ret = connection_end_parse(local, &c->local, err);
	if (!ret)
		ret = connection_end_parse(remote, &c->remote, err);
	if (!ret && c->local.host.family != c->remote.host.family)
		ret = congctl_fail(err, -EINVAL, "'%s' and '%s' are not of one kind: both IPv4 or both IPv6", local, remote);
	if (!ret)
		ret = namespace_own(&c->ns, err);
	if (ret)
		return ret;
	ret = look_up(c);
	if (ret)
		connection_close(c);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, "no connection from %s to %s in this network namespace: 'ss -tn' shows what there is", local, remote);
	if (ret == -EPROTONOSUPPORT)
		return congctl_fail(err, ret, "cannot look for the connection: this kernel has no socket diagnostics: 'modprobe tcp_diag'");
	return ret ? congctl_fail(err, ret, "cannot look for the connection: %s", strerror(-ret)) : 0;
}

/* Both ends of a connected TCP socket */
static int read_ends(int fd, struct connection *c)
{
	struct connection_end *ends[] = {&c->local, &c->remote};
	int protocol = 0;
	socklen_t len = sizeof(protocol);

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		return errno == ENOTSOCK ? -EINVAL : -errno;
	if (protocol != IPPROTO_TCP)
		return -EINVAL;
	for (int i = 0; i < 2; i++) {
		struct sockaddr_in6 a = {};
		const struct sockaddr_in *v4 = (const void *)&a;

		len = sizeof(a);
		if (i ? getpeername(fd, (struct sockaddr *)&a, &len) : getsockname(fd, (struct sockaddr *)&a, &len))
			return -errno;
		set_host(&ends[i]->host, a.sin6_family, a.sin6_family == AF_INET ? (const void *)&v4->sin_addr : &a.sin6_addr);
		ends[i]->port = ntohs(a.sin6_port);
	}
	len = sizeof(c->name);
	return getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, c->name, &len) ? -errno : 0;
}

/* The namespace the socket is in, which need not be its process's */
static int read_namespace(int fd, struct connection *c)
{
	struct stat own, st;

	c->ns = (struct namespace){.fd = ioctl(fd, SIOCGSKNS), .where = "the socket's"};
	if (c->ns.fd < 0)
		return -errno;
	if (fstat(c->ns.fd, &st) || stat("/proc/thread-self/ns/net", &own))
		return -errno;
	c->ns.inode = st.st_ino;
	if (st.st_ino == own.st_ino)
		*c->ns.where = '\0';
	return 0;
}

int connection_of_process(const char *pid_fd, struct connection *c, struct congctl_error *err)
{
	unsigned int pid, number;
	int end = 0, pidfd, fd, ret;

	*c = (struct connection){.ns.fd = -1};
	if (sscanf(pid_fd, "%9u:%9u%n", &pid, &number, &end) != 2 || pid_fd[end])
		return congctl_fail(err, -EINVAL, "'%.80s' is not PID:FD: write it like 4711:5, or give both ends of a connection", pid_fd);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return congctl_fail(err, -ENOENT, "no process %u", pid);
	fd = syscall(SYS_pidfd_getfd, pidfd, number, 0);
	ret = fd < 0 ? -errno : 0;
	close(pidfd);
	if (ret == -EBADF)
		return congctl_fail(err, -ENOENT, "process %u has no file descriptor %u: 'ss -tnp' shows what it has", pid, number);
	if (ret == -EPERM)
		return congctl_fail(err, ret, "no privilege to look into process %u: run it as root or give it CAP_SYS_PTRACE", pid);
	if (ret)
		return congctl_fail(err, ret, "cannot look into process %u: %s", pid, strerror(-ret));
	ret = read_ends(fd, c);
	if (!ret && (ret = read_namespace(fd, c)))
		congctl_fail(err, ret, "no privilege to learn the network namespace of %s: run it as root or give it CAP_NET_ADMIN", pid_fd);
	close(fd);
	if (ret == -EINVAL)
		return congctl_fail(err, ret, "file descriptor %u of process %u is no TCP socket: 'ss -tnp' shows which are", number, pid);
	if (ret == -ENOTCONN)
		return congctl_fail(err, ret, "file descriptor %u of process %u is not connected: what it has by now is '%s'", number, pid, c->name);
	if (ret) {
		connection_close(c);
		return congctl_fail(err, ret, "cannot look at %s: %s", pid_fd, strerror(-ret));
	}
	namespace_run(&c->ns, look_up, c); /* adds the cgroup if it can */
	return 0;
}
