/* SPDX-License-Identifier: GPL-2.0-only */
/* sender.h - what the files of the sending half share: the record of what was sent, one acknowledgement under way. */
#ifndef NETSIM_SENDER_H
#define NETSIM_SENDER_H

#include "sim_host.h"

#define TCP_RTO_MIN_US 200000
#define TCP_RTO_INIT_US 1000000     /* RFC 6298 2.1 */
#define TCP_RTO_MAX_US 120000000
#define TCP_TIMEOUT_SLACK_US 2000   /* least that probe and reordering timers wait on top */
#define TCP_DEFAULT_REORDERING 3    /* packets: duplicate-ACK threshold of RFC 5681 */
#define TCP_MAX_REORDERING 300
#define SNDBUF_MAX_BYTES (1U << 30)  /* above any bandwidth-delay product: the harness raises tcp_wmem likewise */
#define TCP_MIN_RTT_WINDOW_MS 300000 /* net.ipv4.tcp_min_rtt_wlen */

/* What an ACK brought: the numbers are the kernel's, cong_control() is given them. */
enum ack_flag {
	ACK_DATA = 0x01,             /* carried data */
	ACK_WIN_UPDATE = 0x02,
	ACK_DATA_ACKED = 0x04,       /* new data acknowledged cumulatively */
	ACK_RETRANS_DATA_ACKED = 0x08, /* some of it was retransmitted */
	ACK_DATA_SACKED = 0x20,
	ACK_ECE = 0x40,
	ACK_LOST_RETRANS = 0x80,     /* a retransmission was found lost */
	ACK_SLOWPATH = 0x100,
	ACK_ORIG_SACK_ACKED = 0x200, /* data sent once, below high_seq */
	ACK_SND_UNA_ADVANCED = 0x400,
	ACK_DSACK = 0x800,
	ACK_SET_TIMER = 0x1000,
	ACK_MAYBE_DELAYED = 0x10000,
	ACK_DSACK_TLP = 0x20000,     /* told of a tail-loss probe */
	ACK_NOT_DUP = ACK_DATA | ACK_WIN_UPDATE | ACK_DATA_ACKED,
	ACK_ALERT = ACK_DATA_SACKED | ACK_ECE | ACK_DSACK,
	ACK_PROGRESS = ACK_DATA_ACKED | ACK_DATA_SACKED,
};

enum recovery_send { SEND_NOTHING, SEND_LOST, SEND_NEW };

struct ack_state {
	int flag;                    /* enum ack_flag */
	u32 prior_una, prior_fack;
	u32 reordered_seq;           /* lowest segment sent once that came after higher ones; see `reordered` */
	bool reordered;
	bool was_sacked;             /* there was a hole before this ACK */
	u64 first_us, last_us;       /* sent: first and last of those acknowledged cumulatively and sent once; 0: none */
	u64 first_sack_us, last_sack_us;
	u32 inflight_bytes;          /* of the last one acknowledged */
	u32 rate_order;
	struct rate_sample rs;
};

static inline struct tx_record *tx_at(const struct tcp_endpoint *ep, u32 index)
{
	return &ep->snd.ring.records[index & (ep->snd.ring.size - 1)];
}

static inline u32 tx_tail(const struct tcp_endpoint *ep)
{
	return ep->snd.ring.head + ep->snd.ring.count;
}

static inline u8 ca_state(const struct tcp_endpoint *ep)
{
	return ep->tp.inet_conn.icsk_ca_state;
}

static inline bool in_cwnd_reduction(const struct tcp_endpoint *ep)
{
	return ca_state(ep) == TCP_CA_CWR || ca_state(ep) == TCP_CA_Recovery;
}

static inline u32 jiffies_ms(const struct tcp_endpoint *ep)
{
	return ep->tp.tcp_mstamp / 1000;
}

static inline void refresh_clock(struct tcp_endpoint *ep)
{
	ep->tp.tcp_clock_cache = engine_now(ep->host->engine);
	ep->tp.tcp_mstamp = ep->tp.tcp_clock_cache / 1000;
}

static inline u32 window_end(const struct tcp_endpoint *ep)
{
	return ep->tp.snd_una + ep->snd.snd_wnd;
}

static inline struct sock *sock_of(struct tcp_endpoint *ep)
{
	return &ep->tp.inet_conn.icsk_sk;
}

