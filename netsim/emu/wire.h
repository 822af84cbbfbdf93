/* SPDX-License-Identifier: GPL-2.0-only */
/* wire.h - offsets in the headers we touch, and network byte order. */
#ifndef NETSIM_WIRE_H
#define NETSIM_WIRE_H

#include <stdint.h>

enum { IPV4_TOS = 1, IPV4_LEN = 2, IPV4_ID = 4, IPV4_FRAG = 6, IPV4_PROTO = 9, IPV4_CHECK = 10, IPV4_SRC = 12, IPV4_DST = 16 };
enum { IPV6_PAYLOAD = 4, IPV6_NEXT = 6, IPV6_SRC = 8, IPV6_DST = 24 };
enum { TCP_SEQ = 4, TCP_ACK = 8, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_WINDOW = 14, TCP_CHECK = 16, TCP_URGENT = 18 };
enum { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_URG = 0x20, TCP_CWR = 0x80 };

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

#endif
