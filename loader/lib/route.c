// SPDX-License-Identifier: GPL-2.0-only
/* A route is changed by sending it back as the kernel gave it, with other metrics: so it keeps whatever else it has. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"
#include "netns.h"
#include "route.h"

#define PASSES_MAX 20
#define PAUSE_NS 5000000
#define CC_LOCK (1U << RTAX_CC_ALGO)
#define KEPT_FLAGS (RTNH_F_PERVASIVE | RTNH_F_ONLINK) /* the others are states that the kernel only reports */

static unsigned int address_bits(uint32_t family)
{
	return family == AF_INET ? 32 : 128;
}

static void clear_host_bits(struct route_prefix *p)
{
	for (unsigned int bit = p->bits; bit < address_bits(p->family); bit++)
		p->addr[bit / 8] &= ~(0x80 >> bit % 8);
}

void route_print(const struct route_prefix *p, char text[ROUTE_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(p->family, p->addr, address, sizeof(address));
	snprintf(text, ROUTE_TEXT_MAX, "%s/%u", address, p->bits);
}

int route_parse(const char *text, struct route_prefix *p, struct congctl_error *err)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN], right[ROUTE_TEXT_MAX];
	struct route_prefix given;
	char *end = NULL;

	*p = (struct route_prefix){.family = strchr(text, ':') ? AF_INET6 : AF_INET};
	p->bits = address_bits(p->family);
	if (slash) {
		unsigned long bits = strtoul(slash + 1, &end, 10);

		if (slash[1] < '0' || slash[1] > '9' || *end || bits > p->bits)
			return congctl_fail(err, -EINVAL, "'%s' is not a prefix: its length is a number from 0 to %u", text, p->bits);
		p->bits = bits;
	}
	if (snprintf(address, sizeof(address), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text) >= (int)sizeof(address) ||
	    inet_pton(p->family, address, p->addr) != 1)
		return congctl_fail(err, -EINVAL, "'%.64s' is not a prefix: write it like 10.0.0.0/8 or 2001:db8::/32", text);
	given = *p;
	clear_host_bits(p);
	route_print(p, right);
	if (memcmp(&given, p, sizeof(*p)))
		return congctl_fail(err, -EINVAL, "'%s' has host bits set: give %s, or %s for that host alone", text, right, address);
	return 0;
}

bool route_covers(const struct route_prefix *outer, const struct route_prefix *inner)
{
	struct route_prefix cut = *inner;

	if (outer->family != inner->family || outer->bits > inner->bits)
		return false;
	cut.bits = outer->bits;
	clear_host_bits(&cut);
	return !memcmp(cut.addr, outer->addr, sizeof(cut.addr));
}

static uint32_t word(const struct rtattr *a)
{
	uint32_t w = 0;

	memcpy(&w, RTA_DATA(a), RTA_PAYLOAD(a) < sizeof(w) ? RTA_PAYLOAD(a) : sizeof(w));
	return w;
}

static void read_metrics(struct route *r, const struct rtattr *metrics)
{
	int len = RTA_PAYLOAD(metrics);

	for (const struct rtattr *a = RTA_DATA(metrics); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == RTAX_CC_ALGO)
			snprintf(r->name, sizeof(r->name), "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
		else if (a->rta_type == RTAX_LOCK)
			r->locked = word(a) & CC_LOCK;
	}
}

static void read_route(struct route *r, const struct nlmsghdr *message)
{
	const struct rtmsg *m = NLMSG_DATA(message);
	int len = RTM_PAYLOAD(message);

	*r = (struct route){.type = m->rtm_type};
	r->key = (struct route_key){.to = {.family = m->rtm_family, .bits = m->rtm_dst_len}, .table = m->rtm_table, .tos = m->rtm_tos};
	for (const struct rtattr *a = RTM_RTA(m); RTA_OK(a, len); a = RTA_NEXT(a, len)) {
		if (a->rta_type == RTA_DST && RTA_PAYLOAD(a) <= sizeof(r->key.to.addr))
			memcpy(r->key.to.addr, RTA_DATA(a), RTA_PAYLOAD(a));
		else if (a->rta_type == RTA_TABLE)
			r->key.table = word(a);
		else if (a->rta_type == RTA_PRIORITY)
			r->key.priority = word(a);
		else if ((a->rta_type & NLA_TYPE_MASK) == RTA_METRICS)
			read_metrics(r, a);
	}
}

