/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cc.bpf.h - the one header an algorithm includes.
 *
 * The same file builds twice: `clang -target bpf` makes an object the kernel takes through struct_ops, `cc -shared`
 * makes a plugin for the simulator and the unit tests. An algorithm has no #ifdef; the differences are here.
 *
 *	CC_ALGORITHM(stem, .title = "...", .reference = "...", .status = CC_EXPERIMENTAL);
 *	CC_TUNABLE(type, name, initial, min, max, "unit", "when it takes effect", "what it is");
 *	CC_STATE(struct x);              per connection, at most 104 bytes; cc_state(sk) gives it
 *	CC_BIG_STATE(struct x);          any size; cc_state(sk) gives it or NULL, cc_state_init(sk) makes it in init
 *	u32 CC_OP(stem_ssthresh, struct sock *sk) { … }
 *	void CC_OP_CONG_CONTROL(stem_cong_control, sk, rs) { … }
 *	CC_REGISTER(stem, .ssthresh = stem_ssthresh, …);
 *
 * On an outgoing connection whose algorithm was chosen before connect(), the ACK of the SYN is processed before init: the
 * state is all zero then, or NULL with CC_BIG_STATE.
 *
 * The kernel knows the algorithm as "bpf_<stem>". Metadata and tunables are BTF declaration tags, readable from a file
 * and from a running algorithm: "cc:algorithm:<the arguments of CC_ALGORITHM as written>" on the variable
 * cc_algorithm, and "cc:tunable:<initial>:<min>:<max>:<unit>:<effect>:<text>" on each variable of section
 * .data.tunables. Numbers in a tunable are therefore plain decimal literals, and unit and effect hold no colon.
 */
#ifndef CONGCTL_CC_BPF_H
#define CONGCTL_CC_BPF_H

#include "kernel.h"
#include "fixed.h"
#include "filter.h"

#define cc_min(a, b) ((a) < (b) ? (a) : (b))
#define cc_max(a, b) ((a) > (b) ? (a) : (b))
#define cc_clamp(v, lo, hi) cc_min(cc_max(v, lo), hi)

#ifdef __bpf__

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "compat.bpf.h"

#define CC_TAG(text) __attribute__((btf_decl_tag(text)))

