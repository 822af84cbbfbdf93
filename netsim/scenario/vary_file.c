// SPDX-License-Identifier: GPL-2.0-only
/* `vary` of a scenario file. */
#include "vary.h"

static int read_value(struct document *d, struct vary_map *map, const char *key, const yaml_node_t *node)
{
	struct congctl_error inner = {0};
	const char *text = document_text(node);

	if (!text)
		return document_complain(d, document_line(node), "%s to vary is %s: single values", key, document_kind(node));
	return vary_add(map, key, text, &inner) ? document_complain(d, document_line(node), "%s", inner.text) : 0;
}

/* one key with its value or its list of values */
static int read_pair(struct document *d, struct vary_map *map, const yaml_node_pair_t *pair)
{
	const yaml_node_t *name = document_node(d, pair->key), *node = document_node(d, pair->value);
	const char *key = document_text(name);
	int ret = 0;

	if (!key)
		return document_complain(d, document_line(name), "a key to vary is %s: a name such as rtt", document_kind(name));
	if (node->type != YAML_SEQUENCE_NODE)
		return read_value(d, map, key, node);
	if (node->data.sequence.items.start == node->data.sequence.items.top)
		return document_complain(d, document_line(node), "%s has an empty list to vary: at least one value", key);
	for (yaml_node_item_t *i = node->data.sequence.items.start; !ret && i < node->data.sequence.items.top; i++)
		ret = read_value(d, map, key, document_node(d, *i));
	return ret;
}

static int read_map(struct document *d, const yaml_node_t *node)
{
	struct vary *vary = d->owner;
	struct vary_map *map = vary->maps + vary->n;
	int ret = 0;

	if (node->type != YAML_MAPPING_NODE)
		return document_complain(d, document_line(node), "an entry of vary is %s: a map such as {rtt: [10ms, 40ms]}",
					 document_kind(node));
	if (vary->n == VARY_MAX_MAPS)
		return document_complain(d, document_line(node), "too many entries in vary: at most %d", VARY_MAX_MAPS);
	*map = (struct vary_map){0};
	vary->n++;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; !ret && p < node->data.mapping.pairs.top; p++)
		ret = read_pair(d, map, p);
	return ret;
}

int vary_read(struct document *d, const yaml_node_t *node)
{
	int ret = 0;

	if (!d->owner)
		return document_complain(d, document_line(node), "vary makes this a set of scenarios: for netsim compare");
	if (node->type != YAML_SEQUENCE_NODE)
		return read_map(d, node);
	if (node->data.sequence.items.start == node->data.sequence.items.top)
		return document_complain(d, document_line(node), "vary is an empty list: at least one map such as {rtt: [10ms, 40ms]}");
	for (yaml_node_item_t *i = node->data.sequence.items.start; !ret && i < node->data.sequence.items.top; i++)
		ret = read_map(d, document_node(d, *i));
	return ret;
}
