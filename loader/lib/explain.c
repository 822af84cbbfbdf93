// SPDX-License-Identifier: GPL-2.0-only
/* One sentence for what libbpf and the verifier said, with the remedy where there is one. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "kernel.h"
#include "object.h"
#include "registry.h"

/* which kernel option brings the functions of this prefix */
static const struct {
	const char *prefix, *option;
} providers[] = {
	{"cubictcp_", "CONFIG_TCP_CONG_CUBIC"}, {"bictcp_", "CONFIG_TCP_CONG_CUBIC"}, {"bbr_", "CONFIG_TCP_CONG_BBR"},
	{"dctcp_", "CONFIG_TCP_CONG_DCTCP"},	{"tcp_", "5.13 or later"},	      {"bpf_", "a later version"},
};

/* what lies between `from` and `to` after it, in `buf`; NULL: not there */
static const char *between(const char *text, const char *from, const char *to, char *buf, size_t size)
{
	const char *start = text ? strstr(text, from) : NULL, *end;

	if (!start)
		return NULL;
	start += strlen(from);
	end = strstr(start, to);
	if (!end)
		return NULL;
	snprintf(buf, size, "%.*s", (int)(end - start), start);
	return buf;
}

/* The last line of the verifier's log that says why, and the last source line before it. */
struct verdict {
	char reason[256];
	char place[96]; /* "file.c:LINE", empty before 6.4 */
	char program[64];
};

static bool is_noise(const char *line, size_t n)
{
	return !n || !strncmp(line, "processed ", 10) || !strncmp(line, "verification time", 17) ||
	       !strncmp(line, "stack depth", 11) || !strncmp(line, "libbpf:", 7) || !strncmp(line, "-- END", 6) ||
	       !strncmp(line, "mark_precise", 12);
}

static void take_place(const char *line, size_t n, char *place, size_t size)
{
	const char *at = NULL;

	for (const char *p = line; p + 3 < line + n; p++) {
		if (!strncmp(p, " @ ", 3))
			at = p + 3;
	}
	if (at && *line == ';')
		snprintf(place, size, "%.*s", (int)(line + n - at), at);
}

static bool read_verdict(const char *log, struct verdict *v)
{
	static const char begin[] = "-- BEGIN PROG LOAD LOG --\n";
	const char *p = log ? strstr(log, begin) : NULL;

	memset(v, 0, sizeof(*v));
	if (!p || !between(log, "prog '", "'", v->program, sizeof(v->program)))
		return false;
	for (p += strlen(begin); *p && strncmp(p, "-- END", 6);) {
		size_t n = strcspn(p, "\n");

		take_place(p, n, v->place, sizeof(v->place));
		if (!is_noise(p, n) && *p != ';')
			snprintf(v->reason, sizeof(v->reason), "%.*s", (int)n, p);
		p += n + (p[n] == '\n');
	}
	return *v->reason;
}

static const char *op_of(const struct congctl_info *info, const char *program)
{
	for (size_t i = 0; i < info->n_programs; i++) {
		if (!strcmp(info->programs[i].name, program))
			return info->programs[i].op;
	}
	return "";
}

static uint32_t kernel_op_args(const char *op)
{
	const struct kernel_layout *layout = kernel_layout();

	for (size_t i = 0; layout && i < layout->n_ops; i++) {
		if (!strcmp(layout->ops[i].name, op))
			return layout->ops[i].n_args;
	}
	return 0;
}

static int explain_verdict(const struct congctl_object *obj, int code, const struct verdict *v, struct congctl_error *err)
{
	const char *op = op_of(&obj->info, v->program), *at = *v->place ? " at " : " in ";
	const char *place = *v->place ? v->place : v->program;

	if (!strcmp(op, "cong_control") && strstr(v->reason, "invalid mem access 'scalar'") && kernel_op_args(op) == 4)
		return congctl_fail(err, code, "refused by the verifier%s%s: %s: cong_control has 4 arguments since 6.10, not 2: declare it with CC_OP_CONG_CONTROL",
				    at, place, v->reason);
	return congctl_fail(err, code, "refused by the verifier%s%s: %s", at, place, v->reason);
}

static const char *provider(const char *function)
{
	for (size_t i = 0; i < sizeof(providers) / sizeof(*providers); i++) {
		if (!strncmp(function, providers[i].prefix, strlen(providers[i].prefix)))
			return providers[i].option;
	}
	return NULL;
}

static int explain_function(const struct congctl_object *obj, int code, const char *function, struct congctl_error *err)
{
	const char *option = provider(function);

	return congctl_fail(err, code, "cannot load '%s': this kernel has no function %s for BPF%s%s%s", obj->info.name, function,
			    option ? ": it needs " : ": use a kernel that has it", option ? option : "",
			    option && !strncmp(option, "CONFIG", 6) ? " (built in or its module loaded)" : "");
}

/* Does the algorithm say that it needs a later kernel than this one? */
static bool is_too_old(const char *needed, const char *running)
{
	unsigned int major, minor, our_major, our_minor;

	if (sscanf(needed, "%u.%u", &major, &minor) != 2 || sscanf(running, "%u.%u", &our_major, &our_minor) != 2)
		return false;
	return our_major < major || (our_major == major && our_minor < minor);
}

int explain_load(const struct congctl_object *obj, int code, const char *log, struct congctl_error *err)
{
	const char *name = obj->info.name;
	struct verdict verdict;
	struct utsname kernel;
	char word[128];

	if (!uname(&kernel) && is_too_old(obj->info.kernel, kernel.release))
		return congctl_fail(err, code, "cannot load '%s': it needs kernel %s or later, this is %s", name, obj->info.kernel,
				    kernel.release);
	if (between(log, "extern (func ksym) '", "'", word, sizeof(word)))
		return explain_function(obj, code, word, err);
	if (between(log, "Cannot find member ", " in kernel BTF", word, sizeof(word)))
		return congctl_fail(err, code, "cannot load '%s': this kernel's struct " OPS_TYPE " has no operation '%s': leave it out or use another kernel",
				    name, word);
	if (read_verdict(log, &verdict))
		return explain_verdict(obj, code, &verdict, err);
	if (code == -EPERM)
		return congctl_fail(err, code, "cannot load '%s': the kernel forbids BPF here: run it as root or with CAP_BPF and CAP_PERFMON, outside containers",
				    name);
	/* ENOTSUPP, which has no name in user space; libbpf from 1.4 on says it in words */
	if (code == -524 || (log && strstr(log, "isn't referenced anywhere")))
		return congctl_fail(err, code, "cannot load '%s': one of its programs is not used by the structure, or is attached to an operation the kernel does not take",
				    name);
	libbpf_strerror(code, word, sizeof(word));
	if (log && strcspn(log, "\n") < 300)
		return congctl_fail(err, code, "cannot load '%s': %.*s (%s)", name, (int)strcspn(log, "\n"), log, word);
	return congctl_fail(err, code, "cannot load '%s': libbpf cannot make sense of '%s' (%s): build it again", name,
			    obj->info.file, word);
}

int explain_register(const struct congctl_object *obj, int code, struct congctl_error *err)
{
	const char *name = obj->info.name;
	char holder[256];

	if (code == -EEXIST && registry_holder(name, holder, sizeof(holder)))
		return congctl_fail(err, code, "cannot register '%s': %s", name, holder);
	if (code == -EINVAL)
		return congctl_fail(err, code, "cannot register '%s': the kernel refuses its name, its flags or its set of operations", name);
	return congctl_fail(err, code, "cannot register '%s': %s", name, strerror(-code));
}
