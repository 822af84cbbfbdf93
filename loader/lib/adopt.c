// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take over what another tool registered. A link lives as long as somebody holds it: a process, a pin. With a pin of ours it
 * outlives the tool. A plain registration stays anyway; the pin of its map says whose it is from now on.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "name.h"
#include "registry.h"
#include "source.h"

/* Pin it by name. A pin that is there already is of a registration that is gone: the name belongs to another one now. */
static int pin(int fd, const char *path)
{
	int ret = name_pin(fd, path);

	if (ret != -EEXIST)
		return ret;
	return unlink(path) ? -errno : name_pin(fd, path);
}

/* Was it taken out between the look at it and the pin? */
static bool still_registered(const struct registered *r)
{
	struct registered now;

	return !registry_find(r->name, &now) && now.map_id == r->map_id;
}

static int adopt(const struct registered *r, struct congctl_error *err)
{
	char path[PATH_MAX];
	int fd, ret;

	fd = r->link_id ? bpf_link_get_fd_by_id(r->link_id) : bpf_map_get_fd_by_id(r->map_id);
	if (fd < 0) {
		ret = -errno;
		if (ret == -ENOENT)
			return congctl_fail(err, ret, "cannot adopt '%s': the process that held it ended meanwhile: register it from its file", r->name);
		return congctl_fail(err, ret, "cannot adopt '%s': %s: run it as root or give it CAP_SYS_ADMIN", r->name, strerror(-ret));
	}
	name_pin_path(r->name, path);
	ret = pin(fd, path);
	close(fd);
	if (ret) {
		rmdir(CONGCTL_PIN_DIR); /* stays while others are in it */
		return congctl_fail(err, ret, "cannot adopt '%s': nothing can be pinned at %s: %s", r->name, path, strerror(-ret));
	}
	source_forget(r->name); /* what is noted is of another one */
	if (still_registered(r))
		return 0;
	unlink(path);
	rmdir(CONGCTL_PIN_DIR);
	return congctl_fail(err, -ENOENT, "cannot adopt '%s': it was unregistered meanwhile: register it from its file", r->name);
}

int congctl_adopt(const char *name, struct congctl_error *err)
{
	struct registered found;
	int ret;

	if (!kernel_has_cap(CAP_SYS_ADMIN) || kernel_in_user_namespace())
		return congctl_fail(err, -EPERM, "no privilege to look for '%s' in the kernel: %s", name, kernel_look_remedy());
	ret = congctl_require(err);
	if (!ret)
		ret = require_lasting_pins(err);
	if (ret)
		return ret;
	ret = registry_resolve(name, &found);
	if (!ret && found.pinned)
		return congctl_fail(err, -EALREADY, "'%s' is congctl's already: there is nothing to adopt", found.name);
	if (!ret)
		return adopt(&found, err);
	if (ret != -ENOENT)
		return congctl_fail(err, ret, "cannot read the kernel's BPF objects: %s", strerror(-ret));
	if (!congctl_is_available(name))
		return congctl_fail(err, -ENOENT, "'%s' is not registered: 'congctl list' shows what is, 'congctl register' loads it from a file",
				    name);
	return congctl_fail(err, -ENODATA, "'%s' is the kernel's own: only what was registered through BPF can be adopted", name);
}
