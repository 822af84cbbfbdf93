/* SPDX-License-Identifier: GPL-2.0-only */
/* json.h - what files of JSON have in common: a figure that is not known, and an empty text, are null. */
#ifndef NETSIM_REPORT_JSON_H
#define NETSIM_REPORT_JSON_H

#include <json-c/json.h>
#include <math.h>

#include "report.h"

static inline void json_add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static inline struct json_object *json_number(double v)
{
	return isfinite(v) ? json_object_new_double(v) : NULL;
}

/* [low, high]; of a single value there is none */
static inline struct json_object *json_interval(const struct interval *ci)
{
	struct json_object *pair = ci->n > 1 ? json_object_new_array() : NULL;

	if (pair) {
		json_object_array_add(pair, json_number(ci->low));
		json_object_array_add(pair, json_number(ci->high));
	}
	return pair;
}

static inline struct json_object *json_text(const char *s)
{
	return s && *s ? json_object_new_string(s) : NULL;
}

/* manifest.json: what was run, on what, and whether it counts */
int report_manifest(FILE *f, const struct report_run *run, struct congctl_error *err);

#endif
