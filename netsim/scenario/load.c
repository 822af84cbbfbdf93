// SPDX-License-Identifier: GPL-2.0-only
/* A scenario from a YAML file: the document is checked key by key, so that a complaint can say the line. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/document.h>

#include "keys.h"
#include "vary.h"

static int read_value(struct document *d, const struct scenario_key *key, const yaml_node_t *node, void *object)
{
	struct congctl_error inner = {0};
	const char *text = document_text(node);

	if (node->type != YAML_SCALAR_NODE)
		return document_complain(d, document_line(node), "%s is %s: %s", key->name, document_kind(node), key->kind->noun);
	if (!text)
		return document_complain(d, document_line(node), "%s has a zero byte: %s", key->name, key->kind->noun);
	if (scenario_key_read(key, text, object, &inner))
		return document_complain(d, document_line(node), "%s", inner.text);
	return 0;
}

static int read_map(struct document *d, enum key_place place, const char *what, const yaml_node_t *map, void *object);

/* {NAME: VALUE, …} with names that no table has */
static int read_tunables(struct document *d, const yaml_node_t *map, struct scenario_flow *flow)
{
	struct congctl_error inner = {0};

	if (map->type != YAML_MAPPING_NODE)
		return document_complain(d, document_line(map), "set is %s: a map of tunables, such as {beta: 70%%}", document_kind(map));
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *name = document_node(d, p->key), *value = document_node(d, p->value);
		const char *name_text = document_text(name), *value_text = document_text(value);

		if (scenario_set_tunable(flow, name_text ? name_text : document_kind(name), value_text, &inner))
			return document_complain(d, document_line(name), "%s", inner.text);
	}
	return 0;
}

/* what an entry of a list is called */
static const char *item_name(enum key_place place)
{
	return place == KEY_FLOW ? "a flow" : place == KEY_EDGE ? "a link" : "a change of the rate";
}

static int read_list(struct document *d, const struct scenario_key *key, const yaml_node_t *list, void *object)
{
	size_t *n = (size_t *)(void *)((char *)object + key->count);
	int ret = 0;

	if (list->type != YAML_SEQUENCE_NODE)
		return document_complain(d, document_line(list), "%s is %s: a list of %s, each beginning with '-'", key->name,
					 document_kind(list), key->name);
	for (yaml_node_item_t *i = list->data.sequence.items.start; !ret && i < list->data.sequence.items.top; i++) {
		const yaml_node_t *node = document_node(d, *i);
		char *item = (char *)object + key->offset + *n * key->item;

		if (*n == key->max_items)
			return document_complain(d, document_line(node), "too many entries in %s: at most %zu%s", key->name, key->max_items,
						 key->nested == KEY_FLOW ? "; count: N makes flows alike" : "");
		scenario_item_init(key->nested, item, key->item);
		ret = read_map(d, key->nested, item_name(key->nested), node, item);
		++*n;
	}
	return ret;
}

static int read_field(struct document *d, const struct scenario_key *key, const yaml_node_t *value, void *object)
{
	const bool scalar = value->type == YAML_SCALAR_NODE;

	if (key->kind == &kind_vary)
		return vary_read(d, value);
	if (key->kind == &kind_set)
		return read_tunables(d, value, object);
	if (key->kind == &kind_list || (key->kind == &kind_rates && !scalar))
		return read_list(d, key, value, object);
	if (key->kind == &kind_map && (!scalar || key->nested == KEY_LINK))
		return read_map(d, key->nested, key->name, value, (char *)object + key->offset);
	return read_value(d, key, value, object);
}

static int read_pair(struct document *d, enum key_place place, const yaml_node_t *map, const yaml_node_pair_t *pair, void *object)
{
	const yaml_node_t *name = document_node(d, pair->key), *value = document_node(d, pair->value);
	const char *text = document_text(name);
	const struct scenario_key *key = text ? scenario_key_find(place, text) : NULL;
	char names[512], quoted[64];
	yaml_node_t *first;
	size_t line;

	if (!key)
		return document_complain(d, document_line(name), "unknown key '%s': one of %s",
					 document_quote(text ? text : document_kind(name), quoted, sizeof(quoted)),
					 scenario_key_names(place, names, sizeof(names)));
	line = document_find(d, map, text, &first);
	if (first != value)
		return document_complain(d, document_line(name), "key '%s' again: once, it is on line %zu already", text, line);
	return read_field(d, key, value, object);
}

