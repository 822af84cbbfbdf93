/* SPDX-License-Identifier: GPL-2.0-only */
/* embedded.h - the BPF objects of the loader itself, loader/bpf/NAME.bpf.c, inside the library. Private. */
#ifndef CONGCTL_EMBEDDED_H
#define CONGCTL_EMBEDDED_H

#include <stddef.h>

/* An object for bpf_object__open_mem(); NULL: there is no loader/bpf/NAME.bpf.c. */
const void *embedded_object(const char *name, size_t *size);

#endif
