/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - text and JSON from one description. A field says where in a struct a value lies, what it is, and what it is
 * called: `key` in JSON, `label` in text. A table is an array of structs, a record is one of them.
 */
#ifndef CONGCTL_OUTPUT_H
#define CONGCTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

enum field_kind {
	FIELD_CHARS, /* char[]; empty: "-" and null */
	FIELD_TEXT,  /* const char *; NULL or empty: "-" and null */
	FIELD_U32,
	FIELD_ID,    /* uint32_t; 0: none, "-" and null */
	FIELD_U64,
	FIELD_I64,   /* negative: unknown, "-" and null */
	FIELD_BOOL,  /* "yes", "-" and true, false */
	FIELD_NAMED, /* an enum; names[value] */
};

struct field {
	const char *key;
	const char *label; /* NULL: not in text */
	enum field_kind kind;
	size_t offset;
	const char *const *names;
};

#define FIELD(type, member, kind_, label_) {.key = #member, .label = label_, .kind = kind_, .offset = offsetof(type, member)}
#define FIELD_ENUM(type, member, names_, label_)                                                                       \
	{.key = #member, .label = label_, .kind = FIELD_NAMED, .offset = offsetof(type, member), .names = names_}

struct output {
	bool json, started;
	bool done; /* what was to be changed is changed: told even if nothing can be written */
	int error; /* errno of stdout */
	struct json_object *root, *at; /* at: the object that takes what is put out */
};

void output_open(struct output *o, bool json);
/* `fields` ends with a NULL key. In text an empty table prints nothing. */
void output_table(struct output *o, const char *key, const struct field *fields, const void *rows, size_t n, size_t stride);
void output_record(struct output *o, const struct field *fields, const void *record);
/* What follows is of one element of the array `key`, up to output_element_end(). No difference in text. */
void output_element_begin(struct output *o, const char *key);
void output_element_end(struct output *o);
/* A sentence for a person on stderr; nothing in JSON. */
void output_say(struct output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_error(struct output *o, const char *sentence);
/* In text, what was put out so far is out. Negative errno: it could not be written, and output_close() says so; in JSON it comes at the end. */
int output_flush(struct output *o);
int output_close(struct output *o); /* negative errno: stdout could not be written, which it says */

#endif
