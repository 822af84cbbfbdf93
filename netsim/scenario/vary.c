// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>

#include "keys.h"
#include "vary.h"

static struct vary_key *find_key(struct vary_map *map, const char *name)
{
	for (size_t i = 0; i < map->n; i++) {
		if (!strcmp(map->keys[i].name, name))
			return &map->keys[i];
	}
	return NULL;
}

/* seeds and repeats are for the statistics of a cell: every cell has the same */
static bool may_vary(const char *name)
{
	const struct scenario_key *key = scenario_key_find(KEY_SCENARIO, name);

	if (!key)
		key = scenario_key_find(KEY_LINK, name);
	return !strcmp(name, "cc") || (key && key->option && strcmp(name, "repeat") && strcmp(name, "seed"));
}

static int complain_key(const char *name, struct congctl_error *err)
{
	char quoted[64], names[512] = "cc";
	size_t n, used = 2;
	const struct scenario_key *keys = scenario_keys(&n);

	for (size_t i = 0; i < n && used < sizeof(names); i++) {
		if (keys[i].places & (1 << KEY_SCENARIO | 1 << KEY_LINK) && may_vary(keys[i].name))
			used += (size_t)snprintf(names + used, sizeof(names) - used, ", %s", keys[i].name);
	}
	return congctl_fail(err, -ENOENT, "cannot vary '%s': one of %s", document_quote(name, quoted, sizeof(quoted)), names);
}

static struct vary_key *add_key(struct vary_map *map, const char *name)
{
	struct vary_key *key = &map->keys[map->n];

	if (map->n == VARY_MAX_KEYS)
		return NULL;
	*key = (struct vary_key){0};
	strncpy(key->name, name, sizeof(key->name) - 1);
	map->n++;
	return key;
}

int vary_add(struct vary_map *map, const char *name, const char *value, struct congctl_error *err)
{
	struct vary_key *key = find_key(map, name);
	char quoted[64];

	if (!may_vary(name))
		return complain_key(name, err);
	if (!key)
		key = add_key(map, name);
	if (!key)
		return congctl_fail(err, -E2BIG, "%s is one key too many to vary together: at most %d", name, VARY_MAX_KEYS);
	document_quote(value, quoted, sizeof(quoted));
	if (!*value)
		return congctl_fail(err, -EINVAL, "%s has an empty value to vary: at least one character", name);
	if (strlen(value) >= VARY_MAX_TEXT)
		return congctl_fail(err, -EINVAL, "%s '%s' is too long: less than %d characters", name, quoted, VARY_MAX_TEXT);
	for (size_t i = 0; i < key->n; i++) {
		if (!strcmp(key->values[i], value))
			return congctl_fail(err, -EEXIST, "%s '%s' is there twice: each value once", name, quoted);
	}
	if (key->n == VARY_MAX_VALUES)
		return congctl_fail(err, -E2BIG, "too many values of %s: at most %d", name, VARY_MAX_VALUES);
	strcpy(key->values[key->n++], value);
	return 0;
}

static void remove_key(struct vary_map *map, const char *name)
{
	struct vary_key *key = find_key(map, name);

	if (!key)
		return;
	memmove(key, key + 1, (size_t)(map->keys + map->n - key - 1) * sizeof(*key));
	map->n--;
}

/* The words between the commas, each to vary_add(). */
static int add_words(struct vary_map *map, const char *name, const char *list, struct congctl_error *err)
{
	int ret = 0;

	for (const char *word = list; !ret && word;) {
		const size_t n = strcspn(word, ",");
		char value[256];

		snprintf(value, sizeof(value), "%.*s", (int)(n < sizeof(value) ? n : sizeof(value) - 1), word);
		ret = vary_add(map, name, value, err);
		word = word[n] ? word + n + 1 : NULL;
	}
	return ret;
}

int vary_option(struct vary *v, const char *text, struct congctl_error *err)
{
	const char *equals = strchr(text, '=');
	char name[64], quoted[64];
	int ret = 0;

	if (!equals || equals == text || (size_t)(equals - text) >= sizeof(name))
		return congctl_fail(err, -EINVAL, "'%s' does not say what to vary: KEY=VALUE,VALUE such as rtt=10ms,40ms",
				    document_quote(text, quoted, sizeof(quoted)));
	snprintf(name, sizeof(name), "%.*s", (int)(equals - text), text);
	if (!v->n)
		v->maps[v->n++] = (struct vary_map){0};
	for (size_t i = 0; !ret && i < v->n; i++) {
		remove_key(&v->maps[i], name);
		ret = add_words(&v->maps[i], name, equals + 1, err);
	}
	return ret;
}

static bool same_values(const struct vary_key *a, const struct vary_key *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = !strcmp(a->values[i], b->values[i]);
	return same;
}

int vary_take(struct vary *v, const char *name, struct vary_key *taken, struct congctl_error *err)
{
	*taken = (struct vary_key){0};
	for (size_t i = 0; i < v->n; i++) {
		const struct vary_key *key = find_key(&v->maps[i], name);

		if (i ? !same_values(taken, key ? key : &(struct vary_key){0}) : 0)
			return congctl_fail(err, -EINVAL, "the maps of vary differ in %s, which one engine compares: the same list in each, "
					    "--vary %s=…, or --engines sim,emu", name, name);
		if (!i && key)
			*taken = *key;
	}
	for (size_t i = 0; i < v->n; i++)
		remove_key(&v->maps[i], name);
	return 0;
}

/* --- the cells ------------------------------------------------------------------------------------------------------ */

size_t vary_keys(const struct vary *v, const char **keys)
{
	size_t n = 0;

	for (size_t m = 0; m < v->n; m++) {
		for (size_t i = 0; i < v->maps[m].n; i++) {
			const char *name = v->maps[m].keys[i].name;
			bool known = false;

			for (size_t k = 0; k < n; k++)
				known |= !strcmp(keys[k], name);
			if (!known)
				keys[n++] = name;
		}
	}
	return n;
}

/* at most VARY_MAX_VALUES to the power of VARY_MAX_KEYS: 2^32 */
static size_t count_map(const struct vary_map *map)
{
	size_t n = 1;

	for (size_t i = 0; i < map->n; i++)
		n *= map->keys[i].n;
	return n;
}

size_t vary_count(const struct vary *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += count_map(&v->maps[i]);
	return v->n ? n : 1;
}

static const char *value_in(const struct vary_map *map, size_t cell, const char *name)
{
	for (size_t i = map->n; i-- > 0;) {
		const struct vary_key *key = &map->keys[i];

		if (!strcmp(key->name, name))
			return key->values[cell % key->n];
		cell /= key->n;
	}
	return NULL;
}

void vary_cell(const struct vary *v, size_t cell, const char *const *keys, size_t n, struct vary_setting *settings)
{
	const struct vary_map *map = v->maps;

	for (; v->n && cell >= count_map(map); map++)
		cell -= count_map(map);
	for (size_t i = 0; i < n; i++)
		settings[i] = (struct vary_setting){keys[i], v->n ? value_in(map, cell, keys[i]) : NULL};
}