struct routes {
	struct route *at;
	size_t n;
};

static int keep(const struct nlmsghdr *message, void *arg)
{
	struct routes *routes = arg;
	const struct rtmsg *m = NLMSG_DATA(message);
	struct route *more;

	if (message->nlmsg_type != RTM_NEWROUTE || message->nlmsg_len < NLMSG_LENGTH(sizeof(*m)) || m->rtm_flags & RTM_F_CLONED)
		return 0;
	if (m->rtm_family != AF_INET && m->rtm_family != AF_INET6) /* of MPLS, of multicast */
		return 0;
	more = realloc(routes->at, (routes->n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	routes->at = more;
	read_route(&more[routes->n], message);
	more[routes->n].message = malloc(message->nlmsg_len);
	if (!more[routes->n].message)
		return -ENOMEM;
	memcpy(more[routes->n++].message, message, message->nlmsg_len);
	return 0;
}

/* Of all families at once: asked for IPv4 alone, the kernel (6.18) ends at a route that it cannot tell and says nothing of it. */
static int list_once(struct routes *routes)
{
	struct nlbuf b;

	nlbuf_start(&b, RTM_GETROUTE, NLM_F_DUMP, sizeof(struct rtmsg));
	return nlbuf_ask(&b, NETLINK_ROUTE, keep, routes);
}

/* The kernel tells the routes in many datagrams. When those of IPv6 change in between, it goes on at the same number of them, so that it
 * leaves some out or tells them twice, and says nothing of it; IPv4 goes on at the next prefix. -EINTR: it was so. */
static int list_undisturbed(struct routes *routes)
{
	int fd = netlink_listen(NETLINK_ROUTE, RTMGRP_IPV6_ROUTE), ret;

	if (fd < 0)
		return fd;
	ret = list_once(routes);
	if (!ret && netlink_heard(fd))
		ret = -EINTR;
	close(fd);
	return ret;
}

/* -EINTR: they would not keep still */
static int list_here(void *arg)
{
	struct routes *routes = arg;
	int ret = -EINTR;

	for (int i = 0; i < PASSES_MAX && ret == -EINTR; i++) {
		if (i)
			nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
		ret = list_undisturbed(routes);
		if (!ret)
			break;
		route_free(routes->at, routes->n);
		*routes = (struct routes){};
	}
	return ret;
}

int route_list_in(const struct namespace *ns, struct route **list, size_t *n, struct congctl_error *err)
{
	const char *of = ns && *ns->where ? " of the network namespace " : "", *where = ns ? ns->where : "";
	struct routes routes = {};
	int ret = ns ? namespace_run(ns, list_here, &routes) : list_here(&routes);

	*list = routes.at;
	*n = routes.n;
	if (ret == -EINTR)
		return congctl_fail(err, -EAGAIN, "cannot read the routes%s%s: they keep changing meanwhile: try again when they rest", of, where);
	if (ret == -EMSGSIZE)
		return congctl_fail(err, ret, "cannot read the routes%s%s: one has more next hops than the kernel can tell: make it several routes",
				    of, where);
	return ret ? congctl_fail(err, ret, "cannot read the routes%s%s: %s", of, where, strerror(-ret)) : 0;
}

int route_list(struct route **list, size_t *n, struct congctl_error *err)
{
	return route_list_in(NULL, list, n, err);
}

void route_free(struct route *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].message);
	free(list);
}

