// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/units.h>

struct unit {
	const char *name;
	double factor;
};

int congctl_parse_u64(const char *text, uint64_t *value)
{
	uint64_t v = 0;

	if (!*text)
		return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (!isdigit((unsigned char)*p))
			return -EINVAL;
	}
	for (const char *p = text; *p; p++) {
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return -ERANGE;
	}
	*value = v;
	return 0;
}

/* digits[.digits], nothing else; *end is what follows */
static int parse_decimal(const char *text, double *value, const char **end)
{
	const char *p = text;
	size_t digits = 0;
	char number[64];

	for (; isdigit((unsigned char)*p); p++)
		digits++;
	if (*p == '.') {
		for (p++; isdigit((unsigned char)*p); p++)
			digits++;
	}
	if (!digits)
		return -EINVAL;
	if ((size_t)(p - text) >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, p - text);
	number[p - text] = '\0';
	*value = strtod(number, NULL);
	*end = p;
	return 0;
}

static int parse_quantity(const char *text, const struct unit *units, uint64_t *value)
{
	const char *rest;
	double v;
	int ret;

	ret = parse_decimal(text, &v, &rest);
	if (ret)
		return ret;
	for (const struct unit *u = units; u->name; u++) {
		if (strcasecmp(rest, u->name))
			continue;
		v = round(v * u->factor);
		if (v >= 18446744073709551616.0) /* 2^64 */
			return -ERANGE;
		*value = (uint64_t)v;
		return 0;
	}
	return -EINVAL;
}

int congctl_parse_rate(const char *text, uint64_t *bps)
{
	static const struct unit units[] = {
		{"bit", 1},  {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9},
		{"bps", 8},  {"kbps", 8e3}, {"mbps", 8e6}, {"gbps", 8e9},
		{NULL, 0},
	};

	return parse_quantity(text, units, bps);
}

int congctl_parse_time(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {NULL, 0}};

	if (!strcmp(text, "0")) {
		*ns = 0;
		return 0;
	}
	return parse_quantity(text, units, ns);
}

int congctl_parse_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"B", 1},      {"kB", 1e3},       {"MB", 1e6},          {"GB", 1e9},
		{"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0},
	};

	return parse_quantity(text, units, bytes);
}

int congctl_parse_probability(const char *text, double *value)
{
	const char *rest;
	double v;
	int ret;

	ret = parse_decimal(text, &v, &rest);
	if (ret)
		return ret;
	if (!strcmp(rest, "%"))
		v /= 100;
	else if (*rest)
		return -EINVAL;
	if (v > 1)
		return -ERANGE;
	*value = v;
	return 0;
}

/* three significant digits with the largest unit that leaves at least 1 */
static const char *format_quantity(char *buf, size_t size, double v, const struct unit *units)
{
	while (units[1].name && fabs(v) < units->factor * 0.9995)
		units++;
	v /= units->factor;
	snprintf(buf, size, "%.*f %s", fabs(v) >= 99.95 ? 0 : fabs(v) >= 9.995 ? 1 : 2, v, units->name);
	return buf;
}

const char *congctl_format_rate(char *buf, size_t size, double bps)
{
	static const struct unit units[] = {
		{"Gbit/s", 1e9}, {"Mbit/s", 1e6}, {"kbit/s", 1e3}, {"bit/s", 1}, {NULL, 0},
	};

	return format_quantity(buf, size, bps, units);
}

const char *congctl_format_time(char *buf, size_t size, double ns)
{
	static const struct unit units[] = {{"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"ns", 1}, {NULL, 0}};

	return format_quantity(buf, size, ns, units);
}

const char *congctl_format_size(char *buf, size_t size, double bytes)
{
	static const struct unit units[] = {{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}, {NULL, 0}};

	return format_quantity(buf, size, bytes, units);
}
