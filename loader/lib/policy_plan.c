// SPDX-License-Identifier: GPL-2.0-only
/* From a policy file to the changes it asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "cgroup_rule.h"
#include "netns.h"
#include "policy.h"
#include "select.h"

/* One algorithm of the file: opened, named, its tunables set, loaded. */
static int prepare(struct congctl_object **obj, char own_name[CONGCTL_NAME_MAX + 1], const struct policy *policy,
		   const struct policy_algorithm *a, struct congctl_error *err)
{
	struct congctl_error inner = {};
	size_t line = a->line;
	int ret = congctl_object_open(obj, a->object, &inner);

	if (!ret)
		memcpy(own_name, (*obj)->info.name, sizeof((*obj)->info.name));
	if (!ret && *a->as)
		ret = congctl_object_rename(*obj, a->as, &inner);
	for (size_t i = 0; i < a->n_set && !ret; i++) {
		line = a->set[i].line;
		ret = congctl_object_set(*obj, a->set[i].name, a->set[i].value, &inner);
	}
	if (!ret) {
		line = a->line;
		ret = congctl_object_load(*obj, &inner);
	}
	if (ret)
		congctl_fail(err, ret, "%s:%zu: %s", policy->file, line, inner.text);
	if (err && !err->log) {
		err->log = inner.log;
		inner.log = NULL;
	}
	congctl_error_clear(&inner);
	return ret;
}

static int prepare_all(struct congctl_plan *plan, struct congctl_error *err)
{
	const struct policy *policy = &plan->policy;
	int ret = 0;

	plan->wanted = calloc(policy->n_algorithms + 1, sizeof(*plan->wanted));
	plan->objects = calloc(policy->n_algorithms + 1, sizeof(*plan->objects));
	if (!plan->wanted || !plan->objects)
		return congctl_fail(err, -ENOMEM, "out of memory");
	for (size_t i = 0; i < policy->n_algorithms; i++) {
		const struct policy_algorithm *a = &policy->algorithms[i];

		ret = prepare(&plan->objects[i], plan->wanted[i].own_name, policy, a, err);
		if (ret)
			return ret;
		plan->wanted[i].object = a->object;
		plan->wanted[i].line = a->line;
		plan->wanted[i].info = congctl_object_info(plan->objects[i]);
		plan->sides.n_wanted++;
	}
	return 0;
}

/* Is there such a namespace or cgroup? */
static int find_place(const struct congctl_selection *s, struct congctl_error *err)
{
	struct namespace ns;
	uint64_t id;
	int ret = 0;

	if (s->scope == CONGCTL_SCOPE_CGROUP && access(s->where, F_OK)) /* it goes by its whole path, so that the rule is known again */
		return congctl_fail(err, -ENOENT, "no cgroup '%.512s': %s: make it first, or give its whole path", s->where, strerror(errno));
	if (s->scope == CONGCTL_SCOPE_CGROUP) {
		ret = cgroup_open(s->where, &id, err);
		if (ret >= 0)
			close(ret);
	} else if (s->scope == CONGCTL_SCOPE_NETNS) {
		ret = namespace_open(&ns, s->where, err);
		if (!ret)
			namespace_close(&ns);
	}
	return ret < 0 ? ret : 0;
}

static int check_places(const struct policy *policy, struct congctl_error *err)
{
	struct congctl_error inner = {};

	for (const struct policy_rule *r = policy->rules; r < policy->rules + policy->n_rules; r++) {
		int ret = find_place(&r->selection, &inner);

		if (ret)
			return congctl_fail(err, ret, "%s:%zu: %s", policy->file, r->line, inner.text);
		for (const struct policy_rule *before = policy->rules; before < r; before++) {
			if (policy_is_one_place(&before->selection, &r->selection))
				return congctl_fail(err, -EINVAL, "%s:%zu: %s %.512s is the place of line %zu: give it one algorithm",
						    policy->file, r->line, policy_scope(r->selection.scope), r->selection.where,
						    before->line);
		}
	}
	return 0;
}

/* What congctl_update() would refuse when it makes change `i` */
static int check_update(const struct congctl_plan *plan, size_t i, struct congctl_error *err)
{
	const size_t wanted = plan->changes.steps[i].wanted;
	struct registered now;

	if (registry_find(plan->wanted[wanted].info->name, &now)) /* gone meanwhile */
		return 0;
	return build_check_name(plan->objects[wanted], plan->wanted[wanted].own_name, &now, err);
}

