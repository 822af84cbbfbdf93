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

/* no control characters, neither ASCII's nor U+0080 to U+009F, which UTF-8 writes as c2 80 … c2 9f */
static bool is_printable(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f))
			return false;
	}
	return true;
}

static int read_text(const struct scenario_key *key, const char *text, void *field)
{
	if (!is_printable(text) || (!*text && strcmp(key->name, "description")))
		return -EINVAL;
	if (strlen(text) >= key->size)
		return -ERANGE;
	memset(field, 0, key->size);
	memcpy(field, text, strlen(text));
	return 0;
}

static void write_text(const struct scenario_key *key, const void *field, FILE *f)
{
	putc('"', f);
	for (const char *p = field; *p; p++) {
		if (*p == '"' || *p == '\\')
			putc('\\', f);
		putc(*p, f);
	}
	putc('"', f);
}

static int read_cc(const struct scenario_key *key, const char *text, void *field)
{
	for (const char *p = text; *p; p++) {
		if (!isascii((unsigned char)*p) || (!isalnum((unsigned char)*p) && *p != '_'))
			return -EINVAL;
	}
	return *text ? read_text(key, text, field) : -EINVAL;
}

const struct key_kind kind_text = {"printable text", NULL, read_text, write_text, NULL, NULL};
const struct key_kind kind_cc = {"the name of an algorithm", "bpf_cubic", read_cc, write_text, NULL, NULL};

/* --- amounts: 100pkt, 64kB, 1.5bdp ------------------------------------------------------------------------------------ */

/* digits[.digits] followed by exactly `unit` */
static bool read_decimal(const char *text, const char *unit, double *value)
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
	uint64_t bytes;
	int ret;

	if (read_decimal(text, "bdp", &a.value)) {
		a.unit = UNIT_BDP;
		ret = a.value >= 0.001 && a.value <= 1000 ? 0 : -ERANGE;
	} else if (read_decimal(text, "pkt", &a.value)) {
		a.unit = UNIT_PKTS;
		if (strchr(text, '.'))
			return -EINVAL;
		ret = a.value >= 1 && a.value <= 1e6 ? 0 : -ERANGE;
	} else {
		ret = congctl_parse_size(text, &bytes);
		if (ret)
			return ret;
		a.unit = UNIT_BYTES;
		a.value = (double)bytes;
		ret = bytes >= 64 && bytes <= 10000000000 ? 0 : -ERANGE;
	}
	if (!ret)
		*(struct scenario_amount *)field = a;
	return ret;
}

/* the shortest decimal fraction that strtod() reads as the same number */
static void write_exact(double v, FILE *f)
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

	if (a->unit == UNIT_BYTES) {
		write_whole((uint64_t)a->value, size_units, f);
		return;
	}
	write_exact(a->value, f);
	fputs(a->unit == UNIT_PKTS ? "pkt" : "bdp", f);
}

const struct key_kind kind_amount = {"an amount of packets, bytes or BDPs", "1.5bdp", read_amount, write_amount, NULL, NULL};

/* --- loss --------------------------------------------------------------------------------------------------------------- */

static int read_loss(const struct scenario_key *key, const char *text, void *field)
{
	static const char periodic[] = "periodic ";
	struct loss_config loss = {.kind = LOSS_NONE};
	int ret;

	if (!strncmp(text, periodic, strlen(periodic))) {
		loss.kind = LOSS_PERIODIC;
		ret = congctl_parse_u64(text + strlen(periodic), &loss.period);
		if (!ret && (loss.period < 2 || loss.period > 1000000000))
			ret = -ERANGE;
	} else {
		ret = congctl_parse_probability(text, &loss.probability);
		if (!ret && loss.probability >= 1)
			ret = -ERANGE;
		if (loss.probability > 0)
			loss.kind = LOSS_BERNOULLI;
	}
	if (!ret)
		*(struct loss_config *)field = loss;
	return ret;
}

static void write_loss(const struct scenario_key *key, const void *field, FILE *f)
{
	const struct loss_config *loss = field;

	if (loss->kind == LOSS_PERIODIC)
		fprintf(f, "periodic %" PRIu64, loss->period);
	else
		write_exact(loss->probability, f);
}

const struct key_kind kind_loss = {"a probability of loss", "0.01%", read_loss, write_loss, NULL, NULL};

/* --- choices -------------------------------------------------------------------------------------------------------------- */

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

static int read_topology(const struct scenario_key *key, const char *text, void *field)
{
	if (strcmp(text, "dumbbell"))
		return -EINVAL;
	*(enum scenario_topology *)field = TOPOLOGY_DUMBBELL;
	return 0;
}

static void write_topology(const struct scenario_key *key, const void *field, FILE *f)
{
	fputs("dumbbell", f);
}

const struct key_kind kind_family = {"an IP version", NULL, read_family, write_family, NULL, NULL};
const struct key_kind kind_topology = {"a topology", NULL, read_topology, write_topology, NULL, NULL};