/* char arrays, not structs: a tag on a variable is all that is needed, and the name is readable in a hex dump */
#define CC_ALGORITHM(stem, ...)                                                                                        \
	CC_TAG("cc:algorithm:" #__VA_ARGS__) const volatile char cc_algorithm[] SEC(".rodata.meta") = #stem

#define CC_TUNABLE(type, name, initial, min, max, unit, effect, text)                                                  \
	CC_TAG("cc:tunable:" #initial ":" #min ":" #max ":" unit ":" effect ":" text)                                  \
	volatile type name SEC(".data.tunables") = initial

#define CC_STATE(type)                                                                                                 \
	_Static_assert(sizeof(type) <= ICSK_CA_PRIV_SIZE, "state over 104 bytes: use CC_BIG_STATE");                   \
	static __always_inline type *cc_state(struct sock *sk)                                                         \
	{                                                                                                              \
		return (type *)inet_csk(sk)->icsk_ca_priv;                                                             \
	}

/* linux/bpf.h: BPF_MAP_TYPE_SK_STORAGE, BPF_F_NO_PREALLOC, BPF_SK_STORAGE_GET_F_CREATE */
#define CC_MAP_SK_STORAGE 24
#define CC_MAP_NO_PREALLOC 1
#define CC_SK_STORAGE_CREATE 1

/* socket storage: made in init, freed with the socket, visible with `ss --bpf-maps` */
#define CC_BIG_STATE(state_type)                                                                                       \
	struct {                                                                                                       \
		__uint(type, CC_MAP_SK_STORAGE);                                                                       \
		__uint(map_flags, CC_MAP_NO_PREALLOC);                                                                 \
		__type(key, int);                                                                                      \
		__type(value, state_type);                                                                             \
	} cc_states SEC(".maps");                                                                                      \
	static __always_inline state_type *cc_state(struct sock *sk)                                                   \
	{                                                                                                              \
		return bpf_sk_storage_get(&cc_states, sk, 0, 0);                                                       \
	}                                                                                                              \
	static __always_inline state_type *cc_state_init(struct sock *sk)                                              \
	{                                                                                                              \
		bpf_sk_storage_delete(&cc_states, sk);                                                                 \
		return bpf_sk_storage_get(&cc_states, sk, 0, CC_SK_STORAGE_CREATE);                                    \
	}                                                                                                              \
	static __always_inline void cc_state_release(struct sock *sk)                                                  \
	{                                                                                                              \
		bpf_sk_storage_delete(&cc_states, sk);                                                                 \
	}

#define CC_OP(name, ...) SEC("struct_ops/" #name) BPF_PROG(name, __VA_ARGS__)

#define CC_OP_CONG_CONTROL(name, sk, rs)                                                                               \
	SEC("struct_ops/" #name) name(unsigned long long *ctx);                                                        \
	static __always_inline void name##_body(struct sock *sk, const struct rate_sample *rs);                        \
	void name(unsigned long long *ctx)                                                                             \
	{                                                                                                              \
		name##_body(CC_CTX_ARG(ctx, 0), cc_rate_sample(ctx));                                                  \
	}                                                                                                              \
	static __always_inline void name##_body(struct sock *sk, const struct rate_sample *rs)

#define CC_REGISTER(stem, ...)                                                                                         \
	char _license[] SEC("license") = "GPL";                                                                        \
	SEC(".struct_ops") struct tcp_congestion_ops bpf_##stem = {.name = "bpf_" #stem, __VA_ARGS__}

static __always_inline u8 cc_ca_state(const struct sock *sk)
{
	return BPF_CORE_READ_BITFIELD(inet_csk(sk), icsk_ca_state);
}

static __always_inline bool cc_cwnd_limited_flag(const struct tcp_sock *tp)
{
	return BPF_CORE_READ_BITFIELD(tp, is_cwnd_limited);
}

/* uniform pseudo-random number below `ceil` */
static __always_inline u32 cc_random_below(u32 ceil)
{
	return ((u64)bpf_get_prandom_u32() * ceil) >> 32;
}

/* The 2-state ACK machine of DCTCP (RFC 8257 3.2) acknowledges what came before `rcv_nxt`, at once. */
static __always_inline void cc_send_ack(struct sock *sk, u32 rcv_nxt)
{
	bpf_tcp_send_ack(tcp_sk(sk), rcv_nxt);
}

/* us, monotonic: for operations outside ACK processing; inside it tcp_sock.tcp_mstamp is the time, and free */
static __always_inline u64 cc_clock_us(void)
{
	return bpf_ktime_get_ns() / 1000;
}

#else /* native */

#include <stdlib.h>
#include <string.h>
#include "plugin.h"

#ifndef __always_inline /* glibc has one */
#define __always_inline inline __attribute__((always_inline))
#endif

/* what the native host (simulator or unit test) provides in place of the kernel */
u32 cc_random_below(u32 ceil);
void cc_send_ack(struct sock *sk, u32 rcv_nxt);
u64 cc_clock_us(void);

#define CC_ALGORITHM(stem_, ...)                                                                                       \
	static const char cc_stem[] = #stem_;                                                                          \
	static const struct cc_info cc_info = {__VA_ARGS__}

#define CC_TYPE(type)                                                                                                  \
	_Generic((type)0, u8 : CC_U8, u16 : CC_U16, u32 : CC_U32, u64 : CC_U64)

/* gcc may emit variables in reverse: the list has to stay in the order of the source */
#if __has_attribute(no_reorder)
#define CC_IN_ORDER , no_reorder
#else
#define CC_IN_ORDER
#endif

#define CC_TUNABLE(type_, name_, initial_, min_, max_, unit_, effect_, text_)                                          \
	volatile type_ name_ = initial_;                                                                               \
	static const struct cc_tunable cc_tunable_##name_                                                              \
		__attribute__((section("cc_tunables"), used, aligned(8) CC_IN_ORDER)) = {                              \
			.name = #name_,                                                                                \
			.type = CC_TYPE(type_),                                                                        \
			.initial = initial_,                                                                           \
			.min = min_,                                                                                   \
			.max = max_,                                                                                   \
			.unit = unit_,                                                                                 \
			.effect = effect_,                                                                             \
			.text = text_,                                                                                 \
			.value = (void *)&name_,                                                                       \
	}
extern const struct cc_tunable __start_cc_tunables[] __attribute__((weak, visibility("hidden")));
extern const struct cc_tunable __stop_cc_tunables[] __attribute__((weak, visibility("hidden")));

#define CC_STATE(type)                                                                                                 \
	_Static_assert(sizeof(type) <= ICSK_CA_PRIV_SIZE, "state over 104 bytes: use CC_BIG_STATE");                   \
	static inline type *cc_state(struct sock *sk)                                                                  \
	{                                                                                                              \
		return (type *)inet_csk(sk)->icsk_ca_priv;                                                             \
	}

/* the first word of icsk_ca_priv holds the heap pointer */
#define CC_BIG_STATE(type)                                                                                             \
	static inline type *cc_state(struct sock *sk)                                                                  \
	{                                                                                                              \
		type *state;                                                                                           \
                                                                                                                       \
		memcpy(&state, inet_csk(sk)->icsk_ca_priv, sizeof(state));                                             \
		return state;                                                                                          \
	}                                                                                                              \
	static inline void cc_state_set(struct sock *sk, type *state)                                                  \
	{                                                                                                              \
		free(cc_state(sk));                                                                                    \
		memcpy(inet_csk(sk)->icsk_ca_priv, &state, sizeof(state));                                             \
	}                                                                                                              \
	static inline type *cc_state_init(struct sock *sk)                                                             \
	{                                                                                                              \
		cc_state_set(sk, calloc(1, sizeof(type)));                                                             \
		return cc_state(sk);                                                                                   \
	}                                                                                                              \
	static inline void cc_state_release(struct sock *sk)                                                           \
	{                                                                                                              \
		cc_state_set(sk, NULL);                                                                                \
	}

#define CC_OP(name, ...) name(__VA_ARGS__)

#define CC_OP_CONG_CONTROL(name, sk, rs)                                                                               \
	name(struct sock *sk, u32 ack __attribute__((unused)), int flag __attribute__((unused)),                       \
	     const struct rate_sample *rs)

#define CC_REGISTER(stem_, ...)                                                                                        \
	static const struct tcp_congestion_ops cc_ops = {.name = "bpf_" #stem_, __VA_ARGS__};                          \
	__attribute__((visibility("default"))) const struct cc_plugin cc_plugin = {                                    \
		.abi = CC_PLUGIN_ABI,                                                                                  \
		.stem = cc_stem,                                                                                       \
		.info = &cc_info,                                                                                      \
		.tunables = __start_cc_tunables,                                                                       \
		.tunables_end = __stop_cc_tunables,                                                                    \
		.ops = &cc_ops,                                                                                        \
	}

static inline u8 cc_ca_state(const struct sock *sk)
{
	return inet_csk(sk)->icsk_ca_state;
}

static inline bool cc_cwnd_limited_flag(const struct tcp_sock *tp)
{
	return tp->is_cwnd_limited;
}

static inline void cc_set_app_limited(struct sock *sk, u32 until_delivered)
{
	tcp_sk(sk)->app_limited = until_delivered;
}

#endif /* __bpf__ */

/* Was cwnd what limited the sender, so that it may grow? In slow start it may grow to twice what was used (RFC 7661 4.1). */
static __always_inline bool cc_is_cwnd_limited(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (tcp_in_slow_start(tp) && tp->snd_cwnd < 2 * tp->max_packets_out)
		return true;
	return cc_cwnd_limited_flag(tp);
}

/* Slow start: one packet per packet ACKed, up to ssthresh (RFC 5681 3.1 with L = the ACK's packets, RFC 3465).
 * Returns the packets of this ACK that are left for congestion avoidance. */
static __always_inline u32 cc_slow_start(struct tcp_sock *tp, u32 acked)
{
	u32 cwnd = cc_min(tp->snd_cwnd + acked, tp->snd_ssthresh);

	acked -= cwnd - tp->snd_cwnd;
	tp->snd_cwnd = cc_min(cwnd, tp->snd_cwnd_clamp);
	return acked;
}

/* Additive increase: one packet for every `w` packets ACKed. The remainder is carried in snd_cwnd_cnt; w > 0. */
static __always_inline void cc_cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)
{
	u32 cnt = tp->snd_cwnd_cnt, cwnd = tp->snd_cwnd, more;

	if (cnt >= w) { /* w shrank since the last ACK: do not take the whole backlog at once */
		cnt = 0;
		cwnd++;
	}
	cnt += acked;
	if (cnt >= w) {
		more = cnt / w;
		cnt -= more * w;
		cwnd += more;
	}
	tp->snd_cwnd_cnt = cnt;
	tp->snd_cwnd = cc_min(cwnd, tp->snd_cwnd_clamp);
}

/* The window to return to when a reduction proves spurious (RFC 4015, 5682): never less than what it was. */
static __always_inline u32 cc_undo_cwnd(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return cc_max(tp->snd_cwnd, tp->prior_cwnd);
}

#endif
