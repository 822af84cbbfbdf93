// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <string.h>

#include "csv.h"

#define UNKNOWN_SSTHRESH 0x7fffffff /* TCP_INFINITE_SSTHRESH of the kernel: not set yet */

void csv_text(FILE *f, const char *text)
{
	if (!strpbrk(text, ",\"")) {
		fputs(text, f);
		return;
	}
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', f);
		putc(*text, f);
	}
	putc('"', f);
}

/* ",1.234567", or "," for never */
static void put_seconds(FILE *f, uint64_t ns)
{
	if (ns == ENGINE_NEVER)
		putc(',', f);
	else
		fprintf(f, ",%" PRIu64 ".%06" PRIu64, ns / 1000000000, ns % 1000000000 / 1000);
}

static void put_quantiles(FILE *f, const struct quantiles *q)
{
	if (q->n)
		fprintf(f, ",%.1f,%.1f,%.1f,%.1f", q->mean, q->p50, q->p95, q->p99);
	else
		fputs(",,,,", f);
}

static void put_flow(FILE *f, size_t run, size_t number, const struct flow_result *flow)
{
	fprintf(f, "%zu,%zu,", run, number);
	csv_text(f, flow->name);
	fprintf(f, ",%s", flow->cc);
	put_seconds(f, flow->start_ns);
	put_seconds(f, flow->established_ns);
	put_seconds(f, flow->finished_ns);
	fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%.0f,%.6f", flow->received_bytes, flow->window_bytes, flow->goodput_bps, flow->share);
	put_quantiles(f, &flow->rtt_us);
	put_quantiles(f, &flow->cwnd_pkts);
	fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%d,%d\n", flow->retransmits, flow->marks, flow->ecn, flow->error);
}

void csv_flows(FILE *f, const struct report_run *run)
{
	fputs("run,flow,name,cc,start_s,established_s,finished_s,received_bytes,window_bytes,goodput_bps,share,rtt_mean_us,rtt_p50_us,"
	      "rtt_p95_us,rtt_p99_us,cwnd_mean_pkts,cwnd_p50_pkts,cwnd_p95_pkts,cwnd_p99_pkts,retransmits,marks,ecn,errno\n", f);
	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];

		for (size_t k = 0; r->valid && k < r->n_flows; k++)
			put_flow(f, i + 1, k, &r->flows[k]);
	}
}

static void put_sample(FILE *f, size_t run, const struct flow_sample *s)
{
	fprintf(f, "%zu", run);
	put_seconds(f, s->t_ns);
	fprintf(f, ",%" PRIu32 ",%" PRIu32 ",", s->flow, s->cwnd_pkts);
	if (s->ssthresh_pkts < UNKNOWN_SSTHRESH)
		fprintf(f, "%" PRIu32, s->ssthresh_pkts);
	fprintf(f, ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",", s->srtt_us, s->min_rtt_us,
		s->inflight_pkts, s->retransmits, s->lost_pkts, s->delivered_pkts, s->delivered_ce_pkts);
	if (s->pacing_bps != UINT64_MAX)
		fprintf(f, "%" PRIu64, s->pacing_bps);
	fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%u\n", s->delivery_bps, s->received_bytes, s->ca_state);
}

void csv_samples(FILE *f, const struct report_run *run)
{
	fputs("run,t_s,flow,cwnd_pkts,ssthresh_pkts,srtt_us,min_rtt_us,inflight_pkts,retransmits,lost_pkts,delivered_pkts,"
	      "delivered_ce_pkts,pacing_bps,delivery_bps,received_bytes,ca_state\n", f);
	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];

		for (size_t k = 0; r->valid && k < r->n_samples; k++)
			put_sample(f, i + 1, &r->samples[k]);
	}
}

void csv_queue(FILE *f, const struct report_run *run)
{
	fputs("run,t_s,queued_pkts,queued_bytes,dropped_pkts,lost_pkts,marked_pkts,out_bytes\n", f);
	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];

		for (size_t k = 0; r->valid && k < r->n_queue; k++) {
			const struct queue_sample *q = &r->queue[k];

			fprintf(f, "%zu", i + 1);
			put_seconds(f, q->t_ns);
			fprintf(f, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", q->queued_pkts,
				q->queued_bytes, q->dropped_pkts, q->lost_pkts, q->marked_pkts, q->out_bytes);
		}
	}
}

void csv_transfers(FILE *f, const struct report_run *run)
{
	fputs("run,flow,name,start_s,end_s,bytes,fct_s,slowdown\n", f);
	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];

		for (size_t k = 0; r->valid && k < r->n_transfers; k++) {
			const struct transfer *t = &r->transfers[k];

			fprintf(f, "%zu,%" PRIu32 ",", i + 1, t->flow);
			csv_text(f, r->flows[t->flow].name);
			put_seconds(f, t->start_ns);
			put_seconds(f, t->end_ns);
			fprintf(f, ",%" PRIu64, t->bytes);
			if (t->end_ns == ENGINE_NEVER) {
				fputs(",,\n", f);
				continue;
			}
			put_seconds(f, t->end_ns - t->start_ns);
			fprintf(f, ",%.4f\n", t->slowdown);
		}
	}
}
