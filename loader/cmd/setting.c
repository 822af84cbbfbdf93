// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <congctl/units.h>

#include "setting.h"

void setting_fill(struct setting *s, const struct congctl_info *info, const struct congctl_tunable *t)
{
	*s = (struct setting){.value = t->value, .was = t->value, .min = t->min, .max = t->max};
	snprintf(s->name, sizeof(s->name), "%s", info->name);
	snprintf(s->tunable, sizeof(s->tunable), "%s", t->name);
	snprintf(s->unit, sizeof(s->unit), "%s", t->unit);
	snprintf(s->effect, sizeof(s->effect), "%s", t->effect);
	congctl_format_in(s->means, sizeof(s->means), t->value, t->unit);
}

int setting_open(struct congctl_object **obj, const char *text, size_t n, char *tunable, size_t size, struct congctl_error *err)
{
	char name[128], *dot;

	*obj = NULL;
	*tunable = '\0';
	if (n >= sizeof(name))
		return congctl_fail(err, -ENOENT, "'%.*s…' is longer than any NAME.TUNABLE: 'congctl list' shows the names", 60, text);
	snprintf(name, sizeof(name), "%.*s", (int)n, text);
	dot = strrchr(name, '.');
	if (!dot)
		return congctl_running_open(obj, name, err);
	if (!congctl_running_open(obj, name, NULL))
		return 0;
	*dot = '\0';
	if (strlen(dot + 1) >= size)
		return congctl_fail(err, -ENOENT, "'%s.%s' is not NAME.TUNABLE: 'congctl get %s' shows the tunables", name, dot + 1, name);
	snprintf(tunable, size, "%s", dot + 1);
	return congctl_running_open(obj, name, err);
}
