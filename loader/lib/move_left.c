// SPDX-License-Identifier: GPL-2.0-only
/* A record of a move is worth something as long as a socket is left that it speaks of: left.bpf.c tells, in the kernel. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "capture.h"
#include "embedded.h"
#include "move.h"

static int load(struct bpf_object **obj)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "left");
	const void *image;
	size_t size;
	int ret;

	image = embedded_object("left", &size);
	capture_begin();
	*obj = bpf_object__open_mem(image, size, &opts);
	ret = *obj ? bpf_object__load(*obj) : -errno;
	free(capture_end());
	return ret;
}

/* The first byte will do. */
static int ask(const struct bpf_program *program, int record_fd, bool *left)
{
	union bpf_iter_link_info info = {.map.map_fd = record_fd};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(program, &opts);
	int ret = link ? 0 : -errno, fd = -1;
	ssize_t n = -1;
	char byte;

	if (!ret) {
		fd = bpf_iter_create(bpf_link__fd(link));
		ret = fd < 0 ? -errno : 0;
	}
	if (!ret) {
		do { /* the kernel rests now and then */
			n = read(fd, &byte, 1);
		} while (n < 0 && (errno == EAGAIN || errno == EINTR));
		ret = n < 0 ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	*left = n > 0;
	return ret;
}

int move_left(const int *record_fds, size_t n, bool *left)
{
	struct bpf_object *obj;
	int ret = load(&obj);

	for (size_t i = 0; i < n && !ret; i++) {
		if (record_fds[i] >= 0)
			ret = ask(bpf_object__next_program(obj, NULL), record_fds[i], &left[i]);
	}
	bpf_object__close(obj);
	return ret;
}