static int read_map(struct document *d, enum key_place place, const char *what, const yaml_node_t *map, void *object)
{
	char names[512];
	int ret = 0;

	if (map->type != YAML_MAPPING_NODE)
		return document_complain(d, document_line(map), "%s is %s: a map with %s", what, document_kind(map),
					 scenario_key_names(place, names, sizeof(names)));
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !ret && p < map->data.mapping.pairs.top; p++)
		ret = read_pair(d, place, map, p, object);
	if (!ret && (place == KEY_LINK || place == KEY_EDGE)) {
		const struct scenario_link *link = object;

		if (link->trace[0] && link->rate_bps)
			ret = document_complain(d, document_line(map), "the link has a rate and a trace: one of them");
	}
	return ret;
}

/* Where in the file is the key that a check found wrong? */
static size_t line_of_spot(struct document *d, const yaml_node_t *root, const struct scenario_spot *spot)
{
	static const char *const sections[KEY_PLACES] = {[KEY_LINK] = "link", [KEY_EDGE] = "links", [KEY_FLOW] = "flows"};
	yaml_node_t *section, *value;
	size_t line;

	if (spot->place == KEY_SCENARIO)
		return document_find(d, root, spot->key, &value);
	line = document_find(d, root, sections[spot->place], &section);
	if (section && spot->place != KEY_LINK)
		section = document_node(d, section->data.sequence.items.start[spot->index]);
	return section ? document_find(d, section, spot->key, &value) : line;
}

static int check_sections(struct document *d, const yaml_node_t *root, const struct scenario *s)
{
	const bool graph = s->topology == TOPOLOGY_GRAPH;
	yaml_node_t *value;
	size_t line;

	line = document_find(d, root, "link", &value);
	if (graph && value)
		return document_complain(d, line, "a graph has no link: links, a list");
	if (!graph && !value)
		return document_complain(d, line, "link is missing: a scenario has at least link and flows");
	line = document_find(d, root, "flows", &value);
	if (!value)
		return document_complain(d, line, "flows is missing: a scenario has at least link and flows");
	return 0;
}

/* The directory of a file, to free(). */
static char *directory_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? strndup(file, slash == file ? 1 : (size_t)(slash - file)) : strdup(".");
}

static int read_root(struct document *d, struct scenario *s)
{
	const yaml_node_t *root = yaml_document_get_root_node(&d->yaml);
	struct congctl_error inner = {0};
	struct scenario_spot spot;
	char *dir;
	int ret;

	if (!root)
		return document_complain(d, 1, "the file is empty: a scenario has at least link and flows");
	ret = read_map(d, KEY_SCENARIO, "the scenario", root, s);
	if (!ret)
		ret = check_sections(d, root, s);
	if (ret)
		return ret;
	dir = directory_of(d->file);
	if (!dir)
		return -ENOMEM;
	if (scenario_settle(s, dir, &spot, &inner))
		ret = document_complain(d, line_of_spot(d, root, &spot), "%s", inner.text);
	free(dir);
	return ret;
}

/* "dir/x.yaml" is called x if it does not name itself */
static void name_after_file(struct scenario *s, const char *file)
{
	const char *base = strrchr(file, '/');

	document_quote(base ? base + 1 : file, s->name, sizeof(s->name));
	s->name[1 + strcspn(s->name + 1, ".")] = '\0';
}

int scenario_load_set(struct scenario *s, struct vary *vary, const char *file, struct congctl_error *err)
{
	struct document d = {.file = file, .what = "scenario", .levels = 5, .owner = vary, .err = err};
	int ret;

	scenario_init(s);
	if (vary) {
		vary->n = 0;
		vary->file = file;
	}
	ret = document_load(&d);
	if (ret)
		return ret;
	ret = read_root(&d, s);
	document_free(&d);
	if (!ret && !s->name[0])
		name_after_file(s, file);
	return ret;
}

int scenario_load(struct scenario *s, const char *file, struct congctl_error *err)
{
	return scenario_load_set(s, NULL, file, err);
}
