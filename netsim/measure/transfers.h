/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NETSIM_MEASURE_TRANSFERS_H
#define NETSIM_MEASURE_TRANSFERS_H

#include "run.h"

void measure_slowdowns(const struct scenario *s, struct run_result *r); /* transfers[].slowdown; a part of measure_run() */

#endif
