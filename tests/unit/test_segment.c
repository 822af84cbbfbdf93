// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "unit.h"
#include "../../netsim/emu/segment.h"
#include "../../netsim/emu/wire.h"

#define MSS 1448

static uint8_t frame[SEGMENT_SUPER_MAX];
static struct virtio_net_hdr vnet;
static struct segment_pool *pool;
static struct packet *list;
static struct emu_packet *pkts[SEGMENT_MERGE_MAX];

/* A TCP frame with 12 bytes of options and `payload` bytes; the fields that splitting changes are set. Returns its length. */
static uint32_t make_frame(int version, uint32_t payload, uint8_t flags, uint8_t ecn)
{
	uint32_t l4 = version == 4 ? 20 : 40, len = l4 + 32 + payload;
	uint8_t *tcp = frame + l4;

	memset(frame, 0, l4 + 32);
	if (version == 4) {
		frame[0] = 0x45;
		frame[IPV4_TOS] = 0xb8 | ecn; /* a DSCP, too */
		put16(frame + IPV4_LEN, len);
		put16(frame + IPV4_ID, 0xfffe);
		put16(frame + IPV4_FRAG, 0x4000); /* DF */
		frame[8] = 64;
		frame[IPV4_PROTO] = 6;
		put32(frame + IPV4_SRC, 0x0a000001);
		put32(frame + IPV4_DST, 0x0a000002);
		put16(frame + IPV4_CHECK, segment_ipv4_checksum(frame, 20));
	} else {
		frame[0] = 0x6b;
		frame[1] = 0x80 | ecn << 4;
		put16(frame + IPV6_PAYLOAD, len - 40);
		frame[IPV6_NEXT] = 6;
		frame[7] = 64;
		frame[IPV6_SRC] = frame[IPV6_DST] = 0xfd;
	}
	put16(tcp, 1234);
	put16(tcp + 2, 80);
	put32(tcp + TCP_SEQ, 0xfffffff0); /* wraps */
	put32(tcp + TCP_ACK, 77);
	tcp[TCP_OFFSET] = 8 << 4;
	tcp[TCP_FLAGS] = flags;
	put16(tcp + TCP_WINDOW, 500);
	memset(tcp + 20, 0x5a, 12);
	for (uint32_t i = 0; i < payload; i++)
		frame[l4 + 32 + i] = i * 7 + (i >> 8);
	vnet = (struct virtio_net_hdr){.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = l4, .csum_offset = TCP_CHECK};
	vnet.gso_type = version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
	vnet.gso_size = MSS;
	vnet.hdr_len = l4 + 32;
	return len;
}

static int split_as(uint32_t len, uint32_t l2_len)
{
	struct segment_frame f = {&vnet, frame, len, l2_len};
	int n = segment_split(pool, &f, &list), i = 0;

	for (struct packet *p = list; p && i < SEGMENT_MERGE_MAX; p = p->next)
		pkts[i++] = (struct emu_packet *)p;
	CU_ASSERT_EQUAL(n < 0 ? 0 : n, i);
	return n;
}

static void setup(void)
{
	pool = segment_pool_new();
	list = NULL;
}

static void teardown(void)
{
	while (list) {
		struct packet *next = list->next;

		segment_packet_put(pool, (struct emu_packet *)list);
		list = next;
	}
	CU_ASSERT_EQUAL(segment_pool_used(pool), 0);
	segment_pool_free(pool);
}

