// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of values a scenario's keys take: how each is read, strictly, and written so that it reads back the same. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/units.h>

#include "keys.h"

/* --- whole numbers with a unit ---------------------------------------------------------------------------------- */

static int read_within(const struct scenario_key *key, const char *text, uint64_t *value)
{
	const struct key_kind *kind = key->kind;
	uint64_t v, min, max;
	int ret;

	ret = kind->parse(text, &v);
	if (ret)
		return ret;
	if (kind->parse(key->min, &min) || kind->parse(key->max, &max))
		return -EINVAL;
	if (v < min || v > max)
		return -ERANGE;
	*value = v;
	return 0;
}

static int read_u64(const struct scenario_key *key, const char *text, void *field)
{
	return read_within(key, text, field);
}

static int read_u32(const struct scenario_key *key, const char *text, void *field)
{
	uint64_t v;
	int ret;

	ret = read_within(key, text, &v);
	if (!ret)
		*(uint32_t *)field = (uint32_t)v; /* every max of this kind is below 2^32 */
	return ret;
}

/* in the largest unit that leaves a whole number */
static void write_whole(uint64_t v, const struct key_unit *units, FILE *f)
{
	while (v % units->factor)
		units++;
	fprintf(f, "%" PRIu64 "%s", v / units->factor, units->name);
}

static void write_u64(const struct scenario_key *key, const void *field, FILE *f)
{
	write_whole(*(const uint64_t *)field, key->kind->units, f);
}

static void write_u32(const struct scenario_key *key, const void *field, FILE *f)
{
	fprintf(f, "%" PRIu32, *(const uint32_t *)field);
}

static const struct key_unit rate_units[] = {{"gbit", 1000000000}, {"mbit", 1000000}, {"kbit", 1000}, {"bit", 1}};
static const struct key_unit time_units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
static const struct key_unit size_units[] = {{"GB", 1000000000}, {"MB", 1000000}, {"kB", 1000}, {"B", 1}};
static const struct key_unit no_units[] = {{"", 1}};

const struct key_kind kind_rate = {"a rate", "10mbit", read_u64, write_u64, congctl_parse_rate, rate_units};
const struct key_kind kind_time = {"a time", "40ms", read_u64, write_u64, congctl_parse_time, time_units};
const struct key_kind kind_size = {"a size", "10MB", read_u64, write_u64, congctl_parse_size, size_units};
const struct key_kind kind_number = {"a whole number", NULL, read_u64, write_u64, congctl_parse_u64, no_units};
const struct key_kind kind_count = {"a whole number", NULL, read_u32, write_u32, congctl_parse_u64, no_units};

/* --- text --------------------------------------------------------------------------------------------------------- */

/* neither ASCII's control characters nor U+0080 to U+009F, which UTF-8 writes as c2 80 … c2 9f */
bool scenario_is_printable(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return false;
	}
	return true;
}

static int read_text(const struct scenario_key *key, const char *text, void *field)
{
	if (!scenario_is_printable(text) || (!*text && strcmp(key->name, "description")))
		return -EINVAL;
	if (strlen(text) >= key->size)
		return -ERANGE;
	memset(field, 0, key->size);
	memcpy(field, text, strlen(text));
	return 0;
}

void scenario_write_quoted(const char *text, FILE *f)
{
	putc('"', f);
	for (const char *p = text; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	putc('"', f);
}

static void write_text(const struct scenario_key *key, const void *field, FILE *f)
{
	scenario_write_quoted(field, f);
}

/* letters, digits and _ */
static int read_word(const struct scenario_key *key, const char *text, void *field)
{
	for (const char *p = text; *p; p++) {
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && *p != '_'))
			return -EINVAL;
	}
	return *text ? read_text(key, text, field) : -EINVAL;
}

const struct key_kind kind_text = {"printable text", NULL, read_text, write_text, NULL, NULL};
const struct key_kind kind_file = {"the name of a file", NULL, read_text, write_text, NULL, NULL};
const struct key_kind kind_cc = {"the name of an algorithm", "bpf_cubic", read_word, write_text, NULL, NULL};
const struct key_kind kind_node = {"the name of a node", "n1", read_word, write_text, NULL, NULL};

/* --- amounts: 100pkt, 64kB, 1.5bdp ------------------------------------------------------------------------------------ */

/* digits[.digits] followed by exactly `unit` */
bool scenario_read_decimal(const char *text, const char *unit, double *value)
{
	size_t n = strspn(text, "0123456789"), digits = n;

	if (text[n] == '.') {
		size_t fraction = strspn(text + n + 1, "0123456789");

		n += 1 + fraction;
		digits += fraction;
	}
	if (!digits || strcmp(text + n, unit))
		return false;
	*value = strtod(text, NULL);
	return true;
}

