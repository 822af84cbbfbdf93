// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "emulation.h"

static const struct path *emulation_route(void *arg, uint32_t port, const struct emu_packet *p)
{
	const struct emulation *e = arg;
	uint32_t group = testbed_group(&e->testbed, port, p);

	if (group == NO_GROUP)
		return NULL;
	return port == LEFT ? &e->network.forward[group] : &e->network.reverse[group];
}

int emulation_open(struct emulation *e, const struct scenario *s, const struct emu_options *options, struct congctl_error *err)
{
	struct loop_config config = {
		.ports = e->testbed.ports,
		.n_ports = 2,
		.wait = options->wait,
		.coalesce_segments = options->coalesce_segments,
		.route = emulation_route,
		.arg = e,
	};
	int ret;

	memset(e, 0, sizeof(*e));
	ret = testbed_open(&e->testbed, s->n_flows, s->mtu, s->family, err);
	if (ret)
		return ret;
	ret = network_open(&e->network, s, err);
	if (!ret) {
		config.engine = e->network.engine;
		e->loop = loop_new(&config, err);
		ret = e->loop ? 0 : -ENOMEM;
	}
	if (ret) {
		emulation_close(e);
		return ret;
	}
	for (size_t g = 0; g < s->n_flows; g++) {
		loop_path_end(e->loop, RIGHT, &e->network.forward[g]);
		loop_path_end(e->loop, LEFT, &e->network.reverse[g]);
	}
	return 0;
}

void emulation_close(struct emulation *e)
{
	if (e->loop)
		loop_stop(e->loop);
	network_close(&e->network);
	loop_free(e->loop);
	e->loop = NULL;
	testbed_close(&e->testbed);
}
