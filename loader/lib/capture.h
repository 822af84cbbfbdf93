/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * capture.h - what libbpf would have printed, kept to explain a failure with. Per thread; libbpf itself stays silent.
 */
#ifndef CONGCTL_CAPTURE_H
#define CONGCTL_CAPTURE_H

void capture_begin(void);
char *capture_end(void); /* malloc'd, NULL if nothing was said */

#endif
