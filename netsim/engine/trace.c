// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>

#include "trace.h"

int trace_init(struct trace *t, const struct link_config *config)
{
	if (!config->trace_ns || !config->n_trace || !config->trace_period_ns || !config->rate_bps || config->n_steps)
		return -EINVAL;
	if (config->trace_ns[config->n_trace - 1] > config->trace_period_ns)
		return -EINVAL;
	for (size_t i = 1; i < config->n_trace; i++) {
		if (config->trace_ns[i] < config->trace_ns[i - 1])
			return -EINVAL;
	}
	*t = (struct trace){.at_ns = config->trace_ns, .n = config->n_trace, .period_ns = config->trace_period_ns};
	return 0;
}

/* how many moments of a round are before `offset_ns` */
static size_t trace_before(const struct trace *t, uint64_t offset_ns)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->at_ns[mid] < offset_ns)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void trace_seek(struct trace *t, uint64_t now_ns)
{
	uint64_t round;

	if (trace_next(t) >= now_ns)
		return;
	/* the last moment of a round may be the first of the next: (now - 1) is in the round whose moments may still be now */
	round = (now_ns - 1) / t->period_ns;
	t->base_ns = round * t->period_ns;
	t->next = trace_before(t, now_ns - t->base_ns);
	if (t->next == t->n) {
		t->next = 0;
		t->base_ns += t->period_ns;
	}
}

uint64_t trace_count(const struct trace *t, uint64_t now_ns)
{
	return now_ns / t->period_ns * t->n + trace_before(t, now_ns % t->period_ns + 1);
}
