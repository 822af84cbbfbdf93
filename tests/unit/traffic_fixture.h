/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of the load generator over the loopback of a network namespace of its own. Needs CAP_SYS_ADMIN; skips without. */
#ifndef TESTS_TRAFFIC_FIXTURE_H
#define TESTS_TRAFFIC_FIXTURE_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/traffic/traffic.h"

#define MS 1000000ull

static int ns = -1;

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static struct sockaddr_storage loopback(uint32_t host)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 | host)};
	struct sockaddr_storage address = {0};

	memcpy(&address, &in, sizeof(in));
	return address;
}

static struct scenario make_scenario(uint64_t duration_ns)
{
	struct scenario s = {.duration_ns = duration_ns, .warmup_ns = duration_ns / 5, .sample_ns = 10 * MS, .mtu = 1500, .family = 4};

	return s;
}

static struct scenario_flow *add(struct scenario *s, const char *cc, uint32_t count, uint64_t start_ns, uint64_t size)
{
	struct scenario_flow *f = &s->flows[s->n_flows++];

	f->count = count;
	f->start_ns = start_ns;
	f->size_bytes = size;
	snprintf(f->name, sizeof(f->name), "%s", cc);
	snprintf(f->cc, sizeof(f->cc), "%s", cc);
	return f;
}

static volatile sig_atomic_t stop_flag;
static int ticks, stop_after_ticks;

static void count_tick(void *arg, uint64_t t_ns)
{
	ticks++;
	if (stop_after_ticks && ticks >= stop_after_ticks)
		stop_flag = 1;
}

/* with the plan of the scenario */
static int run_planned(const struct scenario *s, struct traffic_config *config, struct run_result *r, struct congctl_error *err)
{
	struct workload_flow *plan = NULL;
	int ret = workload_plan(s, &plan, &config->n_plan, err);

	config->plan = plan;
	if (!ret)
		ret = traffic_run(config, r, err);
	free(plan);
	return ret;
}

static int run(const struct scenario *s, struct run_result *r, struct congctl_error *err)
{
	struct traffic_group groups[SCENARIO_MAX_GROUPS];
	struct traffic_config config = {
		.scenario = s, .groups = groups, .sender_ns = ns, .receiver_ns = ns, .stop = &stop_flag, .tick = count_tick,
	};

	memset(r, 0, sizeof(*r));
	memset(err, 0, sizeof(*err));
	ticks = 0;
	stop_flag = 0;
	for (uint32_t g = 0; g < s->n_flows; g++) {
		groups[g].sender = loopback(0x100 + g);
		groups[g].receiver = loopback(0x200 + g);
	}
	return run_planned(s, &config, r, err);
}

/*
 * A machine that is busy, or stands still, may not come to what a test looks at: then once more, twice as long, up to 32 times. What is
 * asserted afterwards holds however late anything was: order, counts, and times that cannot be shorter.
 */
static bool too_short(uint64_t *unit, bool enough, struct run_result *r)
{
	if (enough || *unit >= 32 * MS)
		return false;
	run_result_free(r);
	*unit *= 2;
	return true;
}

/* when the measured window was opened, told by a flow that was there from before it until the end */
static uint64_t opened_ns(const struct run_result *r, size_t flow)
{
	return r->duration_ns - r->flows[flow].window_ns;
}

static int other_namespace(void)
{
	int other;

	CU_ASSERT_EQUAL_FATAL(unshare(CLONE_NEWNET), 0);
	other = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	CU_ASSERT_EQUAL_FATAL(setns(ns, CLONE_NEWNET), 0);
	return other;
}

/* a namespace with its loopback up; 0, or the reason why not */
static const char *make_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd;

	if (unshare(CLONE_NEWNET))
		return "needs CAP_SYS_ADMIN to make a network namespace";
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		return "cannot bring the loopback of a new network namespace up";
	close(fd);
	ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return ns < 0 ? "cannot open /proc/thread-self/ns/net" : NULL;
}

#endif
