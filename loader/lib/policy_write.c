// SPDX-License-Identifier: GPL-2.0-only
/* A policy as YAML that policy.c reads. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"

/* a text as YAML: plain where nothing in it can mean something, else in double quotes */
static void put_text(FILE *f, const char *text)
{
	bool plain = *text && *text != '-';

	for (const char *c = text; *c; c++)
		plain = plain && (isalnum((unsigned char)*c) || strchr("_./-", *c));
	if (plain) {
		fputs(text, f);
		return;
	}
	putc('"', f);
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			fprintf(f, "\\x%02x", (unsigned char)*c);
		else
			fprintf(f, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c);
	}
	putc('"', f);
}

static void put_key(FILE *f, const char *indent, const char *key, const char *text)
{
	fprintf(f, "%s%s: ", indent, key);
	put_text(f, text);
	putc('\n', f);
}

static void write_tunables(FILE *f, const struct congctl_info *info)
{
	const char *before = "    set: {";

	for (size_t i = 0; i < info->n_tunables; i++) {
		const struct congctl_tunable *t = &info->tunables[i];

		if (t->value == t->initial)
			continue;
		fprintf(f, "%s%s: %" PRIu64, before, t->name, t->value);
		before = ", ";
	}
	if (*before == ',')
		fputs("}\n", f);
}

static void write_rule(FILE *f, const struct congctl_rule *r)
{
	put_key(f, "  - ", "use", r->name);
	put_key(f, "    ", policy_scope(r->selection.scope), *r->selection.where ? r->selection.where : "yes");
	if (r->selection.lock)
		put_key(f, "    ", "lock", "yes");
}

void policy_write(FILE *f, const struct policy_saved *algorithms, size_t n, const struct congctl_rule *rules, size_t n_rules)
{
	fputs(n ? "algorithms:\n" : "algorithms: []\n", f);
	for (size_t i = 0; i < n; i++) {
		const struct policy_saved *a = &algorithms[i];

		if (!a->object)
			fprintf(f, "  # where %s came from is not known: name its file here\n", a->name);
		put_key(f, "  - ", "register", a->object ? a->object : a->name);
		if (!a->own_name)
			put_key(f, "    ", "as", a->name);
		write_tunables(f, a->info);
	}
	fputs(n_rules ? "selections:\n" : "selections: []\n", f);
	for (size_t i = 0; i < n_rules; i++)
		write_rule(f, &rules[i]);
}
