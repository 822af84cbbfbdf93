/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcp.h - the simulated TCP endpoint: what a congestion-control algorithm sees of the Linux kernel, under a virtual clock.
 *
 * Full duplex, as a socket is: data, acknowledgements and requests go both ways, and both ends have an algorithm (DCTCP's receiver is
 * part of it). An endpoint starts with the very struct tcp_sock that the algorithm is given. docs/simulator.md says what is modelled,
 * what is not, and which RFC each part follows.
 *
 *	connection.c  open, handshake, close, what the application asks; the entry of a segment
 *	output.c      segments: TSO sizing, pacing, window tests, headers, control segments
 *	window.c      cwnd validation, idle restart, the send buffer
 *	ack.c         an acknowledgement: RTT, ECN echo, calling the algorithm, in the kernel's order
 *	scoreboard.c  the record of what was sent: cumulative and selective acknowledgement, D-SACK, reordering
 *	rack.c        loss detection by time
 *	recovery.c    the states of congestion, PRR, F-RTO
 *	undo.c        spurious recoveries: timestamps, D-SACK
 *	rto.c         retransmission timer with backoff, tail-loss probe
 *	rate.c        delivery-rate samples
 *	receive.c     data: delayed ACKs, CE echo, timestamps, the window offered
 *	reassembly.c  what came out of order, SACK blocks
 *	cc.c          every call of an operation, and the check of what it left behind
 */
#ifndef NETSIM_TCP_H
#define NETSIM_TCP_H

#include <congctl/kernel.h>

#include "plugin_host.h"
#include "timer.h"

struct sim_host; /* what all endpoints of a run share: sim_host.h */

/* --- a segment on the wire --------------------------------------------------------------------------------------- */

enum tcp_flags { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_ACK = 16, TCP_ECE = 64, TCP_CWR = 128, TCP_AE = 256 };

#define TCP_MAX_SACK 3 /* blocks beside the timestamp option (RFC 2018 3, RFC 7323) */

struct sack_block {
	u32 start, end;
};

struct tcp_segment {
	struct packet packet;      /* first: the engine's; packet.len counts the headers */
	struct tcp_endpoint *to;   /* NULL: a datagram of constant-rate traffic */
	u32 seq, len;              /* bytes of payload */
	u32 ack;
	u32 window;                /* bytes, window scale applied */
	u32 tsval, tsecr;          /* RFC 7323; in ms, as Linux's */
	u16 flags;
	u8 n_sack;                 /* the first may be a D-SACK (RFC 2883) */
	u8 ace;                    /* AccECN: packets with CE received, modulo 8 (RFC 9768 3.2.2) */
	struct sack_block sack[TCP_MAX_SACK];
} __attribute__((aligned(64))); /* of a cache line: what the network looks at is in the first */

/* --- what was sent and not yet acknowledged: one entry per segment, in order of sequence ---------------------------- */

enum tx_state { TX_SACKED = 1, TX_RETRANS = 2, TX_LOST = 4, TX_EVER_RETRANS = 8 }; /* RETRANS: the copy is thought to be in flight */

struct tx_record {
	u32 seq, end_seq;
	u64 sent_us;               /* last transmission */
	u64 first_tx_us;           /* rate sample: start of the send phase */
	u64 delivered_us;          /* rate sample: of `delivered` below */
	u32 delivered;
	u32 inflight_bytes;        /* with this segment, when it was sent */
	u32 order;                 /* of the last transmission among all: of two at the same time, too, one was later */
	u8 state;                  /* enum tx_state */
	bool app_limited;
};

struct tx_ring {               /* a power of two in size; grows with the window */
	struct tx_record *records;
	u32 head, count, size;     /* records[head & (size - 1)] is the one at snd_una; head only ever counts up */
};

/* Retransmissions in order of time, for RACK: what was sent once is in order of time in the ring. */
struct retrans_log {
	struct retrans {
		u32 index, order; /* record; stale when it was sent again */
	} *entries;
	u32 head, count, size;     /* a power of two */
};

/* --- the endpoint ------------------------------------------------------------------------------------------------- */

enum tcp_stage { TCP_STAGE_CLOSED, TCP_STAGE_SYN_SENT, TCP_STAGE_SYN_RECEIVED, TCP_STAGE_ESTABLISHED };

enum tcp_ecn_mode { TCP_ECN_NONE, TCP_ECN_CLASSIC, TCP_ECN_DCTCP, TCP_ECN_ACCURATE };

/* What the application hears. All may be NULL. */
struct tcp_app {
	void (*established)(void *arg);
	void (*received)(void *arg, u32 bytes); /* in order, at once */
	void *arg;
};

enum rto_kind { RTO_NONE, RTO_RETRANSMIT, RTO_PROBE, RTO_REORDERING };

