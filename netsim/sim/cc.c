// SPDX-License-Identifier: GPL-2.0-only
/*
 * cc.c - every call of an operation of the algorithm. Around it: whose endpoint and which operation it is, for what the algorithm calls and
 * for the report of a fault; after it: snd_cwnd and what it returned must not be 0, which would stop the connection in silence.
 */
#include <stdarg.h>
#include <stdio.h>

#include "sender.h"

struct tcp_endpoint *cc_current;
const char *cc_operation;

static struct sock *enter(struct tcp_endpoint *ep, const char *operation)
{
	cc_current = ep;
	cc_operation = operation;
	return &ep->tp.inet_conn.icsk_sk;
}

__attribute__((cold, noinline, format(printf, 3, 4)))
static void complain(struct tcp_endpoint *ep, const void *address, const char *fmt, ...)
{
	char what[80], where[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	plugin_where(ep->plugin, address, where, sizeof(where));
	sim_fail(ep->host, "%s: %s%s%s%s", ep->cc->name, what, *where ? " (" : "", where, *where ? ")" : "");
}

static void leave(struct tcp_endpoint *ep, const void *address)
{
	if (__builtin_expect(!ep->tp.snd_cwnd, 0)) {
		complain(ep, address, "snd_cwnd is 0 after %s", cc_operation);
		ep->tp.snd_cwnd = 1;
	}
	cc_current = NULL;
}

/* ssthresh and undo_cwnd return windows */
static u32 leave_window(struct tcp_endpoint *ep, u32 window, const void *address)
{
	if (__builtin_expect(!window, 0)) {
		complain(ep, address, "%s returned 0", cc_operation);
		window = 1;
	}
	leave(ep, address);
	return window;
}

/* a function's address as data, for messages */
#define ADDRESS(fn) ((const void *)(uintptr_t)(fn))

void cc_init(struct tcp_endpoint *ep)
{
	if (!ep->cc->init)
		return;
	ep->cc->init(enter(ep, "init"));
	leave(ep, ADDRESS(ep->cc->init));
}

void cc_release(struct tcp_endpoint *ep)
{
	if (!ep->cc->release)
		return;
	ep->cc->release(enter(ep, "release"));
	leave(ep, ADDRESS(ep->cc->release));
}

u32 cc_ssthresh(struct tcp_endpoint *ep)
{
	return leave_window(ep, ep->cc->ssthresh(enter(ep, "ssthresh")), ADDRESS(ep->cc->ssthresh));
}

void cc_cong_avoid(struct tcp_endpoint *ep, u32 ack, u32 acked)
{
	ep->cc->cong_avoid(enter(ep, "cong_avoid"), ack, acked);
	leave(ep, ADDRESS(ep->cc->cong_avoid));
}

void cc_set_state(struct tcp_endpoint *ep, u8 new_state)
{
	if (ep->cc->set_state) {
		ep->cc->set_state(enter(ep, "set_state"), new_state);
		leave(ep, ADDRESS(ep->cc->set_state));
	}
	ep->tp.inet_conn.icsk_ca_state = new_state;
}

void cc_cwnd_event(struct tcp_endpoint *ep, enum tcp_ca_event event)
{
	if (!ep->cc->cwnd_event)
		return;
	ep->cc->cwnd_event(enter(ep, "cwnd_event"), event);
	leave(ep, ADDRESS(ep->cc->cwnd_event));
}

void cc_in_ack_event(struct tcp_endpoint *ep, u32 flags)
{
	if (!ep->cc->in_ack_event)
		return;
	ep->cc->in_ack_event(enter(ep, "in_ack_event"), flags);
	leave(ep, ADDRESS(ep->cc->in_ack_event));
}

void cc_pkts_acked(struct tcp_endpoint *ep, const struct ack_sample *sample)
{
	if (!ep->cc->pkts_acked)
		return;
	ep->cc->pkts_acked(enter(ep, "pkts_acked"), sample);
	leave(ep, ADDRESS(ep->cc->pkts_acked));
}

u32 cc_min_tso_segs(struct tcp_endpoint *ep)
{
	u32 segs;

	if (!ep->cc->min_tso_segs)
		return 2;
	segs = ep->cc->min_tso_segs(enter(ep, "min_tso_segs"));
	leave(ep, ADDRESS(ep->cc->min_tso_segs));
	return segs;
}

void cc_cong_control(struct tcp_endpoint *ep, u32 ack, int flag, const struct rate_sample *rs)
{
	ep->cc->cong_control(enter(ep, "cong_control"), ack, flag, rs);
	leave(ep, ADDRESS(ep->cc->cong_control));
}

u32 cc_undo_window(struct tcp_endpoint *ep)
{
	return leave_window(ep, ep->cc->undo_cwnd(enter(ep, "undo_cwnd")), ADDRESS(ep->cc->undo_cwnd));
}

u32 cc_sndbuf_factor(struct tcp_endpoint *ep)
{
	u32 factor;

	if (!ep->cc->sndbuf_expand)
		return 2;
	factor = ep->cc->sndbuf_expand(enter(ep, "sndbuf_expand"));
	leave(ep, ADDRESS(ep->cc->sndbuf_expand));
	return factor;
}
