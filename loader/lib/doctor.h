/* SPDX-License-Identifier: GPL-2.0-only */
/* doctor.h - the list a check-up writes to. Private. */
#ifndef CONGCTL_DOCTOR_H
#define CONGCTL_DOCTOR_H

#include <congctl/congctl.h>

struct findings {
	struct congctl_finding *at;
	size_t n;
	bool failed; /* out of memory */
};

/* The next finding, filled in by what follows; never NULL. */
struct congctl_finding *finding(struct findings *f, const char *what, enum congctl_verdict verdict);
void finding_say(struct congctl_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_remedy(struct congctl_finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* leaks.c: what is left of algorithms that should be gone */
void find_leaks(struct findings *f);

#endif
