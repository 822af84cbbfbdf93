/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netns.h - network namespaces without names: a descriptor keeps one alive, and nothing is left when the process ends. Work in a
 * namespace is done by a thread that ends with it, so that the caller never changes its own.
 */
#ifndef NETSIM_NETNS_H
#define NETSIM_NETNS_H

/* Make a namespace. Its descriptor, or negative errno. */
int netns_new(void);
/* Run fn(arg) in the namespace and return what it returned; negative errno if the namespace cannot be entered. */
int netns_call(int ns, int (*fn)(void *arg), void *arg);
/* Write /proc/sys/net/<key> of the calling thread's namespace. */
int netns_sysctl(const char *key, const char *value);

#endif
