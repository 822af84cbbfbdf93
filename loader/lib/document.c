// SPDX-License-Identifier: GPL-2.0-only
/*
 * A YAML file as a document. libyaml builds it; anchors, aliases and tags are refused before: none of our files needs one.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <congctl/document.h>

#define MAX_FILE 1000000 /* bytes; the largest of use takes far less */
#define MAX_DEPTH 8       /* lists and maps in each other; a scenario has 5, which is the most */

int document_complain(const struct document *r, size_t line, const char *fmt, ...)
{
	char text[800];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return congctl_fail(r->err, -EINVAL, "%s:%zu: %s", r->file, line, text);
}

size_t document_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

const char *document_kind(const yaml_node_t *node)
{
	return node->type == YAML_MAPPING_NODE ? "a map" : node->type == YAML_SEQUENCE_NODE ? "a list" : "a single value";
}

/* --- the file ------------------------------------------------------------------------------------------------------ */

static int read_file(struct document *r)
{
	struct stat st;
	FILE *f;
	int ret = 0;

	f = fopen(r->file, "re");
	if (!f)
		return congctl_fail(r->err, -errno, "cannot open %s %s: %s", r->what, r->file, strerror(errno));
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		ret = congctl_fail(r->err, -EINVAL, "%s is not a file: a %s in YAML", r->file, r->what);
	else if (st.st_size > MAX_FILE)
		ret = congctl_fail(r->err, -EFBIG, "%s is too large for a %s: at most %d bytes", r->file, r->what, MAX_FILE);
	if (!ret) {
		r->text = malloc(MAX_FILE);
		r->size = r->text ? fread(r->text, 1, MAX_FILE, f) : 0;
		if (!r->text || ferror(f))
			ret = congctl_fail(r->err, -EIO, "cannot read %s %s: %s", r->what, r->file, strerror(errno ? errno : EIO));
	}
	fclose(f);
	return ret;
}

static int complain_yaml(const struct document *r, const yaml_parser_t *parser)
{
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_READER_ERROR)
		return congctl_fail(r->err, -EINVAL, "%s: not YAML (%s at byte %zu): text in UTF-8", r->file, parser->problem,
				    parser->problem_offset);
	return document_complain(r, line, "not YAML (%s): key: value lines", parser->problem ? parser->problem : "out of memory");
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
static int check_tokens(const struct document *r)
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
			ret = document_complain(r, token.start_mark.line + 1, "%s: values written out", forbidden(token.type));
		depth += nesting(token.type);
		if (!ret && depth > MAX_DEPTH)
			ret = document_complain(r, token.start_mark.line + 1, "lists or maps %d deep: a %s has %d levels", depth,
						r->what, r->levels);
		end = token.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	return ret;
}

/* The one document of the file into r->yaml. */
static int load_document(struct document *r)
{
	yaml_parser_t parser;
	yaml_document_t second;
	int ret = 0;

	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, r->text, r->size);
	if (!yaml_parser_load(&parser, &r->yaml)) {
		ret = complain_yaml(r, &parser);
		yaml_parser_delete(&parser);
		return ret;
	}
	if (!yaml_parser_load(&parser, &second)) {
		ret = complain_yaml(r, &parser);
	} else {
		if (yaml_document_get_root_node(&second))
			ret = document_complain(r, second.start_mark.line + 1, "a second document: one %s in a file", r->what);
		yaml_document_delete(&second);
	}
	if (ret)
		yaml_document_delete(&r->yaml);
	yaml_parser_delete(&parser);
	return ret;
}

int document_load(struct document *r)
{
	int ret = read_file(r);

	if (!ret)
		ret = check_tokens(r);
	if (!ret)
		ret = load_document(r);
	free(r->text);
	r->text = NULL;
	return ret;
}

void document_free(struct document *r)
{
	yaml_document_delete(&r->yaml);
}

/* --- its nodes ---------------------------------------------------------------------------------------------------------- */

yaml_node_t *document_node(struct document *r, int index)
{
	return yaml_document_get_node(&r->yaml, index);
}

const char *document_text(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

size_t document_find(struct document *r, const yaml_node_t *map, const char *key, yaml_node_t **value)
{
	*value = NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; key && p < map->data.mapping.pairs.top; p++) {
		const char *text = document_text(document_node(r, p->key));

		if (!text || strcmp(text, key))
			continue;
		*value = document_node(r, p->value);
		return document_line(document_node(r, p->key));
	}
	return document_line(map);
}

const char *document_quote(const char *text, char *buf, size_t size)
{
	const size_t most = size < 41 ? size - 1 : 40;
	size_t n = 0;

	for (; n < most && text[n]; n++) {
		const unsigned char c = text[n], before = n ? text[n - 1] : 0;

		buf[n] = c < ' ' || c == 0x7f || (before == 0xc2 && c <= 0x9f) ? '?' : text[n]; /* C0, DEL, C1 in UTF-8 */
	}
	buf[n] = '\0';
	return buf;
}
