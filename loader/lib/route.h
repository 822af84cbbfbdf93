/* SPDX-License-Identifier: GPL-2.0-only */
/* route.h - the congctl attribute of routes, in the network namespace of the calling thread. Private. */
#ifndef CONGCTL_ROUTE_H
#define CONGCTL_ROUTE_H

#include <stdint.h>

#include <congctl/congctl.h>

struct namespace;

struct route_prefix {
	uint8_t addr[16]; /* network byte order, the host bits are zero */
	uint32_t family, bits;
};

/* what tells one route of a namespace from all others */
struct route_key {
	struct route_prefix to;
	uint32_t table, priority, tos;
};

struct route {
	struct route_key key;
	uint32_t type; /* RTN_ */
	char name[CONGCTL_NAME_MAX + 1]; /* its algorithm; empty: none, or one that is not registered any more */
	bool locked;
	void *message; /* as the kernel gave it */
};

#define ROUTE_TEXT_MAX 64

/* "10.0.0.0/8", "2001:db8::/32", an address alone for a host */
int route_parse(const char *text, struct route_prefix *prefix, struct congctl_error *err);
void route_print(const struct route_prefix *prefix, char text[ROUTE_TEXT_MAX]);
bool route_covers(const struct route_prefix *outer, const struct route_prefix *inner);

/* Of all tables, IPv4 and IPv6; free with route_free(). -EAGAIN: they would not keep still. */
int route_list(struct route **list, size_t *n, struct congctl_error *err);
int route_list_in(const struct namespace *ns, struct route **list, size_t *n, struct congctl_error *err);
void route_free(struct route *list, size_t n);
/* The route that traffic to `prefix` would go by: of exactly that prefix, or the one that covers it; NULL: none. Main table. */
const struct route *route_best(const struct route *list, size_t n, const struct route_prefix *prefix);
const struct route *route_same(const struct route *list, size_t n, const struct route_key *key);

/* Does the kernel take all traffic to it as its own? Of the list of all tables. */
bool route_is_local(const struct route *list, size_t n, const struct route_prefix *prefix);
/* Which route does the kernel choose for this host? From 5.4; without its message. */
int route_lookup(const struct route_prefix *host, struct route *route);

/* The route with another algorithm, all else as it is; `name` empty: none. */
int route_replace(const struct route *route, const char *name, bool lock);
/* A new one to `prefix`, with the other attributes of `from`. */
int route_add(const struct route *from, const struct route_prefix *prefix, const char *name, bool lock);
int route_remove(const struct route *route);

#endif
