// SPDX-License-Identifier: GPL-2.0-only
/* A registered algorithm's own words: struct_ops map → programs → BTF and the maps of its variables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "object.h"
#include "registry.h"

#define MAX_MAPS 64 /* of one program; ours have under ten */

struct running {
	uint32_t btf_id;
	uint32_t functions[KERNEL_OPS_MAX]; /* BTF ids of the programs' functions: prog_info cuts names to 15 characters */
	uint32_t n_maps, maps[MAX_MAPS];
};

static void add_map(struct running *r, uint32_t id)
{
	for (uint32_t i = 0; i < r->n_maps; i++) {
		if (r->maps[i] == id)
			return; /* of another program too */
	}
	if (r->n_maps < MAX_MAPS)
		r->maps[r->n_maps++] = id;
}

/* The programs' costs, and from the first of them where the BTF and the maps are. */
static int read_programs(struct congctl_object *obj, const struct registered *r, struct running *out)
{
	const struct kernel_layout *layout = kernel_layout();

	obj->programs = calloc(KERNEL_OPS_MAX, sizeof(*obj->programs));
	if (!obj->programs)
		return -ENOMEM;
	for (size_t i = 0; i < layout->n_ops; i++) {
		struct congctl_program *p = &obj->programs[obj->info.n_programs];
		uint32_t maps[MAX_MAPS] = {};
		struct bpf_func_info function = {};
		struct bpf_prog_info info = {.nr_map_ids = MAX_MAPS, .map_ids = (uintptr_t)maps,
					     .nr_func_info = 1, .func_info = (uintptr_t)&function,
					     .func_info_rec_size = sizeof(function)};
		uint32_t len = sizeof(info);
		int fd = r->progs[i] ? bpf_prog_get_fd_by_id(r->progs[i]) : -1;

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len)) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		close(fd);
		snprintf(p->op, sizeof(p->op), "%s", layout->ops[i].name);
		snprintf(p->name, sizeof(p->name), "%.*s", (int)sizeof(info.name), info.name);
		p->insns = info.xlated_prog_len / 8;
		p->verified_insns = info.verified_insns;
		p->jited_bytes = info.jited_prog_len;
		out->functions[obj->info.n_programs++] = function.type_id;
		out->btf_id = info.btf_id;
		for (uint32_t k = 0; k < info.nr_map_ids && k < MAX_MAPS; k++)
			add_map(out, maps[k]);
	}
	obj->info.programs = obj->programs;
	return out->btf_id ? 0 : -ENOENT;
}

static void read_names(struct congctl_object *obj, const struct btf *btf, const struct running *running)
{
	for (size_t i = 0; i < obj->info.n_programs; i++) {
		const struct btf_type *t = btf__type_by_id(btf, running->functions[i]);
		const char *name = t && btf_is_func(t) ? btf__name_by_offset(btf, t->name_off) : NULL;

		if (name && *name)
			snprintf(obj->programs[i].name, sizeof(obj->programs[i].name), "%s", name);
	}
}

/* Read the live values of the tunables that lie in this map. */
static void read_values(struct congctl_object *obj, const struct running *running, uint32_t map_id)
{
	int fd = bpf_map_get_fd_by_id(map_id);
	struct bpf_map_info info = {};
	uint32_t len = sizeof(info), zero = 0;
	uint8_t *value = NULL;

	if (fd < 0)
		return;
	/* a map of another object, which this one uses too, has another BTF */
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) && info.type == BPF_MAP_TYPE_ARRAY && info.btf_id == running->btf_id &&
	    info.btf_value_type_id)
		value = calloc(1, info.value_size);
	if (value && !bpf_map_lookup_elem(fd, &zero, value)) {
		for (size_t i = 0; i < obj->info.n_tunables; i++) {
			struct slot *slot = &obj->slots[i];

			if (slot->section != info.btf_value_type_id || slot->offset > info.value_size ||
			    slot->size > info.value_size - slot->offset)
				continue;
			obj->tunables[i].value = slot_load(slot, value);
			slot->map_id = map_id;
		}
	}
	free(value);
	close(fd);
}

static int read_running(struct congctl_object *obj, const struct registered *r, struct congctl_error *err)
{
	struct running running = {};
	struct btf *btf;
	int ret;

	snprintf(obj->info.name, sizeof(obj->info.name), "%s", r->name);
	obj->info.registered = true;
	obj->info.non_restricted = r->flags & 1; /* TCP_CONG_NON_RESTRICTED */
	obj->map_id = r->map_id;
	ret = read_programs(obj, r, &running);
	if (ret)
		return congctl_fail(err, ret, "cannot read the programs of '%s': run it as root or give it CAP_SYS_ADMIN", r->name);
	capture_begin();
	btf = btf__load_from_kernel_by_id(running.btf_id);
	ret = btf ? 0 : -errno;
	free(capture_end());
	if (ret)
		return congctl_fail(err, ret, "cannot read the BTF of '%s': %s", r->name, strerror(-ret));
	read_names(obj, btf, &running);
	ret = meta_read(obj, btf, err);
	for (uint32_t i = 0; !ret && obj->info.n_tunables && i < running.n_maps; i++)
		read_values(obj, &running, running.maps[i]);
	btf__free(btf);
	return ret;
}

int running_open(struct congctl_object **out, const struct registered *found, struct congctl_error *err)
{
	struct congctl_object *obj = calloc(1, sizeof(*obj));
	int ret;

	*out = NULL;
	if (!obj)
		return congctl_fail(err, -ENOMEM, "out of memory");
	obj->link_fd = -1;
	ret = read_running(obj, found, err);
	if (ret)
		congctl_object_close(obj);
	else
		*out = obj;
	return ret;
}

int congctl_running_open(struct congctl_object **out, const char *name, struct congctl_error *err)
{
	struct registered found;
	int ret = registry_resolve(name, &found);

	*out = NULL;
	if (ret == -ENOENT && congctl_is_available(name))
		return congctl_fail(err, -ENODATA, "'%s' is the kernel's own: it does not describe itself", name);
	if (ret == -ENOENT)
		return congctl_fail(err, ret, "'%s' is not registered: 'congctl list' shows what is", name);
	if (ret || found.users < 0)
		return congctl_fail(err, -EPERM, "no privilege to look at '%s' in the kernel: %s", name, kernel_look_remedy());
	return running_open(out, &found, err);
}
