// SPDX-License-Identifier: GPL-2.0-only
/* A flow on the command line: CC[*COUNT][@START][,key=value]... */
#include <errno.h>
#include <string.h>

#include "keys.h"

/* Cut `text` at the first `mark`; what follows it, or NULL. */
static char *cut(char *text, char mark)
{
	char *p = strchr(text, mark);

	if (!p)
		return NULL;
	*p = '\0';
	return p + 1;
}

static int set_flow(struct scenario_flow *flow, const char *key, const char *value, bool *seen, struct congctl_error *err)
{
	size_t n;
	const struct scenario_key *k = scenario_key_find(KEY_FLOW, key), *first = scenario_keys(&n);
	char names[128], quoted[64];

	if (!k)
		return congctl_fail(err, -EINVAL, "unknown key '%s': one of %s", scenario_quote(key, quoted, sizeof(quoted)),
				    scenario_key_names(KEY_FLOW, names, sizeof(names)));
	if (seen[k - first])
		return congctl_fail(err, -EEXIST, "%s is given twice: once", key);
	seen[k - first] = true;
	return scenario_key_read(k, value, flow, err);
}

static int parse_spec(struct scenario_flow *flow, char *spec, struct congctl_error *err)
{
	bool seen[64] = {false};
	char *settings = cut(spec, ','), *start = cut(spec, '@'), *count = cut(spec, '*');
	int ret = 0;

	if (*spec)
		ret = set_flow(flow, "cc", spec, seen, err);
	if (!ret && count)
		ret = set_flow(flow, "count", count, seen, err);
	if (!ret && start)
		ret = set_flow(flow, "start", start, seen, err);
	while (!ret && settings) {
		char *key = settings, *value;

		settings = cut(key, ',');
		value = cut(key, '=');
		if (!value)
			return congctl_fail(err, -EINVAL, "'%s' has no value: key=value, such as size=1MB", key);
		ret = set_flow(flow, key, value, seen, err);
	}
	return ret;
}

int scenario_add_flow(struct scenario *s, const char *spec, struct congctl_error *err)
{
	struct congctl_error inner = {0};
	char text[512];
	int ret;

	if (s->n_flows >= SCENARIO_MAX_GROUPS)
		return congctl_fail(err, -E2BIG, "too many --flow: at most %d; use CC*COUNT for flows alike", SCENARIO_MAX_GROUPS);
	if (strlen(spec) >= sizeof(text))
		return congctl_fail(err, -E2BIG, "--flow is too long: at most %zu characters", sizeof(text) - 1);
	strcpy(text, spec);
	scenario_flow_init(&s->flows[s->n_flows]);
	ret = parse_spec(&s->flows[s->n_flows], text, &inner);
	if (ret)
		return congctl_fail(err, ret, "--flow %s: %s", spec, inner.text);
	s->n_flows++;
	return 0;
}
