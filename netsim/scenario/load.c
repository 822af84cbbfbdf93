// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scenario from a YAML file. libyaml builds the document; what it points to is checked key by key, so that a complaint can say
 * the line. Anchors, aliases and tags are refused before the document is built: a scenario needs none.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "keys.h"
#include "vary.h"

#define MAX_FILE 1000000 /* bytes; 64 groups take far less */
#define MAX_DEPTH 8       /* lists and maps in each other; a scenario has 3 */

struct reader {
	const char *file;
	unsigned char *text;
	size_t size;
	yaml_document_t doc;
	struct vary *vary; /* NULL: a single scenario is wanted */
	struct congctl_error *err;
};

__attribute__((format(printf, 3, 4))) static int complain(const struct reader *r, size_t line, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return congctl_fail(r->err, -EINVAL, "%s:%zu: %s", r->file, line, text);
}

static size_t line_of(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

static const char *kind_of(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE ? "a map" : node->type == YAML_SEQUENCE_NODE ? "a list" : "a single value";
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

static int read_file(struct reader *r)
{
	struct stat st;
	FILE *f;
	int ret = 0;

	f = fopen(r->file, "re");
	if (!f)
		return congctl_fail(r->err, -errno, "cannot open scenario %s: %s", r->file, strerror(errno));
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		ret = congctl_fail(r->err, -EINVAL, "%s is not a file: a scenario in YAML", r->file);
	else if (st.st_size > MAX_FILE)
		ret = congctl_fail(r->err, -EFBIG, "%s is too large for a scenario: at most %d bytes", r->file, MAX_FILE);
	if (!ret) {
		r->text = malloc(MAX_FILE);
		r->size = r->text ? fread(r->text, 1, MAX_FILE, f) : 0;
		if (!r->text || ferror(f))
			ret = congctl_fail(r->err, -EIO, "cannot read scenario %s: %s", r->file, strerror(errno ? errno : EIO));
	}
	fclose(f);
	return ret;
}

static int complain_yaml(const struct reader *r, const yaml_parser_t *parser)
{
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_READER_ERROR)
		return congctl_fail(r->err, -EINVAL, "%s: not YAML (%s at byte %zu): text in UTF-8", r->file, parser->problem,
				    parser->problem_offset);
	return complain(r, line, "not YAML (%s): key: value lines", parser->problem ? parser->problem : "out of memory");
}

static const char *forbidden(yaml_token_type_t type)
{
	switch (type) {
	case YAML_ANCHOR_TOKEN:
		return "an anchor (&)";
	case YAML_ALIAS_TOKEN:
		return "an alias (*)";
	case YAML_TAG_TOKEN:
		return "a tag (!)";
	default:
		return NULL;
	}
}

static int nesting(yaml_token_type_t type)
{
	switch (type) {
	case YAML_BLOCK_SEQUENCE_START_TOKEN:
	case YAML_BLOCK_MAPPING_START_TOKEN:
	case YAML_FLOW_SEQUENCE_START_TOKEN:
	case YAML_FLOW_MAPPING_START_TOKEN:
		return 1;
	case YAML_BLOCK_END_TOKEN:
	case YAML_FLOW_SEQUENCE_END_TOKEN:
	case YAML_FLOW_MAPPING_END_TOKEN:
		return -1;
	default:
		return 0;
	}
}

/* Look at the tokens first. libyaml takes quadratic time over deep nesting: that ends here too. */
static int check_tokens(const struct reader *r)
{
	yaml_parser_t parser;
	yaml_token_t token;
	bool end = false;
	int ret = 0, depth = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, r->text, r->size);
	while (!ret && !end) {
		if (!yaml_parser_scan(&parser, &token)) {
			ret = complain_yaml(r, &parser);
			break;
		}
		if (forbidden(token.type))
			ret = complain(r, token.start_mark.line + 1, "%s: values written out", forbidden(token.type));
		depth += nesting(token.type);
		if (!ret && depth > MAX_DEPTH)
			ret = complain(r, token.start_mark.line + 1, "lists or maps %d deep: a scenario has 3 levels", depth);
		end = token.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	return ret;
}

/* The one document of the file into r->doc. */
static int load_document(struct reader *r)
{
	yaml_parser_t parser;
	yaml_document_t second;
	int ret = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, r->text, r->size);
	if (!yaml_parser_load(&parser, &r->doc)) {
		ret = complain_yaml(r, &parser);
		yaml_parser_delete(&parser);
		return ret;
	}
	if (!yaml_parser_load(&parser, &second)) {
		ret = complain_yaml(r, &parser);
	} else {
		if (yaml_document_get_root_node(&second))
			ret = complain(r, second.start_mark.line + 1, "a second document: one scenario in a file");
		yaml_document_delete(&second);
	}
	if (ret)
		yaml_document_delete(&r->doc);
	yaml_parser_delete(&parser);
	return ret;
}

