// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "held.h"
#include "name.h"
#include "registry.h"

#define LOOKS_MAX 20

struct links {
	struct {
		uint32_t link_id, map_id;
	} *at;
	size_t n;
};

static void *grow(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : realloc(array, (n ? 2 * n : 1) * size); /* doubles at powers of two */
}

static int link_info(int fd, struct bpf_link_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len);
}

static int walk_links(struct links *links)
{
	struct bpf_link_info info;
	uint32_t id = 0;
	void *more;

	while (!bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue; /* gone meanwhile */
		if (!link_info(fd, &info) && kernel_link_map_id(&info)) {
			more = grow(links->at, links->n, sizeof(*links->at));
			if (!more) {
				close(fd);
				return -ENOMEM;
			}
			links->at = more;
			links->at[links->n].link_id = id;
			links->at[links->n++].map_id = kernel_link_map_id(&info);
		}
		close(fd);
	}
	return errno == ENOENT ? 0 : -errno;
}

static int map_info(int fd, struct bpf_map_info *info)
{
	uint32_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len);
}

/* The value of a struct_ops map of congestion control; NULL: it is something else. */
static uint8_t *read_value(int fd, const struct bpf_map_info *info)
{
	const struct kernel_layout *layout = kernel_layout();
	uint32_t zero = 0;
	uint8_t *value;

	if (!layout || info->type != BPF_MAP_TYPE_STRUCT_OPS || info->btf_vmlinux_value_type_id != layout->type_id ||
	    info->value_size < layout->size)
		return NULL;
	value = calloc(1, info->value_size);
	if (value && bpf_map_lookup_elem(fd, &zero, value)) {
		free(value);
		value = NULL;
	}
	return value;
}

static uint32_t word(const uint8_t *value, uint32_t offset)
{
	uint32_t w;

	memcpy(&w, value + offset, sizeof(w));
	return w;
}

/* Fill in `r` from the map; -ENOENT it is no algorithm, -ESTALE not registered (any more). */
static int read_map(int fd, const struct links *links, struct registered *r)
{
	const struct kernel_layout *layout = kernel_layout();
	struct bpf_map_info info;
	bool registered;
	uint8_t *value;

	if (map_info(fd, &info))
		return -errno;
	value = read_value(fd, &info);
	if (!value)
		return -ENOENT;
	memset(r, 0, sizeof(*r));
	r->map_id = info.id;
	for (size_t i = 0; i < links->n; i++) {
		if (links->at[i].map_id == info.id)
			r->link_id = links->at[i].link_id;
	}
	memcpy(r->name, value + layout->name, CONGCTL_NAME_MAX);
	r->flags = word(value, layout->flags);
	for (size_t i = 0; i < layout->n_ops; i++)
		r->progs[i] = word(value, layout->ops[i].offset);
	registered = r->link_id || word(value, layout->state) == OPS_STATE_INUSE;
	r->users = (int64_t)word(value, layout->refcnt) - registered; /* one is the registration's */
	if (r->users < 0)
		r->users = 0;
	free(value);
	return registered ? 0 : -ESTALE;
}

/* wanted: what read_map() gives for the maps to be listed */
static int walk_maps(const struct links *links, int wanted, struct registered **list, size_t *n)
{
	struct registered *more;
	uint32_t id = 0;

	while (!bpf_map_get_next_id(id, &id)) {
		int fd = bpf_map_get_fd_by_id(id);

		if (fd < 0)
			continue;
		more = grow(*list, *n, sizeof(**list));
		if (!more) {
			close(fd);
			return -ENOMEM;
		}
		*list = more;
		if (read_map(fd, links, &more[*n]) == wanted)
			++*n;
		close(fd);
	}
	return errno == ENOENT ? 0 : -errno;
}

int64_t registry_pin_map(const char *path)
{
	int fd = bpf_obj_get(path);
	char kind[64] = "", self[64];
	struct bpf_link_info link;
	struct bpf_map_info map;
	int64_t id = 0;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (readlink(self, kind, sizeof(kind) - 1) < 0)
		id = -errno;
	else if (strstr(kind, "link"))
		id = link_info(fd, &link) ? -errno : (int64_t)kernel_link_map_id(&link);
	else if (strstr(kind, "map"))
		id = map_info(fd, &map) ? -errno : (int64_t)map.id;
	close(fd);
	return id;
}

