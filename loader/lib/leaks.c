// SPDX-License-Identifier: GPL-2.0-only
/* What is left of algorithms that should be gone: in the registry, in the kernel's memory, among the pins. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_rule.h"
#include "doctor.h"
#include "held.h"
#include "name.h"
#include "previous.h"
#include "registry.h"
#include "select.h"

/* Registered and yet not to be chosen */
static bool find_unlisted(struct findings *f, const struct registered *list, size_t n)
{
	bool clean = true;

	for (size_t i = 0; i < n; i++) {
		struct congctl_finding *it;

		if (congctl_is_available(list[i].name))
			continue;
		clean = false;
		it = finding(f, "registered, not listed", CONGCTL_WARN);
		finding_say(it, "'%s' (struct_ops map %u) is not among the kernel's algorithms", list[i].name, list[i].map_id);
		finding_remedy(it, "'congctl unregister --force %s'", list[i].name);
	}
	return clean;
}

/* Not registered any more and yet in use */
static bool find_old(struct findings *f, const struct registered *list, size_t n)
{
	bool clean = true;

	for (size_t i = 0; i < n; i++) {
		struct congctl_finding *it;

		if (list[i].users <= 0)
			continue;
		clean = false;
		it = finding(f, "old build in use", CONGCTL_WARN);
		finding_say(it, "'%s' (struct_ops map %u) is unregistered and has %lld user%s", list[i].name, list[i].map_id,
			    (long long)list[i].users, list[i].users == 1 ? "" : "s");
		if (congctl_is_available(list[i].name))
			finding_remedy(it, "connections end by themselves, a default stays until it is changed; 'congctl users %s' names them", list[i].name);
		else
			finding_remedy(it, "connections end by themselves, and 'congctl use NAME --from %s' moves them; a default stays until it is changed", list[i].name);
	}
	return clean;
}

static bool find_pin(struct findings *f, const char *dir, const char *entry)
{
	char path[PATH_MAX];
	struct congctl_finding *it;

	snprintf(path, sizeof(path), "%s/%s", dir, entry);
	if (registry_pin_map(path))
		return true;
	it = finding(f, "pin of nothing", CONGCTL_WARN);
	finding_say(it, "%.200s: its registration was taken from it", path);
	finding_remedy(it, "'rm %.200s'", path);
	return false;
}

static bool find_pins(struct findings *f)
{
	DIR *dir = opendir(CONGCTL_PIN_DIR);
	bool clean = true;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		struct congctl_finding *it;

		if (*d->d_name == '.' || d->d_type == DT_DIR)
			continue;
		if (!held_is(d->d_name)) {
			clean &= find_pin(f, CONGCTL_PIN_DIR, d->d_name);
		} else if (held_is_orphan(d->d_name)) {
			clean = false;
			it = finding(f, "held by nobody", CONGCTL_WARN);
			finding_say(it, "%s/%.128s: its process is gone", CONGCTL_PIN_DIR, d->d_name);
			finding_remedy(it, "'congctl list' sweeps it away");
		}
	}
	if (dir)
		closedir(dir);
	return clean;
}

/* A former build of what is not registered, or of a swap that was cut short */
static bool find_previous(struct findings *f)
{
	DIR *dir = opendir(PREVIOUS_DIR);
	bool clean = true;
	struct dirent *d;

	while (dir && (d = readdir(dir))) {
		char name[CONGCTL_NAME_MAX + 1], pin[PATH_MAX];
		struct congctl_finding *it;

		if (*d->d_name == '.')
			continue;
		name_from_pin(d->d_name + strspn(d->d_name, "~"), name);
		name_pin_path(name, pin);
		if (*d->d_name != '~' && registry_pin_map(pin))
			continue;
		clean = false;
		it = finding(f, "former build", CONGCTL_WARN);
		if (previous_is_marked(name) && strspn(d->d_name, "~") == 2) {
			finding_say(it, "a rollback of '%s' was cut short before all sockets were moved, or is under way", name);
			finding_remedy(it, "'congctl rollback --migrate %s' goes on with it", name);
			continue;
		}
		finding_say(it, "%s/%.32s: %s", PREVIOUS_DIR, d->d_name,
			    *d->d_name == '~' ? "a swap was cut short, or is under way" : "its algorithm is not registered");
		finding_remedy(it, "'congctl list' puts it in order");
	}
	if (dir)
		closedir(dir);
	return clean;
}

/* Has somebody else changed what was chosen? A later choice may stand upon it. */
static bool is_lost(const struct undo_saved *saved, size_t at)
{
	const struct undo_record *u = &saved[at].record;

	if (select_is_move(u->scope) || u->pending)
		return false;
	for (size_t i = 0; i < at; i++) { /* the newest first */
		if (undo_same_place(&saved[i].record, u))
			return false;
	}
	return !select_stands(u);
}

static void tell_record(struct findings *f, const struct undo_saved *saved, const char *gone, bool lost)
{
	struct congctl_finding *it = finding(f, "undo record", CONGCTL_WARN);
	const struct undo_record *u = &saved->record;

	finding_say(it, "%s, the choice of '%s': %s", saved->id, u->name, gone ? gone : lost ? "it has been changed since" :
		    "what it would put back is not registered");
	if (gone || lost)
		finding_remedy(it, "'congctl use --undo %s' forgets it", saved->id);
	else
		finding_remedy(it, "register '%s', or 'rm %s/%s' to forget it", u->before, UNDO_DIR, saved->id);
}

/* What cannot be undone as it stands */
static bool find_undo_records(struct findings *f)
{
	struct undo_saved *saved;
	const char **gone;
	bool clean = true;
	size_t n;

	if (undo_list(&saved, &n))
		return true;
	gone = calloc(n + 1, sizeof(*gone));
	if (gone)
		select_gone(saved, n, true, gone);
	for (size_t i = 0; i < n && gone; i++) {
		const char *before = saved[i].record.before;
		bool lost = !gone[i] && is_lost(saved, i);

		if (!gone[i] && !lost && (!*before || congctl_is_available(before)))
			continue;
		clean = false;
		tell_record(f, &saved[i], gone[i], lost);
	}
	free(gone);
	free(saved);
	return clean;
}

void find_leaks(struct findings *f)
{
	struct registered *now, *old = NULL;
	struct congctl_finding *it;
	size_t n_now, n_old;
	bool clean;

	if (registry_walk(&now, &n_now) || registry_walk_old(&old, &n_old)) {
		it = finding(f, "leaks", CONGCTL_WARN);
		finding_say(it, "cannot look for them: only CAP_SYS_ADMIN may");
		finding_remedy(it, "run it as root");
		goto out;
	}
	clean = find_unlisted(f, now, n_now);
	clean &= find_old(f, old, n_old);
	clean &= find_pins(f);
	clean &= find_previous(f);
	clean &= find_undo_records(f);
	if (clean)
		finding_say(finding(f, "leaks", CONGCTL_PASS), "none; %zu registered", n_now);
out:
	free(now);
	free(old);
}
