// SPDX-License-Identifier: GPL-2.0-only
/* A policy from a YAML file, its keys the words of `congctl register` and `congctl use`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/document.h>

#include "name.h"
#include "policy.h"
#include "route.h"
#include "select.h"

#define ALGORITHM_KEYS "register, as, set"
#define RULE_KEYS "use, default, netns, cgroup, prefix, port, lock"

static const char *const scopes[] = {
	[CONGCTL_SCOPE_DEFAULT] = "default", [CONGCTL_SCOPE_NETNS] = "netns", [CONGCTL_SCOPE_CGROUP] = "cgroup",
	[CONGCTL_SCOPE_PREFIX] = "prefix",   [CONGCTL_SCOPE_PORT] = "port",
};
#define N_SCOPES (sizeof(scopes) / sizeof(*scopes))

static const char *const place_nouns[N_SCOPES] = {
	[CONGCTL_SCOPE_DEFAULT] = "yes",
	[CONGCTL_SCOPE_NETNS] = "a name of 'ip netns' or the path of a namespace",
	[CONGCTL_SCOPE_CGROUP] = "the path of a cgroup2 directory, beginning with '/'",
	[CONGCTL_SCOPE_PREFIX] = "an address and its length, such as 10.0.0.0/8 or 2001:db8::/32",
	[CONGCTL_SCOPE_PORT] = "1 to 65535",
};

const char *policy_scope(enum congctl_scope scope)
{
	return scope < N_SCOPES ? scopes[scope] : NULL;
}

/* --- places ------------------------------------------------------------------------------------------------------------ */

static int place_prefix(const char *text, char place[ROUTE_TEXT_MAX], struct congctl_error *err)
{
	struct route_prefix prefix;

	if (strspn(text, "0123456789abcdefABCDEF.:/") != strlen(text) || route_parse(text, &prefix, err))
		return -EINVAL;
	route_print(&prefix, place);
	return 0;
}

static int place_path(const char *text, char *place, size_t size)
{
	size_t n = strlen(text);

	while (n > 1 && text[n - 1] == '/')
		n--;
	if (!n || n >= size)
		return -EINVAL;
	snprintf(place, size, "%.*s", (int)n, text);
	return 0;
}

int policy_place(enum congctl_scope scope, const char *text, char place[sizeof(((struct congctl_selection *)NULL)->where)],
		 struct congctl_error *err)
{
	const size_t size = sizeof(((struct congctl_selection *)NULL)->where);
	uint32_t port;

	*place = '\0';
	switch (scope) {
	case CONGCTL_SCOPE_DEFAULT:
		return *text ? -EINVAL : 0;
	case CONGCTL_SCOPE_PREFIX:
		return place_prefix(text, place, err);
	case CONGCTL_SCOPE_PORT:
		if (select_port(text, &port, NULL))
			return -EINVAL;
		snprintf(place, size, "%u", port);
		return 0;
	case CONGCTL_SCOPE_CGROUP:
		return *text == '/' ? place_path(text, place, size) : -EINVAL;
	case CONGCTL_SCOPE_NETNS:
		return place_path(text, place, size);
	default:
		return -EINVAL;
	}
}

/* --- values ------------------------------------------------------------------------------------------------------------ */

static int read_text(struct document *d, const char *key, const char *noun, const yaml_node_t *node, const char **text)
{
	*text = document_text(node);
	if (*text && **text)
		return 0;
	return document_complain(d, document_line(node), "%s is %s: %s", key,
				 *text ? "empty" : node->type == YAML_SCALAR_NODE ? "a text with a zero byte" : document_kind(node),
				 noun);
}

static int read_yes(struct document *d, const char *key, const yaml_node_t *node, bool *value)
{
	const char *text;
	char quoted[64];
	int ret = read_text(d, key, "yes or no", node, &text);

	if (ret)
		return ret;
	*value = !strcmp(text, "yes");
	if (!*value && strcmp(text, "no"))
		return document_complain(d, document_line(node), "%s is '%s': yes or no", key,
					 document_quote(text, quoted, sizeof(quoted)));
	return 0;
}