struct tcp_sender {
	struct tx_ring ring;
	u64 app_bytes;             /* still to come from the application; UINT64_MAX: no end. Enters write_seq as the send buffer allows */
	u32 sndbuf_bytes;          /* payload that may wait or be in flight: grows as the kernel tunes it */
	u32 snd_wnd;               /* bytes, from snd_una */
	u64 first_tx_us;           /* rate sample: of the window under way */
	u32 sends;                 /* segments with data, whole life: their order */
	u32 rack_rtt_us, rack_order; /* RACK.rtt, and in place of RACK.xmit_ts and RACK.end_seq (RFC 8985 5.3) the order */
	u32 rttvar_us, mdev_max_us, rtt_seq, rto_us;
	u32 cwnd_usage_seq;        /* end of the window in which is_cwnd_limited was seen */
	u32 cwnd_used;             /* most packets out while the application was the limit */
	struct timer rto;          /* retransmission, RACK reordering or tail-loss probe: one at a time, as in the kernel */
	u8 rto_kind;               /* enum rto_kind */
	u8 first_sent;             /* segments with data, up to 10: those are not paced */
	u8 ace_acked;              /* AccECN: the last count seen */
	bool rate_app_limited;
	u32 rate_delivered, rate_interval_us; /* the last sample: delivery rate of TCP_INFO */
	/* loss and recovery; high_seq, undo_marker are in tcp_sock */
	struct retrans_log log;
	u32 rack_next;             /* record: none before it is sent once and neither SACKed nor lost */
	u32 retrans_next;          /* record: none before it waits for retransmission */
	u32 to_retransmit;         /* records that do */
	u32 fack;                  /* end of the highest segment SACKed, while sacked_out */
	struct sack_block seen[TCP_MAX_SACK]; /* blocks of the last ACK, tagged already */
	u8 n_seen;
	u8 backoff, retransmits_in_row; /* RTOs since snd_una moved */
	bool frto;
	bool rack_advanced, dsack_seen;
	u8 reo_wnd_steps, reo_wnd_persist; /* RACK 6.2: reordering window in quarters of min_rtt */
	u32 rack_adjusted;         /* `delivered` when it was changed */
	u32 reordering, reordering_seen; /* packets; times */
	s32 undo_retrans;          /* retransmissions whose spuriousness has not been told; -1: none was made */
	u32 retrans_stamp_ms;      /* first retransmission of the present episode; 0: none */
	u32 tsecr_ms;              /* of the ACK being processed */
	u32 dsack_dups;            /* segments the receiver had twice */
	u32 tlp_high_seq;          /* of the probe outstanding */
	bool tlp_pending, tlp_retrans;
	u32 prr_delivered, prr_out; /* RFC 9937 */
	u32 retransmits;           /* segments, whole life */
	struct timer pacing;
};

struct tcp_receiver {
	struct sack_block *ranges; /* received beyond rcv_nxt, ascending, apart from each other */
	u32 n_ranges, room;
	u32 recent[4];             /* a sequence number in each range last touched, latest first: the order of SACK blocks (RFC 2018 4) */
	u8 n_recent;
	bool has_window;           /* scaling is known: after the SYN */
	struct sack_block dsack;   /* start == end: none */
	u32 rcv_wup;               /* rcv_nxt when a segment with ACK was sent last */
	u32 acked;                 /* what it acknowledged: less, if the algorithm asked for that */
	u32 window_end;            /* right edge offered: never moves left */
	u32 room_bytes, window_bytes; /* what there is room for; what is offered, on its way there */
	u32 ts_recent_ms;
	u32 ack_mss, ato_us;       /* delayed-ACK estimator */
	u32 last_data_us;
	u8 quick_acks;             /* still to be acknowledged at once */
	u8 pingpong;               /* answers sent soon after data came: ACKs travel with the answers */
	u8 ce_count;               /* AccECN: modulo 8 */
	bool ce_last;              /* AccECN: the last data segment carried CE */
	bool ect_seen;
	struct timer delayed_ack;
	u32 copied_seq_round, round_start_us; /* receive-buffer tuning: of the round trip under way */
	u32 space_bytes;           /* the most that came in one round trip */
	u32 rtt_us, rtt_tsecr;     /* the receiver's own measure, from the timestamps echoed to it */
};

struct tcp_endpoint {
	struct tcp_sock tp;        /* first: the algorithm's sk */
	struct sim_host *host;
	const struct plugin *plugin;
	const struct tcp_congestion_ops *cc;
	const struct path *path;   /* to the peer */
	struct tcp_endpoint *peer;
	u32 flow;                  /* instance number, for packet.flow and messages */
	u8 stage;                  /* enum tcp_stage */
	u8 ecn;                    /* enum tcp_ecn_mode, wanted and then as negotiated */
	u8 family;                 /* 4 or 6 */
	u8 syn_retrans;            /* SYN or SYN-ACK */
	bool cc_started;           /* the algorithm's init was called */
	struct tcp_sender snd;
	struct tcp_receiver rcv;
	struct tcp_app app;
	u64 syn_us;                /* first SYN or SYN-ACK */
	struct timer handshake;
	struct tcp_endpoint *next, *next_idle; /* of a host: all pairs, and those freed; in the client's half */
} __attribute__((aligned(64)));

