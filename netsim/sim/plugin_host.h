/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plugin_host.h - natively built algorithms: loading, instances with tunables of their own, what they call, and what happens when
 * one misbehaves. The functions cc.bpf.h asks of its host (cc_random_below, cc_send_ack, cc_clock_us) are here; they act on the
 * endpoint of the call under way.
 */
#ifndef NETSIM_PLUGIN_HOST_H
#define NETSIM_PLUGIN_HOST_H

#include <congctl/congctl.h>
#include <congctl/plugin.h>

#include "../scenario/scenario.h"

struct plugin; /* one instance: its own copy of the plugin's data */

/* `name`: "bpf_cubic" or "cubic" (the plugin build/algorithms/cubic.so beside the command, or where it is installed), or a path with a
 * slash. -ENOENT none such, with the names there are; -ENOEXEC not a plugin; -EPROTO another ABI; tunables as
 * plugin_set() takes them. Each open is an instance of its own. */
int plugin_open(struct plugin **p, const char *name, const struct scenario_tunable *set, size_t n_set, struct congctl_error *err);
/* -ENOENT unknown tunable, -EINVAL not a quantity of its unit, -ERANGE: in the words of `congctl set` */
int plugin_set(const struct plugin *p, const struct scenario_tunable *set, size_t n_set, struct congctl_error *err);
void plugin_close(struct plugin *p); /* NULL is fine; no endpoint uses it any more */
const struct tcp_congestion_ops *plugin_ops(const struct plugin *p);
const struct cc_plugin *plugin_info(const struct plugin *p);
const char *plugin_path(const struct plugin *p); /* the file it came from */

/* "algorithms/cubic.bpf.c:120" of an address inside the plugin, or "" without debugging information */
const char *plugin_where(const struct plugin *p, const void *address, char *buf, size_t size);

/*
 * Run fn(arg) with the misbehaviour of plugins caught: a division by zero or a wild pointer inside an operation ends fn at once and
 * is told with algorithm, operation, file and line (-EFAULT). Not reentrant: one run at a time in a process.
 */
int plugin_guard(void (*fn)(void *arg), void *arg, struct congctl_error *err);

#endif
