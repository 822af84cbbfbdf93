// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "keys.h"

/* what others follow from, or a default that means nothing here: reading it back would be an error, or change nothing */
static bool is_silent(enum key_place place, const struct scenario_key *key, const void *object)
{
	if (place == KEY_SCENARIO)
		return !strcmp(key->name, "link") && ((const struct scenario *)object)->topology == TOPOLOGY_GRAPH;
	if (place == KEY_LINK || place == KEY_EDGE)
		return !strcmp(key->name, "rate") && ((const struct scenario_link *)object)->trace[0];
	return place == KEY_FLOW && !scenario_key_suits(key, scenario_workloads[((const struct scenario_flow *)object)->workload]);
}

static void write_value(const struct scenario_key *key, const void *object, FILE *f);

/* "{a: 1, b: 2}" of the keys of a place */
static void write_map(enum key_place place, const void *object, FILE *f)
{
	const char *separator = "";
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	putc('{', f);
	for (size_t i = 0; i < n; i++) {
		if (!(keys[i].places & 1 << place) || !scenario_key_given(&keys[i], object) || is_silent(place, &keys[i], object))
			continue;
		fprintf(f, "%s%s: ", separator, keys[i].name);
		write_value(&keys[i], object, f);
		separator = ", ";
	}
	putc('}', f);
}

/* A list at the top has a line for each entry. */
static void write_list(const struct scenario_key *key, const void *object, FILE *f)
{
	const size_t n = *(const size_t *)(const void *)((const char *)object + key->count);
	const bool top = key->places & 1 << KEY_SCENARIO;

	if (!top)
		putc('[', f);
	for (size_t i = 0; i < n; i++) {
		fputs(top ? "\n  - " : i ? ", " : "", f);
		write_map(key->nested, (const char *)object + key->offset + i * key->item, f);
	}
	if (!top)
		putc(']', f);
}

static void write_tunables(const struct scenario_flow *flow, FILE *f)
{
	for (size_t i = 0; i < flow->n_set; i++) {
		fprintf(f, "%s%s: ", i ? ", " : "{", flow->set[i].name);
		scenario_write_quoted(flow->set[i].value, f);
	}
	putc('}', f);
}

static void write_value(const struct scenario_key *key, const void *object, FILE *f)
{
	if (key->kind == &kind_map)
		write_map(key->nested, (const char *)object + key->offset, f);
	else if (key->kind == &kind_list || key->kind == &kind_rates)
		write_list(key, object, f);
	else if (key->kind == &kind_set)
		write_tunables(object, f);
	else
		scenario_key_write(key, object, f);
}

int scenario_write(const struct scenario *s, FILE *f)
{
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	for (size_t i = 0; i < n; i++) {
		if (!(keys[i].places & 1 << KEY_SCENARIO) || !scenario_key_given(&keys[i], s) || is_silent(KEY_SCENARIO, &keys[i], s))
			continue;
		fprintf(f, "%s: ", keys[i].name);
		write_value(&keys[i], s, f);
		putc('\n', f);
	}
	return ferror(f) ? -EIO : 0;
}
