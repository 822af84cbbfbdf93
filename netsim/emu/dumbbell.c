// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dumbbell.h"

static int path_make(struct dumbbell *d, int side, uint32_t group, struct link *shared, uint64_t access_ns)
{
	struct link_config access = {.name = "access", .delay_ns = access_ns};
	struct path *path = &d->paths[side][group];
	int ret = 0;

	if (access_ns) {
		path->links[path->n_links] = link_new(d->engine, &access, &ret);
		if (!path->links[path->n_links++])
			return ret;
	}
	path->links[path->n_links++] = shared;
	loop_path_end(d->loop, side == LEFT ? RIGHT : LEFT, path);
	return 0;
}

static int dumbbell_links(struct dumbbell *d, const struct scenario *s)
{
	struct link_config config[2];
	struct link *shared[2];
	int ret = 0;

	scenario_bottleneck(s, &config[LEFT], &config[RIGHT]);
	for (int side = LEFT; side <= RIGHT; side++) {
		shared[side] = link_new(d->engine, &config[side], &ret);
		if (!shared[side])
			return ret;
		for (uint32_t g = 0; g < s->n_flows && !ret; g++)
			ret = path_make(d, side, g, shared[side], scenario_access_delay_ns(s, g));
	}
	d->bottleneck = shared[LEFT];
	return ret;
}

static const struct path *dumbbell_route(void *arg, uint32_t port, const struct emu_packet *p)
{
	struct dumbbell *d = arg;
	uint32_t group = testbed_group(&d->testbed, port, p);

	return group == NO_GROUP ? NULL : &d->paths[port][group];
}

int dumbbell_open(struct dumbbell *d, const struct scenario *s, const struct emu_options *options, uint64_t start_mono_ns,
		  struct congctl_error *err)
{
	struct loop_config config = {
		.ports = d->testbed.ports,
		.n_ports = 2,
		.wait = options->wait,
		.coalesce_segments = options->coalesce_segments,
		.start_mono_ns = start_mono_ns,
		.route = dumbbell_route,
		.arg = d,
	};
	int ret;

	memset(d, 0, sizeof(*d));
	ret = testbed_open(&d->testbed, s->n_flows, s->mtu, s->family, err);
	if (ret)
		return ret;
	ret = -ENOMEM;
	d->engine = engine_new(s->seed);
	config.engine = d->engine;
	if (d->engine)
		d->loop = loop_new(&config, err);
	if (d->loop)
		ret = dumbbell_links(d, s);
	if (!ret)
		return 0;
	dumbbell_close(d);
	return congctl_fail(err, ret, "cannot make the network of scenario '%s': %s", s->name, strerror(-ret));
}

void dumbbell_close(struct dumbbell *d)
{
	if (d->loop)
		loop_stop(d->loop);
	engine_free(d->engine);
	loop_free(d->loop);
	d->engine = NULL;
	d->loop = NULL;
	testbed_close(&d->testbed);
}
