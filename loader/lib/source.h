/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - the file that a registered algorithm came from, for `congctl save`: a symbolic link ~files/NAME beside the pins, so that it
 * vanishes with them at boot. A hint, never a truth: whoever reads it holds the file against what the kernel runs. Private.
 */
#ifndef CONGCTL_SOURCE_H
#define CONGCTL_SOURCE_H

#include <limits.h>

void source_note(const char *name, const char *file);     /* the former note goes */
void source_forget(const char *name);                     /* when the name is registered no more */
void source_sweep(void);                                  /* of pins that were removed by hand */
const char *source_of(const char *name, char file[PATH_MAX]); /* an absolute path; NULL: not noted */

#endif
