// SPDX-License-Identifier: GPL-2.0-only
/*
 * plugin_fault.c - a plugin that divides by zero or follows a wild pointer ends the run with a sentence, not the process with a signal.
 *
 * A fault is a plugin's when its code, or what it called in a library, was running: the first frame of the stack that lies either in
 * a plugin or in netsim decides. Any other fault takes its usual course.
 */
#include <dwarf.h>
#include <errno.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "plugin_instance.h"

#define MAX_FRAMES 64

extern char __executable_start[], etext[]; /* the linker's: netsim's own code */

static const int caught[] = {SIGFPE, SIGSEGV, SIGBUS, SIGILL};

#define N_CAUGHT (sizeof(caught) / sizeof(caught[0]))

static struct fault {
	sigjmp_buf out;
	const struct plugin *plugin;
	int signal, code;
	uintptr_t pc, address;
} fault;

static const struct plugin *plugin_at(uintptr_t pc)
{
	for (const struct plugin *p = plugins; p; p = p->next) {
		if (pc >= p->text && pc < p->text_end)
			return p;
	}
	return NULL;
}

/* the frame that decides: -1 none, else its address in *pc and its plugin, NULL for netsim itself */
static const struct plugin *blame(uintptr_t *pc)
{
	void *frames[MAX_FRAMES];
	int n = backtrace(frames, MAX_FRAMES);
	bool below_signal = false;

	for (int i = 1; i < n; i++) {
		uintptr_t at = (uintptr_t)frames[i];
		bool own = at >= (uintptr_t)__executable_start && at < (uintptr_t)etext;
		const struct plugin *p = plugin_at(at);

		if (p) {
			*pc = at;
			return p;
		}
		if (own && below_signal)
			return NULL;
		below_signal = true; /* the first frames are the handler's own */
	}
	return NULL;
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	const struct plugin *p = blame(&fault.pc);
	struct sigaction usual = {.sa_handler = SIG_DFL};

	if (!p) { /* on return the instruction faults again */
		sigaction(signal, &usual, NULL);
		return;
	}
	fault.plugin = p;
	fault.signal = signal;
	fault.code = info->si_code;
	fault.address = (uintptr_t)info->si_addr;
	siglongjmp(fault.out, 1);
}

/* --- where --------------------------------------------------------------------------------------------------------------- */

static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo};

static Dwfl_Module *module_open(Dwfl **dwfl, const struct plugin *p)
{
	Dwfl_Module *module = NULL;
	int fd = dup(p->fd); /* the library closes it */

	*dwfl = dwfl_begin(&callbacks);
	if (fd < 0 || !*dwfl) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	dwfl_report_begin(*dwfl);
	module = dwfl_report_elf(*dwfl, "plugin", p->path, fd, p->base, false);
	if (!module)
		close(fd);
	dwfl_report_end(*dwfl, NULL, NULL);
	return module;
}

/* the source's name as it was given to the compiler: relative to where it ran */
static const char *source_name(Dwfl_Module *module, Dwarf_Addr address, const char *file)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
	Dwarf_Attribute attribute;
	const char *dir = unit ? dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute)) : NULL;
	size_t n = dir ? strlen(dir) : 0;

	return n && !strncmp(file, dir, n) && file[n] == '/' ? file + n + 1 : file;
}

const char *plugin_where(const struct plugin *p, const void *address, char *buf, size_t size)
{
	Dwfl *dwfl;
	Dwfl_Module *module = module_open(&dwfl, p);
	Dwfl_Line *line = module ? dwfl_module_getsrc(module, (Dwarf_Addr)(uintptr_t)address) : NULL;
	const char *file;
	int number = 0;

	*buf = '\0';
	file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
	if (file)
		snprintf(buf, size, "%s:%d", source_name(module, (Dwarf_Addr)(uintptr_t)address, file), number);
	if (dwfl)
		dwfl_end(dwfl);
	return buf;
}

/* --- what is told ---------------------------------------------------------------------------------------------------------- */

static const char *what_happened(char *buf, size_t size)
{
	switch (fault.signal) {
	case SIGFPE:
		snprintf(buf, size, fault.code == FPE_INTDIV ? "division by zero" : "arithmetic exception");
		break;
	case SIGILL:
		snprintf(buf, size, "illegal instruction");
		break;
	default:
		snprintf(buf, size, "access to memory that is not there (address 0x%llx)", (unsigned long long)fault.address);
	}
	return buf;
}

/* "cong_avoid" of the function at `entry` if it is an operation, else its own name */
static const char *operation_name(const struct tcp_congestion_ops *ops, uintptr_t entry, const char *function)
{
	const struct { const char *name; uintptr_t fn; } operations[] = {
		{"ssthresh", (uintptr_t)ops->ssthresh}, {"cong_avoid", (uintptr_t)ops->cong_avoid},
		{"set_state", (uintptr_t)ops->set_state}, {"cwnd_event", (uintptr_t)ops->cwnd_event},
		{"in_ack_event", (uintptr_t)ops->in_ack_event}, {"pkts_acked", (uintptr_t)ops->pkts_acked},
		{"min_tso_segs", (uintptr_t)ops->min_tso_segs}, {"cong_control", (uintptr_t)ops->cong_control},
		{"undo_cwnd", (uintptr_t)ops->undo_cwnd}, {"sndbuf_expand", (uintptr_t)ops->sndbuf_expand},
		{"init", (uintptr_t)ops->init}, {"release", (uintptr_t)ops->release},
	};

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (operations[i].fn == entry)
			return operations[i].name;
	}
	return function ? function : "an unknown function";
}

static int tell(struct congctl_error *err)
{
	const struct plugin *p = fault.plugin;
	char what[96], where[PATH_MAX + 16], function[64];
	Dwfl *dwfl;
	Dwfl_Module *module = module_open(&dwfl, p);
	GElf_Off offset = 0;
	GElf_Sym symbol;
	const char *name = module ? dwfl_module_addrinfo(module, fault.pc, &offset, &symbol, NULL, NULL, NULL) : NULL;

	snprintf(function, sizeof(function), "%s", operation_name(p->info->ops, fault.pc - offset, name));
	if (dwfl)
		dwfl_end(dwfl);
	plugin_where(p, (void *)fault.pc, where, sizeof(where));
	return congctl_fail(err, -EFAULT, "%s: %s in %s%s%s%s", p->info->ops->name, what_happened(what, sizeof(what)), function,
			    *where ? " (" : "", where, *where ? ")" : "");
}

static int guarded(void (*fn)(void *arg), void *arg, struct congctl_error *err)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK}, before[N_CAUGHT];
	void *frame;
	int ret = 0;

	backtrace(&frame, 1); /* loads what it needs now, not in the handler */
	for (size_t i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &action, &before[i]);
	if (sigsetjmp(fault.out, 1))
		ret = -EFAULT;
	else
		fn(arg);
	for (size_t i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
	return ret ? tell(err) : 0;
}

int plugin_guard(void (*fn)(void *arg), void *arg, struct congctl_error *err)
{
	size_t size = 4 * SIGSTKSZ;
	stack_t stack = {.ss_sp = malloc(size), .ss_size = size}, before;
	int ret;

	if (!stack.ss_sp)
		return congctl_fail(err, -ENOMEM, "out of memory");
	sigaltstack(&stack, &before);
	ret = guarded(fn, arg, err);
	sigaltstack(&before, NULL);
	free(stack.ss_sp);
	return ret;
}
