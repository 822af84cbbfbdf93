/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSIM_REPORT_JSON_H
#define NETSIM_REPORT_JSON_H

#include "report.h"

/* manifest.json: what was run, on what, and whether it counts */
int report_manifest(FILE *f, const struct report_run *run, struct congctl_error *err);

#endif