const struct route *route_best(const struct route *list, size_t n, const struct route_prefix *prefix)
{
	const struct route *best = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct route *r = &list[i];

		if (r->type != RTN_UNICAST || r->key.table != RT_TABLE_MAIN || r->key.tos || !route_covers(&r->key.to, prefix))
			continue;
		if (!best || r->key.to.bits > best->key.to.bits ||
		    (r->key.to.bits == best->key.to.bits && r->key.priority < best->key.priority))
			best = r;
	}
	return best;
}

static bool same_key(const struct route_key *a, const struct route_key *b)
{
	return a->table == b->table && a->priority == b->priority && a->tos == b->tos && a->to.family == b->to.family &&
	       a->to.bits == b->to.bits && !memcmp(a->to.addr, b->to.addr, sizeof(a->to.addr));
}

const struct route *route_same(const struct route *list, size_t n, const struct route_key *key)
{
	for (size_t i = 0; i < n; i++) {
		if (same_key(&list[i].key, key))
			return &list[i];
	}
	return NULL;
}

static int first(const struct nlmsghdr *message, void *arg)
{
	if (message->nlmsg_type == RTM_NEWROUTE)
		read_route(arg, message);
	return 0;
}

bool route_is_local(const struct route *list, size_t n, const struct route_prefix *prefix)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i].type == RTN_LOCAL && list[i].key.table == RT_TABLE_LOCAL && route_covers(&list[i].key.to, prefix))
			return true;
	}
	return false;
}

int route_lookup(const struct route_prefix *host, struct route *route)
{
	struct nlbuf b;
	struct rtmsg *m = nlbuf_start(&b, RTM_GETROUTE, 0, sizeof(*m));

	m->rtm_family = host->family;
	m->rtm_dst_len = address_bits(host->family);
	m->rtm_flags = RTM_F_FIB_MATCH;
	nlbuf_put(&b, RTA_DST, host->addr, address_bits(host->family) / 8);
	*route = (struct route){};
	return nlbuf_ask(&b, NETLINK_ROUTE, first, route);
}

/* RTA_METRICS again, with another algorithm */
static int put_metrics(struct nlbuf *b, const struct rtattr *old, const char *name, bool lock)
{
	struct rtattr *nest = nlbuf_nest(b, RTA_METRICS | NLA_F_NESTED);
	int len = old ? RTA_PAYLOAD(old) : 0, ret = nest ? 0 : -EMSGSIZE;
	uint32_t locks = 0;

	for (const struct rtattr *a = old ? RTA_DATA(old) : NULL; a && RTA_OK(a, len) && !ret; a = RTA_NEXT(a, len)) {
		if (a->rta_type == RTAX_LOCK)
			locks = word(a) & ~CC_LOCK;
		else if (a->rta_type != RTAX_CC_ALGO)
			ret = nlbuf_put(b, a->rta_type, RTA_DATA(a), RTA_PAYLOAD(a));
	}
	if (lock && *name)
		locks |= CC_LOCK;
	if (!ret && locks)
		ret = nlbuf_put(b, RTAX_LOCK, &locks, sizeof(locks));
	if (!ret && *name)
		ret = nlbuf_put(b, RTAX_CC_ALGO, name, strlen(name) + 1);
	if (!ret)
		nlbuf_nest_end(b, nest);
	return ret;
}

/* What a message of the kernel carries that is no part of the route: a state, or what a nexthop object says already. */
static bool is_report(int type, bool has_nexthop_id)
{
	switch (type) {
	case RTA_DST:
	case RTA_METRICS:
	case RTA_CACHEINFO:
		return true;
	case RTA_OIF:
	case RTA_GATEWAY:
	case RTA_VIA:
	case RTA_MULTIPATH:
	case RTA_ENCAP:
	case RTA_ENCAP_TYPE:
		return has_nexthop_id;
	default:
		return false;
	}
}