/* Will everybody be allowed to have it then? What one namespace could be given, the others can: if it was restricted, that was the first one. */
static bool becomes_allowed(const struct congctl_plan *plan, size_t i, const char *name)
{
	for (size_t k = 0; k < plan->sides.n_wanted; k++) {
		if (plan->wanted[k].info->non_restricted && !strcmp(plan->wanted[k].info->name, name))
			return true;
	}
	for (size_t k = 0; k < i; k++) {
		const struct policy_rule *rule;

		if (plan->changes.shown[k].kind != CONGCTL_CHANGE_USE)
			continue;
		rule = &plan->policy.rules[plan->changes.steps[k].rule];
		if (!strcmp(rule->name, name) && (rule->selection.scope == CONGCTL_SCOPE_DEFAULT ||
						    rule->selection.scope == CONGCTL_SCOPE_NETNS))
			return true;
	}
	return false;
}

/* What congctl_use() would refuse when it makes change `i` */
static int check_use(const struct congctl_plan *plan, size_t i, struct congctl_error *err)
{
	const struct policy_rule *rule = &plan->policy.rules[plan->changes.steps[i].rule];
	const struct congctl_selection *s = &rule->selection;
	struct route_prefix prefix;
	struct namespace ns;
	int ret;

	switch (s->scope) {
	case CONGCTL_SCOPE_PREFIX:
		ret = route_parse(s->where, &prefix, err);
		return ret ? ret : select_prefix_check(&prefix, err);
	case CONGCTL_SCOPE_DEFAULT:
	case CONGCTL_SCOPE_NETNS:
		if (becomes_allowed(plan, i, rule->name))
			return 0;
		ret = *s->where ? namespace_open(&ns, s->where, err) : namespace_own(&ns, err);
		if (ret)
			return ret;
		ret = namespace_check_default(&ns, rule->name, err);
		namespace_close(&ns);
		return ret;
	default: /* check_places() has looked for it */
		return 0;
	}
}

static bool has_another_choice(const struct congctl_plan *plan, size_t i, const struct congctl_selection *s)
{
	for (; i < plan->changes.n && !*s->netns; i++) {
		const struct policy_step *step = &plan->changes.steps[i];
		const struct congctl_selection *changed;

		if (plan->changes.shown[i].kind == CONGCTL_CHANGE_USE)
			changed = &plan->policy.rules[step->rule].selection;
		else if (plan->changes.shown[i].kind == CONGCTL_CHANGE_DROP)
			changed = &plan->rules[step->rule].selection;
		else
			continue;
		if (policy_same_place(changed, s) || policy_is_one_place(changed, s))
			return true;
	}
	return false;
}

static bool is_unregistered(const struct congctl_plan *plan, size_t i, const char *name)
{
	for (; i < plan->changes.n; i++) {
		if (plan->changes.shown[i].kind == CONGCTL_CHANGE_UNREGISTER && !strcmp(plan->changes.shown[i].what, name))
			return true;
	}
	return false;
}

int policy_check_unchosen(const struct congctl_plan *plan, size_t i, struct congctl_error *err)
{
	struct congctl_rule *rules;
	size_t n;
	int ret = congctl_rules(&rules, &n, err);

	for (size_t k = 0; !ret && k < n; k++) {
		const struct congctl_selection *s = &rules[k].selection;
		const char *name = rules[k].name;

		if (is_unregistered(plan, i, name) && !has_another_choice(plan, i, s))
			ret = congctl_fail(err, -EBUSY, "cannot unregister '%s': it is still the choice of %s%s%.200s: "
					   "'congctl unregister %s --drain', or name it in the file", name, policy_scope(s->scope),
					   *s->where ? " " : "", s->where, name);
	}
	free(rules);
	return ret;
}

