// SPDX-License-Identifier: GPL-2.0-only
/* Tunables take values: in a file before it is loaded, in the kernel while it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <congctl/units.h>

#include "lock.h"
#include "object.h"
#include "registry.h"
#include "undo.h"

#define LOCK_MS 1000 /* a write takes microseconds, a choice milliseconds */

/* "a, b, c" */
static const char *names_of(const struct congctl_info *info, char *buf, size_t size)
{
	size_t n = 0;

	snprintf(buf, size, "none");
	for (size_t i = 0; i < info->n_tunables && n < size; i++)
		n += snprintf(buf + n, size - n, "%s%s", i ? ", " : "", info->tunables[i].name);
	return buf;
}

static int parse(const struct congctl_tunable *t, const char *name, const char *value, uint64_t *number, struct congctl_error *err)
{
	unsigned long long min = t->min, max = t->max;
	const char *example = congctl_unit_example(t->unit);
	char low[40], high[40], now[40];
	int ret;

	ret = congctl_parse_in(value, t->unit, number);
	if (ret == -EINVAL)
		return congctl_fail(err, ret, "'%s' is not a value for tunable '%s' of '%s': give a decimal number from %llu to %llu%s%s",
				    value, t->name, name, min, max, example ? ", or " : "", example ? example : "");
	if (ret == -EDOM)
		return congctl_fail(err, -ERANGE, "%s is too little for tunable '%s' of '%s', which counts whole %s: give %llu or more of them",
				    value, t->name, name, t->unit, min);
	if (!ret && *number >= t->min && *number <= t->max)
		return 0;
	congctl_format_in(low, sizeof(low), t->min, t->unit);
	congctl_format_in(high, sizeof(high), t->max, t->unit);
	snprintf(now, sizeof(now), "%llu", (unsigned long long)*number);
	if (ret || !example || !strcmp(now, value)) /* they speak in plain numbers */
		return congctl_fail(err, -ERANGE, "%s is out of range for tunable '%s' of '%s': give %llu to %llu", value, t->name, name,
				    min, max);
	return congctl_fail(err, -ERANGE, "%s, which is %s, is out of range for tunable '%s' of '%s': give %llu to %llu, which is %s to %s",
			    value, now, t->name, name, min, max, low, high);
}

int congctl_parse_tunable(const struct congctl_info *info, const char *name, const char *text, uint64_t *value, struct congctl_error *err)
{
	char names[512];
	int ret;

	for (size_t i = 0; i < info->n_tunables; i++) {
		if (strcmp(info->tunables[i].name, name))
			continue;
		ret = parse(&info->tunables[i], info->name, text, value, err);
		return ret ? ret : (int)i;
	}
	return congctl_fail(err, -ENOENT, "'%s' has no tunable '%s': it has %s", info->name, name, names_of(info, names, sizeof(names)));
}

int congctl_object_set(struct congctl_object *obj, const char *tunable, const char *value, struct congctl_error *err)
{
	uint64_t number;
	int i;

	if (!obj->name || obj->file->bpf)
		return congctl_fail(err, -EBUSY, "'%s' is loaded already: set its tunables before", obj->info.name);
	i = congctl_parse_tunable(&obj->info, tunable, value, &number, err);
	if (i < 0)
		return i;
	slot_store(&obj->slots[i], obj->slots[i].data, number);
	obj->tunables[i].value = number;
	return 0;
}

/* Of a running one: can it be changed at all? */
static int check_slot(const struct congctl_object *obj, int i, struct congctl_error *err)
{
	const struct slot *slot = &obj->slots[i];

	if (slot->constant)
		return congctl_fail(err, -EROFS, "tunable '%s' of '%s' is constant once it is loaded: 'congctl register FILE --as NAME --set %s=VALUE' starts another with it",
				    obj->tunables[i].name, obj->info.name, obj->tunables[i].name);
	if (!slot->map_id)
		return congctl_fail(err, -ENODATA, "tunable '%s' of '%s' is used by none of its programs: it has no value to change",
				    obj->tunables[i].name, obj->info.name);
	return 0;
}

int congctl_running_check(const struct congctl_object *obj, const char *tunable, const char *value, uint64_t *number,
			  struct congctl_error *err)
{
	uint64_t ignored;
	int i;

	if (!obj->info.registered)
		return congctl_fail(err, -EINVAL, "'%s' does not run: its tunables are set before it is loaded", obj->info.name);
	i = congctl_parse_tunable(&obj->info, tunable, value, number ? number : &ignored, err);
	return i < 0 ? i : check_slot(obj, i, err);
}