static void clear_nexthop_states(struct rtattr *multipath)
{
	int len = RTA_PAYLOAD(multipath);

	for (struct rtnexthop *h = RTA_DATA(multipath); RTNH_OK(h, len); len -= NLMSG_ALIGN(h->rtnh_len), h = RTNH_NEXT(h))
		h->rtnh_flags &= KEPT_FLAGS;
}

/* An IPv6 route learnt for a while keeps its end: the kernel reports it in 1/100 s and takes it in seconds. */
static int put_expiry(struct nlbuf *b, const struct rtattr *cacheinfo)
{
	struct rta_cacheinfo info = {};
	uint32_t seconds;

	memcpy(&info, RTA_DATA(cacheinfo), RTA_PAYLOAD(cacheinfo) < sizeof(info) ? RTA_PAYLOAD(cacheinfo) : sizeof(info));
	seconds = (info.rta_expires + 99U) / 100;
	return info.rta_expires > 0 ? nlbuf_put(b, RTA_EXPIRES, &seconds, sizeof(seconds)) : 0;
}

static int make(struct nlbuf *b, int flags, const struct route *from, const struct route_prefix *to, const char *name, bool lock)
{
	const struct nlmsghdr *old = from->message;
	const struct rtmsg *old_m = NLMSG_DATA(old);
	const struct rtattr *metrics = NULL;
	struct rtmsg *m = nlbuf_start(b, RTM_NEWROUTE, flags | NLM_F_ACK, sizeof(*m));
	bool has_id = false;
	int len, ret;

	*m = *old_m;
	m->rtm_dst_len = to->bits;
	m->rtm_flags &= KEPT_FLAGS;
	len = RTM_PAYLOAD(old);
	for (const struct rtattr *a = RTM_RTA(old_m); RTA_OK(a, len); a = RTA_NEXT(a, len))
		has_id |= a->rta_type == RTA_NH_ID;
	ret = to->bits ? nlbuf_put(b, RTA_DST, to->addr, address_bits(to->family) / 8) : 0;
	len = RTM_PAYLOAD(old);
	for (const struct rtattr *a = RTM_RTA(old_m); RTA_OK(a, len) && !ret; a = RTA_NEXT(a, len)) {
		int type = a->rta_type & NLA_TYPE_MASK;
		struct rtattr *copy = (struct rtattr *)((char *)b + NLMSG_ALIGN(b->header.nlmsg_len));

		metrics = type == RTA_METRICS ? a : metrics;
		if (type == RTA_CACHEINFO && to->family == AF_INET6)
			ret = put_expiry(b, a);
		if (is_report(type, has_id) || ret)
			continue;
		ret = nlbuf_put(b, a->rta_type, RTA_DATA(a), RTA_PAYLOAD(a));
		if (type == RTA_MULTIPATH && !ret)
			clear_nexthop_states(copy);
	}
	return ret ? ret : put_metrics(b, metrics, name, lock);
}

int route_replace(const struct route *route, const char *name, bool lock)
{
	struct nlbuf b;
	int ret = make(&b, NLM_F_REPLACE, route, &route->key.to, name, lock);

	return ret ? ret : nlbuf_ask(&b, NETLINK_ROUTE, NULL, NULL);
}

int route_add(const struct route *from, const struct route_prefix *prefix, const char *name, bool lock)
{
	struct nlbuf b;
	int ret = make(&b, NLM_F_CREATE | NLM_F_EXCL, from, prefix, name, lock);

	return ret ? ret : nlbuf_ask(&b, NETLINK_ROUTE, NULL, NULL);
}

int route_remove(const struct route *route)
{
	struct nlbuf b;
	int ret = make(&b, 0, route, &route->key.to, route->name, route->locked);

	b.header.nlmsg_type = RTM_DELROUTE;
	return ret ? ret : nlbuf_ask(&b, NETLINK_ROUTE, NULL, NULL);
}
