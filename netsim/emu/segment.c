// SPDX-License-Identifier: GPL-2.0-only
/*
 * segment.c - splitting. References: RFC 791 and RFC 8200 (headers), RFC 9293 section 3.1 (TCP header), RFC 3168 (ECN; section
 * 6.1.2: CWR belongs to the first segment only), virtio 1.2 section 5.1.6 (the header before the frame).
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "segment.h"
#include "wire.h"

#define WIRE_OVERHEAD 14 /* an Ethernet header: what the rate counts beyond the IP packet */

/* what the headers of a frame say */
struct parsed {
	uint8_t ip_version, ecn;
	bool tcp;
	uint32_t l3, l4, headers_len, end; /* end: where the IP packet ends; what is behind it is padding */
	uint32_t flow;
};

static uint32_t hash_bytes(uint32_t hash, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) /* FNV-1a */
		hash = (hash ^ p[i]) * 16777619;
	return hash;
}

static bool parse_ipv4(const uint8_t *ip, uint32_t len, struct parsed *out, uint8_t *proto)
{
	uint32_t header = (ip[0] & 15) * 4, total = get16(ip + IPV4_LEN);
	bool fragment = get16(ip + IPV4_FRAG) & 0x3fff; /* more fragments, or an offset */

	if (header < 20 || header > total || total > len)
		return false;
	out->ecn = ip[IPV4_TOS] & 3;
	out->l4 = out->l3 + header;
	out->end = out->l3 + total;
	out->flow = hash_bytes(2166136261, ip + IPV4_SRC, 8);
	*proto = fragment ? 0 : ip[IPV4_PROTO];
	return true;
}

static bool parse_ipv6(const uint8_t *ip, uint32_t len, struct parsed *out, uint8_t *proto)
{
	uint32_t total = 40 + get16(ip + IPV6_PAYLOAD);

	if (len < 40 || total > len)
		return false;
	out->ecn = (ip[1] >> 4) & 3;
	out->l4 = out->l3 + 40;
	out->end = out->l3 + total;
	out->flow = hash_bytes(2166136261, ip + IPV6_SRC, 32);
	*proto = ip[IPV6_NEXT];
	return true;
}

static bool parse(const struct segment_frame *f, struct parsed *out)
{
	const uint8_t *ip = f->data + f->l2_len;
	uint32_t len = f->len - f->l2_len;
	uint8_t proto = 0;
	bool ok = false;

	*out = (struct parsed){.l3 = f->l2_len};
	if (len >= 20)
		out->ip_version = ip[0] >> 4;
	if (f->l2_len >= 14 && out->ip_version) /* Ethernet: believe the type, not the first byte of whatever it is */
		out->ip_version = get16(ip - 2) == 0x0800 ? 4 : get16(ip - 2) == 0x86dd ? 6 : 0;
	if (out->ip_version == 4)
		ok = parse_ipv4(ip, len, out, &proto);
	else if (out->ip_version == 6)
		ok = parse_ipv6(ip, len, out, &proto);
	if (!ok) {
		bool broken = out->ip_version; /* says it is IP, and is not */

		*out = (struct parsed){.l3 = f->l2_len, .headers_len = f->l2_len, .end = f->len};
		return !broken;
	}
	out->headers_len = out->l4;
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP) && out->end >= out->l4 + 8)
		out->flow = hash_bytes(out->flow, f->data + out->l4, 4);
	if (proto == IPPROTO_TCP && out->end >= out->l4 + 20) {
		uint32_t tcp_len = (f->data[out->l4 + TCP_OFFSET] >> 4) * 4;

		out->tcp = tcp_len >= 20 && out->l4 + tcp_len <= out->end;
		if (out->tcp)
			out->headers_len = out->l4 + tcp_len;
	}
	return out->headers_len <= SEGMENT_HEADERS_MAX;
}