/* The name of an algorithm in the kernel. */
static int read_name(struct document *d, const char *key, bool dots, const yaml_node_t *node, char name[CONGCTL_NAME_MAX + 1])
{
	struct congctl_error inner = {0};
	const char *text;
	char quoted[64];
	int ret = read_text(d, key, "the name of an algorithm", node, &text);

	if (ret)
		return ret;
	if (name_check(document_quote(text, quoted, sizeof(quoted)), dots, &inner))
		return document_complain(d, document_line(node), "%s: %s", key, inner.text);
	snprintf(name, CONGCTL_NAME_MAX + 1, "%s", text);
	return 0;
}

/* a path counts from the directory of the file, as its author sees it */
static int read_object(struct document *d, const yaml_node_t *node, struct policy_algorithm *a)
{
	const char *text, *slash = strrchr(d->file, '/');
	int ret = read_text(d, "register", "a name of the catalogue or the path of an object", node, &text), n;

	if (ret)
		return ret;
	if (*text == '/' || !slash || !strpbrk(text, "/."))
		n = snprintf(a->object, sizeof(a->object), "%s", text);
	else
		n = snprintf(a->object, sizeof(a->object), "%.*s/%s", (int)(slash - d->file), d->file, text);
	if (n >= (int)sizeof(a->object))
		return document_complain(d, document_line(node), "register: the path is longer than %d characters: shorten it",
					 PATH_MAX - 1);
	return 0;
}

/* The key of a pair, once in its map. */
static int read_key(struct document *d, const yaml_node_t *map, const yaml_node_pair_t *pair, const char *keys, const char **key)
{
	const yaml_node_t *name = document_node(d, pair->key);
	yaml_node_t *first;
	char quoted[64];
	size_t line;

	*key = document_text(name);
	if (!*key)
		return document_complain(d, document_line(name), "unknown key '%s': one of %s", document_kind(name), keys);
	line = document_find(d, map, *key, &first);
	if (first == document_node(d, pair->value))
		return 0;
	return document_complain(d, document_line(name), "key '%s' again: once, it is on line %zu already",
				 document_quote(*key, quoted, sizeof(quoted)), line);
}

static int read_set(struct document *d, const yaml_node_t *map, struct policy_algorithm *a)
{
	const char *name, *value;
	int ret = 0;

	if (map->type != YAML_MAPPING_NODE)
		return document_complain(d, document_line(map), "set is %s: a map of tunables, such as {beta: 717}", document_kind(map));
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !ret && p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = document_node(d, p->key), *node = document_node(d, p->value);
		struct policy_set *set = a->set + a->n_set;

		if (a->n_set == POLICY_MAX_TUNABLES)
			return document_complain(d, document_line(key), "too many tunables in set: at most %d", POLICY_MAX_TUNABLES);
		ret = read_text(d, "a key of set", "the name of a tunable", key, &name);
		if (!ret)
			ret = read_key(d, map, p, "tunables", &name);
		if (!ret)
			ret = read_text(d, "a value of set", "a number, with its unit if it has one", node, &value);
		if (!ret && (strlen(name) >= sizeof(set->name) || strlen(value) >= sizeof(set->value)))
			ret = document_complain(d, document_line(key), "a tunable or its value is too long: at most %zu characters",
						sizeof(set->name) - 1);
		if (ret)
			return ret;
		*set = (struct policy_set){.line = document_line(key)};
		strcpy(set->name, name);
		strcpy(set->value, value);
		a->n_set++;
	}
	return ret;
}

/* --- maps and lists ------------------------------------------------------------------------------------------------------ */

