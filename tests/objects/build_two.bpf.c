// SPDX-License-Identifier: GPL-2.0-only
/* The second build: window 12. */
#include "build.h"

CC_TUNABLE(u32, added, 1, 0, 100, "pkts", "next ack", "the first build does not have it");
CC_TUNABLE(u64, narrowed, 50, 40, 60, "pkts", "next ack", "from 0 to 100 in the first build");
CC_TUNABLE(u16, kept, 6, 0, 100, "pkts", "next ack", "the first build has it as well");

BUILD(12, kept + narrowed + added);
