// SPDX-License-Identifier: GPL-2.0-only
/* The changes of a plan, made one by one, but an algorithm's tunables at once; when one fails, those before it are undone, the last one
 * first. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lock.h"
#include "name.h"
#include "policy.h"
#include "previous.h"
#include "source.h"
#include "undo.h"

#define APPLY_DIR CONGCTL_PIN_DIR "/~apply" /* locked by who carries out a plan */
#define LOCK_MS 30000

/* what the way back of one change needs */
struct done {
	char undo[CONGCTL_UNDO_MAX];             /* use */
	int map_fd;                              /* unregister: its map, which keeps the programs and the tunables alive; -1: none */
	int former_fd;                           /* update, unregister: the same of its former build */
	char source[PATH_MAX], former[PATH_MAX]; /* the files they came from; empty: unknown */
};

/* --- each kind of change and its way back ------------------------------------------------------------------------------- */

static int register_object(struct congctl_object *obj, struct congctl_error *err)
{
	int ret = congctl_object_register(obj, err);

	if (!ret)
		ret = congctl_object_pin(obj, err);
	if (ret)
		object_release(obj);
	return ret;
}

/* The settings of one algorithm stand one after another. How many begin at `i`; 0: it is not the first of them. */
static size_t count_settings(const struct congctl_plan *plan, size_t i)
{
	const struct policy_changes *c = &plan->changes;
	size_t n = 1;

	if (i && c->shown[i - 1].kind == CONGCTL_CHANGE_SET && c->steps[i - 1].wanted == c->steps[i].wanted)
		return 0;
	while (i + n < c->n && c->shown[i + n].kind == CONGCTL_CHANGE_SET && c->steps[i + n].wanted == c->steps[i].wanted)
		n++;
	return n;
}

/* All of one algorithm at once, with the first of them. */
static int set_tunables(const struct congctl_plan *plan, size_t i, bool back, struct congctl_error *err)
{
	const struct policy_step *steps = &plan->changes.steps[i];
	const struct congctl_info *info = plan->wanted[steps->wanted].info;
	struct congctl_assignment list[CONGCTL_ASSIGNMENTS_MAX];
	char numbers[CONGCTL_ASSIGNMENTS_MAX][24];
	size_t n = count_settings(plan, i);
	struct congctl_object *running;
	int ret;

	if (!n)
		return 0;
	ret = congctl_running_open(&running, info->name, err);
	if (ret)
		return ret;
	for (size_t k = 0; k < n; k++) {
		snprintf(numbers[k], sizeof(numbers[k]), "%" PRIu64, back ? steps[k].from : steps[k].to);
		list[k] = (struct congctl_assignment){info->tunables[steps[k].tunable].name, numbers[k]};
	}
	ret = congctl_running_set_all(running, list, n, err);
	congctl_object_close(running);
	return ret;
}

static int give_up(const char *name, struct done *done, struct congctl_error *err)
{
	struct registered found;
	int ret = registry_find(name, &found);

	if (ret)
		return congctl_fail(err, ret, "'%s' went away meanwhile: look at the difference and apply again", name);
	done->map_fd = bpf_map_get_fd_by_id(found.map_id);
	if (done->map_fd < 0)
		return congctl_fail(err, -errno, "cannot open the map of '%s': %s", name, strerror(errno));
	return congctl_unregister(name, NULL, err);
}

/* What an update or unregistering is about to forget */
static void remember(const char *name, struct done *done)
{
	if (!source_of(name, done->source))
		*done->source = '\0';
	if (!source_of_former(name, done->former))
		*done->former = '\0';
	done->former_fd = previous_open(name);
}

/* What is registered under the name is again what was; so is its former build. */
static int restore(const char *name, const struct done *done, struct congctl_error *err)
{
	int ret = previous_replace(name, done->former_fd);

	source_note(name, done->source);
	source_note_former(name, done->former);
	return ret ? congctl_fail(err, ret, "cannot pin the former build of '%s' again: %s", name, strerror(-ret)) : 0;
}

/* The map of a link that is gone can have another one. */
static int take_back(const char *name, const struct done *done, struct congctl_error *err)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	fd = bpf_link_create(done->map_fd, 0, KERNEL_ATTACH_STRUCT_OPS, NULL);
	if (fd < 0)
		return congctl_fail(err, -errno, "cannot register '%s' again (%s): 'congctl register' it from its file", name, strerror(errno));
	name_pin_path(name, path);
	if (bpf_obj_pin(fd, path))
		ret = congctl_fail(err, -errno, "cannot pin '%s' again at %s (%s): 'congctl register' it from its file", name, path,
				  strerror(errno));
	close(fd);
	return ret ? ret : restore(name, done, err);
}

/* Several selections of a place may lie on each other, each with its record: all of them go, or none. */
static int drop(const struct congctl_rule *rule, struct congctl_error *err)
{
	const char *undo = rule->undo;
	struct congctl_rule *rules = NULL;
	struct congctl_moved moved;
	bool dropped = false;
	size_t n, i;
	int ret = 0;

	while (undo && !ret) {
		ret = congctl_undo(undo, &moved, err);
		dropped |= !ret;
		free(rules);
		rules = NULL;
		undo = NULL;
		if (!ret)
			ret = policy_read_rules(&rules, &n, err);
		for (i = 0; !ret && i < n && !undo; i++) {
			if (policy_same_place(&rules[i].selection, &rule->selection) && *rules[i].undo)
				undo = rules[i].undo;
		}
	}
	free(rules);
	if (ret && dropped)
		congctl_use(rule->name, &rule->selection, &moved, NULL);
	return ret;
}

