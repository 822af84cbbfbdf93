/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.bpf.h - kernel drift, in one place. Each entry says what changed, the version that changed it, and when
 * the entry may go. Algorithms never test a version themselves. Included by cc.bpf.h, under BPF only.
 */
#ifndef CONGCTL_COMPAT_BPF_H
#define CONGCTL_COMPAT_BPF_H

extern int LINUX_KERNEL_VERSION __kconfig;
#define CC_KERNEL(major, minor) (((major) << 16) + ((minor) << 8))

/* argument number `index` of a struct_ops program, as a load the compiler may not merge with another one
 * (a merged load is a "dereference of modified ctx ptr" to the verifier). */
#define CC_CTX_ARG(ctx, index)                                                                                         \
	({                                                                                                             \
		void *arg_;                                                                                            \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(arg_) : "r"(ctx), "i"((index)*8));                        \
		arg_;                                                                                                  \
	})

/* cong_control(sk, rs) became cong_control(sk, ack, flag, rs) in 6.10. The version is a frozen constant at load
 * time, so the verifier sees one branch only. May go when 6.9 is not supported any more. */
static __always_inline const struct rate_sample *cc_rate_sample(unsigned long long *ctx)
{
	if (LINUX_KERNEL_VERSION >= CC_KERNEL(6, 10))
		return CC_CTX_ARG(ctx, 3);
	return CC_CTX_ARG(ctx, 1);
}

/* tcp_sock.app_limited became writable in 6.4; before it, a bandwidth sample of a forced lull counts as a full one.
 * May go when 6.1 is not supported any more. */
static __always_inline void cc_set_app_limited(struct sock *sk, u32 until_delivered)
{
	if (LINUX_KERNEL_VERSION >= CC_KERNEL(6, 4))
		tcp_sk(sk)->app_limited = until_delivered;
}

#endif
