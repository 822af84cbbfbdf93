// SPDX-License-Identifier: GPL-2.0-only
/* The first build: window 11. */
#include "build.h"

CC_TUNABLE(u32, kept, 5, 0, 100, "pkts", "next ack", "the next build has it as well");
CC_TUNABLE(u32, narrowed, 50, 0, 100, "pkts", "next ack", "the next build takes 40 to 60 only");
CC_TUNABLE(u32, dropped, 7, 0, 100, "pkts", "next ack", "the next build does not have it");

BUILD(11, kept + narrowed + dropped);