/* the highest sequence number known to have arrived: what is below and was not SACKed is a hole */
static inline u32 highest_sack(const struct tcp_endpoint *ep)
{
	return ep->tp.sacked_out ? ep->snd.fack : ep->tp.snd_una;
}

/* window.c: the window's use, and what the application gives */
void tcp_cwnd_validate(struct tcp_endpoint *ep, bool is_cwnd_limited);
void tcp_fill_sndbuf(struct tcp_endpoint *ep);
u32 tcp_current_ssthresh(const struct tcp_endpoint *ep);

/* output.c */
bool tcp_pacing_waits(struct tcp_endpoint *ep);
bool tcp_send_probe(struct tcp_endpoint *ep); /* one segment of new data, whatever cwnd says; false: there was none */
void tcp_retransmit_queue(struct tcp_endpoint *ep);

/* scoreboard.c: the record of what was sent */
struct tx_record *tx_add(struct tcp_endpoint *ep); /* NULL: out of memory */
u32 tx_find(const struct tcp_endpoint *ep, u32 seq);   /* index of the first record that ends after `seq` */
void tx_mark_lost(struct tcp_endpoint *ep, u32 index);
void tx_mark_retransmitted(struct tcp_endpoint *ep, u32 index);
void tx_unmark_lost(struct tcp_endpoint *ep);          /* all */
u32 tcp_clean_acked(struct tcp_endpoint *ep, u32 ack, struct ack_state *st); /* gives the number of segments */
void tcp_tag_sacks(struct tcp_endpoint *ep, const struct tcp_segment *seg, struct ack_state *st);
void tcp_check_reordering(struct tcp_endpoint *ep, u32 low_seq);

/* rack.c */
void rack_advance(struct tcp_endpoint *ep, const struct tx_record *tx, u8 state);
void rack_update_window(struct tcp_endpoint *ep, const struct rate_sample *rs);
bool rack_mark_lost(struct tcp_endpoint *ep);          /* true: the reordering timer was set */
s64 rack_wait_us(const struct tcp_endpoint *ep, const struct tx_record *tx, u32 window_us);
void rack_timeout(struct tcp_endpoint *ep);

/* rto.c: the three timers that share one */
void tcp_timer_expired(void *arg);
void tcp_set_timer(struct tcp_endpoint *ep, enum rto_kind kind, u64 wait_us);
void tcp_rearm_rto(struct tcp_endpoint *ep);
bool tcp_schedule_probe(struct tcp_endpoint *ep, bool advancing);
void tcp_probe_acked(struct tcp_endpoint *ep, u32 ack, int flag);

/* recovery.c, undo.c */
void tcp_alert(struct tcp_endpoint *ep, struct ack_state *st, bool dupack, enum recovery_send *send);
void tcp_enter_recovery(struct tcp_endpoint *ep, bool ece);
void tcp_enter_cwr(struct tcp_endpoint *ep);
void tcp_enter_loss(struct tcp_endpoint *ep);
void tcp_init_reduction(struct tcp_endpoint *ep);
void tcp_end_reduction(struct tcp_endpoint *ep);
void tcp_keep_open(struct tcp_endpoint *ep);
void tcp_prr(struct tcp_endpoint *ep, u32 newly_delivered, u32 newly_lost, int flag);
bool tcp_any_retransmission(const struct tcp_endpoint *ep);
bool tcp_packet_delayed(const struct tcp_endpoint *ep);
void tcp_init_undo(struct tcp_endpoint *ep);
void tcp_undo_recovery(struct tcp_endpoint *ep);
void tcp_undo_partial(struct tcp_endpoint *ep, u32 prior_una, bool *wait);
bool tcp_undo_dsack(struct tcp_endpoint *ep);
bool tcp_undo_loss(struct tcp_endpoint *ep, bool frto);

/* rate.c */
void rate_sent(struct tcp_endpoint *ep, struct tx_record *tx);
void rate_delivered(struct tcp_endpoint *ep, const struct tx_record *tx, struct ack_state *st);
void rate_generate(struct tcp_endpoint *ep, u32 delivered, u32 lost, struct rate_sample *rs);
void rate_check_app_limited(struct tcp_endpoint *ep);

#endif