static void a_super_packet_becomes_what_a_wire_carries(void)
{
	for (int version = 4; version <= 6; version += 2) {
		uint32_t payload = 3 * MSS + 100, l4 = version == 4 ? 20 : 40, at = 0;

		setup();
		CU_ASSERT_EQUAL_FATAL(split_as(make_frame(version, payload, 0x18 | TCP_CWR | TCP_FIN, ECN_ECT0), 0), 4);
		for (int i = 0; i < 4; i++) {
			const uint8_t *ip = pkts[i]->headers, *tcp = ip + l4;
			uint32_t len = i < 3 ? MSS : 100;

			CU_ASSERT_EQUAL(pkts[i]->p.len, l4 + 32 + len + 14);
			CU_ASSERT_EQUAL(pkts[i]->p.ecn, ECN_ECT0);
			CU_ASSERT_EQUAL(get32(tcp + TCP_SEQ), 0xfffffff0 + at);
			CU_ASSERT_EQUAL(get32(tcp + TCP_ACK), 77);
			CU_ASSERT_EQUAL(!!(tcp[TCP_FLAGS] & TCP_CWR), i == 0);
			CU_ASSERT_EQUAL(!!(tcp[TCP_FLAGS] & TCP_PSH), i == 3);
			CU_ASSERT_EQUAL(!!(tcp[TCP_FLAGS] & TCP_FIN), i == 3);
			CU_ASSERT_EQUAL(memcmp(tcp + 20, frame + l4 + 20, 12), 0);
			CU_ASSERT_EQUAL(memcmp(pkts[i]->buffer->data + pkts[i]->payload_at, frame + l4 + 32 + at, len), 0);
			if (version == 4) {
				CU_ASSERT_EQUAL(get16(ip + IPV4_ID), (uint16_t)(0xfffe + i));
				CU_ASSERT_EQUAL(get16(ip + IPV4_LEN), 52 + len);
				CU_ASSERT_EQUAL(segment_ipv4_checksum(ip, 20), 0); /* RFC 1071: over itself it is 0 */
			} else {
				CU_ASSERT_EQUAL(get16(ip + IPV6_PAYLOAD), 32 + len);
			}
			at += len;
		}
		teardown();
	}
}

static uint32_t merge_all(int n)
{
	uint32_t merged = 1, total = pkts[0]->payload_len;

	while (merged < (uint32_t)n && segment_can_merge(pkts[0], pkts[merged - 1], total, pkts[merged]))
		total += pkts[merged++]->payload_len;
	return merged;
}

/* what went in comes out, octet for octet, but for the checksum that the receiver's header takes over */
static void split_and_coalesce_is_the_identity(void)
{
	static uint8_t out[SEGMENT_SUPER_MAX];

	for (int version = 4; version <= 6; version += 2) {
		uint32_t l4 = version == 4 ? 20 : 40, len, at = 0;
		struct iovec iov[SEGMENT_MERGE_MAX + 2];
		struct virtio_net_hdr v;
		int n, parts;

		setup();
		len = make_frame(version, 10 * MSS + 1, 0x18, ECN_NOT_ECT);
		n = split_as(len, 0);
		CU_ASSERT_EQUAL_FATAL(n, 11);
		CU_ASSERT_EQUAL_FATAL(merge_all(n), 11);
		parts = segment_build(pkts, n, &v, iov);
		for (int i = 1; i < parts; at += iov[i++].iov_len)
			memcpy(out + at, iov[i].iov_base, iov[i].iov_len);
		put16(out + l4 + TCP_CHECK, 0);
		CU_ASSERT_EQUAL(at, len);
		CU_ASSERT_EQUAL(memcmp(out, frame, len), 0);
		CU_ASSERT_EQUAL(v.gso_size, MSS);
		CU_ASSERT_EQUAL(v.gso_type, vnet.gso_type);
		CU_ASSERT_EQUAL(v.csum_start, l4);
		teardown();
	}
}

