// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

void output_open(struct output *o, bool json)
{
	*o = (struct output){.json = json};
	if (json)
		o->root = o->at = json_object_new_object();
}

void output_element_begin(struct output *o, const char *key)
{
	struct json_object *array;

	if (!o->json)
		return;
	if (!json_object_object_get_ex(o->root, key, &array)) {
		array = json_object_new_array();
		json_object_object_add(o->root, key, array);
	}
	o->at = json_object_new_object();
	json_object_array_add(array, o->at);
}

void output_element_end(struct output *o)
{
	o->at = o->root;
}

static const char *as_text(const struct field *f, const void *at)
{
	switch (f->kind) {
	case FIELD_CHARS:
		return at;
	case FIELD_TEXT:
		return *(const char *const *)at ? *(const char *const *)at : "";
	case FIELD_NAMED:
		return f->names[*(const int *)at];
	default:
		return NULL;
	}
}

static struct json_object *as_json(const struct field *f, const void *row)
{
	const void *at = (const char *)row + f->offset;
	const char *text = as_text(f, at);

	switch (f->kind) {
	case FIELD_ID:
		return *(const uint32_t *)at ? json_object_new_int64(*(const uint32_t *)at) : NULL;
	case FIELD_U32:
		return json_object_new_int64(*(const uint32_t *)at);
	case FIELD_U64:
		return json_object_new_uint64(*(const uint64_t *)at);
	case FIELD_I64:
		return *(const int64_t *)at < 0 ? NULL : json_object_new_int64(*(const int64_t *)at);
	case FIELD_BOOL:
		return json_object_new_boolean(*(const bool *)at);
	default:
		return text && *text ? json_object_new_string(text) : NULL;
	}
}

static const char *as_cell(const struct field *f, const void *row, char buf[32])
{
	const void *at = (const char *)row + f->offset;
	const char *text = as_text(f, at);

	switch (f->kind) {
	case FIELD_ID:
		if (!*(const uint32_t *)at)
			return "-";
		/* fall through */
	case FIELD_U32:
		snprintf(buf, 32, "%u", *(const uint32_t *)at);
		return buf;
	case FIELD_U64:
		snprintf(buf, 32, "%llu", (unsigned long long)*(const uint64_t *)at);
		return buf;
	case FIELD_I64:
		if (*(const int64_t *)at < 0)
			return "-";
		snprintf(buf, 32, "%lld", (long long)*(const int64_t *)at);
		return buf;
	case FIELD_BOOL:
		return *(const bool *)at ? "yes" : "-";
	default:
		return text && *text ? text : "-";
	}
}

static bool is_number(const struct field *f)
{
	return f->kind == FIELD_U32 || f->kind == FIELD_ID || f->kind == FIELD_U64 || f->kind == FIELD_I64;
}

/* columns of a terminal, not bytes: UTF-8 continuation bytes take no room */
static int width(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_cell(const struct field *f, const char *text, int room, bool last)
{
	int pad = room - width(text);

	if (is_number(f))
		printf("%*s%s%s", pad > 0 ? pad : 0, "", text, last ? "" : "  ");
	else
		printf("%s%*s", text, last ? 0 : (pad > 0 ? pad : 0) + 2, "");
}

static void separate(struct output *o)
{
	if (o->started)
		putchar('\n');
	o->started = true;
}

static const struct field *last_shown(const struct field *fields)
{
	const struct field *last = NULL;

	for (const struct field *f = fields; f->key; f++)
		last = f->label ? f : last;
	return last;
}

static void print_line(const struct field *fields, const int *room, const void *row)
{
	const struct field *last = last_shown(fields);
	char buf[32];

	for (const struct field *f = fields; f->key; f++) {
		if (f->label)
			put_cell(f, row ? as_cell(f, row, buf) : f->label, room[f - fields], f == last);
	}
	putchar('\n');
}

static void print_table(const struct field *fields, const char *rows, size_t n, size_t stride)
{
	int room[32] = {};
	char buf[32];

	for (const struct field *f = fields; f->key; f++) {
		int *most = &room[f - fields];

		*most = f->label ? width(f->label) : 0;
		for (size_t i = 0; i < n; i++) {
			int w = width(as_cell(f, rows + i * stride, buf));

			*most = w > *most ? w : *most;
		}
	}
	print_line(fields, room, NULL);
	for (size_t i = 0; i < n; i++)
		print_line(fields, room, rows + i * stride);
}

static struct json_object *make_object(struct json_object *to, const struct field *fields, const void *row)
{
	for (const struct field *f = fields; f->key; f++)
		json_object_object_add(to, f->key, as_json(f, row));
	return to;
}

void output_table(struct output *o, const char *key, const struct field *fields, const void *rows, size_t n, size_t stride)
{
	struct json_object *array;

	if (!o->json) {
		if (!n)
			return;
		separate(o);
		print_table(fields, rows, n, stride);
		return;
	}
	array = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		json_object_array_add(array, make_object(json_object_new_object(), fields, (const char *)rows + i * stride));
	json_object_object_add(o->at, key, array);
}

void output_record(struct output *o, const struct field *fields, const void *record)
{
	int room = 0;
	char buf[32];

	if (o->json) {
		make_object(o->at, fields, record);
		return;
	}
	separate(o);
	for (const struct field *f = fields; f->key; f++)
		room = f->label && width(f->label) > room ? width(f->label) : room;
	for (const struct field *f = fields; f->key; f++) {
		const char *text = as_cell(f, record, buf);

		if (f->label && strcmp(text, "-"))
			printf("%s%*s  %s\n", f->label, room - width(f->label), "", text);
	}
}

void output_say(struct output *o, const char *format, ...)
{
	va_list ap;

	if (o->json)
		return;
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

void output_error(struct output *o, const char *sentence)
{
	if (o->json)
		json_object_object_add(o->root, "error", json_object_new_string(sentence));
	else
		fprintf(stderr, "congctl: %s\n", sentence);
}

static int flush(struct output *o)
{
	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !o->error)
		o->error = errno ? errno : EIO;
	return -o->error;
}

int output_flush(struct output *o)
{
	return o->json ? 0 : flush(o);
}

int output_close(struct output *o)
{
	struct json_object *sentence = NULL;

	if (o->json && json_object_object_length(o->root))
		printf("%s\n", json_object_to_json_string_ext(o->root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	if (flush(o)) {
		if (o->json && json_object_object_get_ex(o->root, "error", &sentence)) /* it was in what is lost */
			fprintf(stderr, "congctl: %s\n", json_object_get_string(sentence));
		fprintf(stderr, "congctl: cannot write the output: %s%s\n", strerror(o->error),
			o->done ? ": what was asked for is done all the same" : "");
	}
	json_object_put(o->root);
	return -o->error;
}
