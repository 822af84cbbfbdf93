// SPDX-License-Identifier: GPL-2.0-only
/* What has to change: two descriptions compared. Nothing here asks the machine. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

static struct congctl_change *add(struct policy_changes *c, enum congctl_change_kind kind, const struct policy_step *step)
{
	struct congctl_change *shown = &c->shown[c->n];

	*shown = (struct congctl_change){.kind = kind};
	c->steps[c->n++] = *step;
	return shown;
}

/* Room for all that can change: each tunable, each rule, each algorithm twice (adopted and updated, or unregistered). */
static int make_room(struct policy_changes *c, const struct policy_sides *s)
{
	size_t most = 2 * s->n_wanted + s->n_wanted_rules + s->n_present + s->n_present_rules + 1;

	for (size_t i = 0; i < s->n_wanted; i++)
		most += s->wanted[i].info->n_tunables;
	*c = (struct policy_changes){.shown = calloc(most, sizeof(*c->shown)), .steps = calloc(most, sizeof(*c->steps))};
	return c->shown && c->steps ? 0 : -ENOMEM;
}

void policy_changes_free(struct policy_changes *c)
{
	free(c->shown);
	free(c->steps);
	*c = (struct policy_changes){};
}

/* --- algorithms -------------------------------------------------------------------------------------------------------- */

static const struct policy_present *find_present(const struct policy_sides *s, const char *name)
{
	for (size_t i = 0; i < s->n_present; i++) {
		if (!strcmp(s->present[i].name, name))
			return &s->present[i];
	}
	return NULL;
}

static bool is_wanted(const struct policy_sides *s, const char *name)
{
	for (size_t i = 0; i < s->n_wanted; i++) {
		if (!strcmp(s->wanted[i].info->name, name))
			return true;
	}
	return false;
}

static const struct congctl_tunable *find_tunable(const struct congctl_info *info, const char *name)
{
	for (size_t i = 0; info && i < info->n_tunables; i++) {
		if (!strcmp(info->tunables[i].name, name))
			return &info->tunables[i];
	}
	return NULL;
}

/* An update keeps the present values, so what it has now is what it will have then; a new tunable begins at its initial value. */
static void diff_tunables(struct policy_changes *c, const struct policy_wanted *w, const struct policy_present *p,
			  struct policy_step step)
{
	for (step.tunable = 0; step.tunable < w->info->n_tunables; step.tunable++) {
		const struct congctl_tunable *t = &w->info->tunables[step.tunable], *now = find_tunable(p->info, t->name);
		struct congctl_change *shown;

		step.from = now ? now->value : t->initial;
		step.to = t->value;
		if (step.from == step.to)
			continue;
		shown = add(c, CONGCTL_CHANGE_SET, &step);
		snprintf(shown->what, sizeof(shown->what), "%s.%s", w->info->name, t->name);
		snprintf(shown->from, sizeof(shown->from), "%" PRIu64, step.from);
		snprintf(shown->to, sizeof(shown->to), "%" PRIu64, step.to);
	}
}

static void name_algorithm(struct congctl_change *shown, const struct policy_wanted *w)
{
	snprintf(shown->what, sizeof(shown->what), "%s", w->info->name);
	snprintf(shown->to, sizeof(shown->to), "%.*s", (int)sizeof(shown->to) - 1, w->object);
}

static int diff_algorithm(struct policy_changes *c, const struct policy_sides *s, size_t i, struct congctl_error *err)
{
	const struct policy_wanted *w = &s->wanted[i];
	const struct policy_present *p = find_present(s, w->info->name);
	struct policy_step step = {.wanted = i};
	struct congctl_change *shown;

	for (size_t k = 0; k < i; k++) {
		if (!strcmp(s->wanted[k].info->name, w->info->name))
			return congctl_fail(err, -EINVAL, "%s:%zu: algorithm %s again: once, it is on line %zu already; 'as' gives another name",
					    s->file, w->line, w->info->name, s->wanted[k].line);
	}
	if (p && p->origin != CONGCTL_OURS && p->origin != CONGCTL_FOREIGN)
		return congctl_fail(err, -EINVAL, "%s:%zu: the name '%s' is the kernel's own: give another one with 'as'", s->file,
				    w->line, p->name);
	if (!p) {
		name_algorithm(add(c, CONGCTL_CHANGE_REGISTER, &step), w);
		return 0;
	}
	if (p->origin == CONGCTL_FOREIGN) {
		shown = add(c, CONGCTL_CHANGE_ADOPT, &step);
		snprintf(shown->what, sizeof(shown->what), "%s", p->name);
		snprintf(shown->from, sizeof(shown->from), "foreign");
		snprintf(shown->to, sizeof(shown->to), "congctl");
	}
	if (p->other_build) {
		shown = add(c, CONGCTL_CHANGE_UPDATE, &step);
		name_algorithm(shown, w);
		snprintf(shown->from, sizeof(shown->from), "another build");
	}
	diff_tunables(c, w, p, step);
	return 0;
}

