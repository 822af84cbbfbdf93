/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h - the kernel types an algorithm may touch.
 *
 * One page instead of a generated vmlinux.h. Under BPF every record carries preserve_access_index, so that
 * libbpf finds each field's real offset in the running kernel (CO-RE); natively the same names are plain
 * structs filled in by the simulator or by a unit test. Field names and meanings are the kernel's
 * (include/linux/tcp.h, include/net/inet_connection_sock.h, include/net/tcp.h).
 *
 * [w] marks what a BPF algorithm may write. Everything else is read-only.
 */
#ifndef CONGCTL_KERNEL_H
#define CONGCTL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

#ifdef __bpf__
/* the names libbpf's own headers expect */
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;
#endif

enum tcp_ca_state {
	TCP_CA_Open = 0,
	TCP_CA_Disorder = 1,
	TCP_CA_CWR = 2,
	TCP_CA_Recovery = 3,
	TCP_CA_Loss = 4,
};

enum tcp_ca_event {
	CA_EVENT_TX_START = 0,     /* first transmission with nothing in flight */
	CA_EVENT_CWND_RESTART = 1, /* slow start after idle */
	CA_EVENT_COMPLETE_CWR = 2, /* end of a congestion recovery */
	CA_EVENT_LOSS = 3,         /* retransmission timeout */
	CA_EVENT_ECN_NO_CE = 4,    /* segment received with ECT, not CE */
	CA_EVENT_ECN_IS_CE = 5,    /* segment received with CE */
};

enum tcp_ca_ack_event_flags {
	CA_ACK_SLOWPATH = 1 << 0,
	CA_ACK_WIN_UPDATE = 1 << 1,
	CA_ACK_ECE = 1 << 2,
};

#define TCP_INFINITE_SSTHRESH 0x7fffffff
#define TCP_INIT_CWND 10
#define TCP_CONG_NON_RESTRICTED 0x1
#define TCP_CONG_NEEDS_ECN 0x2
#define TCP_CONG_NEEDS_ACCECN 0x4 /* accurate ECN and ECT(1); kernels that do not know it refuse the algorithm */
#define TCP_ECN_OK 1           /* tcp_sock.ecn_flags */
#define TCP_ECN_QUEUE_CWR 2
#define TCP_ECN_DEMAND_CWR 4
#define ICSK_ACK_TIMER 0x02    /* icsk_ack.pending: an ACK is being delayed */
#define ICSK_ACK_NOW 0x10      /* send one at once */
#define ICSK_CA_PRIV_SIZE 104
#define SK_PACING_NONE 0       /* sock.sk_pacing_status */
#define SK_PACING_NEEDED 1
#define SK_PACING_FQ 2
#define TCP_LISTEN 10
#define TCP_CLOSE 7

#ifdef __bpf__
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
/* an operation as the kernel calls a struct_ops program: the arguments sit in an array of u64 */
#define CC_FN(ret, name, ...) ret (*name)(unsigned long long *ctx)
#else
#define CC_FN(ret, name, ...) ret (*name)(__VA_ARGS__)
#endif

struct sock_common {
	volatile unsigned char skc_state;
};

struct sock {
	struct sock_common __sk_common;
	unsigned long sk_pacing_rate;     /* [w] payload bytes per second */
	unsigned long sk_max_pacing_rate; /* bytes per second, SO_MAX_PACING_RATE */
	u32 sk_pacing_status;             /* [w] SK_PACING_* */
	u8 sk_pacing_shift;               /* TSO packet holds rate >> shift bytes */
};

struct inet_connection_sock {
	struct sock icsk_sk; /* CC accessors rely on sock being first; the kernel's is inside icsk_inet */
	u8 icsk_ca_state : 5; /* enum tcp_ca_state: read it with cc_ca_state() */
	struct {
		u8 pending; /* [w] ICSK_ACK_* */
	} icsk_ack;
	u64 icsk_ca_priv[ICSK_CA_PRIV_SIZE / sizeof(u64)]; /* [w] the algorithm's state, zeroed at assignment */
};