static int read_amount(const struct scenario_key *key, const char *text, void *field)
{
	struct scenario_amount a = {.set = true};
	uint64_t v;
	int ret;

	if (scenario_read_decimal(text, "bdp", &a.value)) {
		a.unit = UNIT_BDP;
		ret = a.value >= 0.001 && a.value <= 1000 ? 0 : -ERANGE;
	} else if (scenario_read_decimal(text, "pkt", &a.value)) {
		a.unit = UNIT_PKTS;
		if (strchr(text, '.'))
			return -EINVAL;
		ret = a.value >= 1 && a.value <= 1e6 ? 0 : -ERANGE;
	} else if (strcmp(text, "0") && !congctl_parse_time(text, &v)) {
		a.unit = UNIT_TIME;
		a.value = (double)v;
		ret = v >= 1000 && v <= 100000000000 ? 0 : -ERANGE;
	} else {
		ret = congctl_parse_size(text, &v);
		if (ret)
			return ret;
		a.unit = UNIT_BYTES;
		a.value = (double)v;
		ret = v >= 64 && v <= 10000000000 ? 0 : -ERANGE;
	}
	if (!ret)
		*(struct scenario_amount *)field = a;
	return ret;
}

/* the shortest decimal fraction that strtod() reads as the same number */
void scenario_write_exact(double v, FILE *f)
{
	char text[400];

	for (int digits = 0; digits <= 40; digits++) {
		snprintf(text, sizeof(text), "%.*f", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	fputs(text, f);
}

static void write_amount(const struct scenario_key *key, const void *field, FILE *f)
{
	const struct scenario_amount *a = field;

	if (a->unit == UNIT_BYTES || a->unit == UNIT_TIME) {
		write_whole((uint64_t)a->value, a->unit == UNIT_BYTES ? size_units : time_units, f);
		return;
	}
	scenario_write_exact(a->value, f);
	fputs(a->unit == UNIT_PKTS ? "pkt" : "bdp", f);
}

const struct key_kind kind_amount = {"an amount of packets, bytes, BDPs or time", "1.5bdp", read_amount, write_amount, NULL, NULL};

/* --- fractions ------------------------------------------------------------------------------------------------------ */

static int read_fraction(const char *text, double *value)
{
	if (scenario_read_decimal(text, "", value))
		return 0;
	if (!scenario_read_decimal(text, "%", value))
		return -EINVAL;
	*value /= 100;
	return 0;
}

static int read_decimal(const struct scenario_key *key, const char *text, void *field)
{
	double v, min, max;

	if (read_fraction(text, &v) || read_fraction(key->min, &min) || read_fraction(key->max, &max))
		return -EINVAL;
	if (v < min || v > max)
		return -ERANGE;
	*(double *)field = v;
	return 0;
}

static void write_decimal(const struct scenario_key *key, const void *field, FILE *f)
{
	scenario_write_exact(*(const double *)field, f);
}

const struct key_kind kind_decimal = {"a number", "0.5 or 50%", read_decimal, write_decimal, NULL, NULL};

/* --- choices -------------------------------------------------------------------------------------------------------------- */

static int read_switch(const struct scenario_key *key, const char *text, void *field)
{
	if (strcmp(text, "yes") && strcmp(text, "no"))
		return -EINVAL;
	*(bool *)field = !strcmp(text, "yes");
	return 0;
}

static void write_switch(const struct scenario_key *key, const void *field, FILE *f)
{
	fputs(*(const bool *)field ? "yes" : "no", f);
}

static int read_family(const struct scenario_key *key, const char *text, void *field)
{
	if (strcmp(text, "4") && strcmp(text, "6"))
		return -EINVAL;
	*(int *)field = text[0] - '0';
	return 0;
}

static void write_family(const struct scenario_key *key, const void *field, FILE *f)
{
	fprintf(f, "%d", *(const int *)field);
}

/* every enum here is as large as an unsigned int */
static int read_choice(const struct scenario_key *key, const char *text, void *field)
{
	for (uint32_t i = 0; key->choices[i]; i++) {
		if (!strcmp(text, key->choices[i])) {
			*(uint32_t *)field = i + key->first;
			return 0;
		}
	}
	return -EINVAL;
}

static void write_choice(const struct scenario_key *key, const void *field, FILE *f)
{
	fputs(key->choices[*(const uint32_t *)field - key->first], f);
}

const struct key_kind kind_switch = {"a switch", NULL, read_switch, write_switch, NULL, NULL};
const struct key_kind kind_family = {"an IP version", NULL, read_family, write_family, NULL, NULL};
const struct key_kind kind_choice = {"known", NULL, read_choice, write_choice, NULL, NULL};

/* --- what is read and written by parts: spec.c, load.c and write.c -------------------------------------------------- */

const struct key_kind kind_map = {"a map", NULL, NULL, NULL, NULL, NULL};
const struct key_kind kind_list = {"a list", NULL, NULL, NULL, NULL, NULL};
const struct key_kind kind_rates = {"a list", NULL, NULL, NULL, NULL, NULL};
const struct key_kind kind_set = {"a map", NULL, NULL, NULL, NULL, NULL};
const struct key_kind kind_vary = {"a map", NULL, NULL, NULL, NULL, NULL}; /* vary_file.c; no field of a scenario */