/*
 * The whole section in one system call, which nothing can cut short: it holds nothing but tunables. Under a lock, where one is to be had, so
 * that two who change different tunables at once do not undo each other.
 */
static int write_section(int fd, uint32_t size, const struct slot *const *slots, const uint64_t *numbers, size_t n)
{
	uint8_t *value = calloc(1, size);
	uint32_t zero = 0;
	int ret, lock;

	if (!value)
		return -ENOMEM;
	lock = lock_directory(UNDO_DIR, true, LOCK_MS);
	ret = bpf_map_lookup_elem(fd, &zero, value) ? -errno : 0;
	for (size_t i = 0; i < n; i++)
		slot_store(slots[i], value, numbers[i]);
	if (!ret && bpf_map_update_elem(fd, &zero, value, BPF_ANY))
		ret = -errno;
	unlock_directory(UNDO_DIR, lock);
	free(value);
	return ret;
}

/* Variable by variable: others beside them change while the programs run. */
static int write_variables(int fd, uint32_t size, const struct slot *const *slots, const uint64_t *numbers, size_t n)
{
	uint8_t *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < n; i++)
		slot_store(slots[i], data, numbers[i]);
	munmap(data, size);
	return 0;
}

/* Those of the assignments that lie in this map. */
static int write_map(struct congctl_object *obj, uint32_t map_id, const int *at, const uint64_t *numbers, size_t n)
{
	const struct slot *slots[CONGCTL_ASSIGNMENTS_MAX];
	uint64_t values[CONGCTL_ASSIGNMENTS_MAX];
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	size_t count = 0;
	int fd = bpf_map_get_fd_by_id(map_id), ret;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n; i++) {
		if (obj->slots[at[i]].map_id != map_id)
			continue;
		slots[count] = &obj->slots[at[i]];
		values[count++] = numbers[i];
	}
	ret = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	if (!ret && slots[0]->alone)
		ret = write_section(fd, info.value_size, slots, values, count);
	else if (!ret)
		ret = write_variables(fd, info.value_size, slots, values, count);
	close(fd);
	return ret;
}

/* Map by map; the first assignment of each writes for all of that map. */
static int write_all(struct congctl_object *obj, const int *at, const uint64_t *numbers, size_t n, struct congctl_error *err)
{
	struct registered now;
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		bool first = true;

		for (size_t k = 0; k < i; k++)
			first &= obj->slots[at[k]].map_id != obj->slots[at[i]].map_id;
		if (first)
			ret = write_map(obj, obj->slots[at[i]].map_id, at, numbers, n);
	}
	if (!ret) /* an old build that connections still have takes values as well */
		ret = registry_find(obj->info.name, &now);
	if (ret == -ENOENT || (!ret && now.map_id != obj->map_id))
		return congctl_fail(err, -ENOENT, "'%s' went away meanwhile: look with 'congctl list' and try again", obj->info.name);
	if (ret)
		return congctl_fail(err, ret, "cannot write the tunables of '%s': %s: run it as root or give it CAP_SYS_ADMIN", obj->info.name,
				    strerror(-ret));
	return 0;
}

int congctl_running_set_all(struct congctl_object *obj, const struct congctl_assignment *assignments, size_t n,
			    struct congctl_error *err)
{
	uint64_t numbers[CONGCTL_ASSIGNMENTS_MAX];
	int at[CONGCTL_ASSIGNMENTS_MAX], ret;

	if (n > CONGCTL_ASSIGNMENTS_MAX)
		return congctl_fail(err, -E2BIG, "%zu assignments at once: %d are the most", n, CONGCTL_ASSIGNMENTS_MAX);
	for (size_t i = 0; i < n; i++) {
		ret = congctl_running_check(obj, assignments[i].tunable, assignments[i].value, NULL, err);
		if (ret)
			return ret;
		at[i] = congctl_parse_tunable(&obj->info, assignments[i].tunable, assignments[i].value, &numbers[i], err);
	}
	ret = write_all(obj, at, numbers, n, err);
	for (size_t i = 0; i < n && !ret; i++)
		obj->tunables[at[i]].value = numbers[i];
	return ret;
}

int congctl_running_set(struct congctl_object *obj, const char *tunable, const char *value, struct congctl_error *err)
{
	return congctl_running_set_all(obj, &(struct congctl_assignment){tunable, value}, 1, err);
}
