/* SPDX-License-Identifier: GPL-2.0-only */
/* csv.h - the raw material: one line per flow, per sample of a flow, per sample of the queue, per message. Void repeats are left out. */
#ifndef NETSIM_REPORT_CSV_H
#define NETSIM_REPORT_CSV_H

#include "report.h"

/* RFC 4180, 2: a field with a comma or a quote goes in quotes. Printable text only. */
void csv_text(FILE *f, const char *text);

void csv_flows(FILE *f, const struct report_run *run);
void csv_samples(FILE *f, const struct report_run *run);
void csv_queue(FILE *f, const struct report_run *run);
void csv_transfers(FILE *f, const struct report_run *run);

#endif
