// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "probe.h"
#include "selftest.h"

#define PROBES 2000             /* one each ms: 2 s */
#define PROBE_PAYLOAD 64
#define FULL_PAYLOAD 1472       /* a frame of 1514 bytes */
#define SATURATE_NS 2500000000  /* the first 0.5 s does not count */
#define SETTLE_NS 20000000      /* until the queue is never empty */
#define OVERLOAD 1.3            /* of the rate, offered */
#define QUIET_NS 300000000      /* nothing for so long: nothing will come */

/* the limits at 100 Mbit/s and 20 ms; docs/emulator.md says where they come from */
#define DELAY_P50_MAX_US 60
#define DELAY_P99_MAX_US 400
#define RATE_ERROR_MAX 0.2      /* percent */
#define STALLED_MAX 5           /* percent, as in a run */

#define BURST 60
#define BURST_RATE 400000       /* 1042 bytes take 20.8 ms: the burst is over before the first has left */
#define BURST_PAYLOAD 1000
#define BURST_LIMIT 20
#define BURST_THRESHOLD 10

#define LOSSES 20000
#define LOSS_PROBABILITY 0.01

struct selftest {
	const struct selftest_config *config;
	struct selftest_check *checks;
	struct congctl_error *err;
	struct probe probe;
	uint64_t reordered;
	int64_t unaccounted;
};

bool selftest_passed(const struct selftest_check *c)
{
	return c->value >= c->min && c->value <= c->max;
}

static bool stopped(const struct selftest *t)
{
	return t->config->stop && *t->config->stop;
}

