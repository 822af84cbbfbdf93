/* SPDX-License-Identifier: GPL-2.0-only */
/* probe.h - one link between two hosts, numbered UDP datagrams sent over it, and what the receiver's kernel says of them. */
#ifndef NETSIM_PROBE_H
#define NETSIM_PROBE_H

#include "loop.h"
#include "testbed.h"

#define PROBE_HEADERS 42 /* Ethernet, IPv4, UDP: a frame is that much longer than the payload */

struct probe {
	struct testbed testbed;
	struct engine *engine;
	struct loop *loop;
	struct link *link;
	struct path paths[2];
	int sockets[2];
	uint32_t sent;
	/* of those received */
	uint32_t received, reordered, marked, last;
	uint64_t received_bytes;      /* frames, since first_ns, that one not counted */
	uint64_t first_ns, last_ns;   /* CLOCK_REALTIME at which the receiver's kernel had it; not before count_from_ns */
	uint64_t count_from_ns;
	double *delays_ns;            /* of each, when not NULL */
	uint32_t delays_room;
};

/* Keeps the namespaces of a probe that was used before. */
int probe_start(struct probe *p, const struct link_config *link, enum emu_wait wait, struct congctl_error *err);
void probe_stop(struct probe *p);  /* the emulator; link_stats() can be asked afterwards */
void probe_close(struct probe *p); /* everything */

int probe_send(struct probe *p, uint32_t payload, uint8_t ecn); /* 0 or negative errno */
void probe_receive(struct probe *p);                            /* whatever is there */
/* Receive until `expected` are here, or nothing has come for `quiet_ns`. */
void probe_drain(struct probe *p, uint32_t expected, uint64_t quiet_ns);

#endif
