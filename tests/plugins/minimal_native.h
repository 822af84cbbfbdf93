/* SPDX-License-Identifier: GPL-2.0-only */
/* minimal_native.h - Reno but for what each plugin here does wrong. */
#ifndef TESTS_MINIMAL_NATIVE_H
#define TESTS_MINIMAL_NATIVE_H

#include "../objects/minimal.h"

#define REGISTER(stem, ...)                                                                                            \
	CC_ALGORITHM(stem, .title = "for tests");                                                                      \
	CC_REGISTER(stem, .ssthresh = minimal_ssthresh, .undo_cwnd = minimal_undo_cwnd, __VA_ARGS__)

#endif