/* --- the document ---------------------------------------------------------------------------------------------------- */

static yaml_node_t *node_at(struct reader *r, int index)
{
	return yaml_document_get_node(&r->doc, index);
}

/* a scalar's text if it is one and has no NUL inside */
static const char *text_of(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

/* The line of a key's name in a map, or of the map if it is not there. */
static size_t find_line(struct reader *r, const yaml_node_t *map, const char *key, yaml_node_t **value)
{
	*value = NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; key && p < map->data.mapping.pairs.top; p++) {
		const char *text = text_of(node_at(r, p->key));

		if (!text || strcmp(text, key))
			continue;
		*value = node_at(r, p->value);
		return line_of(node_at(r, p->key));
	}
	return line_of(map);
}

static int read_value(struct reader *r, const struct scenario_key *key, const yaml_node_t *node, void *object)
{
	struct congctl_error inner = {0};
	const char *text = text_of(node);

	if (node->type != YAML_SCALAR_NODE)
		return complain(r, line_of(node), "%s is %s: %s", key->name, kind_of(node), key->kind->noun);
	if (!text)
		return complain(r, line_of(node), "%s has a zero byte: %s", key->name, key->kind->noun);
	if (scenario_key_read(key, text, object, &inner))
		return complain(r, line_of(node), "%s", inner.text);
	return 0;
}

static int read_link(struct reader *r, const yaml_node_t *node, struct scenario *s);
static int read_flows(struct reader *r, const yaml_node_t *node, struct scenario *s);
static int read_vary(struct reader *r, const yaml_node_t *node);

static int read_pair(struct reader *r, enum key_place place, const yaml_node_t *map, const yaml_node_pair_t *pair, void *object)
{
	const yaml_node_t *name = node_at(r, pair->key), *value = node_at(r, pair->value);
	const char *text = text_of(name);
	const struct scenario_key *key = text ? scenario_key_find(place, text) : NULL;
	char names[256], quoted[64];
	yaml_node_t *first;
	size_t line;

	if (!key)
		return complain(r, line_of(name), "unknown key '%s': one of %s",
				scenario_quote(text ? text : kind_of(name), quoted, sizeof(quoted)),
				scenario_key_names(place, names, sizeof(names)));
	line = find_line(r, map, text, &first);
	if (first != value)
		return complain(r, line_of(name), "key '%s' again: once, it is on line %zu already", text, line);
	if (key->kind)
		return read_value(r, key, value, object);
	if (!strcmp(text, "vary"))
		return read_vary(r, value);
	return strcmp(text, "link") ? read_flows(r, value, object) : read_link(r, value, object);
}

static int read_map(struct reader *r, enum key_place place, const char *what, const yaml_node_t *map, void *object)
{
	char names[256];
	int ret = 0;

	if (map->type != YAML_MAPPING_NODE)
		return complain(r, line_of(map), "%s is %s: a map with %s", what, kind_of(map),
				scenario_key_names(place, names, sizeof(names)));
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !ret && p < map->data.mapping.pairs.top; p++)
		ret = read_pair(r, place, map, p, object);
	return ret;
}

static int read_link(struct reader *r, const yaml_node_t *node, struct scenario *s)
{
	return read_map(r, KEY_LINK, "link", node, s);
}

static int read_flows(struct reader *r, const yaml_node_t *node, struct scenario *s)
{
	int ret = 0;

	if (node->type != YAML_SEQUENCE_NODE)
		return complain(r, line_of(node), "flows is %s: a list of flows, each beginning with '-'", kind_of(node));
	for (yaml_node_item_t *i = node->data.sequence.items.start; !ret && i < node->data.sequence.items.top; i++) {
		if (s->n_flows >= SCENARIO_MAX_GROUPS)
			return complain(r, line_of(node_at(r, *i)), "too many entries in flows: at most %d; count: N makes flows "
					"alike", SCENARIO_MAX_GROUPS);
		scenario_flow_init(&s->flows[s->n_flows]);
		ret = read_map(r, KEY_FLOW, "a flow", node_at(r, *i), &s->flows[s->n_flows]);
		s->n_flows++;
	}
	return ret;
}

/* --- vary ---------------------------------------------------------------------------------------------------------- */

static int read_vary_value(struct reader *r, struct vary_map *map, const char *key, const yaml_node_t *node)
{
	struct congctl_error inner = {0};
	const char *text = text_of(node);

	if (!text)
		return complain(r, line_of(node), "%s to vary is %s: single values", key, kind_of(node));
	return vary_add(map, key, text, &inner) ? complain(r, line_of(node), "%s", inner.text) : 0;
}

