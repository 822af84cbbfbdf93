// SPDX-License-Identifier: GPL-2.0-only
/* The check-up: what of this machine the loader needs, each asked of the kernel by trying it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "capture.h"
#include "doctor.h"
#include "kernel.h"
#include "name.h"

struct congctl_finding *finding(struct findings *f, const char *what, enum congctl_verdict verdict)
{
	static _Thread_local struct congctl_finding spare;
	struct congctl_finding *more = f->failed ? NULL : realloc(f->at, (f->n + 1) * sizeof(*more));

	if (!more) {
		f->failed = true;
		return &spare;
	}
	f->at = more;
	more = &f->at[f->n++];
	*more = (struct congctl_finding){.verdict = verdict};
	snprintf(more->what, sizeof(more->what), "%s", what);
	return more;
}

void finding_say(struct congctl_finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding->found, sizeof(finding->found), format, ap);
	va_end(ap);
}

void finding_remedy(struct congctl_finding *finding, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding->remedy, sizeof(finding->remedy), format, ap);
	va_end(ap);
}

static void judge(struct findings *f, const char *what, bool good, enum congctl_verdict otherwise, const char *found,
		  const char *missing, const char *remedy)
{
	struct congctl_finding *it = finding(f, what, good ? CONGCTL_PASS : otherwise);

	finding_say(it, "%s", good ? found : missing);
	if (!good)
		finding_remedy(it, "%s", remedy);
}

static void check_kernel(struct findings *f)
{
	struct utsname name = {};

	uname(&name);
	finding_say(finding(f, "kernel", CONGCTL_PASS), "%s %s", name.release, name.machine);
	judge(f, "kernel BTF", kernel_btf(), CONGCTL_FAIL, "/sys/kernel/btf/vmlinux", "there is no /sys/kernel/btf/vmlinux",
	      "use a kernel built with CONFIG_DEBUG_INFO_BTF");
	judge(f, "struct_ops", kernel_layout(), CONGCTL_FAIL, "takes tcp_congestion_ops", "takes no congestion control from BPF",
	      "use 5.6 or later with CONFIG_BPF_JIT and CONFIG_BPF_SYSCALL");
}

/* May this process load BPF at all? The probes below would not tell that apart from what the kernel lacks. */
static bool may_load(void)
{
	if (kernel_in_user_namespace())
		return false;
	return kernel_has_cap(CAP_SYS_ADMIN) || (kernel_has_cap(CAP_BPF) && kernel_has_cap(CAP_PERFMON));
}