/* Mark what is pinned for good; what the walk did not see (it may not) is added, its users unknown. */
static int walk_pins(struct registered **list, size_t *n, bool add)
{
	DIR *dir = opendir(CONGCTL_PIN_DIR);
	struct registered *more;
	struct dirent *d;
	char path[PATH_MAX];
	int64_t id;

	while (dir && (d = readdir(dir))) {
		size_t i = 0;

		if (*d->d_name == '.' || held_is(d->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", CONGCTL_PIN_DIR, d->d_name);
		id = registry_pin_map(path);
		while (id > 0 && i < *n && (*list)[i].map_id != id)
			i++;
		if (id <= 0 || (i == *n && !add))
			continue;
		if (i == *n) {
			more = grow(*list, *n, sizeof(**list));
			if (!more) {
				closedir(dir);
				return -ENOMEM;
			}
			*list = more;
			more[(*n)++] = (struct registered){.map_id = id, .users = -1};
			name_from_pin(d->d_name, more[i].name);
		}
		(*list)[i].pinned = true;
	}
	if (dir)
		closedir(dir);
	return 0;
}

static bool same_links(const struct links *a, const struct links *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->at, b->at, a->n * sizeof(*a->at)));
}

/* One look; *stable: the links are afterwards as they were before. */
static int walk_once(int wanted, bool pins, struct registered **list, size_t *n, bool *stable)
{
	struct links links = {}, after = {};
	int ret = walk_links(&links), ret_pins;

	*list = NULL;
	*n = 0;
	if (!ret)
		ret = walk_maps(&links, wanted, list, n);
	ret_pins = pins ? walk_pins(list, n, ret == -EPERM) : 0;
	*stable = ret || walk_links(&after) || same_links(&links, &after);
	free(links.at);
	free(after.at);
	return ret ? ret : ret_pins;
}

/* Links, maps and pins are read one after the other: when a build is swapped in between, its algorithm would seem not to be there, or to be
 * somebody else's. A look takes less time than a swap. */
static int walk(int wanted, bool pins, struct registered **list, size_t *n)
{
	bool stable = false;
	int ret = 0;

	*list = NULL;
	for (int i = 0; i < LOOKS_MAX && !stable; i++) {
		free(*list);
		ret = walk_once(wanted, pins, list, n, &stable);
	}
	return ret;
}

int registry_walk(struct registered **list, size_t *n)
{
	return walk(0, true, list, n);
}

int registry_walk_old(struct registered **list, size_t *n)
{
	return walk(-ESTALE, false, list, n);
}

int registry_find(const char *name, struct registered *found)
{
	struct registered *list;
	size_t n;
	int ret;

	ret = registry_walk(&list, &n);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(list[i].name, name))
			continue;
		*found = list[i];
		free(list);
		return 0;
	}
	free(list);
	return ret ? ret : -ENOENT;
}

int registry_resolve(const char *name, struct registered *found)
{
	char longer[CONGCTL_NAME_MAX + 1];
	int ret = strlen(name) > CONGCTL_NAME_MAX ? -ENOENT : registry_find(name, found);

	if (!ret || strlen(name) > CONGCTL_NAME_MAX - 4)
		return ret;
	snprintf(longer, sizeof(longer), "bpf_%.*s", CONGCTL_NAME_MAX - 4, name);
	return registry_find(longer, found);
}

int64_t registry_users(uint32_t map_id)
{
	const struct kernel_layout *layout = kernel_layout();
	struct bpf_map_info info;
	uint8_t *value = NULL;
	int64_t users;
	int fd;

	fd = bpf_map_get_fd_by_id(map_id);
	if (fd < 0)
		return -errno;
	if (!map_info(fd, &info))
		value = read_value(fd, &info);
	close(fd);
	if (!value)
		return -ENOENT;
	users = word(value, layout->refcnt);
	free(value);
	return users;
}

const char *registry_holder(const char *name, char *buf, size_t size)
{
	struct registered found;
	int ret;

	if (!congctl_is_available(name))
		return NULL;
	ret = registry_find(name, &found);
	if (!ret && found.pinned)
		snprintf(buf, size, "it is registered already: 'congctl unregister %s' first, or give another name with --as", name);
	else if (!ret)
		snprintf(buf, size, "it is registered already, by something else (struct_ops map %u): unregister it or give another name with --as", found.map_id);
	else if (ret == -ENOENT)
		snprintf(buf, size, "the name is the kernel's own: give another name with --as");
	else
		snprintf(buf, size, "the name is taken: give another name with --as");
	return buf;
}
