// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "embedded.h"
#include "kernel.h"
#include "migration.h"
#include "netns.h"

#define F_CLONE (1U << 9) /* BPF_F_CLONE */

struct migration {
	struct bpf_object *bpf;
	struct bpf_link *link;
	struct migrate_job *job; /* shared with the program */
};

static int explain(int code, const char *log, struct congctl_error *err)
{
	if (!kernel_has_cap(CAP_SYS_ADMIN) && !(kernel_has_cap(CAP_BPF) && kernel_has_cap(CAP_PERFMON)))
		return congctl_fail(err, -EPERM, "no privilege to reach live sockets in the kernel: run it as root or give it CAP_BPF and CAP_PERFMON");
	if (!kernel_btf())
		return congctl_fail(err, -ENOTSUP, "this kernel has no /sys/kernel/btf/vmlinux: use one built with CONFIG_DEBUG_INFO_BTF");
	if (log && strstr(log, "unknown func"))
		return congctl_fail(err, -ENOTSUP, "this kernel cannot move live sockets: use 5.15 or later");
	if (code == -EPERM)
		return congctl_fail(err, code, "the kernel refuses a BPF iterator over TCP sockets: a security module or lockdown forbids it, see 'congctl doctor'");
	return congctl_fail(err, code, "cannot load the program that reaches live sockets: %s; -d shows the log", strerror(-code));
}

static int load(struct migration *m, int record_fd)
{
	struct bpf_object_open_opts opts = {.sz = sizeof(opts), .object_name = "migrate"};
	struct bpf_map *map;
	const void *data;
	size_t size = 0;
	int ret = 0;

	data = embedded_object("migrate", &size);
	m->bpf = bpf_object__open_mem(data, size, &opts);
	if (!m->bpf)
		return -errno;
	if (record_fd >= 0)
		ret = bpf_map__reuse_fd(bpf_object__find_map_by_name(m->bpf, "record"), record_fd);
	if (!ret)
		ret = bpf_object__load(m->bpf);
	if (ret)
		return ret;
	map = bpf_object__find_map_by_name(m->bpf, ".bss");
	if (!map || bpf_map__value_size(map) < sizeof(*m->job))
		return -EINVAL;
	m->job = mmap(NULL, sizeof(*m->job), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	if (m->job == MAP_FAILED)
		return -errno;
	m->link = bpf_program__attach_iter(bpf_object__find_program_by_name(m->bpf, "migrate"), NULL);
	return m->link ? 0 : -errno;
}

int migration_open(struct migration **out, int record_fd, struct congctl_error *err)
{
	struct migration *m = calloc(1, sizeof(*m));
	char *log;
	int ret;

	*out = NULL;
	if (!m)
		return congctl_fail(err, -ENOMEM, "out of memory");
	capture_begin();
	ret = load(m, record_fd);
	log = capture_end();
	if (!ret) {
		free(log);
		*out = m;
		return 0;
	}
	migration_close(m);
	ret = explain(ret, log, err);
	if (err && !err->log)
		err->log = log;
	else
		free(log);
	return ret;
}

void migration_close(struct migration *m)
{
	if (!m)
		return;
	if (m->job && m->job != MAP_FAILED)
		munmap(m->job, sizeof(*m->job));
	bpf_link__destroy(m->link);
	bpf_object__close(m->bpf);
	free(m);
}

static int open_pass(void *arg)
{
	int fd = bpf_iter_create(*(int *)arg);

	return fd < 0 ? -errno : fd;
}

int migration_run(struct migration *m, const struct namespace *ns, const struct migrate_orders *orders, struct migrate_outcome *outcome,
		  struct congctl_error *err)
{
	int link_fd = bpf_link__fd(m->link), fd, ret;
	char nothing[64];

	memset(&m->job->outcome, 0, sizeof(m->job->outcome));
	m->job->orders = *orders;
	fd = ns ? namespace_run(ns, open_pass, &link_fd) : open_pass(&link_fd); /* a pass belongs to the namespace it is opened in */
	if (fd == -EPERM && ns && *ns->where)
		return congctl_fail(err, fd, "no privilege to enter another network namespace: run it as root or give it CAP_SYS_ADMIN");
	if (fd < 0)
		return congctl_fail(err, fd, "cannot go through the TCP sockets: %s", strerror(-fd));
	do { /* the kernel rests after each million sockets */
		ret = read(fd, nothing, sizeof(nothing)) < 0 ? -errno : 0;
	} while (ret == -EAGAIN || ret == -EINTR);
	close(fd);
	outcome->meant += m->job->outcome.meant;
	outcome->moved += m->job->outcome.moved;
	outcome->unmoved += m->job->outcome.unmoved;
	for (int i = 0; i < MIGRATE_REASONS; i++)
		outcome->reasons[i] += m->job->outcome.reasons[i];
	return ret ? congctl_fail(err, ret, "cannot go through the TCP sockets: %s", strerror(-ret)) : 0;
}

int migration_record(struct congctl_error *err)
{
	struct bpf_map_create_opts opts = {.sz = sizeof(opts), .map_flags = BPF_F_NO_PREALLOC | F_CLONE};
	struct btf *btf = btf__new_empty();
	int key, byte, fd = -ENOMEM;

	capture_begin();
	if (btf) {
		key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
		byte = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
		opts.btf_key_type_id = key;
		opts.btf_value_type_id = btf__add_array(btf, key, byte, sizeof(struct migrate_record));
		fd = btf__load_into_kernel(btf);
		if (!fd) {
			opts.btf_fd = btf__fd(btf);
			fd = bpf_map_create(BPF_MAP_TYPE_SK_STORAGE, "cc_undo", sizeof(int), sizeof(struct migrate_record), 0, &opts);
			fd = fd < 0 ? -errno : fd;
		}
	}
	btf__free(btf);
	free(capture_end());
	if (fd < 0)
		return congctl_fail(err, fd, "cannot make the record that undoes a move: %s%s", strerror(-fd),
				    fd == -EPERM ? ": run it as root or give it CAP_BPF" : "");
	return fd;
}

static const char *reason(int code)
{
	switch (code) {
	case EPERM:
		return "a route locks their algorithm ('ip route … congctl lock')";
	case ENOENT:
		return "the algorithm is not registered any more";
	case EBUSY:
		return "the algorithm is being unregistered";
	case ENOMEM:
		return "out of memory";
	default:
		return strerror(code);
	}
}

void migration_tell(const struct migrate_outcome *outcome, struct congctl_moved *moved)
{
	int commonest = 0;

	moved->moved = outcome->moved;
	moved->unmoved = outcome->unmoved;
	for (int i = 1; i < MIGRATE_REASONS; i++) {
		if (outcome->reasons[i] > outcome->reasons[commonest])
			commonest = i;
	}
	if (outcome->unmoved)
		snprintf(moved->why, sizeof(moved->why), "%s", reason(commonest));
}
