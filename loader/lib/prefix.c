// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "prefix.h"

/* one to three digits, at most `max`; negative: not so */
static int parse_bits(const char *text, int max)
{
	int bits = 0;

	if (!*text || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text))
		return -EINVAL;
	for (; *text; text++)
		bits = 10 * bits + *text - '0';
	return bits <= max ? bits : -ERANGE;
}

int prefix_parse(const char *text, struct prefix *p, struct congctl_error *err)
{
	char address[INET6_ADDRSTRLEN + 1], network[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	uint32_t kept[4];
	int bits, words;

	memset(p, 0, sizeof(*p));
	snprintf(address, sizeof(address), "%.*s", slash ? (int)(slash - text) : (int)strlen(text), text);
	if (inet_pton(AF_INET, address, p->address) == 1)
		p->family = AF_INET;
	else if (inet_pton(AF_INET6, address, p->address) == 1)
		p->family = AF_INET6;
	else
		return congctl_fail(err, -EINVAL, "'%s' is not a prefix: write it like 10.0.0.0/8 or 2001:db8::/32", text);
	words = p->family == AF_INET ? 1 : 4;
	bits = slash ? parse_bits(slash + 1, 32 * words) : 32 * words;
	if (bits < 0)
		return congctl_fail(err, -EINVAL, "'%s' is not a prefix: its length is 0 to %d", text, 32 * words);
	p->bits = bits;
	for (int i = 0; i < words; i++) {
		int n = bits - 32 * i;

		kept[i] = n >= 32 ? p->address[i] : n <= 0 ? 0 : p->address[i] & htonl(~0U << (32 - n));
	}
	if (!memcmp(kept, p->address, 4 * words))
		return 0;
	inet_ntop(p->family, kept, network, sizeof(network));
	return congctl_fail(err, -EINVAL, "'%s' has bits set after the first %d: write %s/%d", text, bits, network, bits);
}