struct tcp_config {
	const struct plugin *plugin; /* of both ends */
	const struct path *forward, *reverse;
	u32 flow;                  /* no two connections of a run have the same: by it late segments are told */
	u32 mtu;
	int family;
	bool pacing;                 /* even if the algorithm does not ask for it */
	bool accurate_ecn;         /* RFC 9768 instead of RFC 3168 */
};

/* --- connection.c --------------------------------------------------------------------------------------------------- */

/* Both ends of a connection, closed; `client` will connect. The memory belongs to the host and is given back at its end, or for the
 * next connection by tcp_free(). -ENOMEM */
int tcp_new(struct sim_host *host, const struct tcp_config *config, struct tcp_endpoint **client, struct tcp_endpoint **server);
void tcp_connect(struct tcp_endpoint *ep);             /* SYN, with backoff until it is answered */
void tcp_write(struct tcp_endpoint *ep, u64 bytes);    /* more to send; UINT64_MAX: without end */
void tcp_stop_writing(struct tcp_endpoint *ep);        /* nothing beyond what is already in the send buffer */
void tcp_free(struct tcp_endpoint *client, struct tcp_endpoint *server); /* once all is received; late segments are dropped */
void tcp_free_all(struct sim_host *host);              /* every connection there is, and the memory of all there were */
void tcp_receive(struct tcp_endpoint *ep, struct tcp_segment *seg); /* gives the segment back to the pool */

/* --- output.c ----------------------------------------------------------------------------------------------------------- */

void tcp_push(struct tcp_endpoint *ep);                /* send what window, cwnd and pacing allow */
int tcp_retransmit(struct tcp_endpoint *ep, struct tx_record *tx);
void tcp_send_ack(struct tcp_endpoint *ep, u32 rcv_nxt); /* a pure ACK, at once */
void tcp_send_control(struct tcp_endpoint *ep, u16 flags); /* the sequence number of a SYN is snd_una, else snd_nxt */

/* --- ack.c, recovery.c, rate.c --------------------------------------------------------------------------------------------- */

void tcp_sender_init(struct tcp_endpoint *ep);         /* before the handshake */
void tcp_sender_established(struct tcp_endpoint *ep);  /* initial window, algorithm's init */
void tcp_rtt_sample(struct tcp_endpoint *ep, u32 rtt_us); /* SRTT, RTTVAR, RTO, windowed minimum; the handshake's */
void tcp_ack(struct tcp_endpoint *ep, const struct tcp_segment *seg);
void tcp_sender_free(struct tcp_endpoint *ep);

/* --- receive.c ---------------------------------------------------------------------------------------------------------------- */

void tcp_receiver_init(struct tcp_endpoint *ep);
void tcp_receiver_syn(struct tcp_endpoint *ep, const struct tcp_segment *seg); /* the peer's SYN came; rcv_nxt is set */
void tcp_receiver_established(struct tcp_endpoint *ep);
void tcp_receiver_free(struct tcp_endpoint *ep);
void tcp_note_segment(struct tcp_endpoint *ep, const struct tcp_segment *seg); /* any segment: timestamp, CE count */
void tcp_data(struct tcp_endpoint *ep, const struct tcp_segment *seg); /* payload; decides on the ACK */
/* ack, window, SACK blocks, timestamps, ECE, ACE of a segment that leaves now, its `len` known: no ACK waits any more */
void tcp_fill_ack(struct tcp_endpoint *ep, struct tcp_segment *seg, u32 rcv_nxt);

/* --- reassembly.c ------------------------------------------------------------------------------------------------------------- */

void reassembly_add(struct tcp_endpoint *ep, u32 start, u32 end); /* beyond rcv_nxt */
void reassembly_take(struct tcp_endpoint *ep);
void reassembly_dsack(struct tcp_receiver *rcv, u32 start, u32 end); /* for the next ACK */
void reassembly_sack(struct tcp_receiver *rcv, struct tcp_segment *seg); /* the blocks of an ACK */

/* --- cc.c: the operations, as and when the kernel calls them ------------------------------------------------------------------ */

extern struct tcp_endpoint *cc_current; /* of the operation under way; NULL: none */
extern const char *cc_operation;        /* its name, "cong_avoid" */

void cc_init(struct tcp_endpoint *ep);
void cc_release(struct tcp_endpoint *ep);
u32 cc_ssthresh(struct tcp_endpoint *ep);
void cc_cong_avoid(struct tcp_endpoint *ep, u32 ack, u32 acked);
void cc_set_state(struct tcp_endpoint *ep, u8 new_state); /* and icsk_ca_state, after the call */
void cc_cwnd_event(struct tcp_endpoint *ep, enum tcp_ca_event event);
void cc_in_ack_event(struct tcp_endpoint *ep, u32 flags);
void cc_pkts_acked(struct tcp_endpoint *ep, const struct ack_sample *sample);
u32 cc_min_tso_segs(struct tcp_endpoint *ep);            /* 2 without the operation */
void cc_cong_control(struct tcp_endpoint *ep, u32 ack, int flag, const struct rate_sample *rs);
u32 cc_undo_window(struct tcp_endpoint *ep);
u32 cc_sndbuf_factor(struct tcp_endpoint *ep);           /* 2 without the operation */

#endif
