// SPDX-License-Identifier: GPL-2.0-only
/* The load generator's life: set up, start flows when they are due, serve sockets, sample, measure the window, tidy up. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"

#define EVENTS_PER_WAIT 64 /* between two looks at the clock */
#define CONNECTS_PER_PASS 64 /* before connections under way are looked after */
#define SPARE_FDS 256      /* the process has others besides two for each flow */
#define PASSING_FLOWS 500  /* of those that come at random, room for at least so many at a time */

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t traffic_now(const struct traffic *t)
{
	uint64_t now = monotonic_ns();

	return now > t->start_mono_ns ? now - t->start_mono_ns : 0;
}

static bool stopped(const struct traffic *t)
{
	return t->config->stop && *t->config->stop;
}

static int namespace_of_thread(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int enter_namespace(int ns, struct congctl_error *err)
{
	int code;

	if (!setns(ns, CLONE_NEWNET))
		return 0;
	code = -errno;
	return congctl_fail(err, code, "cannot enter a network namespace: %s%s", strerror(-code),
			    code == -EPERM ? ": run as root (CAP_SYS_ADMIN)" : "");
}

/* as many as wanted, or as the hard limit allows; 0: less than `least` */
static rlim_t raise_limit(rlim_t least, rlim_t wanted)
{
	struct rlimit limit, raised = {wanted, wanted};

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur >= wanted)
		return wanted;
	if (limit.rlim_max >= wanted)
		raised.rlim_max = limit.rlim_max;
	if (!setrlimit(RLIMIT_NOFILE, &raised))
		return wanted;
	if (limit.rlim_max < least)
		return 0;
	raised.rlim_cur = raised.rlim_max = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &raised) ? 0 : limit.rlim_max;
}

int traffic_reserve(const struct scenario *s, const struct workload_flow *plan, size_t n_plan, struct congctl_error *err)
{
	size_t least = 0;
	rlim_t room;
	int fd;

	if (!n_plan || n_plan > SCENARIO_MAX_FLOWS)
		return congctl_fail(err, -EINVAL, "cannot run %zu flows: 1 to %d are possible", n_plan, SCENARIO_MAX_FLOWS);
	for (size_t i = 0; i < n_plan; i++)
		least += s->flows[plan[i].group].workload != WORKLOAD_POISSON; /* those come and go */
	least = 2 * (n_plan - least < PASSING_FLOWS ? n_plan : least + PASSING_FLOWS) + SPARE_FDS;
	room = raise_limit(least, 2 * n_plan + SPARE_FDS);
	if (!room)
		return congctl_fail(err, -EMFILE, "cannot open %zu descriptors for %zu flows: raise `ulimit -Hn`", least, n_plan);
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)room - 1); /* the table of descriptors grows now, at one go */
	if (fd >= 0)
		close(fd);
	return 0;
}

static int allocate(struct traffic *t, struct congctl_error *err)
{
	const struct scenario *s = t->config->scenario;
	struct run_result *r = t->result;

	t->n_flows = t->config->n_plan;
	t->flows = calloc(t->n_flows, sizeof(*t->flows));
	t->alarms = engine_new(0);
	r->flows = calloc(t->n_flows, sizeof(*r->flows));
	for (size_t i = 0; t->flows && i < t->n_flows; i++)
		t->flows[i].end[SENDER].fd = t->flows[i].end[RECEIVER].fd = -1;
	if (!t->flows || !t->alarms || !r->flows)
		return congctl_fail(err, -ENOMEM, "cannot keep %zu flows: out of memory", t->n_flows);
	r->n_flows = t->n_flows;
	for (size_t g = 0; g < s->n_flows; g++) {
		t->listeners[g].flow_of_port = calloc(65536, sizeof(uint32_t));
		if (!t->listeners[g].flow_of_port)
			return congctl_fail(err, -ENOMEM, "cannot keep %zu groups of flows: out of memory", s->n_flows);
	}
	return 0;
}

static void init_flows(struct traffic *t)
{
	for (size_t i = 0; i < t->n_flows; i++) {
		const struct workload_flow *plan = &t->config->plan[i];
		struct flow_result *out = &t->result->flows[i];
		struct flow *f = &t->flows[i];

		f->traffic = t;
		f->plan = plan;
		f->group = &t->config->scenario->flows[plan->group];
		f->out = out;
		f->ended_ns = f->asked_ns = ENGINE_NEVER;
		workload_name(t->config->scenario, plan, out->name, sizeof(out->name));
		out->group = plan->group;
		out->start_ns = plan->start_ns;
		out->established_ns = out->finished_ns = ENGINE_NEVER;
		app_prepare(t, f);
	}
}

