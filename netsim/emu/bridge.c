// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridge.h"
#include "clock.h"
#include "netlink.h"
#include "netns.h"

#define TX_QUEUE_LEN 20000 /* a TAP device gives no backpressure to TCP: the queue that counts is the engine's */

struct bridge_link {
	char name[BRIDGE_NAME_MAX + 1];
	struct link_config config;
};

struct bridge {
	enum emu_wait wait;
	uint64_t seed;
	size_t n;
	struct bridge_link links[BRIDGE_MAX_LINKS];
	struct port ports[2 * BRIDGE_MAX_LINKS]; /* link i has 2i and 2i + 1 */
	struct path paths[2 * BRIDGE_MAX_LINKS]; /* of frames that came in at this port */
	struct engine *engine;
	struct loop *loop;
};

struct bridge *bridge_new(enum emu_wait wait, uint64_t seed)
{
	struct bridge *b = calloc(1, sizeof(*b));

	if (b) {
		b->wait = wait;
		b->seed = seed;
	}
	return b;
}

static void take_down(struct bridge *b)
{
	if (b->loop)
		loop_stop(b->loop);
	engine_free(b->engine);
	loop_free(b->loop);
	b->engine = NULL;
	b->loop = NULL;
}

void bridge_free(struct bridge *b)
{
	if (!b)
		return;
	take_down(b);
	for (size_t i = 0; i < 2 * b->n; i++)
		port_close(&b->ports[i]);
	free(b);
}

static size_t find(const struct bridge *b, const char *name)
{
	size_t i = 0;

	while (i < b->n && strcmp(b->links[i].name, name))
		i++;
	return i;
}

/* --- devices ------------------------------------------------------------------------------------------------------ */

struct device {
	struct port *port;
	const char *ifname;
};

static int make_device(void *arg)
{
	struct device *d = arg;
	int ret = port_open(d->port, PORT_TAP, d->ifname);

	if (!ret)
		ret = netlink_link_up(d->port->nl, d->port->ifindex, 0, TX_QUEUE_LEN);
	if (ret)
		port_close(d->port);
	return ret;
}

static int open_end(struct port *port, const struct bridge_end *end, struct congctl_error *err)
{
	struct device d = {port, end->ifname};
	char path[64];
	int ns, ret;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)end->pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return congctl_fail(err, -errno, "there is no process %d whose network namespace could be entered: %s", (int)end->pid,
				    strerror(errno));
	ret = netns_call(ns, make_device, &d);
	close(ns);
	if (ret == -EBUSY || ret == -EEXIST)
		return congctl_fail(err, ret, "process %d has an interface '%s' already: choose another name", (int)end->pid, end->ifname);
	return ret ? congctl_fail(err, ret, "cannot make '%s' for process %d: %s", end->ifname, (int)end->pid, strerror(-ret)) : 0;
}

int bridge_add(struct bridge *b, const char *name, const struct link_config *config, const struct bridge_end ends[2],
	       struct congctl_error *err)
{
	struct port *ports = &b->ports[2 * b->n];
	struct bridge_link *l;
	int ret;

	if (b->n == BRIDGE_MAX_LINKS)
		return congctl_fail(err, -ENOSPC, "there are %d links already, which is the most", BRIDGE_MAX_LINKS);
	if (strlen(name) > BRIDGE_NAME_MAX)
		return congctl_fail(err, -EINVAL, "the name of a link has at most %d characters", BRIDGE_NAME_MAX);
	if (find(b, name) < b->n)
		return congctl_fail(err, -EEXIST, "there is a link '%s' already: remove it or choose another name", name);
	ret = open_end(&ports[0], &ends[0], err);
	if (ret)
		return ret;
	ret = open_end(&ports[1], &ends[1], err);
	if (ret) {
		port_close(&ports[0]);
		return ret;
	}
	l = &b->links[b->n++];
	l->config = *config;
	snprintf(l->name, sizeof(l->name), "%s", name);
	return 0;
}

int bridge_remove(struct bridge *b, const char *name, struct congctl_error *err)
{
	size_t i = find(b, name);
	bool was_up = b->loop;

	if (i == b->n)
		return congctl_fail(err, -ENOENT, "there is no link '%s'", name);
	take_down(b);
	port_close(&b->ports[2 * i]);
	port_close(&b->ports[2 * i + 1]);
	b->n--;
	b->links[i] = b->links[b->n]; /* the last one takes its place */
	b->ports[2 * i] = b->ports[2 * b->n];
	b->ports[2 * i + 1] = b->ports[2 * b->n + 1];
	return was_up && b->n ? bridge_up(b, err) : 0;
}

/* --- the network -------------------------------------------------------------------------------------------------- */

static const struct path *route(void *arg, uint32_t port, const struct emu_packet *p)
{
	struct bridge *b = arg;

	return &b->paths[port];
}

static int make_paths(struct bridge *b, struct congctl_error *err)
{
	for (uint32_t port = 0; port < 2 * b->n; port++) {
		struct bridge_link *l = &b->links[port / 2];
		struct path *path = &b->paths[port];
		int ret = 0;

		*path = (struct path){.n_links = 1};
		l->config.name = l->name;
		path->links[0] = link_new(b->engine, &l->config, &ret);
		if (!path->links[0])
			return congctl_fail(err, ret, "cannot make link '%s': %s", l->name, strerror(-ret));
		loop_path_end(b->loop, port ^ 1, path);
	}
	return 0;
}

int bridge_up(struct bridge *b, struct congctl_error *err)
{
	struct loop_config config = {
		.ports = b->ports, .n_ports = (uint32_t)(2 * b->n), .wait = b->wait, .route = route, .arg = b,
	};
	int ret = -ENOMEM;

	take_down(b);
	if (!b->n)
		return congctl_fail(err, -EINVAL, "there is no link: define one with 'link' first");
	config.engine = b->engine = engine_new(b->seed);
	if (b->engine)
		b->loop = loop_new(&config, err);
	if (b->loop)
		ret = make_paths(b, err);
	if (!ret)
		ret = loop_start(b->loop, clock_mono_ns(), err);
	if (!ret)
		return 0;
	take_down(b);
	return congctl_fail(err, ret, "cannot start the links: %s", strerror(-ret));
}
