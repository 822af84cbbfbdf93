// SPDX-License-Identifier: GPL-2.0-only
/* The policy reader: any bytes in; what it takes, written and read again, is the same. */
#include <stdio.h>
#include <string.h>

#include "../../loader/lib/policy.h"
#include "input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The selections as `congctl save` would write them, read back. */
static void check_written(const struct policy *p)
{
	struct congctl_rule *rules = calloc(p->n_rules + 1, sizeof(*rules));
	char *text = NULL;
	size_t size;
	struct policy again;
	FILE *f = open_memstream(&text, &size);

	if (!rules || !f)
		abort();
	for (size_t i = 0; i < p->n_rules; i++) {
		rules[i].selection = p->rules[i].selection;
		memcpy(rules[i].name, p->rules[i].name, sizeof(rules[i].name));
	}
	policy_write(f, NULL, 0, rules, p->n_rules);
	fclose(f);
	if (policy_load(&again, fuzz_file((uint8_t *)text, size), NULL) || again.n_rules != p->n_rules)
		abort();
	for (size_t i = 0; i < p->n_rules; i++) {
		if (strcmp(again.rules[i].selection.where, p->rules[i].selection.where) || strcmp(again.rules[i].name, p->rules[i].name))
			abort();
	}
	policy_free(&again);
	free(text);
	free(rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct congctl_error err = {0};
	struct policy p;

	if (!policy_load(&p, fuzz_file(data, size), &err))
		check_written(&p);
	else if (!*err.text)
		abort(); /* a failure without its sentence */
	policy_free(&p);
	congctl_error_clear(&err);
	return 0;
}
