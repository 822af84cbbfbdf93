// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <congctl/congctl.h>

#include "kernel.h"

#define QUEUE_MS 1000 /* a mount takes less than one */

static int require_caps(struct congctl_error *err)
{
	bool bpf = kernel_has_cap(CAP_BPF), perfmon = kernel_has_cap(CAP_PERFMON);

	if (kernel_in_user_namespace())
		return congctl_fail(err, -EPERM, "no privilege to load BPF programs: " KERNEL_USER_NAMESPACE);
	if (kernel_has_cap(CAP_SYS_ADMIN) || (bpf && perfmon))
		return 0;
	return congctl_fail(err, -EPERM, "no privilege to load BPF programs: %s missing, run it as root or give it CAP_BPF and CAP_PERFMON",
			    bpf ? "CAP_PERFMON is" : perfmon ? "CAP_BPF is" : "CAP_BPF and CAP_PERFMON are");
}

/* `ip netns exec` gives a command a /sys of its own: the bpf file system that this process mounted ends with it. */
static atomic_bool fleeting;

/* Is the mount namespace one that the process which started this one is not in? */
static bool is_alone(void)
{
	struct stat own, parent;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)getppid());
	return !stat("/proc/self/ns/mnt", &own) && !stat(path, &parent) && own.st_ino != parent.st_ino;
}

int require_lasting_pins(struct congctl_error *err)
{
	if (!fleeting && (kernel_bpffs_mounted() || !is_alone()))
		return 0;
	return congctl_fail(err, -ENODEV, "no bpf file system at %s that stays: use 'nsenter --net' instead of 'ip netns exec', or "
			    "'mount -t bpf bpf %s' as root", KERNEL_BPFFS, KERNEL_BPFFS);
}

/* One mount at most, however many threads and processes come at once: they queue at the directory. 0 if it is mounted now. */
static int mount_bpffs(void)
{
	int fd = open(KERNEL_BPFFS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = 0;

	for (int ms = 0; ms < QUEUE_MS && fd >= 0 && flock(fd, LOCK_EX | LOCK_NB); ms++) /* not for ever: anybody can hold it */
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	if (!kernel_bpffs_mounted()) {
		ret = mount("bpf", KERNEL_BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700");
		fleeting = !ret && is_alone();
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

int congctl_require(struct congctl_error *err)
{
	int ret = require_caps(err);

	if (ret)
		return ret;
	if (!kernel_btf())
		return congctl_fail(err, -ENOTSUP, "this kernel has no /sys/kernel/btf/vmlinux: use one built with CONFIG_DEBUG_INFO_BTF");
	if (!kernel_layout())
		return congctl_fail(err, -ENOTSUP, "this kernel takes no congestion control from BPF: use 5.6 or later with CONFIG_BPF_JIT and CONFIG_BPF_SYSCALL");
	if (!kernel_bpffs_mounted() && mount_bpffs())
		return congctl_fail(err, -ENODEV, "no bpf file system at %s: 'mount -t bpf bpf %s' as root", KERNEL_BPFFS, KERNEL_BPFFS);
	congctl_sweep();
	return 0;
}
