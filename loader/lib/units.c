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

enum unit_kind { UNIT_OTHER, UNIT_TIME, UNIT_RATE, UNIT_SIZE, UNIT_FRACTION, UNIT_BOOL };

static const struct {
	const char *name;
	enum unit_kind kind;
	double factor; /* one of it in ns, bit/s, bytes */
} tunable_units[] = {
	{"ns", UNIT_TIME, 1},	     {"us", UNIT_TIME, 1e3},	    {"ms", UNIT_TIME, 1e6},	 {"s", UNIT_TIME, 1e9},
	{"bit/s", UNIT_RATE, 1},     {"kbit/s", UNIT_RATE, 1e3},    {"Mbit/s", UNIT_RATE, 1e6},	 {"bytes/s", UNIT_RATE, 8},
	{"bytes", UNIT_SIZE, 1},     {"%", UNIT_FRACTION, 100},	    {"bool", UNIT_BOOL, 1},
};

/* `factor` of a fraction: how many make 1 */
static enum unit_kind unit_kind(const char *name, double *factor)
{
	uint64_t parts;

	for (size_t i = 0; i < sizeof(tunable_units) / sizeof(*tunable_units); i++) {
		*factor = tunable_units[i].factor;
		if (!strcmp(name, tunable_units[i].name))
			return tunable_units[i].kind;
	}
	if (!strncmp(name, "1/", 2) && !congctl_parse_u64(name + 2, &parts) && parts) {
		*factor = parts;
		return UNIT_FRACTION;
	}
	return UNIT_OTHER;
}

/* "70%", and of parts of 1 also "0.7" */
static int parse_fraction(const char *text, const char *unit, double *value)
{
	const char *rest;
	int ret = parse_decimal(text, value, &rest);

	if (ret)
		return ret;
	if (!strcmp(rest, "%"))
		*value /= 100;
	else if (*rest || *unit == '%')
		return -EINVAL;
	return 0;
}

static int parse_bool(const char *text, uint64_t *value)
{
	*value = !strcmp(text, "yes");
	return *value || !strcmp(text, "no") ? 0 : -EINVAL;
}

/* the number, and after it the unit by name */
static int parse_named(const char *text, const char *unit, uint64_t *value)
{
	size_t n = strlen(text), suffix = strlen(unit);
	char number[32];

	if (!suffix || n <= suffix || strcmp(text + n - suffix, unit) || n - suffix >= sizeof(number))
		return -EINVAL;
	snprintf(number, sizeof(number), "%.*s", (int)(n - suffix), text);
	return congctl_parse_u64(number, value);
}

int congctl_parse_in(const char *text, const char *unit, uint64_t *value)
{
	double factor, v = 0;
	enum unit_kind kind = unit_kind(unit, &factor);
	uint64_t base = 0;
	int ret;

	ret = congctl_parse_u64(text, value);
	if (ret != -EINVAL)
		return ret;
	switch (kind) {
	case UNIT_BOOL:
		return parse_bool(text, value);
	case UNIT_OTHER:
		return parse_named(text, unit, value);
	case UNIT_FRACTION:
		ret = parse_fraction(text, unit, &v);
		break;
	default:
		ret = kind == UNIT_TIME ? congctl_parse_time(text, &base) :
		      kind == UNIT_RATE ? congctl_parse_rate(text, &base) : congctl_parse_size(text, &base);
		v = base / factor;
		factor = 1;
	}
	if (ret)
		return ret;
	if (round(v * factor) >= 18446744073709551616.0) /* 2^64 */
		return -ERANGE;
	*value = (uint64_t)round(v * factor);
	return v > 0 && !*value ? -EDOM : 0;
}

const char *congctl_unit_example(const char *unit)
{
	static const char *const examples[] = {
		[UNIT_TIME] = "a time such as 10ms", [UNIT_RATE] = "a rate such as 100mbit", [UNIT_SIZE] = "a size such as 64KiB",
		[UNIT_FRACTION] = "a fraction such as 0.7 or 70%", [UNIT_BOOL] = "yes or no",
	};
	double factor;

	return *unit == '%' ? "a percentage such as 5%" : examples[unit_kind(unit, &factor)];
}

const char *congctl_format_in(char *buf, size_t size, uint64_t value, const char *unit)
{
	double factor;
	enum unit_kind kind = unit_kind(unit, &factor);

	if (kind == UNIT_BOOL && value <= 1)
		snprintf(buf, size, "%s", value ? "yes" : "no");
	else if (kind == UNIT_FRACTION)
		snprintf(buf, size, "%.4g %%", value / factor * 100);
	else if (kind == UNIT_TIME && value)
		congctl_format_time(buf, size, value * factor);
	else if (kind == UNIT_RATE && value)
		congctl_format_rate(buf, size, value * factor);
	else if (kind == UNIT_SIZE && value)
		congctl_format_size(buf, size, value * factor);
	else
		snprintf(buf, size, "%llu%s%s", (unsigned long long)value, *unit ? " " : "", unit);
	return buf;
}
