// SPDX-License-Identifier: GPL-2.0-only
/* Is what is registered the same build as a file? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build.h"
#include "kernel.h"

#define MAPS_MAX 64 /* maps of one program, as the kernel has it */

static bool same_tunables(const struct congctl_info *a, const struct congctl_info *b)
{
	if (a->n_tunables != b->n_tunables)
		return false;
	for (size_t i = 0; i < a->n_tunables; i++) {
		const struct congctl_tunable *x = &a->tunables[i], *y = &b->tunables[i];

		if (strcmp(x->name, y->name) || strcmp(x->type, y->type) || strcmp(x->unit, y->unit) || strcmp(x->text, y->text) ||
		    strcmp(x->effect, y->effect) || x->initial != y->initial || x->min != y->min || x->max != y->max)
			return false;
	}
	return true;
}

static const struct congctl_program *find_program(const struct congctl_info *info, const char *op)
{
	for (size_t i = 0; i < info->n_programs; i++) {
		if (!strcmp(info->programs[i].op, op))
			return &info->programs[i];
	}
	return NULL;
}

bool build_same_description(const struct congctl_info *a, const struct congctl_info *b)
{
	if (strcmp(a->title, b->title) || strcmp(a->reference, b->reference) || strcmp(a->status, b->status) ||
	    strcmp(a->kernel, b->kernel) || a->needs_ecn != b->needs_ecn || a->needs_pacing != b->needs_pacing ||
	    a->non_restricted != b->non_restricted || a->n_programs != b->n_programs || !same_tunables(a, b))
		return false;
	for (size_t i = 0; i < a->n_programs; i++) {
		const struct congctl_program *p = find_program(b, a->programs[i].op);

		if (!p || strcmp(p->name, a->programs[i].name))
			return false;
	}
	return true;
}

/* --- constants ---------------------------------------------------------------------------------------------------------------- */

/* What a program has in a frozen map that programs only read: .rodata and the like. NULL: it is none of these; free() it. */
static void *read_constants(uint32_t map_id, uint32_t *size, int *ret)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info), zero = 0;
	int fd = bpf_map_get_fd_by_id(map_id);
	void *data = NULL;

	*ret = fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	if (!*ret && info.type == BPF_MAP_TYPE_ARRAY && info.map_flags & BPF_F_RDONLY_PROG) {
		data = calloc(1, info.value_size);
		*ret = !data || bpf_map_lookup_elem(fd, &zero, data) ? -errno : 0;
		*size = info.value_size;
	}
	if (fd >= 0)
		close(fd);
	return data;
}

static bool same_constants(uint32_t map_a, uint32_t map_b)
{
	uint32_t size_a = 0, size_b = 0;
	int ret_a, ret_b;
	void *a = read_constants(map_a, &size_a, &ret_a), *b = read_constants(map_b, &size_b, &ret_b);
	bool same = !ret_a && !ret_b && size_a == size_b && (!size_a || !memcmp(a, b, size_a));

	free(a);
	free(b);
	return same;
}

/* --- programs ----------------------------------------------------------------------------------------------------------------- */

struct program {
	uint8_t tag[BPF_TAG_SIZE]; /* the kernel's digest of the instructions */
	uint32_t maps[MAPS_MAX];   /* in the order in which they are first used */
	uint32_t n_maps;
};

static int read_program(int fd, struct program *p)
{
	struct bpf_prog_info info = {.nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)p->maps};
	uint32_t len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	memcpy(p->tag, info.tag, sizeof(p->tag));
	p->n_maps = info.nr_map_ids;
	return 0;
}

/* A tunable that is constant has its value by --set: with one, constants do not tell builds apart. */
static bool has_constant_tunable(const struct congctl_object *obj)
{
	for (size_t i = 0; i < obj->info.n_tunables; i++) {
		if (obj->slots[i].constant)
			return true;
	}
	return false;
}

static bool same_program(const struct congctl_object *obj, const char *op, uint32_t prog_id)
{
	const struct congctl_program *p = find_program(&obj->info, op);
	const struct bpf_program *prog = p ? bpf_object__find_program_by_name(obj->bpf, p->name) : NULL;
	struct program theirs = {}, ours = {};
	int fd, ret;

	if (!prog || !prog_id)
		return !prog && !prog_id;
	fd = bpf_prog_get_fd_by_id(prog_id);
	ret = read_program(fd, &theirs);
	if (fd >= 0)
		close(fd);
	if (ret || read_program(bpf_program__fd(prog), &ours) || memcmp(ours.tag, theirs.tag, sizeof(ours.tag)) || ours.n_maps != theirs.n_maps)
		return false;
	for (uint32_t i = 0; i < ours.n_maps && !has_constant_tunable(obj); i++) {
		if (!same_constants(ours.maps[i], theirs.maps[i]))
			return false;
	}
	return true;
}

bool build_same(const struct congctl_object *obj, const struct congctl_object *running, const struct registered *r)
{
	const struct kernel_layout *layout = kernel_layout();

	if (!build_same_description(&obj->info, &running->info))
		return false;
	for (size_t i = 0; i < layout->n_ops; i++) {
		if (!same_program(obj, layout->ops[i].name, r->progs[i]))
			return false;
	}
	return true;
}

int build_check_name(const struct congctl_object *obj, const char *own_name, const struct registered *r, struct congctl_error *err)
{
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info);
	int fd, ret = 0;

	if (!strcmp(own_name, r->name))
		return 0;
	fd = bpf_map_get_fd_by_id(r->map_id);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		ret = congctl_fail(err, -errno, "cannot read the present build of '%s': %s", r->name, strerror(errno));
	else if (strncmp(obj->variable, info.name, sizeof(info.name) - 1))
		ret = congctl_fail(err, -EINVAL, "'%s' holds '%s', which is no build of '%s': to change over, register it and use "
				   "'congctl unregister %s --drain --to %s'", obj->info.file, own_name, r->name, r->name, own_name);
	if (fd >= 0)
		close(fd);
	return ret;
}
