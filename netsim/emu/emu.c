// SPDX-License-Identifier: GPL-2.0-only
/* emu.c - one run of a scenario: the network, the traffic, what is sampled meanwhile, and whether it counts. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../traffic/traffic.h"
#include "clock.h"
#include "emulation.h"

#define HEAD_START_NS 20000000  /* the emulator's thread runs before time 0 */
#define LATE_NS 1000000         /* see judge() */
#define LATE_SHARE_OF_RTT 0.1
#define STALLED_SHARE 0.05
#define STALL_US 100000

struct emu_run {
	const struct scenario *scenario;
	struct workload_flow *plan;
	size_t n_plan;
	const struct emu_options *options;
	struct run_result *result;
	struct emulation net;
	size_t queue_room;
	pthread_mutex_t lock;
	struct link_stats latest;       /* under lock: for progress() */
	uint64_t steal_ticks, all_ticks;
};

/* --- in the emulator's thread: events of the engine ------------------------------------------------------------- */

static void on_sample(void *arg)
{
	struct emu_run *e = arg;
	uint64_t t_ns = engine_now(e->net.network.engine);
	struct link_stats st;

	link_counters(e->net.network.bottleneck, &st);
	if (e->result->n_queue < e->queue_room)
		e->result->queue[e->result->n_queue++] = queue_sample_of(t_ns, &st);
	if (!pthread_mutex_trylock(&e->lock)) {
		e->latest = st;
		pthread_mutex_unlock(&e->lock);
	}
	if (t_ns + e->scenario->sample_ns <= e->scenario->duration_ns)
		engine_at(e->net.network.engine, t_ns + e->scenario->sample_ns, on_sample, e);
}

static void on_warm(void *arg)
{
	struct emu_run *e = arg;

	for (size_t i = 0; i < e->net.network.n_links; i++)
		link_measure_from_now(e->net.network.links[i]);
	loop_health_from_now(e->net.loop);
}

/* --- in the caller's thread -------------------------------------------------------------------------------------- */

static void on_tick(void *arg, uint64_t t_ns)
{
	struct emu_run *e = arg;
	struct link_stats st;

	if (!e->options->progress)
		return;
	pthread_mutex_lock(&e->lock);
	st = e->latest;
	pthread_mutex_unlock(&e->lock);
	e->options->progress(e->options->progress_arg, e->scenario, t_ns, &st);
}

static int on_begin(void *arg, uint64_t *start_mono_ns, struct congctl_error *err)
{
	struct emu_run *e = arg;

	*start_mono_ns = clock_mono_ns() + HEAD_START_NS;
	return loop_start(e->net.loop, *start_mono_ns, err);
}

/* What the closing of thousands of connections does to the link and to the emulator is no part of the run. */
static void on_ended(void *arg)
{
	struct emu_run *e = arg;

	loop_stop(e->net.loop);
}

/* The first line of /proc/stat: user nice system idle iowait irq softirq steal */
static void read_ticks(uint64_t *steal, uint64_t *all)
{
	unsigned long long v[8] = {0};
	FILE *f = fopen("/proc/stat", "re");

	*steal = *all = 0;
	if (!f)
		return;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) == 8) {
		*steal = v[7];
		for (int i = 0; i < 8; i++)
			*all += v[i];
	}
	fclose(f);
}

/*
 * Does the run count? A delivery that is late by less than a tenth of the RTT is within what a sender sees as jitter; below 1 ms the
 * machine's own timers would void every run on a short path. A stall is time that the network does not have but the
 * hosts do: each is a spike of the RTT, so there may not be many, and one of 100 ms comes near the kernel's smallest retransmission
 * timeout, 200 ms. A packet that found a full input was
 * dropped where the scenario has no queue. docs/emulator.md has the figures.
 */
static void judge(struct emu_run *e)
{
	struct run_result *r = e->result;
	const struct run_health *h = &r->health;
	double late_us = fmax(scenario_common_rtt_ns(e->scenario) * LATE_SHARE_OF_RTT, LATE_NS) / 1e3;
	char what[128] = "";

	if (h->lateness_us_p99 > late_us)
		snprintf(what, sizeof(what), "1 %% of the packets left more than %.1f ms late (limit %.1f ms)",
			 h->lateness_us_p99 / 1e3, late_us / 1e3);
	else if (h->longest_stall_us > STALL_US)
		snprintf(what, sizeof(what), "the emulator stood still for %.0f ms (limit %.0f ms)", h->longest_stall_us / 1e3, STALL_US / 1e3);
	else if (h->stalled_share > STALLED_SHARE)
		snprintf(what, sizeof(what), "the emulator stood still for %.1f %% of the time (limit %.1f %%)", h->stalled_share * 100,
			 STALLED_SHARE * 100);
	r->valid = !h->overruns && !h->failed_pkts && !what[0];
	if (h->overruns)
		snprintf(r->void_reason, sizeof(r->void_reason),
			 "%llu packets found the emulator's input full: lower the rate or the number of flows",
			 (unsigned long long)h->overruns);
	else if (h->failed_pkts)
		snprintf(r->void_reason, sizeof(r->void_reason),
			 "%llu packets were lost in the emulator itself, unreadable or for want of memory: this is a bug, or the machine is full",
			 (unsigned long long)h->failed_pkts);
	else if (!r->valid)
		snprintf(r->void_reason, sizeof(r->void_reason),
			 "%s; it used %.0f %% of a CPU, %.0f %% of the machine was stolen: lower the rate, or run less beside it",
			 what, h->cpu_share * 100, h->steal_share * 100);
}

