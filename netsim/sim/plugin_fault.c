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
#include <ucontext.h>
#include <unistd.h>

#include <elfutils/libdwfl.h>

#include "plugin_instance.h"
#include "tcp.h"

#define MAX_FRAMES 64
#define STACK_BYTES 262144 /* of the handler: a plugin may have used up the usual one */

extern char __executable_start[], etext[]; /* the linker's: netsim's own code */

static const int caught[] = {SIGFPE, SIGSEGV, SIGBUS, SIGILL};

#define N_CAUGHT (sizeof(caught) / sizeof(caught[0]))

static struct fault {
	sigjmp_buf out;
	struct sigaction usual[N_CAUGHT];
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

static bool is_own(uintptr_t pc)
{
	return pc >= (uintptr_t)__executable_start && pc < (uintptr_t)etext;
}

static uintptr_t interrupted_at(const ucontext_t *context)
{
#if defined(__x86_64__)
	return context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
	return context->uc_mcontext.pc;
#else
#error "say here where this machine keeps the program counter"
#endif
}

/* Who called the library function that was interrupted at *pc? A return address is behind its call. */
static const struct plugin *caller(uintptr_t *pc)
{
	void *frames[MAX_FRAMES];
	int n = backtrace(frames, MAX_FRAMES), i = 0;

	while (i < n && (uintptr_t)frames[i] != *pc) /* the handler's own */
		i++;
	while (++i < n) {
		uintptr_t at = (uintptr_t)frames[i] - 1;
		const struct plugin *p = plugin_at(at);

		if (p || is_own(at)) {
			*pc = at;
			return p;
		}
	}
	*pc = 0; /* it jumped into nowhere, which nothing leads back from */
	return cc_current ? cc_current->plugin : NULL;
}

static void restore_signals(void)
{
	for (size_t i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &fault.usual[i], NULL);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t pc = interrupted_at(context);
	const struct plugin *p = plugin_at(pc);

	if (!p && !is_own(pc))
		p = caller(&pc);
	if (!p) { /* on return the instruction faults again */
		restore_signals();
		return;
	}
	fault.plugin = p;
	fault.signal = signal;
	fault.code = info->si_code;
	fault.pc = pc;
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
static const char *source_name(Dwarf_Die *unit, const char *file)
{
	Dwarf_Attribute attribute;
	const char *dir = dwarf_formstring(dwarf_attr(unit, DW_AT_comp_dir, &attribute));
	size_t n = dir ? strlen(dir) : 0;

	return n && !strncmp(file, dir, n) && file[n] == '/' ? file + n + 1 : file;
}

/* Where a function begins, compilers differ about which of its lines that is: its declaration's. */
static bool function_line(Dwarf_Die *unit, Dwarf_Addr address, int *number)
{
	Dwarf_Die *scopes;
	int n = dwarf_getscopes(unit, address, &scopes);
	bool found = false;
	Dwarf_Addr entry;

	for (int i = 0; i < n && !found; i++)
		found = dwarf_tag(&scopes[i]) == DW_TAG_subprogram && !dwarf_lowpc(&scopes[i], &entry) && entry == address &&
			!dwarf_decl_line(&scopes[i], number);
	if (n > 0)
		free(scopes);
	return found;
}

/* Not every compiler writes an index of addresses: look at each unit. */
static Dwarf_Die *find_unit(Dwfl_Module *module, Dwarf_Addr at, Dwarf_Addr *bias)
{
	Dwarf_Die *unit = NULL;

	while ((unit = dwfl_module_nextcu(module, unit, bias))) {
		if (dwarf_haspc(unit, at - *bias) > 0)
			return unit;
	}
	return NULL;
}

const char *plugin_where(const struct plugin *p, const void *address, char *buf, size_t size)
{
	Dwarf_Addr at = (uintptr_t)address, bias;
	Dwfl *dwfl;
	Dwfl_Module *module = module_open(&dwfl, p);
	Dwarf_Die *unit = module ? find_unit(module, at, &bias) : NULL;
	Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, at - bias) : NULL;
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number = 0;

	*buf = '\0';
	if (file && (function_line(unit, at - bias, &number) || !dwarf_lineno(line, &number)))
		snprintf(buf, size, "%s:%d", source_name(unit, file), number);
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

static int tell(struct congctl_error *err)
{
	const struct plugin *p = fault.plugin;
	char what[96], where[PATH_MAX + 16];

	plugin_where(p, (void *)fault.pc, where, sizeof(where));
	return congctl_fail(err, -EFAULT, "%s: %s in %s%s%s%s", p->info->ops->name, what_happened(what, sizeof(what)),
			    cc_operation, *where ? " (" : "", where, *where ? ")" : "");
}

/* true: it came to its end */
static bool run(void (*fn)(void *arg), void *arg)
{
	if (sigsetjmp(fault.out, 1))
		return false;
	fn(arg);
	return true;
}

int plugin_guard(void (*fn)(void *arg), void *arg, struct congctl_error *err)
{
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t stack = {.ss_sp = malloc(STACK_BYTES), .ss_size = STACK_BYTES}, stack_before;
	void *frame;
	bool ended;

	if (!stack.ss_sp)
		return congctl_fail(err, -ENOMEM, "out of memory");
	backtrace(&frame, 1); /* loads what it needs now, not in the handler */
	sigaltstack(&stack, &stack_before);
	for (size_t i = 0; i < N_CAUGHT; i++)
		sigaction(caught[i], &action, &fault.usual[i]);
	ended = run(fn, arg);
	restore_signals();
	sigaltstack(&stack_before, NULL);
	free(stack.ss_sp);
	cc_current = NULL;
	return ended ? 0 : tell(err);
}
