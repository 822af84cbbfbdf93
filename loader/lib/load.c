// SPDX-License-Identifier: GPL-2.0-only
/* An algorithm on its way into the kernel: load, register, pin; and what a handle leaves when it is closed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "kernel.h"
#include "name.h"
#include "object.h"
#include "registry.h"
#include "source.h"

/* Each algorithm of the file is a map; all are made for the same way of registration, whatever libbpf makes of their section. */
static int set_mode(struct bpf_object *bpf, bool link_mode)
{
	struct bpf_map *map;
	uint32_t flags;
	int ret = 0;

	bpf_object__for_each_map(map, bpf) {
		if (ret || bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		flags = bpf_map__map_flags(map) & ~KERNEL_F_LINK;
		ret = bpf_map__set_map_flags(map, link_mode ? flags | KERNEL_F_LINK : flags);
	}
	return ret;
}

/* Give .bss the contents it starts with. */
static int fill_bss(const struct object_file *file)
{
	struct bpf_map *map = file->bss ? bpf_object__find_map_by_name(file->bpf, ".bss") : NULL;
	size_t size = map ? bpf_map__value_size(map) : 0;
	uint8_t *data;
	int ret;

	if (!map)
		return file->bss ? -EINVAL : 0;
	data = calloc(1, size);
	if (!data)
		return -ENOMEM;
	memcpy(data, file->bss, size < BSS_MAX ? size : BSS_MAX);
	ret = bpf_map__set_initial_value(map, data, size);
	free(data);
	return ret;
}

/* this handle's map in the loaded file */
static int take_map(struct congctl_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj->file->bpf, obj->variable);

	if (!map || bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		return -EINVAL;
	obj->bpf = obj->file->bpf;
	obj->map = map;
	obj->link_mode = obj->file->link_mode;
	return 0;
}

int object_load_as(struct congctl_object *obj, bool link_mode)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = obj->info.name};
	struct object_file *file = obj->file;
	int ret;

	if (file->bpf) /* by the handle of another of its algorithms */
		return take_map(obj);
	file->bpf = bpf_object__open_mem(file->image.data, file->image.size, &opts);
	if (!file->bpf)
		return -errno;
	file->link_mode = link_mode;
	ret = set_mode(file->bpf, link_mode);
	if (!ret)
		ret = fill_bss(file);
	if (!ret)
		ret = bpf_object__load(file->bpf);
	if (!ret)
		ret = take_map(obj);
	if (ret) {
		bpf_object__close(file->bpf);
		file->bpf = NULL;
	}
	return ret;
}