/* What would be refused only when other changes are made already */
static int check_changes(const struct congctl_plan *plan, struct congctl_error *err)
{
	struct congctl_error inner = {};
	bool unregisters = false;
	size_t line = 0;
	int ret = 0;

	for (size_t i = 0; i < plan->changes.n && !ret; i++) {
		const struct policy_step *step = &plan->changes.steps[i];

		if (plan->changes.shown[i].kind == CONGCTL_CHANGE_UPDATE) {
			ret = check_update(plan, i, &inner);
			line = plan->wanted[step->wanted].line;
		} else if (plan->changes.shown[i].kind == CONGCTL_CHANGE_USE) {
			ret = check_use(plan, i, &inner);
			line = plan->policy.rules[step->rule].line;
		}
		unregisters |= plan->changes.shown[i].kind == CONGCTL_CHANGE_UNREGISTER;
	}
	if (ret)
		return congctl_fail(err, ret, "%s:%zu: %s", plan->policy.file, line, inner.text);
	return unregisters ? policy_check_unchosen(plan, 0, err) : 0;
}

/* Not while another plan is being carried out. Whoever may not lock it may look all the same. */
static int read_present(struct congctl_plan *plan, struct congctl_error *err)
{
	int lock = policy_lock(), ret;

	if (lock == -EBUSY)
		return policy_busy(err);
	ret = policy_read_present(plan, err);
	policy_unlock(lock);
	return ret;
}

int congctl_plan_open(struct congctl_plan **out, const char *file, bool prune, struct congctl_error *err)
{
	struct congctl_plan *plan = calloc(1, sizeof(*plan));
	int ret;

	*out = NULL;
	if (!plan)
		return congctl_fail(err, -ENOMEM, "out of memory");
	ret = policy_load(&plan->policy, file, err);
	if (!ret)
		ret = congctl_require(err);
	if (!ret)
		ret = check_places(&plan->policy, err);
	if (!ret)
		ret = prepare_all(plan, err);
	if (!ret)
		ret = read_present(plan, err);
	if (!ret) {
		plan->sides.file = file;
		plan->sides.prune = prune;
		plan->sides.wanted = plan->wanted;
		plan->sides.wanted_rules = plan->policy.rules;
		plan->sides.n_wanted_rules = plan->policy.n_rules;
		ret = policy_diff(&plan->changes, &plan->sides, err);
	}
	if (!ret)
		ret = check_changes(plan, err);
	if (ret) {
		congctl_plan_close(plan);
		return ret;
	}
	*out = plan;
	return 0;
}

static void forget_present(struct congctl_plan *plan)
{
	for (size_t i = 0; plan->running && i < plan->sides.n_present; i++)
		congctl_object_close(plan->running[i]);
	free(plan->present);
	free(plan->running);
	free(plan->rules);
	plan->present = NULL;
	plan->running = NULL;
	plan->rules = NULL;
	plan->sides.n_present = plan->sides.n_present_rules = 0;
}

static bool same_changes(const struct policy_changes *a, const struct policy_changes *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct congctl_change *x = &a->shown[i], *y = &b->shown[i];

		if (x->kind != y->kind || strcmp(x->what, y->what) || strcmp(x->from, y->from) || strcmp(x->to, y->to))
			return false;
	}
	return true;
}

int policy_read_again(struct congctl_plan *plan, size_t *left, struct congctl_error *err)
{
	struct policy_changes now;
	int ret;

	forget_present(plan);
	ret = policy_read_present(plan, err);
	if (!ret)
		ret = policy_diff(&now, &plan->sides, err);
	if (ret)
		return ret;
	*left = now.n;
	if (now.n && !same_changes(&now, &plan->changes)) {
		policy_changes_free(&now);
		return congctl_fail(err, -EBUSY, "somebody else changed the machine meanwhile: look at the difference and apply %s again",
				    plan->sides.file);
	}
	if (now.n) { /* what was shown stays where it is */
		free(plan->changes.steps);
		plan->changes.steps = now.steps;
		now.steps = NULL;
	}
	policy_changes_free(&now);
	return 0;
}

void congctl_plan_close(struct congctl_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; plan->objects && i < plan->policy.n_algorithms; i++)
		congctl_object_close(plan->objects[i]);
	forget_present(plan);
	policy_changes_free(&plan->changes);
	policy_free(&plan->policy);
	free(plan->wanted);
	free(plan->objects);
	free(plan);
}

size_t congctl_plan_changes(const struct congctl_plan *plan, const struct congctl_change **changes)
{
	*changes = plan->changes.shown;
	return plan->changes.n;
}
