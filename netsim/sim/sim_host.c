// SPDX-License-Identifier: GPL-2.0-only
/* sim_host.c - memory of a run: segments by the slab, the one last given back first; and the first failure. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_host.h"

#define SLAB_SEGMENTS 256
#define STREAM_ALGORITHMS (1ULL << 32) /* of rng_seed(): links count theirs up from 1 */

int sim_host_init(struct sim_host *host, struct engine *e, uint64_t seed)
{
	memset(host, 0, sizeof(*host));
	host->engine = e;
	rng_seed(&host->rng, seed, STREAM_ALGORITHMS);
	return 0;
}

void sim_host_fini(struct sim_host *host)
{
	tcp_free_all(host);
	for (size_t i = 0; i < host->n_slabs; i++)
		free(host->slabs[i]);
	free(host->slabs);
	host->slabs = NULL;
	host->n_slabs = 0;
	host->free = NULL;
}

/* one more slab, its segments in the pool */
static bool pool_grow(struct sim_host *host)
{
	void **slabs = realloc(host->slabs, (host->n_slabs + 1) * sizeof(*slabs));
	struct tcp_segment *slab;

	if (!slabs)
		return false;
	host->slabs = slabs;
	slab = aligned_alloc(_Alignof(struct tcp_segment), SLAB_SEGMENTS * sizeof(*slab));
	if (!slab)
		return false;
	slabs[host->n_slabs++] = slab;
	for (size_t i = SLAB_SEGMENTS; i--;) {
		slab[i].packet.next = host->free ? &host->free->packet : NULL;
		host->free = &slab[i];
	}
	return true;
}

struct tcp_segment *sim_segment(struct sim_host *host)
{
	struct tcp_segment *seg = host->free;

	if (!seg) {
		if (!pool_grow(host)) {
			sim_fail(host, "out of memory for packets: make the buffers, the rate or the number of flows smaller");
			return NULL;
		}
		seg = host->free;
	}
	host->free = (struct tcp_segment *)seg->packet.next;
	__builtin_prefetch(host->free, 1);
	__builtin_prefetch((char *)host->free + 64, 1);
	host->outside++;
	/* in parts: all at once the compiler makes it an instruction that takes longer. n_sack says how many blocks mean anything */
	seg->packet = (struct packet){0};
	seg->to = NULL;
	seg->seq = seg->len = seg->ack = seg->window = seg->tsval = seg->tsecr = 0;
	seg->flags = seg->n_sack = seg->ace = 0;
	return seg;
}

void sim_segment_free(struct sim_host *host, struct tcp_segment *seg)
{
	seg->packet.next = host->free ? &host->free->packet : NULL;
	host->free = seg;
	host->outside--;
}

void sim_fail(struct sim_host *host, const char *fmt, ...)
{
	va_list args;

	if (host->failed)
		return;
	host->failed = true;
	va_start(args, fmt);
	vsnprintf(host->failure.text, sizeof(host->failure.text), fmt, args);
	va_end(args);
}
