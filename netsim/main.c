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
	fputs("\n'netsim COMMAND -h' explains a command; -V tells the version\n", f);
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

/* "" or "--output=": a variable that is not set, most likely. Nothing has an empty value. */
static bool has_empty(char **argv)
{
	for (char **arg = argv; *arg; arg++) {
		if (**arg && (strncmp(*arg, "--", 2) || (*arg)[strlen(*arg) - 1] != '='))
			continue;
		fprintf(stderr, "netsim: '%s' is given an empty word: 'netsim %s -h' shows the usage\n", argv[1], argv[1]);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	size_t length = 0;

	for (int i = 0; i < argc; i++)
		append_word(&length, i ? argv[i] : "netsim");
	if (argc > 1 && !strcmp(argv[1], "help")) { /* "netsim help run" is "netsim run -h" */
		argv[1] = argv[argc > 2 ? 2 : 1];
		argv[argc > 2 ? 2 : 1] = (char *)"-h";
	}
	if (argc < 2 || !strcmp(argv[1], "-h") || !strcmp(argv[1], "--help")) {
		usage(stdout);
		return finish(NETSIM_OK);
	}
	if (!strcmp(argv[1], "-V") || !strcmp(argv[1], "--version")) {
		puts("netsim " CONGCTL_VERSION);
		return finish(NETSIM_OK);
	}
	catch_signals();
	/* cppcheck-suppress comparePointers ; as above */
	for (const struct netsim_command *const *c = __start_netsim_commands; c < __stop_netsim_commands; c++) {
		if (strcmp((*c)->name, argv[1]))
			continue;
		if (has_empty(argv))
			return NETSIM_MISUSE;
		return finish((*c)->run(argc - 1, argv + 1));
	}
	fprintf(stderr, "netsim: unknown command '%s': 'netsim' alone lists them\n", argv[1]);
	return NETSIM_MISUSE;
}
