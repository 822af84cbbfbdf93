// SPDX-License-Identifier: GPL-2.0-only
#include <linux/magic.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "capture.h"
#include "kernel.h"

#define VALUE_TYPE "bpf_struct_ops_tcp_congestion_ops"

static struct btf *vmlinux;
static struct kernel_layout layout;

static void load_btf(void)
{
	capture_begin();
	vmlinux = btf__load_vmlinux_btf();
	free(capture_end());
}

const struct btf *kernel_btf(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_btf);
	return vmlinux;
}

static const char *btf_name(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);

	return name ? name : "";
}

static const struct btf_type *resolve(const struct btf *btf, uint32_t id)
{
	int r = btf__resolve_type(btf, id);

	return r > 0 ? btf__type_by_id(btf, r) : NULL;
}

/* the member `name` of a structure and its offset in bytes; NULL: none */
static const struct btf_type *member(const struct btf *btf, const struct btf_type *type, const char *name, uint32_t *offset)
{
	for (uint16_t i = 0; type && btf_is_composite(type) && i < btf_vlen(type); i++) {
		const struct btf_member *m = btf_members(type) + i;

		if (strcmp(btf_name(btf, m->name_off), name))
			continue;
		*offset = btf_member_bit_offset(type, i) / 8;
		return resolve(btf, m->type);
	}
	return NULL;
}

/* each member of `ops` that is a pointer to a function */
static void read_ops(const struct btf *btf, const struct btf_type *ops, uint32_t base)
{
	for (uint16_t i = 0; i < btf_vlen(ops) && layout.n_ops < KERNEL_OPS_MAX; i++) {
		const struct btf_member *m = btf_members(ops) + i;
		const struct btf_type *t = resolve(btf, m->type);

		t = t && btf_is_ptr(t) ? resolve(btf, t->type) : NULL;
		if (!t || !btf_is_func_proto(t))
			continue;
		snprintf(layout.ops[layout.n_ops].name, sizeof(layout.ops[0].name), "%s", btf_name(btf, m->name_off));
		layout.ops[layout.n_ops].offset = base + btf_member_bit_offset(ops, i) / 8;
		layout.ops[layout.n_ops].n_args = btf_vlen(t);
		layout.n_ops++;
	}
}

static void read_layout(void)
{
	const struct btf *btf = kernel_btf();
	const struct btf_type *value, *data, *common;
	uint32_t base = 0, at = 0, flags = 0, in_common = 0;
	int id;

	id = btf ? btf__find_by_name_kind(btf, VALUE_TYPE, BTF_KIND_STRUCT) : -1;
	if (id < 0)
		return;
	value = btf__type_by_id(btf, id);
	data = member(btf, value, "data", &base);
	common = member(btf, value, "common", &in_common); /* from 6.4; before it its members stand in the value itself */
	if (!data || !member(btf, common ? common : value, "refcnt", &layout.refcnt) ||
	    !member(btf, common ? common : value, "state", &layout.state) || !member(btf, data, "name", &at) ||
	    !member(btf, data, "flags", &flags))
		return;
	layout.refcnt += in_common;
	layout.state += in_common;
	layout.name = base + at;
	layout.flags = base + flags;
	layout.size = value->size;
	read_ops(btf, data, base);
	layout.type_id = id;
}

const struct kernel_layout *kernel_layout(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_layout);
	return layout.type_id ? &layout : NULL;
}

bool kernel_has_cap(int cap)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

bool kernel_bpffs_mounted(void)
{
	struct statfs fs;

	return !statfs(KERNEL_BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC;
}

bool kernel_in_user_namespace(void)
{
	unsigned long inside, outside, count = 0;
	FILE *file = fopen("/proc/self/uid_map", "re");
	bool whole = !file || (fscanf(file, "%lu %lu %lu", &inside, &outside, &count) == 3 && count == UINT32_MAX);

	if (file)
		fclose(file);
	return !whole;
}

const char *kernel_look_remedy(void)
{
	return kernel_in_user_namespace() ? KERNEL_USER_NAMESPACE : "run it as root or give it CAP_SYS_ADMIN";
}

uint32_t kernel_link_map_id(const struct bpf_link_info *info)
{
	uint32_t id;

	if (info->type != BPF_LINK_TYPE_STRUCT_OPS)
		return 0;
	/* info.struct_ops.map_id, from 6.4: the first word of the union, whatever member older headers call it */
	memcpy(&id, (const char *)info + offsetof(struct bpf_link_info, raw_tracepoint), sizeof(id));
	return id;
}