static void ce_is_written_into_the_ip_header(void)
{
	for (int version = 4; version <= 6; version += 2) {
		struct iovec iov[3];
		struct virtio_net_hdr v;
		const uint8_t *ip;

		setup();
		split_as(make_frame(version, 100, 0x10, ECN_ECT0), 0);
		pkts[0]->p.ecn = ECN_CE;
		CU_ASSERT_EQUAL(segment_build(pkts, 1, &v, iov), 3);
		ip = pkts[0]->headers;
		if (version == 4) {
			CU_ASSERT_EQUAL(ip[IPV4_TOS], 0xb8 | ECN_CE); /* the DSCP is kept */
			CU_ASSERT_EQUAL(segment_ipv4_checksum(ip, 20), 0);
		} else {
			CU_ASSERT_EQUAL(get16(ip), 0x6b80 | ECN_CE << 4);
		}
		CU_ASSERT_EQUAL(v.gso_type, VIRTIO_NET_HDR_GSO_NONE);
		teardown();
	}
}

/* each of these breaks a train of three after its first packet */
static void unlike_packets_are_never_merged(void)
{
	for (int i = 0; i < 9; i++) {
		uint8_t *tcp;

		setup();
		CU_ASSERT_EQUAL_FATAL(split_as(make_frame(4, 3 * MSS, 0x10, ECN_ECT0), 0), 3);
		CU_ASSERT_EQUAL(merge_all(3), 3);
		tcp = pkts[1]->headers + 20;
		switch (i) {
		case 0: pkts[1]->p.ecn = ECN_CE; break;
		case 1: put32(tcp + TCP_SEQ, get32(tcp + TCP_SEQ) + 1); break;
		case 2: put32(tcp + TCP_ACK, 78); break;
		case 3: put16(tcp + TCP_WINDOW, 501); break;
		case 4: tcp[25] ^= 1; break; /* an option */
		case 5: put16(tcp, 1235); break;
		case 6: tcp[TCP_FLAGS] |= TCP_CWR; break;
		case 7: pkts[1]->partial = false; break;
		case 8: pkts[0]->headers[20 + TCP_FLAGS] |= TCP_PSH; break;
		}
		CU_ASSERT_EQUAL(merge_all(3), 1);
		teardown();
	}
}

static void a_short_segment_ends_a_train(void)
{
	setup();
	CU_ASSERT_EQUAL_FATAL(split_as(make_frame(4, 3 * MSS, 0x10, ECN_NOT_ECT), 0), 3);
	pkts[1]->payload_len -= 8;
	put32(pkts[2]->headers + 20 + TCP_SEQ, get32(pkts[2]->headers + 20 + TCP_SEQ) - 8); /* still contiguous */
	CU_ASSERT_EQUAL(merge_all(3), 2);
	teardown();
}

static void pure_acknowledgements_are_not_merged(void)
{
	struct packet *first;

	setup();
	make_frame(4, 0, 0x10, ECN_NOT_ECT);
	vnet.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	CU_ASSERT_EQUAL(split_as(52, 0), 1);
	first = list;
	CU_ASSERT_EQUAL(split_as(52, 0), 1);
	CU_ASSERT_FALSE(segment_can_merge((struct emu_packet *)first, (struct emu_packet *)first, 0, pkts[0]));
	list->next = first;
	teardown();
}

static void other_protocols_pass_as_they_are(void)
{
	struct iovec iov[3];
	struct virtio_net_hdr v;

	setup();
	make_frame(4, 100, 0, ECN_ECT1);
	frame[IPV4_PROTO] = 17;
	vnet = (struct virtio_net_hdr){.flags = 0};
	CU_ASSERT_EQUAL(split_as(152, 0), 1);
	CU_ASSERT_FALSE(pkts[0]->tcp);
	CU_ASSERT_EQUAL(pkts[0]->p.ecn, ECN_ECT1);
	CU_ASSERT_EQUAL(segment_build(pkts, 1, &v, iov), 3);
	CU_ASSERT_EQUAL(iov[1].iov_len + iov[2].iov_len, 152);
	CU_ASSERT_EQUAL(memcmp(iov[2].iov_base, frame + 20, 132), 0);
	CU_ASSERT_EQUAL(v.flags, 0);
	teardown();
}