static void read_costs(struct congctl_object *obj)
{
	for (size_t i = 0; i < obj->info.n_programs; i++) {
		struct congctl_program *p = &obj->programs[i];
		struct bpf_program *prog = bpf_object__find_program_by_name(obj->bpf, p->name);
		struct bpf_prog_info info = {};
		uint32_t len = sizeof(info);

		if (!prog || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
			continue;
		if (info.xlated_prog_len)
			p->insns = info.xlated_prog_len / 8;
		p->verified_insns = info.verified_insns;
		p->jited_bytes = info.jited_prog_len;
	}
}

int congctl_object_load(struct congctl_object *obj, struct congctl_error *err)
{
	char *log;
	int ret;

	if (obj->bpf)
		return 0;
	capture_begin();
	ret = object_load_as(obj, true);
	if (ret == -EINVAL) { /* before 6.4 the kernel refuses the flag at map creation */
		log = capture_end();
		if (log && strstr(log, "failed to create")) {
			free(log);
			capture_begin();
			ret = object_load_as(obj, false);
			log = capture_end();
		}
	} else {
		log = capture_end();
	}
	if (ret)
		ret = explain_load(obj, ret, log, err);
	else
		read_costs(obj);
	if (err && !err->log)
		err->log = log;
	else
		free(log);
	return ret;
}

/* libbpf before 1.2 only updates the map, later versions also make the link; the link is ours either way. */
static int attach(struct congctl_object *obj)
{
	struct bpf_link *link = bpf_map__attach_struct_ops(obj->map);
	int fd;

	if (!link)
		return -errno;
	fd = bpf_link__fd(link);
	bpf_link__disconnect(link);
	bpf_link__destroy(link);
	obj->registered = !obj->link_mode;
	if (!obj->link_mode)
		return 0;
	if (fd == bpf_map__fd(obj->map))
		fd = bpf_link_create(fd, 0, KERNEL_ATTACH_STRUCT_OPS, NULL);
	if (fd < 0)
		return -errno;
	obj->link_fd = fd;
	obj->registered = true;
	return 0;
}

/* libbpf before 1.2 only updates the map; later versions go on to make the link, which the taken name does not allow. */
int object_make_ready(struct congctl_object *obj, struct congctl_error *err)
{
	struct bpf_link *link;
	int ret = 0, fd;

	capture_begin();
	link = bpf_map__attach_struct_ops(obj->map);
	if (link) {
		fd = bpf_link__fd(link);
		bpf_link__disconnect(link);
		bpf_link__destroy(link);
		if (fd != bpf_map__fd(obj->map))
			close(fd);
	} else if (errno != EEXIST) {
		ret = -errno;
	}
	free(capture_end());
	return ret ? explain_register(obj, ret, err) : 0;
}

int congctl_object_register(struct congctl_object *obj, struct congctl_error *err)
{
	char holder[256];
	int ret;

	if (obj->registered)
		return congctl_fail(err, -EALREADY, "'%s' is registered by this handle already", obj->info.name);
	if (registry_holder(obj->info.name, holder, sizeof(holder)))
		return congctl_fail(err, -EEXIST, "cannot register '%s': %s", obj->info.name, holder);
	ret = congctl_object_load(obj, err);
	if (ret)
		return ret;
	ret = obj->link_mode ? 0 : held_pin(bpf_map__fd(obj->map), obj->info.name, obj->held);
	if (ret)
		return congctl_fail(err, ret, "cannot register '%s': nothing can be pinned in %s: %s: %s", obj->info.name,
				    CONGCTL_PIN_DIR, strerror(-ret), name_pin_remedy(ret));
	capture_begin();
	ret = attach(obj);
	free(capture_end());
	if (!ret)
		return 0;
	held_unpin(obj->held);
	return explain_register(obj, ret, err);
}

static int pin(struct congctl_object *obj, const char *path)
{
	int ret;

	if (!obj->link_mode)
		return rename(obj->held, path) ? -errno : 0;
	ret = name_pin(obj->link_fd, path);
	if (ret == -EEXIST && !unlink(path)) /* the name was free: a pin left by a registration that is detached */
		ret = name_pin(obj->link_fd, path);
	return ret;
}

int congctl_object_pin(struct congctl_object *obj, struct congctl_error *err)
{
	char path[PATH_MAX];
	int ret;

	if (!obj->registered)
		return congctl_fail(err, -EINVAL, "'%s' is not registered: register it before it is pinned", obj->info.name);
	ret = require_lasting_pins(err);
	if (ret)
		return ret;
	name_pin_path(obj->info.name, path);
	ret = pin(obj, path);
	if (ret) {
		rmdir(CONGCTL_PIN_DIR);
		return congctl_fail(err, ret, "cannot pin '%s' at %s: %s: %s", obj->info.name, path, strerror(-ret), name_pin_remedy(ret));
	}
	obj->pinned = true;
	source_note(obj->info.name, obj->info.file);
	return 0;
}

void congctl_object_unpin(struct congctl_object *obj)
{
	char path[PATH_MAX];

	if (!obj->pinned)
		return;
	name_pin_path(obj->info.name, path);
	if (obj->link_mode || rename(path, obj->held))
		unlink(path);
	source_forget(obj->info.name);
	rmdir(CONGCTL_PIN_DIR); /* stays while others are in it */
	obj->pinned = false;
}

void object_release(struct congctl_object *obj)
{
	uint32_t zero = 0;

	if (obj->registered && !obj->pinned && !obj->link_mode)
		bpf_map_delete_elem(bpf_map__fd(obj->map), &zero);
	if (!obj->pinned)
		held_unpin(obj->held);
	if (obj->link_fd >= 0)
		close(obj->link_fd);
	obj->link_fd = -1;
	obj->registered = false;
}
