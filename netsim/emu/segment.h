/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * segment.h - between what a tunnel port reads and writes and what the engine carries. A port hands over super-packets of up to
 * 64 KB with a virtio header; segment_split() makes them the packets that would be on a wire, before any loss, queue or mark.
 * A batch puts neighbours of one flow together again just before the write, as a network card's receive offload does.
 * Payload is copied once, out of the read buffer: a packet has its own headers and points into a buffer its siblings share.
 */
#ifndef NETSIM_SEGMENT_H
#define NETSIM_SEGMENT_H

#include <linux/virtio_net.h>
#include <sys/uio.h>

#include "../engine/engine.h"

#define SEGMENT_SUPER_MAX 65550  /* a super-packet with its Ethernet header */
#define SEGMENT_HEADERS_MAX 138  /* Ethernet, IPv4 with options, TCP with options: 18 + 60 + 60 */
#define SEGMENT_MERGE_MAX 64     /* segments in one write, at most */

struct segment_buffer {
	uint32_t refs;
	uint32_t len;
	uint8_t data[];
};

struct emu_packet {
	struct packet p;              /* first: the engine's view */
	struct segment_buffer *buffer;
	uint32_t payload_at, payload_len; /* in buffer->data */
	uint64_t delivered_ns;        /* engine time */
	uint16_t l3, l4;              /* where the IP and the TCP header begin in headers[] */
	uint16_t headers_len;
	uint8_t ip_version;           /* 4, 6 or 0: something else, carried as it is */
	uint8_t ecn_on_entry;
	bool tcp;                     /* headers[] reaches to the end of the TCP header */
	bool partial;                 /* the checksum is left to the receiver's virtio header */
	uint16_t csum_start, csum_offset;
	uint8_t headers[SEGMENT_HEADERS_MAX];
};

struct segment_pool; /* packets, kept for the next use */

struct segment_pool *segment_pool_new(void);
void segment_pool_free(struct segment_pool *pool);
struct emu_packet *segment_packet_get(struct segment_pool *pool); /* NULL: no memory */
/* Another packet like it, which shares the payload; NULL: no memory. */
struct emu_packet *segment_packet_copy(struct segment_pool *pool, const struct emu_packet *p);
void segment_packet_put(struct segment_pool *pool, struct emu_packet *p);
uint64_t segment_pool_used(const struct segment_pool *pool);      /* packets out of the pool */

/* Read-only view of a frame as read: `l2_len` bytes of Ethernet header (0 on a TUN port), then IP. */
struct segment_frame {
	const struct virtio_net_hdr *vnet;
	const uint8_t *data;
	uint32_t len, l2_len;
};

/* Split into packets chained through p.next, in order; *first is the list. Sets p.len, p.flow and p.ecn. Returns their number,
 * -EBADMSG (not a frame this can split) or -ENOMEM. The frame's memory is the caller's again afterwards. */
int segment_split(struct segment_pool *pool, const struct segment_frame *frame, struct packet **first);

/* Can `b` follow `a` and those already behind it in one write? Equal headers but for sequence number, IP id, PSH and FIN;
 * contiguous; equal ECN; `total` payload bytes are in the write so far, the last of them `last`. */
bool segment_can_merge(const struct emu_packet *a, const struct emu_packet *last, uint32_t total, const struct emu_packet *b);

/* Make ready for writing n packets as one: headers and virtio header for the sum, then iov[0 … returned-1]. iov needs n + 2. */
int segment_build(struct emu_packet **packets, uint32_t n, struct virtio_net_hdr *vnet, struct iovec *iov);

uint16_t segment_ipv4_checksum(const uint8_t *header, uint32_t len); /* RFC 1071, in network byte order */

#endif
