// SPDX-License-Identifier: GPL-2.0-only
/*
 * plugin_host.c - natively built algorithms: finding, loading, tunables, and what they call.
 *
 * The dynamic linker loads a file once, whatever its name: so that every instance has data of its own, each is loaded from a copy in
 * memory. The copy's descriptor stays open, and its name leads to it, so that debuggers and sanitizers find the symbols.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plugin.h"
#include "sim_host.h"

#define SUFFIX ".so"

struct plugin *plugins;

struct tcp_endpoint *cc_current;

/* --- what an algorithm calls (cc.bpf.h) ---------------------------------------------------------------------------------- */

u32 cc_random_below(u32 ceil)
{
	return (rng_u64(&cc_current->host->rng) >> 32) * ceil >> 32;
}

void cc_send_ack(struct sock *sk, u32 rcv_nxt)
{
	tcp_send_ack((struct tcp_endpoint *)tcp_sk(sk), rcv_nxt);
}

u64 cc_clock_us(void)
{
	return sim_now_us(cc_current->host);
}
