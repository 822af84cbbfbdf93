/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plugin.h - what the native build of an algorithm exports: one symbol, `cc_plugin`.
 *
 * Filled in by cc.bpf.h, read by the simulator and by unit tests. The same facts stand in the BPF object as
 * BTF declaration tags. Include kernel.h (through cc.bpf.h or directly) before or after; only pointers are used here.
 */
#ifndef CONGCTL_PLUGIN_H
#define CONGCTL_PLUGIN_H

#include "kernel.h"

enum cc_status {
	CC_EXPERIMENTAL, /* compiles, does something, no acceptance figures */
	CC_TESTED,       /* steps and signature are tested */
	CC_STABLE,       /* compared with the kernel's own or with published figures */
};

enum cc_needs {
	CC_NEEDS_ECN = 1 << 0,    /* useful only where ECN was negotiated */
	CC_NEEDS_PACING = 1 << 1, /* sends at sk_pacing_rate */
};

enum cc_type { CC_U8, CC_U16, CC_U32, CC_U64 };

/* .title = "...", .reference = "...", .status = CC_..., .needs = CC_... | ..., .kernel = "6.2" (oldest that works) */
struct cc_info {
	const char *title;
	const char *reference;
	enum cc_status status;
	u32 needs;
	const char *kernel;
};

struct cc_tunable {
	const char *name;
	enum cc_type type;
	u64 initial, min, max;
	const char *unit;    /* "1/1024", "pkts", "us", "bool" … */
	const char *effect;  /* when a new value takes effect: "next ack", "next loss", "next round", "new connections" */
	const char *text;
	void *value;         /* the variable itself */
};

struct cc_plugin {
	u32 abi;             /* CC_PLUGIN_ABI */
	const char *stem;
	const struct cc_info *info;
	const struct cc_tunable *tunables, *tunables_end;
	const struct tcp_congestion_ops *ops;
};

#define CC_PLUGIN_ABI 1

#endif
