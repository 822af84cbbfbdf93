// SPDX-License-Identifier: GPL-2.0-only
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "capture.h"

static _Thread_local FILE *stream; /* NULL: not capturing */
static _Thread_local char *text;
static _Thread_local size_t length;

static int keep(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (!stream || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stream, format, ap);
}

static void install(void)
{
	libbpf_set_print(keep);
}

void capture_begin(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install);
	free(capture_end());
	stream = open_memstream(&text, &length);
}

char *capture_end(void)
{
	char *said = NULL;

	if (!stream)
		return NULL;
	fclose(stream);
	stream = NULL;
	said = text;
	text = NULL;
	if (said && !*said) {
		free(said);
		said = NULL;
	}
	return said;
}
