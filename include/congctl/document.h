/* SPDX-License-Identifier: GPL-2.0-only */
/* document.h - a YAML file with the line of everything in it: scenarios and policies. Part of libcongctl, not installed. */
#ifndef CONGCTL_DOCUMENT_H
#define CONGCTL_DOCUMENT_H

#include <yaml.h>

#include <congctl/congctl.h>

struct document {
	const char *file;
	const char *what; /* "scenario": for the complaints */
	int levels;       /* of lists and maps that it has */
	unsigned char *text;
	size_t size;
	yaml_document_t yaml;
	void *owner;      /* the reader's own */
	struct congctl_error *err;
};

int document_load(struct document *r); /* the one document of r->file; every complaint goes to r->err */
void document_free(struct document *r);
/* "FILE:LINE: …" to r->err; -EINVAL */
__attribute__((format(printf, 3, 4))) int document_complain(const struct document *r, size_t line, const char *fmt, ...);

yaml_node_t *document_node(struct document *r, int index);
size_t document_line(const yaml_node_t *node);
const char *document_kind(const yaml_node_t *node); /* "a map", "a list", "a single value" */
/* a scalar's text if it is one and has no NUL inside */
const char *document_text(const yaml_node_t *node);
/* The line of a key's name in a map, or of the map if it is not there. */
size_t document_find(struct document *r, const yaml_node_t *map, const char *key, yaml_node_t **value);

/* text of somebody else's making, fit for a message: at most 40 characters, control characters shown as '?' */
const char *document_quote(const char *text, char *buf, size_t size);

#endif