static int unknown_key(struct document *d, const yaml_node_pair_t *pair, const char *key, const char *keys)
{
	char quoted[64];

	return document_complain(d, document_line(document_node(d, pair->key)), "unknown key '%s': one of %s",
				 document_quote(key, quoted, sizeof(quoted)), keys);
}

static int read_algorithm(struct document *d, const yaml_node_t *map, struct policy_algorithm *a)
{
	const char *key;
	int ret = 0;

	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !ret && p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *node = document_node(d, p->value);

		ret = read_key(d, map, p, ALGORITHM_KEYS, &key);
		if (ret)
			return ret;
		if (!strcmp(key, "register"))
			ret = read_object(d, node, a);
		else if (!strcmp(key, "as"))
			ret = read_name(d, key, false, node, a->as);
		else if (!strcmp(key, "set"))
			ret = read_set(d, node, a);
		else
			ret = unknown_key(d, p, key, ALGORITHM_KEYS);
	}
	if (!ret && !*a->object)
		ret = document_complain(d, a->line, "register is missing: a name of the catalogue or the path of an object");
	return ret;
}

static int read_place(struct document *d, enum congctl_scope scope, const yaml_node_t *node, struct policy_rule *rule)
{
	struct congctl_error inner = {};
	const char *text;
	char quoted[64];
	bool yes;
	int ret;

	if (scope == CONGCTL_SCOPE_DEFAULT) {
		ret = read_yes(d, "default", node, &yes);
		if (!ret && !yes)
			ret = document_complain(d, document_line(node), "default is 'no': yes, or another place");
		return ret;
	}
	ret = read_text(d, scopes[scope], place_nouns[scope], node, &text);
	if (ret || !policy_place(scope, text, rule->selection.where, &inner))
		return ret;
	if (*inner.text)
		return document_complain(d, document_line(node), "%s: %s", scopes[scope], inner.text);
	return document_complain(d, document_line(node), "%s is '%s': %s", scopes[scope], document_quote(text, quoted, sizeof(quoted)),
				 place_nouns[scope]);
}

static int read_rule_key(struct document *d, const yaml_node_pair_t *pair, const char *key, struct policy_rule *rule, bool *placed)
{
	const yaml_node_t *node = document_node(d, pair->value);
	size_t scope = 0;

	if (!strcmp(key, "use"))
		return read_name(d, key, true, node, rule->name);
	if (!strcmp(key, "lock"))
		return read_yes(d, key, node, &rule->selection.lock);
	while (scope < N_SCOPES && strcmp(key, scopes[scope]))
		scope++;
	if (scope == N_SCOPES)
		return unknown_key(d, pair, key, RULE_KEYS);
	if (*placed)
		return document_complain(d, document_line(document_node(d, pair->key)), "%s and %s in one selection: one place each",
					 scopes[rule->selection.scope], key);
	*placed = true;
	rule->selection.scope = scope;
	return read_place(d, scope, node, rule);
}

static int read_rule(struct document *d, const yaml_node_t *map, struct policy_rule *rule)
{
	bool placed = false;
	const char *key;
	int ret = 0;

	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; !ret && p < map->data.mapping.pairs.top; p++) {
		ret = read_key(d, map, p, RULE_KEYS, &key);
		if (!ret)
			ret = read_rule_key(d, p, key, rule, &placed);
	}
	if (!ret && !*rule->name)
		ret = document_complain(d, rule->line, "use is missing: the name of an algorithm");
	if (!ret && !placed)
		ret = document_complain(d, rule->line, "the selection has no place: default, netns, cgroup, prefix or port");
	if (!ret && rule->selection.lock && rule->selection.scope != CONGCTL_SCOPE_PREFIX)
		ret = document_complain(d, rule->line, "lock with %s: only a prefix can be locked", scopes[rule->selection.scope]);
	return ret;
}

