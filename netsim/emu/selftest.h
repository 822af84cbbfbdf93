/* SPDX-License-Identifier: GPL-2.0-only */
/* selftest.h - how exact is the emulator on this machine, now? Probes through real links, compared with what the model says. */
#ifndef NETSIM_SELFTEST_H
#define NETSIM_SELFTEST_H

#include "emu.h"

#define SELFTEST_CHECKS 10

struct selftest_config {
	uint64_t rate_bps, rtt_ns;
	enum emu_wait wait;
	volatile sig_atomic_t *stop;
};

struct selftest_check {
	const char *name;   /* "delay_p50" */
	const char *title, *unit;
	double value, min, max; /* passes when min <= value <= max */
};

bool selftest_passed(const struct selftest_check *c);
/* -EINTR when *stop was set. */
int selftest_run(const struct selftest_config *config, struct selftest_check checks[SELFTEST_CHECKS], struct congctl_error *err);

#endif
