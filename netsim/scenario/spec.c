// SPDX-License-Identifier: GPL-2.0-only
/* What stands in a file as a map, on one line: WORD,key=value,... and a flow on the command line, CC[*COUNT][@START][,key=value]... */
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

static int set_one(enum key_place place, const char *name, const char *value, void *object, bool *seen, struct congctl_error *err)
{
	size_t n;
	const struct scenario_key *key = scenario_key_find(place, name), *first = scenario_keys(&n);
	char names[512], quoted[64];

	if (place == KEY_FLOW && !strncmp(name, "set.", 4))
		return scenario_set_tunable(object, name + 4, value, err);
	if (!key)
		return congctl_fail(err, -EINVAL, "unknown key '%s': one of %s", document_quote(name, quoted, sizeof(quoted)),
				    scenario_key_names(place, names, sizeof(names)));
	if (seen[key - first])
		return congctl_fail(err, -EEXIST, "%s is given twice: once", name);
	seen[key - first] = true;
	return scenario_key_read(key, value, object, err);
}

int scenario_spec_read(enum key_place place, const char *first, char *spec, void *object, bool *seen, struct congctl_error *err)
{
	char *settings = first ? cut(spec, ',') : spec;
	int ret = 0;

	if (first)
		ret = set_one(place, first, spec, object, seen, err);
	while (!ret && settings) {
		char *key = settings, *value, quoted[64];

		settings = cut(key, ',');
		value = cut(key, '=');
		if (!value)
			return congctl_fail(err, -EINVAL, "'%s' has no value: key=value, such as %s",
					    document_quote(key, quoted, sizeof(quoted)), place == KEY_FLOW ? "size=1MB" : "rate=10mbit");
		ret = set_one(place, key, value, object, seen, err);
	}
	return ret;
}

int scenario_set_tunable(struct scenario_flow *flow, const char *name, const char *value, struct congctl_error *err)
{
	struct scenario_tunable t;
	char quoted[64];

	memset(&t, 0, sizeof(t));
	if (!*name || strlen(name) >= sizeof(t.name) ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(name))
		return congctl_fail(err, -EINVAL, "'%s' is not the name of a tunable: 1 to %zu of letters, digits and _",
				    document_quote(name, quoted, sizeof(quoted)), sizeof(t.name) - 1);
	if (!value)
		return congctl_fail(err, -EINVAL, "%s is not a single value: one such as 0.7 or 10ms", name);
	if (!*value || strlen(value) >= sizeof(t.value) || !scenario_is_printable(value))
		return congctl_fail(err, -EINVAL, "%s '%s' is not a value: 1 to %zu printable characters, such as 0.7 or 10ms", name,
				    document_quote(value, quoted, sizeof(quoted)), sizeof(t.value) - 1);
	strcpy(t.name, name);
	strcpy(t.value, value);
	for (size_t i = 0; i < flow->n_set; i++) {
		if (!strcmp(flow->set[i].name, name))
			return congctl_fail(err, -EEXIST, "%s is set twice: once", name);
	}
	if (flow->n_set == SCENARIO_MAX_TUNABLES)
		return congctl_fail(err, -E2BIG, "too many tunables: at most %d for a flow", SCENARIO_MAX_TUNABLES);
	flow->set[flow->n_set++] = t;
	return 0;
}

int scenario_rates_read(const char *text, struct scenario_link *link, struct congctl_error *err)
{
	struct rate_step steps[SCENARIO_MAX_RATES];
	size_t used = 0;
	char spec[1024];
	int ret;

	if (strlen(text) >= sizeof(spec))
		return congctl_fail(err, -E2BIG, "rates are too long: at most %zu characters", sizeof(spec) - 1);
	strcpy(spec, text);
	for (char *rate = spec, *next, *at; rate; rate = next) {
		next = cut(rate, ',');
		at = cut(rate, '@');
		if (!at)
			return congctl_fail(err, -EINVAL, "rates '%s' has no time: RATE@TIME,RATE@TIME..., such as 20mbit@10s", rate);
		if (used == SCENARIO_MAX_RATES)
			return congctl_fail(err, -E2BIG, "too many rates: at most %d", SCENARIO_MAX_RATES);
		ret = scenario_key_read(scenario_key_find(KEY_RATE, "rate"), rate, &steps[used], err);
		if (!ret)
			ret = scenario_key_read(scenario_key_find(KEY_RATE, "at"), at, &steps[used], err);
		if (ret)
			return ret;
		used++;
	}
	memset(link->rates, 0, sizeof(link->rates));
	memcpy(link->rates, steps, used * sizeof(steps[0]));
	link->n_rates = used;
	return 0;
}

static int read_flow(struct scenario_flow *flow, char *spec, struct congctl_error *err)
{
	bool seen[SCENARIO_MAX_KEYS] = {false};
	char *settings = cut(spec, ','), *start = cut(spec, '@'), *count = cut(spec, '*');
	int ret = 0;

	if (*spec)
		ret = set_one(KEY_FLOW, "cc", spec, flow, seen, err);
	if (!ret && count)
		ret = set_one(KEY_FLOW, "count", count, flow, seen, err);
	if (!ret && start)
		ret = set_one(KEY_FLOW, "start", start, flow, seen, err);
	return ret || !settings ? ret : scenario_spec_read(KEY_FLOW, NULL, settings, flow, seen, err);
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
	ret = read_flow(&s->flows[s->n_flows], text, &inner);
	if (ret)
		return congctl_fail(err, ret, "--flow %s: %s", spec, inner.text);
	s->n_flows++;
	return 0;
}