static void on_ethernet_the_ip_header_is_behind_14_bytes(void)
{
	uint32_t len;

	setup();
	len = make_frame(4, 2 * MSS, 0x10, ECN_ECT0);
	memmove(frame + 14, frame, len);
	memset(frame, 0x11, 12);
	put16(frame + 12, 0x0800);
	CU_ASSERT_EQUAL(split_as(len + 14, 14), 2);
	CU_ASSERT_EQUAL(pkts[1]->p.len, 20 + 32 + MSS + 14);
	CU_ASSERT_EQUAL(memcmp(pkts[1]->headers, frame, 14), 0);
	CU_ASSERT_EQUAL(segment_ipv4_checksum(pkts[1]->headers + 14, 20), 0);
	teardown();
}

static void broken_frames_are_refused(void)
{
	setup();
	make_frame(4, 3 * MSS, 0x10, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(split_as(52 + 2 * MSS, 0), -EBADMSG); /* shorter than its own length says */
	frame[0] = 0x44; /* 16 bytes of IP header */
	frame[IPV4_PROTO] = 17;
	vnet.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	CU_ASSERT_EQUAL(split_as(52 + 3 * MSS, 0), -EBADMSG);
	make_frame(4, 3 * MSS, 0x10, ECN_NOT_ECT);
	vnet.gso_size = 0;
	CU_ASSERT_EQUAL(split_as(52 + 3 * MSS, 0), -EBADMSG);
	make_frame(4, 3 * MSS, 0x10, ECN_NOT_ECT);
	frame[IPV4_PROTO] = 17; /* to be split, but not TCP */
	CU_ASSERT_EQUAL(split_as(52 + 3 * MSS, 0), -EBADMSG);
	make_frame(4, 3 * MSS, 0x10, ECN_NOT_ECT);
	frame[20 + TCP_OFFSET] = 4 << 4; /* 16 bytes of TCP header */
	CU_ASSERT_EQUAL(split_as(52 + 3 * MSS, 0), -EBADMSG);
	CU_ASSERT_EQUAL(split_as(SEGMENT_SUPER_MAX + 1, 0), -EBADMSG);
	CU_ASSERT_EQUAL(split_as(10, 14), -EBADMSG);
	make_frame(6, 3 * MSS, 0x10, ECN_NOT_ECT);
	CU_ASSERT_EQUAL(split_as(39, 0), -EBADMSG);
	teardown();
}

static void a_copy_outlives_the_packet_it_was_made_of(void)
{
	struct emu_packet *copy;

	setup();
	CU_ASSERT_EQUAL_FATAL(split_as(make_frame(4, 100, 0x18, ECN_ECT0), 0), 1);
	copy = segment_packet_copy(pool, pkts[0]);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT(copy != pkts[0] && !copy->p.next && copy->p.len == pkts[0]->p.len);
	CU_ASSERT_EQUAL(segment_pool_used(pool), 2);
	segment_packet_put(pool, pkts[0]);
	list = &copy->p;
	CU_ASSERT_EQUAL(memcmp(copy->headers, frame, copy->headers_len), 0);
	CU_ASSERT_EQUAL(memcmp(copy->buffer->data + copy->payload_at, frame + 52, 100), 0);
	teardown();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_super_packet_becomes_what_a_wire_carries),
		TEST(split_and_coalesce_is_the_identity),
		TEST(ce_is_written_into_the_ip_header),
		TEST(unlike_packets_are_never_merged),
		TEST(a_short_segment_ends_a_train),
		TEST(pure_acknowledgements_are_not_merged),
		TEST(other_protocols_pass_as_they_are),
		TEST(on_ethernet_the_ip_header_is_behind_14_bytes),
		TEST(broken_frames_are_refused),
		TEST(a_copy_outlives_the_packet_it_was_made_of),
		CU_TEST_INFO_NULL,
	};

	return unit_run("segment", tests);
}
