// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cell.h"

struct header {
	int failed;
	struct congctl_error failure;
	char engine[16];
	struct run_result result; /* pointers mean nothing here: the arrays follow: flows, samples, queue, transfers, links */
};

int cell_open(void)
{
	int fd = memfd_create("netsim-cell", MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int put(int fd, const void *data, size_t size)
{
	for (const char *p = data; size;) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -EIO;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

static int get(int fd, void *data, size_t size)
{
	for (char *p = data; size;) {
		ssize_t n = read(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -ECHILD;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int cell_write(int fd, const struct run_result *r)
{
	struct header h = {.result = *r};
	int ret;

	snprintf(h.engine, sizeof(h.engine), "%s", r->engine);
	ret = put(fd, &h, sizeof(h));
	if (!ret)
		ret = put(fd, r->flows, r->n_flows * sizeof(*r->flows));
	if (!ret)
		ret = put(fd, r->samples, r->n_samples * sizeof(*r->samples));
	if (!ret)
		ret = put(fd, r->queue, r->n_queue * sizeof(*r->queue));
	if (!ret)
		ret = put(fd, r->transfers, r->n_transfers * sizeof(*r->transfers));
	if (!ret)
		ret = put(fd, r->links, r->n_links * sizeof(*r->links));
	return ret;
}

int cell_write_failure(int fd, const struct congctl_error *failure)
{
	struct header h = {.failed = 1, .failure = *failure};

	return put(fd, &h, sizeof(h));
}

static int get_array(int fd, void **array, size_t n, size_t size)
{
	*array = calloc(n + 1, size);
	return *array ? get(fd, *array, n * size) : -ENOMEM;
}

int cell_read(int fd, struct run_result *r, struct congctl_error *err)
{
	static char engine[sizeof(((struct header *)0)->engine)];
	void *flows = NULL, *samples = NULL, *queue = NULL, *transfers = NULL, *links = NULL;
	struct header h;
	int ret;

	memset(r, 0, sizeof(*r));
	if (lseek(fd, 0, SEEK_SET) < 0 || get(fd, &h, sizeof(h)))
		return congctl_fail(err, -ECHILD, "a run ended without a result: it was killed, or the machine is out of memory");
	if (h.failed)
		return congctl_fail(err, -EIO, "%s", h.failure.text);
	ret = get_array(fd, &flows, h.result.n_flows, sizeof(*r->flows));
	if (!ret)
		ret = get_array(fd, &samples, h.result.n_samples, sizeof(*r->samples));
	if (!ret)
		ret = get_array(fd, &queue, h.result.n_queue, sizeof(*r->queue));
	if (!ret)
		ret = get_array(fd, &transfers, h.result.n_transfers, sizeof(*r->transfers));
	if (!ret)
		ret = get_array(fd, &links, h.result.n_links, sizeof(*r->links));
	*r = h.result;
	r->flows = flows;
	r->samples = samples;
	r->queue = queue;
	r->transfers = transfers;
	r->links = links;
	memcpy(engine, h.engine, sizeof(engine)); /* one program, one engine */
	r->engine = engine;
	if (ret) {
		run_result_free(r);
		return congctl_fail(err, ret, "a run ended in the middle of its result: it was killed, or the machine is out of memory");
	}
	return 0;
}
