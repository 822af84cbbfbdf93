// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "batch.h"
#include "clock.h"

static void train_write(struct batch *b, struct train *t)
{
	struct iovec iov[SEGMENT_MERGE_MAX + 2];
	struct virtio_net_hdr vnet;
	int parts = segment_build(t->packets, t->n, &vnet, iov);
	uint64_t mono_ns = clock_mono_ns();
	uint64_t now_ns = mono_ns > *b->origin_mono_ns ? mono_ns - *b->origin_mono_ns : 0;

	for (uint32_t i = 0; i < t->n; i++) {
		uint64_t due_ns = t->packets[i]->delivered_ns;

		histogram_add(b->lateness_ns, now_ns > due_ns ? now_ns - due_ns : 0, 1);
	}
	if (writev(b->port->fd, iov, parts) < 0)
		b->write_errors += t->n;
	else
		b->written += t->n;
	for (uint32_t i = 0; i < t->n; i++)
		segment_packet_put(b->pool, t->packets[i]);
}

void batch_write(struct batch *b)
{
	if (!b->n_trains)
		return;
	for (uint32_t i = 0; i < b->n_trains; i++)
		train_write(b, &b->trains[i]);
	b->n_trains = 0;
	memset(b->slots, 0, sizeof(b->slots));
}

void batch_add(struct batch *b, struct emu_packet *p)
{
	uint16_t *slot = &b->slots[(p->p.flow ^ p->p.flow >> 16) % BATCH_SLOTS];
	struct train *t = *slot ? &b->trains[*slot - 1] : NULL;

	if (!t || t->n >= b->merge_max || !segment_can_merge(t->packets[0], t->packets[t->n - 1], t->payload, p)) {
		if (b->n_trains == BATCH_TRAINS)
			batch_write(b);
		t = &b->trains[b->n_trains++];
		t->n = t->payload = 0;
		*slot = b->n_trains;
	}
	t->packets[t->n++] = p;
	t->payload += p->payload_len;
}