/* A struct_ops map for a link. The kernel wants some BTF along with it, whatever is in there. */
static int try_link_map(const struct kernel_layout *layout)
{
	struct bpf_map_create_opts opts = {.sz = sizeof(opts), .map_flags = KERNEL_F_LINK,
					   .btf_vmlinux_value_type_id = layout->type_id};
	struct btf *btf = btf__new_empty();
	int fd, ret = 0;

	if (!btf || btf__add_int(btf, "int", 4, BTF_INT_SIGNED) < 0 || btf__load_into_kernel(btf)) {
		ret = -errno;
	} else {
		opts.btf_fd = btf__fd(btf);
		fd = bpf_map_create(BPF_MAP_TYPE_STRUCT_OPS, "congctl_doctor", 4, layout->size, 1, &opts);
		ret = fd < 0 ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	btf__free(btf);
	return ret;
}

static void check_links(struct findings *f)
{
	struct congctl_finding *it;
	int ret;

	if (!kernel_layout() || !may_load())
		return;
	capture_begin();
	ret = try_link_map(kernel_layout());
	free(capture_end());
	it = finding(f, "links of struct_ops", ret ? CONGCTL_WARN : CONGCTL_PASS);
	if (!ret) {
		finding_say(it, "a build can be swapped while it runs");
		return;
	}
	finding_say(it, "%s", ret == -EINVAL ? "none: 'congctl update' cannot swap" : strerror(-ret));
	finding_remedy(it, "%s", ret == -EINVAL ? "use 6.4 or later" : "run it as root in the initial user namespace");
}

/* Where a file system of this type is mounted, below `prefix` */
static bool mounted(const char *type, char *where, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[2 * PATH_MAX];
	bool found = false;
	struct mntent m;

	while (mounts && !found && getmntent_r(mounts, &m, line, sizeof(line))) {
		found = !strcmp(m.mnt_type, type);
		if (found)
			snprintf(where, size, "%s", m.mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

static void check_mounts(struct findings *f)
{
	char where[192] = "";
	bool bpffs = kernel_bpffs_mounted();
	const char *remedy = "'mount -t bpf bpf " KERNEL_BPFFS "' as root, or 'nsenter --net' instead of 'ip netns exec'";
	int ret = access(KERNEL_BPFFS, W_OK) ? -errno : 0;
	struct congctl_finding *it;
	struct stat st;

	if (bpffs)
		remedy = ret == -EROFS ? "'mount -o remount,rw " KERNEL_BPFFS "' as root" : "run it as root";
	judge(f, "bpf file system", bpffs && !ret, CONGCTL_FAIL, KERNEL_BPFFS,
	      bpffs ? KERNEL_BPFFS " is not writable" : "none at " KERNEL_BPFFS, remedy);
	if (!kernel_in_user_namespace() && !stat(CONGCTL_PIN_DIR, &st) && ((st.st_uid && st.st_uid != geteuid()) || st.st_mode & 022)) {
		it = finding(f, "pins", CONGCTL_FAIL);
		finding_say(it, CONGCTL_PIN_DIR " may be changed by others than its owner, or that is not root");
		finding_remedy(it, "look at who made it and remove it");
	}
	judge(f, "cgroup2", mounted("cgroup2", where, sizeof(where)), CONGCTL_WARN, where, "not mounted: no 'congctl use --cgroup'",
	      "'mount -t cgroup2 none /sys/fs/cgroup' as root");
}

static void check_caps(struct findings *f)
{
	static const struct {
		int cap;
		const char *name;
		enum congctl_verdict without;
		const char *use;
	} caps[] = {
		{CAP_BPF, "CAP_BPF", CONGCTL_FAIL, "load and register"},
		{CAP_PERFMON, "CAP_PERFMON", CONGCTL_FAIL, "load and register"},
		{CAP_SYS_ADMIN, "CAP_SYS_ADMIN", CONGCTL_WARN, "look at what runs, update, enter namespaces"},
		{CAP_NET_ADMIN, "CAP_NET_ADMIN", CONGCTL_WARN, "select: defaults, routes, cgroups, ports"},
	};
	struct congctl_finding *it;

	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		bool has = kernel_has_cap(caps[i].cap) || (caps[i].without == CONGCTL_FAIL && kernel_has_cap(CAP_SYS_ADMIN));

		it = finding(f, caps[i].name, has ? CONGCTL_PASS : caps[i].without);
		finding_say(it, "%s%s", has ? "may " : "missing: cannot ", caps[i].use);
		if (!has)
			finding_remedy(it, "run it as root or give it %s", caps[i].name);
	}
	if (!kernel_in_user_namespace())
		return;
	it = finding(f, "user namespace", CONGCTL_FAIL);
	finding_say(it, "in one of its own: its capabilities do not count for BPF");
	finding_remedy(it, "run it in the initial user namespace");
}

/* the smallest program there is: return 0 */
static int load_smallest(enum bpf_prog_type type, enum bpf_attach_type attach, const char *target)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct bpf_prog_load_opts opts = {.sz = sizeof(opts), .expected_attach_type = attach};
	int fd, id = 0;

	if (target)
		id = kernel_btf() ? btf__find_by_name_kind(kernel_btf(), target, BTF_KIND_FUNC) : -ENOENT;
	if (id < 0)
		return -ENOENT;
	opts.attach_btf_id = id;
	fd = bpf_prog_load(type, "congctl_doctor", "GPL", insns, sizeof(insns) / sizeof(*insns), &opts);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static void check_programs(struct findings *f)
{
	static const struct {
		const char *name;
		enum bpf_prog_type type;
		enum bpf_attach_type attach;
		const char *target;
		enum congctl_verdict without;
		const char *use;
	} types[] = {
		{"iterators", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_tcp", CONGCTL_FAIL,
		 "move live sockets (use --from, --migrate, --drain)"},
		{"sockops", BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS, NULL, CONGCTL_FAIL, "select by cgroup and port"},
		{"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "tcp_connect", CONGCTL_WARN, "trace functions; nothing here needs it"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types) && may_load(); i++) {
		bool net = types[i].type == BPF_PROG_TYPE_SOCK_OPS; /* for CAP_NET_ADMIN only, whose absence is told above */
		struct congctl_finding *it;
		char what[48];
		int ret;

		if (net && !kernel_has_cap(CAP_NET_ADMIN) && !kernel_has_cap(CAP_SYS_ADMIN))
			continue;
		ret = load_smallest(types[i].type, types[i].attach, types[i].target);
		snprintf(what, sizeof(what), "programs: %s", types[i].name);
		it = finding(f, what, ret ? types[i].without : CONGCTL_PASS);
		finding_say(it, "%s%s%s%s", ret ? "refused (" : "can ", ret ? strerror(-ret) : types[i].use, ret ? "): cannot " : "",
			    ret ? types[i].use : "");
		if (ret == -EPERM)
			finding_remedy(it, "a security module forbids it: see the kernel's log and its lsm= parameter");
		else if (ret)
			finding_remedy(it, "this kernel lacks it: use a later one");
	}
}

static bool read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	bool good = file && fgets(line, size, file);

	if (file)
		fclose(file);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	return good;
}

static void check_security(struct findings *f)
{
	char line[192] = "", modules[192] = "";
	struct congctl_finding *it;

	if (!read_line("/sys/kernel/security/lockdown", line, sizeof(line))) {
		finding_say(finding(f, "lockdown", CONGCTL_PASS), "unknown: no /sys/kernel/security/lockdown");
	} else {
		it = finding(f, "lockdown", strstr(line, "[confidentiality]") ? CONGCTL_WARN : CONGCTL_PASS);
		finding_say(it, "%s", line);
		if (it->verdict == CONGCTL_WARN)
			finding_remedy(it, "BPF may not read kernel memory: boot with lockdown=integrity or none");
	}
	if (read_line("/sys/kernel/security/lsm", modules, sizeof(modules)))
		finding_say(finding(f, "security modules", CONGCTL_PASS), "%s", modules);
	if (!read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line)))
		return;
	judge(f, "BPF compiler (JIT)", *line != '0', CONGCTL_FAIL, "on", "off", "'sysctl -w net.core.bpf_jit_enable=1'");
}

/* the first of these in PATH */
static bool find_program(const char *const *names, char *path, size_t size)
{
	const char *dirs = getenv("PATH");

	for (const char *const *name = names; *name; name++) {
		for (const char *d = dirs; d && *d; d += strcspn(d, ":"), d += *d == ':') {
			if ((size_t)snprintf(path, size, "%.*s/%s", (int)strcspn(d, ":"), d, *name) < size && !access(path, X_OK))
				return true;
		}
	}
	return false;
}

static void check_tools(struct findings *f)
{
	static const char *const compilers[] = {"clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16",
						"clang-15", "clang-14", NULL};
	char path[192] = "";

	finding_say(finding(f, "libbpf", CONGCTL_PASS), "%s", libbpf_version_string());
	judge(f, "compiler", find_program(compilers, path, sizeof(path)), CONGCTL_WARN, path,
	      "no clang in PATH: algorithms cannot be built here", "'apt-get install clang', or copy *.bpf.o files built elsewhere");
}

static void check_allowed(struct findings *f)
{
	char *words = name_words("tcp_allowed_congestion_control"), text[256] = "";
	size_t n = 0;

	for (char *w = words; w && *w && n < sizeof(text); w += strlen(w) + 1)
		n += snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", w);
	free(words);
	judge(f, "tcp_allowed", n, CONGCTL_WARN, text, "unreadable or empty: only CAP_NET_ADMIN may choose an algorithm",
	      "'sysctl -w net.ipv4.tcp_allowed_congestion_control=\"reno cubic\"' in the initial network namespace");
}

int congctl_doctor(struct congctl_finding **findings, size_t *n, struct congctl_error *err)
{
	struct findings f = {};

	check_kernel(&f);
	check_caps(&f);
	check_links(&f);
	check_programs(&f);
	check_security(&f);
	check_mounts(&f);
	check_tools(&f);
	check_allowed(&f);
	find_leaks(&f);
	if (f.failed) {
		free(f.at);
		return congctl_fail(err, -ENOMEM, "out of memory");
	}
	*findings = f.at;
	*n = f.n;
	return 0;
}
