/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * btf_check.h - is BTF from a file fit to be followed? Every name lies in the string section, every reference leads to a type
 * that may stand there, no chain of modifiers runs in a circle. libbpf checks this itself from 1.3 on only. Private.
 */
#ifndef CONGCTL_BTF_CHECK_H
#define CONGCTL_BTF_CHECK_H

#include <bpf/btf.h>

int btf_check(const struct btf *btf); /* 0 or -EINVAL */

#endif
