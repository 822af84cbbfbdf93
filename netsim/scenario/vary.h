/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vary.h - a set of scenarios: the same one with some of its settings varied. `vary:` of a file and --vary of netsim compare.
 *
 * A set is a list of maps, each from keys to lists of values; it stands for every combination of each map's values, one map after the
 * other. The values are kept as text, and are what scenario_set() takes; the key "cc" is the algorithm of the flows that name none.
 */
#ifndef NETSIM_VARY_H
#define NETSIM_VARY_H

#include <congctl/document.h>

#include "scenario.h"

#define VARY_MAX_MAPS 32
#define VARY_MAX_KEYS 8
#define VARY_MAX_VALUES 16
#define VARY_MAX_CELLS 1000
#define VARY_MAX_TEXT 64

struct vary_key {
	char name[32];
	bool option; /* of --vary, not of the file */
	size_t n;
	char values[VARY_MAX_VALUES][VARY_MAX_TEXT];
};

struct vary {
	const char *file; /* that it is of; NULL: none */
	size_t n;
	struct vary_map {
		size_t n;
		struct vary_key keys[VARY_MAX_KEYS];
	} maps[VARY_MAX_MAPS];
};

/* one cell's value of a key; NULL: the cell's map does not have it */
struct vary_setting {
	const char *key, *value;
};

/* A file whose `vary` goes to *vary, which has none without it; scenario_load() refuses such a file. */
int scenario_load_set(struct scenario *s, struct vary *vary, const char *file, struct congctl_error *err);
/* The value of `vary` in a document into its owner, a struct vary. */
int vary_read(struct document *d, const yaml_node_t *node);
/* One more value of a key. -ENOENT no such setting, -E2BIG too many, -EEXIST the value is there already, -EINVAL it is too long */
int vary_add(struct vary_map *map, const char *key, const char *value, struct congctl_error *err);
/* "KEY=V1,V2": in place of the key's values in every map */
int vary_option(struct vary *v, const char *text, struct congctl_error *err);
/* Take a key out of every map. All have to have the same list for it: that list, or n = 0 if none has the key. -EINVAL they differ */
int vary_take(struct vary *v, const char *key, struct vary_key *taken, struct congctl_error *err);

/* The keys of all maps, each once; how many. `keys` has room for VARY_MAX_MAPS * VARY_MAX_KEYS. */
size_t vary_keys(const struct vary *v, const char **keys);
/* Cells: at least 1, without a map the scenario as it is. */
size_t vary_count(const struct vary *v);
/* The settings of a cell, in the order of `keys`; in the order of cells a map's first key changes last. */
void vary_cell(const struct vary *v, size_t cell, const char *const *keys, size_t n, struct vary_setting *settings);
/* scenario_set(), but that a relative path in the file means one beside the file. */
int vary_set(const struct vary *v, struct scenario *s, const struct vary_setting *setting, struct congctl_error *err);

#endif
