/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - the file that a registered algorithm came from, for `congctl save` and `update`: a symbolic link ~files/NAME beside the
 * pins, so that it vanishes with them at boot, and ~files/~NAME for its former build. A hint, never a truth: whoever reads it holds
 * the file against what the kernel runs. Private.
 */
#ifndef CONGCTL_SOURCE_H
#define CONGCTL_SOURCE_H

#include <limits.h>
#include <stdbool.h>

void source_note(const char *name, const char *file);     /* the note before goes */
void source_note_former(const char *name, const char *file);
void source_forget(const char *name);                     /* when the name is registered no more */
void source_sweep(void);                                  /* of pins that were removed by hand */
/* An absolute path; NULL: not noted */
const char *source_of(const char *name, char file[PATH_MAX]);
const char *source_of_former(const char *name, char file[PATH_MAX]);

/* Of a swap, under its lock: note the file of the build to come (NULL: it is the former one), and afterwards let that be it, the
 * present one's become the former one's. source_end() may be cut short and done again. source_replace(): the former one's stays. */
void source_begin(const char *name, const char *file);
void source_end(const char *name, bool swapped);
void source_replace(const char *name, bool swapped);

#endif
