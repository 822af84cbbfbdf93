/* SPDX-License-Identifier: GPL-2.0-only */
/* name.h - names of algorithms and where they stand: the kernel's lists, the pins, the catalogue. Private. */
#ifndef CONGCTL_NAME_H
#define CONGCTL_NAME_H

#include <limits.h>

#include <congctl/congctl.h>

/* Would the kernel take it? 1 to 15 of [A-Za-z0-9_], and '.' if `dots`. The sentence says which rule it breaks. */
int name_check(const char *name, bool dots, struct congctl_error *err);
/* PIN_DIR/name; bpffs refuses a dot, which becomes '+' there */
void name_pin_path(const char *name, char path[PATH_MAX]);
/* Make PIN_DIR if need be and pin there. Another's rmdir() of the empty directory may come between: tried again. Negative errno. */
int name_pin(int fd, const char *path);
/* The end of a sentence: why nothing could be pinned, and what to do. */
const char *name_pin_remedy(int ret);
void name_from_pin(const char *entry, char name[CONGCTL_NAME_MAX + 1]);
/* Is `name` among the words of this file under /proc/sys/net/ipv4/? */
bool name_listed(const char *list, const char *name);
/* All the words of it: malloc'd text with '\0' between and an empty word at the end; NULL: unreadable. */
char *name_words(const char *list);
/* The file a name or path on the command line means; -ENOENT with the sentence. */
int name_resolve(const char *name_or_path, char path[PATH_MAX], struct congctl_error *err);

#endif
