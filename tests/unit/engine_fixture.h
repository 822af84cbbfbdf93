/* SPDX-License-Identifier: GPL-2.0-only */
/* engine_fixture.h - packets and a sink for tests of the engine. */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include <errno.h>
#include <stdlib.h>

#include "unit.h"
#include "../../netsim/engine/engine.h"

#define MS 1000000ULL
#define SECOND 1000000000ULL

/* what came out at the end of a path */
struct sink {
	struct engine *engine;
	uint64_t delivered, dropped, marked;
	uint64_t first_ns, last_ns;
	uint32_t last_flow;     /* packets are numbered in `flow` */
	uint64_t out_of_order;
	uint64_t hash;          /* over number and time of every delivery and drop */
};

static inline void sink_hash(struct sink *s, uint64_t a, uint64_t b)
{
	s->hash = (s->hash ^ a * 0x9e3779b97f4a7c15 ^ b) * 0xff51afd7ed558ccd;
}

static inline void sink_deliver(void *arg, struct packet *p)
{
	struct sink *s = arg;

	if (!s->delivered++)
		s->first_ns = engine_now(s->engine);
	else if (p->flow <= s->last_flow)
		s->out_of_order++;
	s->last_flow = p->flow;
	s->last_ns = engine_now(s->engine);
	s->marked += p->ecn == ECN_CE;
	sink_hash(s, p->flow, s->last_ns);
	free(p);
}

static inline void sink_drop(void *arg, struct packet *p)
{
	struct sink *s = arg;

	s->dropped++;
	sink_hash(s, ~(uint64_t)p->flow, engine_now(s->engine));
	free(p);
}

static inline struct path path_to(struct sink *s, struct link *l)
{
	return (struct path){.deliver = sink_deliver, .drop = sink_drop, .arg = s, .n_links = 1, .links = {l}};
}

static inline void send_packet(struct engine *e, const struct path *path, uint32_t number, uint32_t len, uint8_t ecn)
{
	struct packet *p = calloc(1, sizeof(*p));

	p->path = path;
	p->len = len;
	p->flow = number;
	p->ecn = ecn;
	path_send(e, p);
}

/* an engine with one link, and a sink for what comes out of it */
static inline struct link *link_alone(struct engine **e, struct sink *s, const struct link_config *config)
{
	int error = 0;
	struct link *l;

	*e = engine_new(1);
	*s = (struct sink){.engine = *e};
	l = link_new(*e, config, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	return l;
}

/* links that cannot be */
__attribute__((unused)) static void expect_refused(const struct link_config *cases, size_t n)
{
	struct engine *e = engine_new(1);

	for (size_t i = 0; i < n; i++) {
		int error = 0;

		CU_ASSERT_PTR_NULL(link_new(e, &cases[i], &error));
		CU_ASSERT_EQUAL(error, -EINVAL);
	}
	engine_free(e);
}

#endif