/* The same place twice would never come to rest. */
static int check_places(struct document *d, const struct policy *p)
{
	const struct policy_rule *last = p->rules + p->n_rules - 1;

	for (const struct policy_rule *r = p->rules; r < last; r++) {
		if (r->selection.scope == last->selection.scope && !strcmp(r->selection.where, last->selection.where))
			return document_complain(d, last->line, "%s %s again: once, it is on line %zu already",
						 scopes[r->selection.scope], r->selection.where, r->line);
	}
	return 0;
}

static int add_algorithm(struct document *d, const yaml_node_t *map)
{
	struct policy *p = d->owner;
	struct policy_algorithm *a = p->algorithms + p->n_algorithms++;

	*a = (struct policy_algorithm){.line = document_line(map)};
	return read_algorithm(d, map, a);
}

static int add_rule(struct document *d, const yaml_node_t *map)
{
	struct policy *p = d->owner;
	struct policy_rule *r = p->rules + p->n_rules++;
	int ret;

	*r = (struct policy_rule){.line = document_line(map)};
	ret = read_rule(d, map, r);
	return ret ? ret : check_places(d, p);
}

/* A list of maps, at most `max`, into an array that `add` fills. */
static int read_list(struct document *d, const char *key, const char *keys, const yaml_node_t *list, size_t max, void **array,
		     size_t size, int (*add)(struct document *d, const yaml_node_t *map))
{
	size_t n;
	int ret = 0;

	if (list->type != YAML_SEQUENCE_NODE)
		return document_complain(d, document_line(list), "%s is %s: a list of maps with %s, each beginning with '-'", key,
					 document_kind(list), keys);
	n = list->data.sequence.items.top - list->data.sequence.items.start;
	if (n > max)
		return document_complain(d, document_line(list), "too many entries in %s: at most %zu", key, max);
	*array = calloc(n + 1, size);
	if (!*array)
		return congctl_fail(d->err, -ENOMEM, "out of memory");
	for (size_t i = 0; !ret && i < n; i++) {
		const yaml_node_t *map = document_node(d, list->data.sequence.items.start[i]);

		if (map->type != YAML_MAPPING_NODE)
			return document_complain(d, document_line(map), "an entry of %s is %s: a map with %s", key,
						 document_kind(map), keys);
		ret = add(d, map);
	}
	return ret;
}

static int read_root(struct document *d, struct policy *p)
{
	static const char keys[] = "algorithms, selections";
	const yaml_node_t *root = yaml_document_get_root_node(&d->yaml);
	const char *key;
	int ret = 0;

	if (!root)
		return document_complain(d, 1, "the file is empty: a policy has algorithms, selections or both");
	if (root->type != YAML_MAPPING_NODE)
		return document_complain(d, document_line(root), "the policy is %s: a map with %s", document_kind(root), keys);
	for (yaml_node_pair_t *pair = root->data.mapping.pairs.start; !ret && pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = document_node(d, pair->value);

		ret = read_key(d, root, pair, keys, &key);
		if (ret)
			return ret;
		if (!strcmp(key, "algorithms"))
			ret = read_list(d, key, ALGORITHM_KEYS, node, POLICY_MAX_ALGORITHMS, (void **)&p->algorithms,
					sizeof(*p->algorithms), add_algorithm);
		else if (!strcmp(key, "selections"))
			ret = read_list(d, key, RULE_KEYS, node, POLICY_MAX_RULES, (void **)&p->rules, sizeof(*p->rules), add_rule);
		else
			ret = unknown_key(d, pair, key, keys);
	}
	return ret;
}

int policy_load(struct policy *p, const char *file, struct congctl_error *err)
{
	struct document d = {.file = file, .what = "policy", .levels = 4, .owner = p, .err = err};
	int ret;

	*p = (struct policy){.file = file};
	ret = document_load(&d);
	if (ret)
		return congctl_fail(err, ret, "out of memory");
	ret = read_root(&d, p);
	document_free(&d);
	return ret;
}

void policy_free(struct policy *p)
{
	free(p->algorithms);
	free(p->rules);
}
