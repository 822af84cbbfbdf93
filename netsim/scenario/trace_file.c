// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <congctl/units.h>

#include "keys.h"
#include "trace_file.h"

#define MS_MAX 86400000  /* a day */
#define MOMENTS_MAX 20000000

static int trace_add(struct scenario_trace *t, uint64_t ms)
{
	/* doubled whenever a power of two is full */
	if (!(t->n & (t->n - 1))) {
		uint64_t *more = realloc(t->at_ns, (t->n ? 2 * t->n : 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		t->at_ns = more;
	}
	t->at_ns[t->n++] = ms * 1000000;
	return 0;
}

static int read_line(struct scenario_trace *t, const char *file, size_t line, char *text, struct congctl_error *err)
{
	char quoted[64];
	uint64_t ms;

	text[strcspn(text, "\r\n")] = '\0';
	if (text[0] == '#' || !text[0])
		return 0;
	if (congctl_parse_u64(text, &ms) || ms > MS_MAX)
		return congctl_fail(err, -EINVAL, "%s:%zu: '%s' is not a moment: whole milliseconds, 0 to %d", file, line,
				    document_quote(text, quoted, sizeof(quoted)), MS_MAX);
	if (t->n && ms * 1000000 < t->at_ns[t->n - 1])
		return congctl_fail(err, -EINVAL, "%s:%zu: %s ms comes after %llu ms: in ascending order", file, line, text,
				    (unsigned long long)t->at_ns[t->n - 1] / 1000000);
	if (t->n == MOMENTS_MAX)
		return congctl_fail(err, -E2BIG, "%s:%zu: too many moments: at most %d", file, line, MOMENTS_MAX);
	return trace_add(t, ms) ? congctl_fail(err, -ENOMEM, "out of memory for the trace %s", file) : 0;
}

static int read_lines(struct scenario_trace *t, FILE *f, const char *file, struct congctl_error *err)
{
	size_t line = 0, room = 0;
	char *text = NULL;
	int ret = 0;

	while (!ret && getline(&text, &room, f) >= 0)
		ret = read_line(t, file, ++line, text, err);
	free(text);
	if (ret)
		return ret;
	if (ferror(f))
		return congctl_fail(err, -EIO, "cannot read trace %s: %s", file, strerror(errno));
	if (!t->n)
		return congctl_fail(err, -EINVAL, "%s:%zu: the trace is empty: a moment in ms on each line", file, line ? line : 1);
	t->period_ns = t->at_ns[t->n - 1];
	if (!t->period_ns)
		return congctl_fail(err, -EINVAL, "%s:%zu: the trace ends at 0 ms: its last moment is its length", file, line);
	return 0;
}

int scenario_trace_load(struct scenario_trace **trace, const char *file, struct congctl_error *err)
{
	struct scenario_trace *t;
	struct stat st;
	FILE *f;
	int ret;

	f = fopen(file, "re");
	if (!f)
		return congctl_fail(err, -errno, "cannot open trace %s: %s", file, strerror(errno));
	t = calloc(1, sizeof(*t));
	if (!t)
		ret = congctl_fail(err, -ENOMEM, "out of memory for the trace %s", file);
	else if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		ret = congctl_fail(err, -EINVAL, "%s is not a file: a trace, a moment in ms on each line", file);
	else
		ret = read_lines(t, f, file, err);
	fclose(f);
	if (ret)
		scenario_trace_free(t);
	else
		*trace = t;
	return ret;
}

void scenario_trace_free(struct scenario_trace *trace)
{
	while (trace) {
		struct scenario_trace *next = trace->next;

		free(trace->at_ns);
		free(trace);
		trace = next;
	}
}

uint64_t scenario_trace_bps(const struct scenario_trace *t)
{
	double bps = (double)t->n * TRACE_PACKET_BYTES * 8 / ((double)t->period_ns / 1e9);

	return bps < 1 ? 1 : (uint64_t)bps;
}