static void fill_health(struct emu_run *e)
{
	uint64_t steal, all;
	struct loop_health h;

	read_ticks(&steal, &all);
	loop_health(e->net.loop, &h);
	e->result->health = (struct run_health){
		.lateness_us_p50 = h.lateness_us_p50,
		.lateness_us_p99 = h.lateness_us_p99,
		.lateness_us_max = h.lateness_us_max,
		.stalled_share = h.wall_ns ? (double)h.stalled_ns / h.wall_ns : 0,
		.longest_stall_us = h.longest_stall_us,
		.cpu_share = h.cpu_share,
		.steal_share = all > e->all_ticks ? (double)(steal - e->steal_ticks) / (all - e->all_ticks) : 0,
		.overruns = h.overruns,
		.failed_pkts = h.unreadable + h.write_errors,
	};
}

static void fill_links(struct emu_run *e)
{
	const struct network *n = &e->net.network;
	struct run_result *r = e->result;

	link_stats(n->bottleneck, &r->link);
	for (r->n_links = 0; r->n_links < n->n_links; r->n_links++) {
		struct link_result *l = &r->links[r->n_links];

		memcpy(l->name, n->names[r->n_links], sizeof(l->name));
		link_stats(n->links[r->n_links], &l->stats);
	}
}

static int schedule(struct emu_run *e)
{
	const struct scenario *s = e->scenario;
	int ret;

	e->result->links = calloc(e->net.network.n_links, sizeof(*e->result->links));
	if (!e->result->links)
		return -ENOMEM;
	e->queue_room = s->sample_ns ? s->duration_ns / s->sample_ns + 1 : 0;
	if (e->queue_room) {
		e->result->queue = calloc(e->queue_room, sizeof(*e->result->queue));
		if (!e->result->queue)
			return -ENOMEM;
	}
	ret = engine_at(e->net.network.engine, s->warmup_ns, on_warm, e);
	if (!ret && e->queue_room)
		ret = engine_at(e->net.network.engine, 0, on_sample, e);
	return ret;
}

static int run_traffic(struct emu_run *e, struct congctl_error *err)
{
	const struct scenario *s = e->scenario;
	struct traffic_group groups[SCENARIO_MAX_GROUPS];
	struct traffic_config config = {
		.scenario = s,
		.plan = e->plan,
		.n_plan = e->n_plan,
		.groups = groups,
		.sender_ns = e->net.testbed.ns[LEFT],
		.receiver_ns = e->net.testbed.ns[RIGHT],
		.begin = on_begin,
		.begin_arg = e,
		.stop = e->options->stop,
		.tick = on_tick,
		.tick_arg = e,
		.ended = on_ended,
		.ended_arg = e,
	};

	for (uint32_t g = 0; g < s->n_flows; g++) {
		testbed_address(LEFT, g, s->family, &groups[g].sender);
		testbed_address(RIGHT, g, s->family, &groups[g].receiver);
	}
	return traffic_run(&config, e->result, err);
}

static int run_on_network(struct emu_run *e, struct congctl_error *err)
{
	int ret = schedule(e);

	if (ret)
		return congctl_fail(err, ret, "cannot prepare the run: %s", strerror(-ret));
	read_ticks(&e->steal_ticks, &e->all_ticks);
	ret = run_traffic(e, err);
	loop_stop(e->net.loop);
	fill_links(e);
	fill_health(e);
	e->result->window_ns *= 1 - e->result->health.stalled_share; /* time in the network, as the link's figures are */
	for (size_t i = 0; i < e->result->n_flows; i++)
		e->result->flows[i].window_ns *= 1 - e->result->health.stalled_share;
	judge(e);
	return ret;
}

int emu_run(const struct scenario *s, const struct emu_options *options, struct run_result *r, struct congctl_error *err)
{
	struct emu_run e = {.scenario = s, .options = options, .result = r, .lock = PTHREAD_MUTEX_INITIALIZER};
	int ret;

	if (!s->n_flows || s->n_flows > SCENARIO_MAX_GROUPS)
		return congctl_fail(err, -EINVAL, "a scenario has 1 to %d groups of flows, not %zu", SCENARIO_MAX_GROUPS, s->n_flows);
	ret = emu_require(err);
	if (ret)
		return ret;
	r->engine = "emu";
	r->seed = s->seed;
	r->duration_ns = s->duration_ns;
	ret = workload_plan(s, &e.plan, &e.n_plan, err);
	if (!ret)
		ret = traffic_reserve(s, e.plan, e.n_plan, err);
	if (!ret)
		ret = emulation_open(&e.net, s, options, err);
	if (!ret) {
		ret = run_on_network(&e, err);
		emulation_close(&e.net);
	}
	free(e.plan);
	return ret;
}

int emu_wait_parse(const char *text, enum emu_wait *wait)
{
	static const char *const names[] = {[EMU_WAIT_SLEEP] = "sleep", [EMU_WAIT_HYBRID] = "hybrid", [EMU_WAIT_SPIN] = "spin"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i])) {
			*wait = i;
			return 0;
		}
	}
	return -EINVAL;
}

static bool have_capability(int cap)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data))
		return false;
	return data[CAP_TO_INDEX(cap)].effective & CAP_TO_MASK(cap);
}

int emu_require(struct congctl_error *err)
{
	int fd;

	if (!have_capability(CAP_SYS_ADMIN))
		return congctl_fail(err, -EPERM, "the emulator makes network namespaces, which takes CAP_SYS_ADMIN: run it as root");
	if (!have_capability(CAP_NET_ADMIN))
		return congctl_fail(err, -EPERM, "the emulator makes tunnel devices, which takes CAP_NET_ADMIN: run it as root");
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return congctl_fail(err, -ENOENT, "there is no /dev/net/tun: load the module 'tun', or give the container the device");
	if (fd < 0)
		return congctl_fail(err, -errno, "cannot open /dev/net/tun: %s: give the container the device", strerror(errno));
	close(fd);
	return 0;
}
