// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "keys.h"

/* is there anything to say about the key, or does its absence mean the same? */
static bool is_given(const struct scenario_key *key, const void *object)
{
	const char *field = (const char *)object + key->offset;

	if (key->kind == &kind_text || key->kind == &kind_cc)
		return *field;
	if (key->kind == &kind_amount)
		return ((const struct scenario_amount *)(const void *)field)->set;
	if (key->kind == &kind_time && key->place == KEY_SCENARIO)
		return *(const uint64_t *)(const void *)field != SCENARIO_WARMUP_DEFAULT;
	if ((key->kind == &kind_time || key->kind == &kind_size) && key->place == KEY_FLOW && !key->initial)
		return *(const uint64_t *)(const void *)field;
	return true;
}

/* "{a: 1, b: 2}" of the keys of a place */
static void write_map(enum key_place place, const void *object, FILE *f)
{
	const char *separator = "{";
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	for (size_t i = 0; i < n; i++) {
		if (keys[i].place != place || !is_given(&keys[i], object))
			continue;
		fprintf(f, "%s%s: ", separator, keys[i].name);
		scenario_key_write(&keys[i], object, f);
		separator = ", ";
	}
	fputs("}\n", f);
}

static void write_top(const struct scenario *s, const struct scenario_key *key, FILE *f)
{
	if (!strcmp(key->name, "link")) {
		fputs("link: ", f);
		write_map(KEY_LINK, s, f);
	} else if (!strcmp(key->name, "flows")) {
		fputs("flows:\n", f);
		for (size_t i = 0; i < s->n_flows; i++) {
			fputs("  - ", f);
			write_map(KEY_FLOW, &s->flows[i], f);
		}
	} else if (key->kind && is_given(key, s)) {
		fprintf(f, "%s: ", key->name);
		scenario_key_write(key, s, f);
		putc('\n', f);
	}
}

int scenario_write(const struct scenario *s, FILE *f)
{
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	for (size_t i = 0; i < n; i++) {
		if (keys[i].place == KEY_SCENARIO)
			write_top(s, &keys[i], f);
	}
	return ferror(f) ? -EIO : 0;
}
