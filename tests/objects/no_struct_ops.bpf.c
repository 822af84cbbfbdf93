// SPDX-License-Identifier: GPL-2.0-only
/* A BPF program, but not an algorithm. */
#include "minimal.h"

SEC("socket")
int count(void *ctx)
{
	return 0;
}

LICENSE("GPL");
