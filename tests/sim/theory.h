/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * theory.h - run a scenario in the simulator and read off what papers speak of: mean window, sawtooth, queue. The tests of this
 * directory compare algorithms with the figures their RFCs and papers derive; each bound stands with its source.
 */
#ifndef TESTS_SIM_THEORY_H
#define TESTS_SIM_THEORY_H

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/kernel.h>

#include "../../netsim/sim/sim.h"
#include "../unit/plugins.h"
#include "../unit/unit.h"

struct theory_run {
	struct scenario scenario;
	struct run_result result;
};

/* "rate=100mbit,rtt=100ms,…" as on the command line, then flows: "bpf_reno", "bpf_cubic@5s,rtt=80ms", … up to NULL. Exits on a scenario that
 * cannot be run: a test with a wrong scenario has no result. */
__attribute__((unused, sentinel)) static struct theory_run *theory_run(const char *settings, ...)
{
	struct theory_run *t = calloc(1, sizeof(*t));
	const struct sim_options options = {0};
	struct congctl_error err = {0};
	char *text = strdup(settings), *rest = text, *setting;
	const char *flow;
	va_list ap;
	int ret = 0;

	scenario_init(&t->scenario);
	while (!ret && (setting = strsep(&rest, ","))) {
		char *value = strchr(setting, '=');

		*value++ = '\0';
		ret = scenario_set(&t->scenario, setting, value, &err);
	}
	va_start(ap, settings);
	while (!ret && (flow = va_arg(ap, const char *)))
		ret = scenario_add_flow(&t->scenario, flow, &err);
	va_end(ap);
	if (!ret)
		ret = scenario_finish(&t->scenario, NULL, &err);
	if (!ret)
		ret = sim_run(&t->scenario, &options, &t->result, &err);
	free(text);
	if (ret) {
		fprintf(stderr, "%s: %s\n", settings, err.text);
		exit(1);
	}
	measure_run(&t->scenario, &t->result);
	return t;
}

__attribute__((unused)) static void theory_free(struct theory_run *t)
{
	run_result_free(&t->result);
	free(t);
}

/* The figure, its bounds, and what came out: a failure shows all three. */
__attribute__((unused)) static void expect_within(const char *what, double value, double low, double high)
{
	printf("\n    %s: %.4g in %.4g … %.4g ", what, value, low, high);
	CU_ASSERT(value >= low && value <= high);
}

__attribute__((unused)) static void expect_near(const char *what, double value, double expected, double relative)
{
	expect_within(what, value, expected * (1 - relative), expected * (1 + relative));
}

/* The sawtooth of a flow's cwnd within the measured window, from its samples. A tooth ends where cwnd begins to be reduced. */
struct sawtooth {
	unsigned int teeth;
	double period_s;    /* mean, of whole teeth */
	double peak_pkts;   /* mean of the largest cwnd of each tooth */
	double trough_pkts; /* mean of the smallest once recovery is over */
	double mean_pkts;   /* over time */
};

__attribute__((unused)) static struct sawtooth sawtooth(const struct theory_run *t, uint32_t flow)
{
	struct sawtooth saw = {0};
	double sum = 0, peak = 0, trough = 1e9, first_s = 0, last_s = 0;
	uint8_t state = TCP_CA_Open;
	size_t n = 0;

	for (size_t i = 0; i < t->result.n_samples; i++) {
		const struct flow_sample *s = &t->result.samples[i];

		if (s->flow != flow || s->t_ns < t->scenario.warmup_ns)
			continue;
		sum += s->cwnd_pkts;
		n++;
		if (state < TCP_CA_CWR && s->ca_state >= TCP_CA_CWR) {
			last_s = (double)s->t_ns / 1e9;
			if (saw.teeth++) {
				saw.peak_pkts += peak;
				saw.trough_pkts += trough;
			} else {
				first_s = last_s;
			}
			peak = 0;
			trough = 1e9;
		}
		state = s->ca_state;
		if (s->cwnd_pkts > peak && state == TCP_CA_Open)
			peak = s->cwnd_pkts;
		if (s->cwnd_pkts < trough && state == TCP_CA_Open)
			trough = s->cwnd_pkts;
	}
	saw.mean_pkts = n ? sum / (double)n : 0;
	if (saw.teeth > 1) {
		saw.period_s = (last_s - first_s) / (saw.teeth - 1);
		saw.peak_pkts /= saw.teeth - 1;
		saw.trough_pkts /= saw.teeth - 1;
	}
	return saw;
}

static inline int theory_main(const char *name, CU_TestInfo *tests)
{
	use_built_algorithms();
	return unit_run(name, tests);
}

#endif