struct minmax_sample {
	u32 t, v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u64 tcp_mstamp;      /* us, time of the most recent packet received or sent */
	u64 tcp_wstamp_ns;   /* earliest departure time of the next packet */
	u64 tcp_clock_cache; /* ns, clock at the last refresh of tcp_mstamp */
	u64 delivered_mstamp; /* us, when `delivered` was last advanced */
	u32 snd_cwnd;        /* [w] packets */
	u32 snd_cwnd_cnt;    /* [w] packets ACKed towards the next increase */
	u32 snd_cwnd_clamp;  /* packets */
	u32 snd_cwnd_stamp;  /* [w] jiffies */
	u32 snd_ssthresh;    /* [w] packets */
	u32 prior_cwnd;      /* packets, cwnd right before the last reduction */
	u32 prior_ssthresh;  /* packets */
	u32 packets_out;     /* packets in flight, before SACK and loss accounting */
	u32 retrans_out;
	u32 sacked_out;
	u32 lost_out;
	u32 max_packets_out; /* largest packets_out of the last window */
	u32 delivered;       /* packets delivered, incl. retransmitted */
	u32 delivered_ce;    /* the part of it that carried CE */
	u32 lost;            /* packets marked lost */
	u32 app_limited;     /* [w] from 6.4, see cc_set_app_limited(): `delivered` at which the app-limited phase ends */
	u32 srtt_us;         /* smoothed RTT << 3 */
	u32 mdev_us;
	u32 mss_cache;       /* bytes */
	u32 snd_una;
	u32 snd_nxt;
	u32 rcv_nxt;
	u32 write_seq;
	u32 high_seq;        /* snd_nxt at the onset of congestion */
	u32 undo_marker;
	u32 total_retrans;
	u32 lsndtime;        /* jiffies of the last data packet sent */
	u8 ecn_flags;        /* [w] TCP_ECN_* */
	u8 is_cwnd_limited : 1; /* read it with cc_is_cwnd_limited() */
	struct minmax rtt_min;
};

struct ack_sample {
	u32 pkts_acked;
	s32 rtt_us; /* -1: no sample */
	u32 in_flight;
};

struct rate_sample {
	u64 prior_mstamp;
	u32 prior_delivered;
	s32 delivered;      /* packets over interval_us; -1: no sample */
	long interval_us;
	u32 snd_interval_us;
	u32 rcv_interval_us;
	long rtt_us;        /* -1: no sample */
	int losses;         /* packets marked lost by this ACK */
	u32 acked_sacked;   /* packets newly (S)ACKed by this ACK */
	u32 prior_in_flight;
	bool is_app_limited;
	bool is_retrans;
	bool is_ack_delayed;
};

struct tcp_congestion_ops {
	CC_FN(u32, ssthresh, struct sock *sk);
	CC_FN(void, cong_avoid, struct sock *sk, u32 ack, u32 acked);
	CC_FN(void, set_state, struct sock *sk, u8 new_state);
	CC_FN(void, cwnd_event, struct sock *sk, enum tcp_ca_event ev);
	CC_FN(void, in_ack_event, struct sock *sk, u32 flags);
	CC_FN(void, pkts_acked, struct sock *sk, const struct ack_sample *sample);
	CC_FN(u32, min_tso_segs, struct sock *sk);
	CC_FN(void, cong_control, struct sock *sk, u32 ack, int flag, const struct rate_sample *rs);
	CC_FN(u32, undo_cwnd, struct sock *sk);
	CC_FN(u32, sndbuf_expand, struct sock *sk);
	CC_FN(void, init, struct sock *sk);
	CC_FN(void, release, struct sock *sk);
	u32 flags; /* TCP_CONG_* */
	char name[16];
};

#ifdef __bpf__
#pragma clang attribute pop
#endif

static inline struct inet_connection_sock *inet_csk(const struct sock *sk)
{
	return (struct inet_connection_sock *)sk;
}

static inline struct tcp_sock *tcp_sk(const struct sock *sk)
{
	return (struct tcp_sock *)sk;
}

static inline bool tcp_in_slow_start(const struct tcp_sock *tp)
{
	return tp->snd_cwnd < tp->snd_ssthresh;
}

/* packets the sender believes to be in the network: RFC 6675 "pipe" */
static inline u32 tcp_packets_in_flight(const struct tcp_sock *tp)
{
	return tp->packets_out - (tp->sacked_out + tp->lost_out) + tp->retrans_out;
}

/* us; ~0U: no sample yet. Windowed minimum, see net.ipv4.tcp_min_rtt_wlen */
static inline u32 tcp_min_rtt(const struct tcp_sock *tp)
{
	return tp->rtt_min.s[0].v;
}

static inline bool before(u32 a, u32 b)
{
	return (s32)(a - b) < 0;
}

static inline bool after(u32 a, u32 b)
{
	return before(b, a);
}

#endif