static void sleep_until(uint64_t mono_ns)
{
	struct timespec ts = {mono_ns / NS_PER_S, mono_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

/* What every stage ends with: all packets are where they ought to be, and in order. */
static void account(struct selftest *t, struct link_stats *st)
{
	probe_stop(&t->probe);
	link_stats(t->probe.link, st);
	t->reordered += t->probe.reordered;
	t->unaccounted += llabs((int64_t)t->probe.sent - (int64_t)st->in_pkts);
	t->unaccounted += llabs((int64_t)st->in_pkts - (int64_t)(st->lost_pkts + st->dropped_pkts + st->inside_pkts + t->probe.received));
}

static int send_or_fail(struct selftest *t, uint32_t payload, uint8_t ecn)
{
	int ret = probe_send(&t->probe, payload, ecn);

	return ret ? congctl_fail(t->err, ret, "cannot send a probe: %s", strerror(-ret)) : 0;
}

static int measure_delay(struct selftest *t)
{
	struct link_config link = {.name = "delay", .rate_bps = t->config->rate_bps, .delay_ns = t->config->rtt_ns / 2};
	double model_ns = link.delay_ns + (PROBE_PAYLOAD + PROBE_HEADERS) * 8e9 / link.rate_bps;
	double *delays = calloc(PROBES, sizeof(*delays));
	uint64_t next_ns = clock_mono_ns();
	struct quantiles q;
	struct link_stats st;
	int ret = -ENOMEM;

	if (delays)
		ret = probe_start(&t->probe, &link, t->config->wait, t->err);
	t->probe.delays_ns = delays;
	t->probe.delays_room = PROBES;
	for (int i = 0; i < PROBES && !ret && !stopped(t); i++) {
		ret = send_or_fail(t, PROBE_PAYLOAD, ECN_NOT_ECT);
		probe_receive(&t->probe);
		sleep_until(next_ns += 1000000);
	}
	if (!ret) {
		probe_drain(&t->probe, t->probe.sent, QUIET_NS + link.delay_ns);
		account(t, &st);
		q = quantiles_of(delays, t->probe.received);
		t->checks[0] = (struct selftest_check){"delay_p50", "one-way delay added, median", "us", (q.p50 - model_ns) / 1e3, 0,
						       DELAY_P50_MAX_US};
		t->checks[1] = (struct selftest_check){"delay_p99", "one-way delay added, 99 %", "us", (q.p99 - model_ns) / 1e3, 0,
						       DELAY_P99_MAX_US};
	}
	free(delays);
	t->probe.delays_ns = NULL;
	return ret;
}

static int measure_rate(struct selftest *t)
{
	struct link_config link = {.name = "rate", .rate_bps = t->config->rate_bps, .queue = {.limit_pkts = 1000}};
	double frame_ns = (FULL_PAYLOAD + PROBE_HEADERS) * 8e9 / link.rate_bps / OVERLOAD;
	uint64_t begin_ns, t_ns = 0;
	struct loop_health health;
	struct link_stats st;
	uint64_t took_ns;
	double rate;
	int ret = probe_start(&t->probe, &link, t->config->wait, t->err);

	t->probe.count_from_ns = clock_ns(CLOCK_REALTIME) + SETTLE_NS;
	begin_ns = clock_mono_ns();
	while (!ret && t_ns < SATURATE_NS && !stopped(t)) {
		t_ns = clock_mono_ns() - begin_ns;
		while (!ret && t->probe.sent * frame_ns < t_ns)
			ret = send_or_fail(t, FULL_PAYLOAD, ECN_NOT_ECT);
		probe_receive(&t->probe);
		sleep_until(clock_mono_ns() + 1000000);
	}
	if (ret)
		return ret;
	probe_drain(&t->probe, t->probe.sent, QUIET_NS);
	account(t, &st);
	rate = st.busy_ns ? st.out_bytes * 8e9 / st.busy_ns : 0;
	t->checks[2] = (struct selftest_check){"rate_error_schedule", "rate, error of the schedule", "%",
					       (rate / link.rate_bps - 1) * 100, -RATE_ERROR_MAX, RATE_ERROR_MAX};
	loop_health(t->probe.loop, &health);
	took_ns = t->probe.last_ns - t->probe.first_ns;
	rate = took_ns > health.stalled_ns ? t->probe.received_bytes * 8e9 / (took_ns - health.stalled_ns) : 0;
	t->checks[3] = (struct selftest_check){"rate_error_receiver", "rate, error at the receiver", "%",
					       (rate / link.rate_bps - 1) * 100, -RATE_ERROR_MAX, RATE_ERROR_MAX};
	t->checks[4] = (struct selftest_check){"stalled", "time in which the emulator stood still", "%",
					       took_ns ? health.stalled_ns * 100.0 / took_ns : 0, 0, STALLED_MAX};
	return 0;
}

/* One packet is on the wire, BURST_LIMIT wait; those that found BURST_THRESHOLD waiting are marked. */
static int measure_queue(struct selftest *t)
{
	struct link_config link = {.name = "queue", .rate_bps = BURST_RATE};
	struct link_stats st;
	int ret;

	link.queue = (struct queue_config){.discipline = "step", .limit_pkts = BURST_LIMIT, .mark_threshold_pkts = BURST_THRESHOLD};
	ret = probe_start(&t->probe, &link, t->config->wait, t->err);
	for (int i = 0; i < BURST && !ret; i++)
		ret = send_or_fail(t, BURST_PAYLOAD, ECN_ECT0);
	if (ret)
		return ret;
	probe_drain(&t->probe, BURST_LIMIT + 1, QUIET_NS);
	account(t, &st);
	t->checks[5] = (struct selftest_check){"queue_limit", "drop-tail: packets that waited", "pkts", (double)t->probe.received - 1,
					       BURST_LIMIT, BURST_LIMIT};
	t->checks[6] = (struct selftest_check){"marks", "step marking: packets marked", "pkts", t->probe.marked,
					       BURST_LIMIT - BURST_THRESHOLD, BURST_LIMIT - BURST_THRESHOLD};
	return 0;
}

static int measure_losses(struct selftest *t)
{
	double expected = LOSSES * LOSS_PROBABILITY, sigma = sqrt(expected * (1 - LOSS_PROBABILITY));
	struct link_config link = {.name = "loss", .rate_bps = 100000000, .loss = {.kind = LOSS_BERNOULLI, .probability = LOSS_PROBABILITY}};
	struct link_stats st;
	int ret = probe_start(&t->probe, &link, t->config->wait, t->err);

	while (!ret && t->probe.sent < LOSSES && !stopped(t)) {
		for (int i = 0; i < 40 && !ret; i++)
			ret = send_or_fail(t, PROBE_PAYLOAD, ECN_NOT_ECT);
		probe_receive(&t->probe);
		sleep_until(clock_mono_ns() + 500000);
	}
	if (ret)
		return ret;
	probe_drain(&t->probe, t->probe.sent, QUIET_NS);
	account(t, &st);
	t->checks[7] = (struct selftest_check){"losses", "losses of 20,000 at 1 %, 3 sigma", "pkts", (double)t->probe.sent - t->probe.received,
					       ceil(expected - 3 * sigma), floor(expected + 3 * sigma)};
	return 0;
}

int selftest_run(const struct selftest_config *config, struct selftest_check checks[SELFTEST_CHECKS], struct congctl_error *err)
{
	static int (*const stages[])(struct selftest *) = {measure_delay, measure_rate, measure_queue, measure_losses};
	struct selftest t = {.config = config, .checks = checks, .err = err};
	int ret = emu_require(err);

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]) && !ret; i++) {
		ret = stages[i](&t);
		if (!ret && stopped(&t))
			ret = congctl_fail(err, -EINTR, "interrupted");
	}
	checks[8] = (struct selftest_check){"reordered", "packets out of order", "pkts", t.reordered, 0, 0};
	checks[9] = (struct selftest_check){"unaccounted", "sent - received - lost - dropped - queued", "pkts", t.unaccounted, 0, 0};
	probe_close(&t.probe);
	return ret;
}