static void diff_extra_algorithms(struct policy_changes *c, const struct policy_sides *s)
{
	for (size_t i = 0; i < s->n_present; i++) {
		const struct policy_step step = {};
		struct congctl_change *shown;

		if (s->present[i].origin != CONGCTL_OURS || is_wanted(s, s->present[i].name))
			continue;
		shown = add(c, CONGCTL_CHANGE_UNREGISTER, &step);
		snprintf(shown->what, sizeof(shown->what), "%s", s->present[i].name);
	}
}

/* --- selections ----------------------------------------------------------------------------------------------------------- */

bool policy_same_place(const struct congctl_selection *a, const struct congctl_selection *b)
{
	return a->scope == b->scope && !strcmp(a->where, b->where);
}

static void name_place(struct congctl_change *shown, const struct congctl_selection *selection)
{
	snprintf(shown->what, sizeof(shown->what), "%s%s%.*s", policy_scope(selection->scope), *selection->where ? " " : "",
		 (int)sizeof(shown->what) - 16, selection->where);
}

static void name_choice(char text[sizeof(((struct congctl_change *)NULL)->to)], const char *name, bool lock)
{
	snprintf(text, sizeof(((struct congctl_change *)NULL)->to), "%s%s", name, lock ? " lock" : "");
}

static int diff_rule(struct policy_changes *c, const struct policy_sides *s, size_t i, struct congctl_error *err)
{
	const struct policy_rule *w = &s->wanted_rules[i];
	const struct policy_step step = {.rule = i};
	const struct congctl_rule *now = NULL;
	struct congctl_change *shown;

	if (!is_wanted(s, w->name) && !find_present(s, w->name))
		return congctl_fail(err, -EINVAL, "%s:%zu: no algorithm '%s': register it in the same file, or name one of 'congctl list'",
				    s->file, w->line, w->name);
	for (size_t k = 0; k < s->n_present_rules && !now; k++) {
		if (policy_same_place(&s->present_rules[k].selection, &w->selection))
			now = &s->present_rules[k];
	}
	if (now && !strcmp(now->name, w->name) && now->selection.lock == w->selection.lock)
		return 0;
	shown = add(c, CONGCTL_CHANGE_USE, &step);
	name_place(shown, &w->selection);
	name_choice(shown->to, w->name, w->selection.lock);
	if (now)
		name_choice(shown->from, now->name, now->selection.lock);
	return 0;
}

/* What congctl did and the file does not name. */
static void diff_extra_rules(struct policy_changes *c, const struct policy_sides *s)
{
	for (size_t i = 0; i < s->n_present_rules; i++) {
		const struct congctl_rule *r = &s->present_rules[i];
		const struct policy_step step = {.rule = i};
		struct congctl_change *shown;
		bool named = !*r->undo;

		for (size_t k = 0; k < s->n_wanted_rules && !named; k++)
			named = policy_same_place(&s->wanted_rules[k].selection, &r->selection);
		if (named)
			continue;
		shown = add(c, CONGCTL_CHANGE_DROP, &step);
		name_place(shown, &r->selection);
		name_choice(shown->from, r->name, r->selection.lock);
	}
}

/* A selection that stays must not lose its algorithm. */
static int check_pruned(const struct policy_sides *s, struct congctl_error *err)
{
	for (size_t i = 0; i < s->n_wanted_rules; i++) {
		const struct policy_rule *w = &s->wanted_rules[i];
		const struct policy_present *p = find_present(s, w->name);

		if (p && p->origin == CONGCTL_OURS && !is_wanted(s, w->name))
			return congctl_fail(err, -EINVAL, "%s:%zu: '%s' would be pruned, for the file does not register it: add it to algorithms",
					    s->file, w->line, w->name);
	}
	return 0;
}

int policy_diff(struct policy_changes *c, const struct policy_sides *s, struct congctl_error *err)
{
	int ret = make_room(c, s);

	if (ret)
		congctl_fail(err, ret, "out of memory");
	for (size_t i = 0; i < s->n_wanted && !ret; i++)
		ret = diff_algorithm(c, s, i, err);
	for (size_t i = 0; i < s->n_wanted_rules && !ret; i++)
		ret = diff_rule(c, s, i, err);
	if (!ret && s->prune) {
		ret = check_pruned(s, err);
		diff_extra_rules(c, s);
		diff_extra_algorithms(c, s);
	}
	if (ret)
		policy_changes_free(c);
	return ret;
}