static bool is_stream(const struct flow *f)
{
	return f->group->workload == WORKLOAD_CBR;
}

/* Ends in the senders' namespace. */
static int open_sockets(struct traffic *t, struct congctl_error *err)
{
	const struct traffic_config *c = t->config;
	int ret = enter_namespace(c->receiver_ns, err);

	for (uint32_t g = 0; !ret && g < c->scenario->n_flows; g++) {
		if (c->scenario->flows[g].workload != WORKLOAD_CBR)
			ret = traffic_listen(t, g, err);
	}
	for (size_t i = 0; !ret && i < t->n_flows; i++) {
		if (is_stream(&t->flows[i]))
			ret = datagram_open_receiver(t, &t->flows[i], err);
	}
	if (!ret)
		ret = enter_namespace(c->sender_ns, err);
	for (size_t i = 0; !ret && i < t->n_flows; i++)
		ret = is_stream(&t->flows[i]) ? datagram_open_sender(t, &t->flows[i], err) :
		      t->flows[i].group->workload == WORKLOAD_POISSON ? 0 : flow_open(t, &t->flows[i], err);
	return ret;
}

/* The parts of the window that count for a flow: from its start, or the window's, to its end, or the window's. */
static void close_window(struct traffic *t, uint64_t now)
{
	t->result->duration_ns = now;
	t->result->window_ns = t->window_open ? now - t->window_opened_ns : 0;
	for (size_t i = 0; i < t->n_flows; i++) {
		struct flow_result *f = t->flows[i].out;
		uint64_t begin = f->start_ns > t->window_opened_ns ? f->start_ns : t->window_opened_ns;
		uint64_t end = t->flows[i].ended_ns < now ? t->flows[i].ended_ns : now;

		f->window_bytes = t->window_open ? f->received_bytes - t->flows[i].window_base : 0;
		f->window_ns = t->window_open && end > begin ? end - begin : 0;
		if (!f->error && f->established_ns == ENGINE_NEVER && f->start_ns < now)
			f->error = ETIMEDOUT;
	}
}

static void open_window(struct traffic *t, uint64_t now)
{
	t->window_open = true;
	t->window_opened_ns = now;
	for (size_t i = 0; i < t->n_flows; i++)
		t->flows[i].window_base = t->flows[i].out->received_bytes;
}

static void start_due(struct traffic *t, uint64_t now)
{
	for (int n = 0; n < CONNECTS_PER_PASS && t->next_start < t->n_flows && t->connecting < TRAFFIC_MAX_CONNECTING; n++) {
		struct flow *f = &t->flows[t->next_start];

		if (f->plan->start_ns > now)
			break;
		t->next_start++;
		if (is_stream(f))
			datagram_start(t, f);
		else
			flow_connect(t, f);
	}
}

static uint64_t earliest(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* when something is to be done though no socket has anything to say */
static uint64_t next_deadline(const struct traffic *t)
{
	const struct scenario *s = t->config->scenario;
	uint64_t when = earliest(earliest(s->duration_ns, t->next_sample_ns), engine_next(t->alarms));

	if (!t->window_open)
		when = earliest(when, s->warmup_ns);
	if (t->next_start < t->n_flows && t->connecting < TRAFFIC_MAX_CONNECTING)
		when = earliest(when, t->flows[t->next_start].plan->start_ns);
	return when;
}

static void serve(struct traffic *t, uint64_t now)
{
	struct epoll_event events[EVENTS_PER_WAIT];
	uint64_t deadline = next_deadline(t);
	uint64_t wait_ns = t->ready || deadline <= now ? 0 : deadline - now;
	struct timespec timeout = {.tv_sec = (time_t)(wait_ns / 1000000000), .tv_nsec = (long)(wait_ns % 1000000000)};
	int n = epoll_pwait2(t->epoll, events, EVENTS_PER_WAIT, &timeout, NULL);

	for (int i = 0; i < n; i++) {
		uint32_t index = (uint32_t)events[i].data.u64;

		switch ((enum traffic_event)(events[i].data.u64 >> 32)) {
		case EVENT_LISTENER:
			flow_accept(t, index);
			break;
		case EVENT_SENDER:
			flow_on_event(t, &t->flows[index], SENDER, events[i].events);
			break;
		case EVENT_RECEIVER:
			flow_on_event(t, &t->flows[index], RECEIVER, events[i].events);
			break;
		case EVENT_DATAGRAM:
			datagram_receive(t, &t->flows[index]);
			break;
		}
	}
	flow_serve_ready(t);
}

static void wait_for_start(const struct traffic *t)
{
	struct timespec start = {
		.tv_sec = (time_t)(t->start_mono_ns / 1000000000), .tv_nsec = (long)(t->start_mono_ns % 1000000000),
	};

	while (!stopped(t) && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &start, NULL) == EINTR)
		;
}

