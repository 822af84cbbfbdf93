// SPDX-License-Identifier: GPL-2.0-only
/*
 * coalesce.c - putting segments together for one write, and what the receiver's virtio header has to say about them.
 * References: RFC 1071 and RFC 1624 (checksums), virtio 1.2 section 5.1.6.
 */
#include <netinet/in.h>
#include <string.h>

#include "segment.h"
#include "wire.h"

static uint32_t sum_bytes(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (; len >= 2; p += 2, len -= 2)
		sum += get16(p);
	return len ? sum + (p[0] << 8) : sum;
}

static uint16_t sum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint16_t segment_ipv4_checksum(const uint8_t *header, uint32_t len)
{
	return ~sum_fold(sum_bytes(0, header, len));
}

/* CE into the header; RFC 1624 (eqn. 3): HC' = ~(~HC + ~m + m') */
static void write_ce(struct emu_packet *p)
{
	uint8_t *ip = p->headers + p->l3;
	uint16_t before = get16(ip);

	if (p->ip_version == 6) {
		ip[1] |= ECN_CE << 4;
		return;
	}
	ip[IPV4_TOS] |= ECN_CE;
	put16(ip + IPV4_CHECK, ~sum_fold((uint16_t)~get16(ip + IPV4_CHECK) + (uint16_t)~before + get16(ip)));
}

/* The sum over addresses, protocol and length that a checksum starts from, not complemented: what NEEDS_CSUM expects. */
static uint16_t pseudo_header_sum(const struct emu_packet *p, uint32_t tcp_len)
{
	const uint8_t *ip = p->headers + p->l3;
	uint32_t sum = IPPROTO_TCP + (tcp_len >> 16) + (tcp_len & 0xffff);

	if (p->ip_version == 4)
		return sum_fold(sum_bytes(sum, ip + IPV4_SRC, 8));
	return sum_fold(sum_bytes(sum, ip + IPV6_SRC, 32));
}

bool segment_can_merge(const struct emu_packet *a, const struct emu_packet *last, uint32_t total, const struct emu_packet *b)
{
	const uint8_t *x = a->headers + a->l3, *y = b->headers + b->l3;
	const uint8_t *tx = a->headers + a->l4, *ty = b->headers + b->l4;
	uint32_t tcp_len = b->headers_len - b->l4;
	const uint8_t odd = TCP_SYN | TCP_RST | TCP_URG | TCP_CWR, may_end = TCP_PSH | TCP_FIN;

	if (!a->tcp || !b->tcp || !a->partial || !b->partial || a->p.flow != b->p.flow || a->p.ecn != b->p.ecn)
		return false;
	if (a->ip_version != b->ip_version || a->headers_len != b->headers_len || a->l3 != b->l3 || a->l4 != b->l4)
		return false;
	if (memcmp(a->headers, b->headers, a->l3))
		return false;
	if (!b->payload_len || b->payload_len > a->payload_len || last->payload_len != a->payload_len)
		return false; /* all but the last must be as long as the first */
	if (a->headers_len - a->l3 + total + b->payload_len > UINT16_MAX)
		return false;
	if ((tx[TCP_FLAGS] | ty[TCP_FLAGS]) & odd || last->headers[last->l4 + TCP_FLAGS] & may_end)
		return false;
	if ((tx[TCP_FLAGS] ^ ty[TCP_FLAGS]) & ~may_end || tx[TCP_OFFSET] != ty[TCP_OFFSET])
		return false;
	if (get32(ty + TCP_SEQ) != get32(tx + TCP_SEQ) + total)
		return false;
	if (memcmp(tx, ty, 4) || memcmp(tx + TCP_ACK, ty + TCP_ACK, 4) || memcmp(tx + TCP_WINDOW, ty + TCP_WINDOW, 2) ||
	    memcmp(tx + 20, ty + 20, tcp_len - 20)) /* ports, acknowledgement, window, options */
		return false;
	if (a->ip_version == 6)
		return !memcmp(x, y, 4) && !memcmp(x + IPV6_NEXT, y + IPV6_NEXT, 34);
	return !((x[IPV4_TOS] ^ y[IPV4_TOS]) & ~3) && !memcmp(x + IPV4_FRAG, y + IPV4_FRAG, 4) &&
	       !memcmp(x + IPV4_SRC, y + IPV4_SRC, a->l4 - a->l3 - IPV4_SRC); /* fragment bits, TTL, protocol; addresses, options */
}

/* One header for the sum of n packets. */
static void merge_headers(struct emu_packet *first, const struct emu_packet *last, uint32_t payload)
{
	uint8_t *ip = first->headers + first->l3;
	uint32_t total = first->headers_len - first->l3 + payload;

	if (first->ip_version == 4) {
		put16(ip + IPV4_LEN, total);
		put16(ip + IPV4_CHECK, 0);
		put16(ip + IPV4_CHECK, segment_ipv4_checksum(ip, first->l4 - first->l3));
	} else {
		put16(ip + IPV6_PAYLOAD, total - 40);
	}
	first->headers[first->l4 + TCP_FLAGS] |= last->headers[last->l4 + TCP_FLAGS] & (TCP_PSH | TCP_FIN);
}

int segment_build(struct emu_packet **packets, uint32_t n, struct virtio_net_hdr *vnet, struct iovec *iov)
{
	struct emu_packet *first = packets[0];
	uint32_t payload = 0;
	int parts = 2;

	*vnet = (struct virtio_net_hdr){.gso_type = VIRTIO_NET_HDR_GSO_NONE};
	if (first->p.ecn == ECN_CE && first->ecn_on_entry != ECN_CE)
		write_ce(first);
	iov[0] = (struct iovec){vnet, sizeof(*vnet)};
	iov[1] = (struct iovec){first->headers, first->headers_len};
	for (uint32_t i = 0; i < n; i++) {
		payload += packets[i]->payload_len;
		if (packets[i]->payload_len)
			iov[parts++] = (struct iovec){packets[i]->buffer->data + packets[i]->payload_at, packets[i]->payload_len};
	}
	if (n > 1) {
		merge_headers(first, packets[n - 1], payload);
		vnet->gso_type = first->ip_version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		vnet->gso_size = first->payload_len;
		vnet->hdr_len = first->headers_len;
	}
	if (first->partial) {
		vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet->csum_start = first->csum_start;
		vnet->csum_offset = first->csum_offset;
		if (first->tcp)
			put16(first->headers + first->l4 + TCP_CHECK, pseudo_header_sum(first, first->headers_len - first->l4 + payload));
	}
	return parts;
}
