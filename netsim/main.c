// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

extern const struct netsim_command *const __start_netsim_commands[], *const __stop_netsim_commands[];

volatile sig_atomic_t netsim_stop;
static char command_line[4096];

static void on_signal(int sig)
{
	netsim_stop = sig;
}

static void catch_signals(void)
{
	struct sigaction stop = {.sa_handler = on_signal}, ignore = {.sa_handler = SIG_IGN};

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

const char *netsim_command_line(void)
{
	return command_line;
}

static void append(size_t *n, char c)
{
	if (*n + 1 < sizeof(command_line))
		command_line[(*n)++] = c;
}

/* in single quotes where a shell would not take the word as it is */
static void append_word(size_t *n, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
	const char *quote = *word && word[strspn(word, plain)] == '\0' ? "" : "'";

	if (*n)
		append(n, ' ');
	if (*quote)
		append(n, '\'');
	for (const char *p = word; *p; p++) {
		for (const char *q = *p == '\'' ? "'\\''" : (char[]){*p, '\0'}; *q; q++)
			append(n, *q);
	}
	if (*quote)
		append(n, '\'');
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct netsim_command *const *)a)->name, (*(const struct netsim_command *const *)b)->name);
}

static void usage(FILE *f)
{
	/* cppcheck-suppress comparePointers ; the linker lays the section between them */
	size_t n = __stop_netsim_commands - __start_netsim_commands;
	const struct netsim_command *sorted[64];

	n = n < 64 ? n : 64;
	memcpy(sorted, __start_netsim_commands, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), by_name);
	fputs("usage: netsim COMMAND [OPTION]...\nTCP congestion control on an emulated or simulated network.\n\n", f);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "  %-10s %s\n", sorted[i]->name, sorted[i]->summary);
	fputs("\n'netsim COMMAND -h' explains a command; --version tells the version\n", f);
}

/* What was printed is not lost unnoticed; a reader that has gone has what it wanted. */
static int finish(int code)
{
	const bool failed = ferror(stdout);

	errno = 0;
	if ((!fflush(stdout) && !failed) || errno == EPIPE || code != NETSIM_OK)
		return code;
	fprintf(stderr, "netsim: cannot write to standard output: %s: is the disk full?\n", strerror(errno ? errno : EIO));
	return NETSIM_FAILED;
}

int main(int argc, char **argv)
{
	size_t length = 0;

	for (int i = 0; i < argc; i++)
		append_word(&length, i ? argv[i] : "netsim");
	if (argc < 2 || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		usage(stdout);
		return finish(NETSIM_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		puts("netsim " CONGCTL_VERSION);
		return finish(NETSIM_OK);
	}
	catch_signals();
	/* cppcheck-suppress comparePointers ; as above */
	for (const struct netsim_command *const *c = __start_netsim_commands; c < __stop_netsim_commands; c++) {
		if (!strcmp((*c)->name, argv[1]))
			return finish((*c)->run(argc - 1, argv + 1));
	}
	fprintf(stderr, "netsim: unknown command '%s': 'netsim' alone lists them\n", argv[1]);
	return NETSIM_MISUSE;
}