/* Headers of segment i of n, which begins `at` bytes into the payload. */
static void headers_of_segment(struct emu_packet *p, const struct parsed *h, uint32_t at, uint32_t i, bool last)
{
	uint8_t *ip = p->headers + h->l3, *tcp = p->headers + h->l4;
	uint32_t total = p->headers_len - h->l3 + p->payload_len;

	if (h->ip_version == 4) {
		put16(ip + IPV4_LEN, total);
		put16(ip + IPV4_ID, get16(ip + IPV4_ID) + i);
		put16(ip + IPV4_CHECK, 0);
		put16(ip + IPV4_CHECK, segment_ipv4_checksum(ip, h->l4 - h->l3));
	} else {
		put16(ip + IPV6_PAYLOAD, total - 40);
	}
	put32(tcp + TCP_SEQ, get32(tcp + TCP_SEQ) + at);
	if (i)
		tcp[TCP_FLAGS] &= ~TCP_CWR;
	if (!last)
		tcp[TCP_FLAGS] &= ~(TCP_PSH | TCP_FIN);
}

static struct emu_packet *segment_new(struct segment_pool *pool, const struct segment_frame *f, const struct parsed *h,
				      struct segment_buffer *buffer, uint32_t at, uint32_t len)
{
	struct emu_packet *p = segment_packet_get(pool);

	if (!p)
		return NULL;
	p->buffer = buffer;
	buffer->refs++;
	p->payload_at = at;
	p->payload_len = len;
	p->l3 = h->l3;
	p->l4 = h->l4;
	p->headers_len = h->headers_len;
	p->ip_version = h->ip_version;
	p->tcp = h->tcp;
	p->partial = f->vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->csum_start = f->vnet->csum_start;
	p->csum_offset = f->vnet->csum_offset;
	memcpy(p->headers, f->data, h->headers_len);
	p->p.len = h->headers_len - h->l3 + len + WIRE_OVERHEAD;
	p->p.flow = h->flow;
	p->p.ecn = p->ecn_on_entry = h->ecn;
	return p;
}

static void list_put(struct segment_pool *pool, struct packet *list)
{
	while (list) {
		struct packet *next = list->next;

		segment_packet_put(pool, (struct emu_packet *)list);
		list = next;
	}
}

/* How much payload goes in each packet? 0: the frame cannot be split so. */
static uint32_t segment_size(const struct segment_frame *f, const struct parsed *h, uint32_t payload)
{
	if (f->vnet->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return payload ? payload : 1;
	if (!h->tcp || !(f->vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return 0;
	return f->vnet->gso_size;
}

int segment_split(struct segment_pool *pool, const struct segment_frame *f, struct packet **first)
{
	struct packet **tail = first;
	struct segment_buffer *buffer;
	uint32_t payload, size, n = 0;
	struct parsed h;

	*first = NULL;
	if (f->len < f->l2_len || f->len > SEGMENT_SUPER_MAX || !parse(f, &h))
		return -EBADMSG;
	payload = h.end - h.headers_len;
	size = segment_size(f, &h, payload);
	if (!size)
		return -EBADMSG;
	buffer = malloc(sizeof(*buffer) + payload);
	if (!buffer)
		return -ENOMEM;
	buffer->refs = 1; /* ours, until all are made */
	buffer->len = payload;
	memcpy(buffer->data, f->data + h.headers_len, payload);
	for (uint32_t at = 0; !n || at < payload; at += size, n++) {
		uint32_t len = payload - at < size ? payload - at : size;
		struct emu_packet *p = segment_new(pool, f, &h, buffer, at, len);

		if (!p) {
			list_put(pool, *first);
			*first = NULL;
			n = 0;
			break;
		}
		if (payload > size)
			headers_of_segment(p, &h, at, n, at + len == payload);
		*tail = &p->p;
		tail = &p->p.next;
	}
	if (!--buffer->refs)
		free(buffer);
	return n ? (int)n : -ENOMEM;
}
