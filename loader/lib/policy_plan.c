// SPDX-License-Identifier: GPL-2.0-only
/* From a policy file to the changes it asks for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"

/* One algorithm of the file: opened, named, its tunables set, loaded. */
static int prepare(struct congctl_object **obj, const struct policy *policy, const struct policy_algorithm *a,
		   struct congctl_error *err)
{
	struct congctl_error inner = {};
	size_t line = a->line;
	int ret = congctl_object_open(obj, a->object, &inner);

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

		ret = prepare(&plan->objects[i], policy, a, err);
		if (ret)
			return ret;
		plan->wanted[i] = (struct policy_wanted){.object = a->object, .line = a->line,
							 .info = congctl_object_info(plan->objects[i])};
		plan->sides.n_wanted++;
	}
	return 0;
}

/* A cgroup goes by its whole path, so that the rule found later is known again. */
static int check_cgroups(const struct policy *policy, struct congctl_error *err)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		if (r->selection.scope == CONGCTL_SCOPE_CGROUP && access(r->selection.where, F_OK))
			return congctl_fail(err, -ENOENT, "%s:%zu: no cgroup '%.512s': %s: make it first, or give its whole path",
					    policy->file, r->line, r->selection.where, strerror(errno));
	}
	return 0;
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
		ret = check_cgroups(&plan->policy, err);
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
