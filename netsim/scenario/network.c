// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "network.h"

/* A link that others know by its name. */
static int add_link(struct network *n, const struct link_config *config, struct link **link)
{
	int ret = 0;

	*link = link_new(n->engine, config, &ret);
	if (!*link)
		return ret;
	snprintf(n->names[n->n_links], sizeof(n->names[0]), "%s", config->name);
	n->links[n->n_links++] = *link;
	return 0;
}

static int path_add(struct path *path, struct link *link)
{
	if (path->n_links == PATH_MAX_LINKS)
		return -E2BIG;
	path->links[path->n_links++] = link;
	return 0;
}

/* What a group's round trip has more than the shared links comes first, half on each way. */
static int path_add_access(struct network *n, struct path *path, uint64_t delay_ns)
{
	struct link_config access = {.name = "access", .delay_ns = delay_ns};
	struct link *link;
	int ret = 0;

	if (!delay_ns)
		return 0;
	link = link_new(n->engine, &access, &ret);
	return link ? path_add(path, link) : ret;
}

static int make_dumbbell(struct network *n, const struct scenario *s)
{
	struct link_config forward, reverse;
	struct link *back;
	int ret;

	scenario_bottleneck(s, &forward, &reverse);
	ret = add_link(n, &forward, &n->bottleneck);
	if (!ret)
		ret = add_link(n, &reverse, &back);
	for (size_t g = 0; !ret && g < s->n_flows; g++) {
		ret = path_add_access(n, &n->forward[g], scenario_access_delay_ns(s, g));
		if (!ret)
			ret = path_add(&n->forward[g], n->bottleneck);
		if (!ret)
			ret = path_add_access(n, &n->reverse[g], scenario_access_delay_ns(s, g));
		if (!ret)
			ret = path_add(&n->reverse[g], back);
	}
	return ret;
}

int network_open(struct network *n, const struct scenario *s, struct congctl_error *err)
{
	int ret = -ENOMEM;

	memset(n, 0, sizeof(*n));
	n->engine = engine_new(s->seed);
	if (n->engine)
		ret = make_dumbbell(n, s);
	if (ret) {
		network_close(n);
		return congctl_fail(err, ret, "cannot make the network of scenario '%s': %s", s->name, strerror(-ret));
	}
	return 0;
}

void network_close(struct network *n)
{
	engine_free(n->engine);
	memset(n, 0, sizeof(*n));
}