static int run(struct traffic *t, struct congctl_error *err)
{
	const struct scenario *s = t->config->scenario;
	int ret = 0;

	wait_for_start(t);
	while (!ret) {
		uint64_t now = traffic_now(t);

		if (stopped(t))
			return congctl_fail(err, -EINTR, "stopped at %g s", (double)now / 1e9);
		if (!t->window_open && now >= s->warmup_ns)
			open_window(t, now);
		if (now >= s->duration_ns) {
			close_window(t, now);
			app_finish(t, now);
			break;
		}
		start_due(t, now);
		engine_run(t->alarms, now);
		if (now >= t->next_sample_ns) {
			ret = sample_tick(t);
			if (t->config->tick)
				t->config->tick(t->config->tick_arg, now);
		}
		serve(t, now);
		ret = ret ? ret : t->error;
	}
	ret = ret ? ret : t->error;
	for (size_t i = 0; !ret && i < t->n_flows; i++) {
		if (!t->flows[i].done && t->flows[i].out->established_ns != ENGINE_NEVER)
			ret = sample_flow(t, &t->flows[i]);
	}
	return ret;
}

static void tear_down(struct traffic *t)
{
	for (size_t i = 0; t->flows && i < t->n_flows; i++)
		flow_close(&t->flows[i]);
	for (size_t g = 0; g < t->config->scenario->n_flows; g++) {
		if (t->listeners[g].fd >= 0)
			close(t->listeners[g].fd);
		free(t->listeners[g].flow_of_port);
	}
	if (t->epoll >= 0)
		close(t->epoll);
	engine_free(t->alarms);
	free(t->flows);
}

static int set_up(struct traffic *t, struct congctl_error *err)
{
	int ret;

	t->ready_tail = &t->ready;
	for (size_t g = 0; g < SCENARIO_MAX_GROUPS; g++)
		t->listeners[g].fd = -1;
	t->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (t->epoll < 0)
		return congctl_fail(err, -errno, "cannot wait for sockets: %s", strerror(errno));
	ret = traffic_reserve(t->config->scenario, t->config->plan, t->config->n_plan, err);
	if (!ret)
		ret = allocate(t, err);
	if (ret)
		return ret;
	init_flows(t);
	sample_init(t);
	ret = open_sockets(t, err);
	t->start_mono_ns = monotonic_ns();
	if (!ret && t->config->begin)
		ret = t->config->begin(t->config->begin_arg, &t->start_mono_ns, err);
	return ret;
}

int traffic_run(const struct traffic_config *config, struct run_result *r, struct congctl_error *err)
{
	struct traffic t = {.config = config, .result = r, .epoll = -1};
	int home = namespace_of_thread(), slack = prctl(PR_GET_TIMERSLACK), nice = getpriority(PRIO_PROCESS, 0);
	int ret;

	if (home < 0)
		return congctl_fail(err, home, "cannot find out the network namespace: %s", strerror(-home));
	prctl(PR_SET_TIMERSLACK, 1); /* ns: starts and window edges on time */
	setpriority(PRIO_PROCESS, 0, -20); /* this thread, as the emulator's: a late sender is an application-limited one */
	ret = set_up(&t, err);
	if (!ret) {
		ret = run(&t, err);
		if (ret == -ENOMEM)
			congctl_fail(err, ret, "cannot keep more than %zu samples and %zu transfers: out of memory: choose a longer sampling "
				     "interval, or fewer and larger transfers", r->n_samples, r->n_transfers);
	}
	if (config->ended)
		config->ended(config->ended_arg);
	tear_down(&t);
	if (enter_namespace(home, err) && !ret)
		ret = -EPERM;
	close(home);
	prctl(PR_SET_TIMERSLACK, slack);
	setpriority(PRIO_PROCESS, 0, nice);
	return ret;
}