static int disown(const char *name, struct congctl_error *err)
{
	char path[PATH_MAX];

	name_pin_path(name, path);
	return unlink(path) ? congctl_fail(err, -errno, "cannot remove %s: %s", path, strerror(errno)) : 0;
}

static int make(struct congctl_plan *plan, size_t i, struct done *done, struct congctl_error *err)
{
	const struct policy_step *step = &plan->changes.steps[i];
	const struct policy_rule *rule = &plan->policy.rules[step->rule];
	const char *name = plan->changes.shown[i].what;
	struct congctl_moved moved = {};
	int ret = 0;

	switch (plan->changes.shown[i].kind) {
	case CONGCTL_CHANGE_ADOPT:
		return congctl_adopt(name, err);
	case CONGCTL_CHANGE_REGISTER:
		return register_object(plan->objects[step->wanted], err);
	case CONGCTL_CHANGE_UPDATE:
		remember(name, done);
		return congctl_update(name, plan->wanted[step->wanted].object, false, &moved, err);
	case CONGCTL_CHANGE_SET:
		return set_tunables(plan, i, false, err);
	case CONGCTL_CHANGE_USE:
		ret = congctl_use(rule->name, &rule->selection, &moved, err);
		memcpy(done->undo, moved.undo, sizeof(done->undo));
		return ret;
	case CONGCTL_CHANGE_DROP:
		return drop(&plan->rules[step->rule], err);
	case CONGCTL_CHANGE_UNREGISTER:
		remember(name, done);
		ret = policy_check_unchosen(plan, i, err);
		return ret ? ret : give_up(name, done, err);
	}
	return -EINVAL;
}

static int unmake(struct congctl_plan *plan, size_t i, const struct done *done, struct congctl_error *err)
{
	const struct policy_step *step = &plan->changes.steps[i];
	const struct congctl_rule *rule = &plan->rules[step->rule];
	const char *name = plan->changes.shown[i].what;
	struct congctl_moved moved = {};
	int ret;

	switch (plan->changes.shown[i].kind) {
	case CONGCTL_CHANGE_ADOPT:
		return disown(name, err);
	case CONGCTL_CHANGE_REGISTER:
		congctl_object_unpin(plan->objects[step->wanted]);
		object_release(plan->objects[step->wanted]); /* before 6.4 the end of the process that made it does not */
		return 0;
	case CONGCTL_CHANGE_UPDATE:
		ret = congctl_rollback(name, false, &moved, err);
		return ret ? ret : restore(name, done, err);
	case CONGCTL_CHANGE_SET:
		return set_tunables(plan, i, true, err);
	case CONGCTL_CHANGE_USE:
		return *done->undo ? congctl_undo(done->undo, &moved, err) : 0;
	case CONGCTL_CHANGE_DROP:
		return congctl_use(rule->name, &rule->selection, &moved, err);
	case CONGCTL_CHANGE_UNREGISTER:
		return take_back(name, done, err);
	}
	return -EINVAL;
}

/* --- all of them ------------------------------------------------------------------------------------------------------------ */

/* Undo the first `n`; what cannot be undone is said after the sentence that it began with. */
static void undo_all(struct congctl_plan *plan, const struct done *done, size_t n, struct congctl_error *err)
{
	for (size_t i = n; i-- > 0;) {
		struct congctl_error inner = {};
		size_t end = err ? strlen(err->text) : 0;

		if (unmake(plan, i, &done[i], &inner) && err)
			snprintf(err->text + end, sizeof(err->text) - end, "; %s could not be put back: %s",
				 plan->changes.shown[i].what, inner.text);
		congctl_error_clear(&inner);
	}
}

/* A signal in between would leave half of it: it has to wait. */
static void block_signals(sigset_t *before)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &ending, before);
}

/* All or none of them */
static int make_all(struct congctl_plan *plan, struct done *done, size_t n, struct congctl_error *err)
{
	size_t made = 0;
	int ret = 0;

	while (made < n) {
		done[made].map_fd = done[made].former_fd = -1;
		ret = make(plan, made, &done[made], err);
		if (ret)
			break;
		made++;
	}
	if (ret)
		undo_all(plan, done, made, err);
	for (size_t i = 0; i < n && !ret; i++) {
		if (plan->changes.shown[i].kind == CONGCTL_CHANGE_UNREGISTER) /* nothing can put it back as a choice */
			undo_merge(plan->changes.shown[i].what);
	}
	for (size_t i = 0; i < n && i <= made; i++) {
		if (done[i].map_fd >= 0)
			close(done[i].map_fd);
		if (done[i].former_fd >= 0)
			close(done[i].former_fd);
	}
	return ret;
}

int policy_lock(void)
{
	return lock_directory(APPLY_DIR, true, LOCK_MS);
}

void policy_unlock(int lock)
{
	unlock_directory(APPLY_DIR, lock);
}

int policy_busy(struct congctl_error *err)
{
	return congctl_fail(err, -EBUSY, "another 'congctl apply' is at work: wait until it is done");
}

void policy_sweep(void)
{
	policy_unlock(lock_directory(APPLY_DIR, false, 0));
}

int congctl_plan_apply(struct congctl_plan *plan, struct congctl_error *err)
{
	struct done *done = calloc(plan->changes.n + 1, sizeof(*done));
	int lock, ret;
	sigset_t before;
	size_t n;

	if (!done)
		return congctl_fail(err, -ENOMEM, "out of memory");
	block_signals(&before);
	ret = lock = policy_lock();
	if (lock == -EBUSY)
		policy_busy(err);
	else if (lock < 0)
		lock_explain(APPLY_DIR, ret, err);
	else
		ret = policy_read_again(plan, &n, err);
	if (!ret)
		ret = make_all(plan, done, n, err);
	policy_unlock(lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	free(done);
	return ret;
}