/* one key with its value or its list of values */
static int read_vary_pair(struct reader *r, struct vary_map *map, const yaml_node_pair_t *pair)
{
	const yaml_node_t *name = node_at(r, pair->key), *node = node_at(r, pair->value);
	const char *key = text_of(name);
	int ret = 0;

	if (!key)
		return complain(r, line_of(name), "a key to vary is %s: a name such as rtt", kind_of(name));
	if (node->type != YAML_SEQUENCE_NODE)
		return read_vary_value(r, map, key, node);
	if (node->data.sequence.items.start == node->data.sequence.items.top)
		return complain(r, line_of(node), "%s has an empty list to vary: at least one value", key);
	for (yaml_node_item_t *i = node->data.sequence.items.start; !ret && i < node->data.sequence.items.top; i++)
		ret = read_vary_value(r, map, key, node_at(r, *i));
	return ret;
}

static int read_vary_map(struct reader *r, const yaml_node_t *node)
{
	struct vary_map *map = r->vary->maps + r->vary->n;
	int ret = 0;

	if (node->type != YAML_MAPPING_NODE)
		return complain(r, line_of(node), "an entry of vary is %s: a map such as {rtt: [10ms, 40ms]}", kind_of(node));
	if (r->vary->n == VARY_MAX_MAPS)
		return complain(r, line_of(node), "too many entries in vary: at most %d", VARY_MAX_MAPS);
	*map = (struct vary_map){0};
	r->vary->n++;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; !ret && p < node->data.mapping.pairs.top; p++)
		ret = read_vary_pair(r, map, p);
	return ret;
}

static int read_vary(struct reader *r, const yaml_node_t *node)
{
	int ret = 0;

	if (!r->vary)
		return complain(r, line_of(node), "vary makes this a set of scenarios: for netsim compare");
	if (node->type != YAML_SEQUENCE_NODE)
		return read_vary_map(r, node);
	if (node->data.sequence.items.start == node->data.sequence.items.top)
		return complain(r, line_of(node), "vary is an empty list: at least one map such as {rtt: [10ms, 40ms]}");
	for (yaml_node_item_t *i = node->data.sequence.items.start; !ret && i < node->data.sequence.items.top; i++)
		ret = read_vary_map(r, node_at(r, *i));
	return ret;
}

/* --- all of it ------------------------------------------------------------------------------------------------------- */

/* Where in the file is the key that a check found wrong? */
static size_t line_of_spot(struct reader *r, const yaml_node_t *root, const struct scenario_spot *spot)
{
	yaml_node_t *section, *value;
	size_t line;

	if (spot->place == KEY_SCENARIO)
		return find_line(r, root, spot->key, &value);
	line = find_line(r, root, spot->place == KEY_LINK ? "link" : "flows", &section);
	if (spot->place == KEY_FLOW)
		section = node_at(r, section->data.sequence.items.start[spot->flow]);
	return section ? find_line(r, section, spot->key, &value) : line;
}

static int read_root(struct reader *r, struct scenario *s)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	struct congctl_error inner = {0};
	struct scenario_spot spot;
	yaml_node_t *value;
	int ret;

	if (!root)
		return complain(r, 1, "the file is empty: a scenario has at least link and flows");
	ret = read_map(r, KEY_SCENARIO, "the scenario", root, s);
	if (ret)
		return ret;
	for (int i = 0; i < 2; i++) {
		const char *needed = i ? "flows" : "link";
		size_t line = find_line(r, root, needed, &value);

		if (!value)
			return complain(r, line, "%s is missing: a scenario has at least link and flows", needed);
	}
	if (scenario_check(s, &spot, &inner))
		return complain(r, line_of_spot(r, root, &spot), "%s", inner.text);
	return 0;
}

/* "dir/x.yaml" is called x if it does not name itself */
static void name_after_file(struct scenario *s, const char *file)
{
	const char *base = strrchr(file, '/');

	scenario_quote(base ? base + 1 : file, s->name, sizeof(s->name));
	s->name[1 + strcspn(s->name + 1, ".")] = '\0';
}

int scenario_load_set(struct scenario *s, struct vary *vary, const char *file, struct congctl_error *err)
{
	struct reader r = {.file = file, .vary = vary, .err = err};
	int ret;

	scenario_init(s);
	ret = read_file(&r);
	if (!ret)
		ret = check_tokens(&r);
	if (!ret)
		ret = load_document(&r);
	if (!ret) {
		ret = read_root(&r, s);
		yaml_document_delete(&r.doc);
	}
	free(r.text);
	if (!ret && !s->name[0])
		name_after_file(s, file);
	return ret;
}

int scenario_load(struct scenario *s, const char *file, struct congctl_error *err)
{
	return scenario_load_set(s, NULL, file, err);
}
