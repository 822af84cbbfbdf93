// SPDX-License-Identifier: GPL-2.0-only
/* A build whose window is a constant in .rodata: the first of two that differ in nothing else, not in an instruction. */
#include "build.h"

const volatile u32 window = 13;

BUILD(window, 2);
