// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "batch.h"
#include "clock.h"
#include "loop.h"

#define COALESCE_DEFAULT 44      /* × 1448 bytes is just below 64 KB */
#define READS_PER_WAKE 16        /* of one port, before the others have a turn */
#define SPIN_NS 80000            /* hybrid: a sleeping thread is woken 40 to 70 us late on a virtual machine */
#define PAUSE_MIN_NS 25000       /* sleep: between passes when the thread is busy, see loop_moderate() */
#define PAUSE_MAX_NS 200000
#define BUSY_WINDOW_NS 10000000
#define BUSY_HIGH 0.70           /* of a CPU; from 0.95 on the kernel stops a real-time thread */
#define BUSY_LOW 0.40
#define STALL_NS 1000000         /* ten times the p99 of an undisturbed run's lateness */
#define EVENTS_MAX 64
#define STOP_TAG UINT32_MAX

struct loop {
	struct loop_config config;
	struct segment_pool *pool;
	struct batch *batches;        /* one per port */
	int epoll, stop;              /* descriptors */
	pthread_t thread;
	bool running;
	struct histogram lateness_ns;
	uint64_t cpu_from_ns, wall_from_ns, cpu_ns, wall_ns;
	uint64_t origin_mono_ns;      /* CLOCK_MONOTONIC at the engine's time 0, moved on by each stall */
	uint64_t stalled_ns, longest_stall_ns;
	uint64_t pause_ns, busy_cpu_ns, busy_wall_ns; /* see loop_moderate() */
	uint64_t overruns_before;
	uint64_t in_pkts, foreign_pkts, unreadable;
	struct virtio_net_hdr vnet;
	uint8_t frame[SEGMENT_SUPER_MAX];
};

static void loop_deliver(void *arg, struct packet *p)
{
	struct batch *b = arg;

	((struct emu_packet *)p)->delivered_ns = p->due_ns;
	batch_add(b, (struct emu_packet *)p);
}

static void loop_drop(void *arg, struct packet *p)
{
	struct batch *b = arg;

	segment_packet_put(b->pool, (struct emu_packet *)p);
}

static struct packet *loop_copy(void *arg, const struct packet *p)
{
	struct batch *b = arg;
	struct emu_packet *copy = segment_packet_copy(b->pool, (const struct emu_packet *)p);

	return copy ? &copy->p : NULL;
}

void loop_path_end(struct loop *l, uint32_t port, struct path *path)
{
	path->deliver = loop_deliver;
	path->drop = loop_drop;
	path->copy = loop_copy;
	path->arg = &l->batches[port];
}

/*
 * The engine's time. When an event is overdue by more than STALL_NS, this thread or the whole machine stood still. Then time in the
 * network stood still, too, and goes on from that event: made up for at once, all that was due meanwhile would leave in one burst, which
 * no link of that rate can send and which the next queue would pay for. Health says how much time was taken out so.
 */
static uint64_t loop_now(struct loop *l)
{
	uint64_t mono_ns = clock_mono_ns(), next_ns = engine_next(l->config.engine), now_ns, stall_ns;

	now_ns = mono_ns > l->origin_mono_ns ? mono_ns - l->origin_mono_ns : 0;
	if (next_ns == ENGINE_NEVER || now_ns < next_ns + STALL_NS)
		return now_ns;
	stall_ns = now_ns - next_ns;
	l->origin_mono_ns += stall_ns;
	l->stalled_ns += stall_ns;
	if (stall_ns > l->longest_stall_ns)
		l->longest_stall_ns = stall_ns;
	return next_ns;
}

static void loop_inject(struct loop *l, uint32_t port, struct packet *list)
{
	while (list) {
		struct packet *p = list;

		list = p->next;
		p->next = NULL;
		p->path = l->config.route(l->config.arg, port, (struct emu_packet *)p);
		if (!p->path) {
			l->foreign_pkts++;
			segment_packet_put(l->pool, (struct emu_packet *)p);
			continue;
		}
		l->in_pkts++;
		path_send(l->config.engine, p);
	}
}

/* Whatever is due leaves the engine first, so that no packet overtakes by arriving late. True: there may be more to read. */
static bool loop_read(struct loop *l, uint32_t port)
{
	for (int i = 0; i < READS_PER_WAKE; i++) {
		int n = port_read(&l->config.ports[port], &l->vnet, l->frame, sizeof(l->frame));
		struct segment_frame f = {&l->vnet, l->frame, n > 0 ? n : 0, l->config.ports[port].l2_len};
		struct packet *list;

		if (n < 0) /* somebody deleted the device: poll() would report it for ever */
			epoll_ctl(l->epoll, EPOLL_CTL_DEL, l->config.ports[port].fd, NULL);
		if (n <= 0)
			return false;
		if (segment_split(l->pool, &f, &list) < 0) {
			l->unreadable++;
			continue;
		}
		engine_run(l->config.engine, loop_now(l));
		loop_inject(l, port, list);
	}
	return true;
}

/* How long may the thread sleep? Negative: until something comes. */
static int64_t loop_sleep_ns(struct loop *l)
{
	uint64_t next_ns = engine_next(l->config.engine), now_ns;
	uint64_t early_ns = l->config.wait == EMU_WAIT_HYBRID ? SPIN_NS : 0;

	if (l->config.wait == EMU_WAIT_SPIN)
		return 0;
	if (next_ns == ENGINE_NEVER)
		return -1;
	now_ns = loop_now(l);
	return next_ns > now_ns + early_ns ? (int64_t)(next_ns - now_ns - early_ns) : 0;
}

static void loop_run_due(struct loop *l)
{
	engine_run(l->config.engine, loop_now(l));
	for (uint32_t i = 0; i < l->config.n_ports; i++)
		batch_write(&l->batches[i]);
}

/*
 * A pass that comes too soon moves one packet where it could move ten for little more. So a thread that uses most of a CPU rests
 * between passes, as network cards moderate their interrupts: up to PAUSE_MAX_NS, a hundredth of a 20 ms RTT, while the load lasts.
 */
static void loop_moderate(struct loop *l)
{
	uint64_t wall_ns = clock_mono_ns(), cpu_ns;
	double busy;

	if (wall_ns - l->busy_wall_ns >= BUSY_WINDOW_NS) {
		cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
		busy = (double)(cpu_ns - l->busy_cpu_ns) / (wall_ns - l->busy_wall_ns);
		if (busy > BUSY_HIGH)
			l->pause_ns = l->pause_ns ? l->pause_ns * 2 : PAUSE_MIN_NS;
		else if (busy < BUSY_LOW)
			l->pause_ns /= 2;
		if (l->pause_ns > PAUSE_MAX_NS)
			l->pause_ns = PAUSE_MAX_NS;
		if (l->pause_ns < PAUSE_MIN_NS)
			l->pause_ns = 0;
		l->busy_cpu_ns = cpu_ns;
		l->busy_wall_ns = wall_ns;
	}
	if (l->pause_ns)
		nanosleep(&(struct timespec){.tv_nsec = l->pause_ns}, NULL);
}

/*
 * A thread that sleeps between events may go before all others. One that spins must not: real-time throttling would stop it for 50 ms
 * of each second, so it has to do with a nice value, which counts only within its session where the kernel groups by session. This is
 * of this thread only; without CAP_SYS_NICE it runs as it is, and the lateness tells.
 */
static void loop_priority(const struct loop *l)
{
	struct sched_param lowest = {.sched_priority = 1};

	prctl(PR_SET_TIMERSLACK, 1);
	if (l->config.wait == EMU_WAIT_SLEEP && !pthread_setschedparam(pthread_self(), SCHED_RR, &lowest))
		return;
	setpriority(PRIO_PROCESS, 0, -20);
}

static void *loop_thread(void *arg)
{
	struct epoll_event events[EVENTS_MAX];
	struct loop *l = arg;
	bool stop = false, more = false;

	loop_priority(l);
	loop_health_from_now(l);
	while (!stop) {
		int64_t sleep_ns;
		struct timespec ts;
		int n;

		loop_run_due(l);
		if (l->config.wait == EMU_WAIT_SLEEP && !more)
			loop_moderate(l);
		more = false;
		sleep_ns = loop_sleep_ns(l);
		ts = (struct timespec){sleep_ns / (int64_t)NS_PER_S, sleep_ns % (int64_t)NS_PER_S};
		n = epoll_pwait2(l->epoll, events, EVENTS_MAX, sleep_ns < 0 ? NULL : &ts, NULL);
		for (int i = 0; i < n; i++) {
			if (events[i].data.u32 == STOP_TAG)
				stop = true;
			else
				more |= loop_read(l, events[i].data.u32);
		}
	}
	loop_run_due(l); /* what the last reads brought to a port */
	l->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - l->cpu_from_ns;
	l->wall_ns = clock_mono_ns() - l->wall_from_ns;
	return NULL;
}

static int loop_watch(struct loop *l, int fd, uint32_t tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = tag};

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static uint64_t loop_count_overruns(const struct loop *l)
{
	uint64_t sum = 0, pkts;

	for (uint32_t i = 0; i < l->config.n_ports; i++) {
		if (!port_overruns(&l->config.ports[i], &pkts))
			sum += pkts;
	}
	return sum;
}

static int loop_init(struct loop *l)
{
	uint32_t merge_max = l->config.coalesce_segments ? l->config.coalesce_segments : COALESCE_DEFAULT;
	int ret;

	l->pool = segment_pool_new();
	l->batches = calloc(l->config.n_ports, sizeof(*l->batches));
	if (!l->pool || !l->batches)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->config.n_ports; i++) {
		struct batch *b = &l->batches[i];

		b->port = &l->config.ports[i];
		b->pool = l->pool;
		b->merge_max = merge_max < SEGMENT_MERGE_MAX ? merge_max : SEGMENT_MERGE_MAX;
		b->origin_mono_ns = &l->origin_mono_ns;
		b->lateness_ns = &l->lateness_ns;
	}
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll < 0 || l->stop < 0)
		return -errno;
	ret = loop_watch(l, l->stop, STOP_TAG);
	for (uint32_t i = 0; i < l->config.n_ports && !ret; i++)
		ret = loop_watch(l, l->config.ports[i].fd, i);
	return ret;
}

struct loop *loop_new(const struct loop_config *config, struct congctl_error *err)
{
	struct loop *l = calloc(1, sizeof(*l));
	int ret = -ENOMEM;

	if (l) {
		l->config = *config;
		l->epoll = l->stop = -1;
		ret = loop_init(l);
	}
	if (ret) {
		congctl_fail(err, ret, "cannot set up the emulator: %s", strerror(-ret));
		loop_free(l);
		return NULL;
	}
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->stop >= 0)
		close(l->stop);
	segment_pool_free(l->pool);
	free(l->batches);
	free(l);
}

int loop_start(struct loop *l, uint64_t start_mono_ns, struct congctl_error *err)
{
	int ret;

	l->origin_mono_ns = start_mono_ns;
	l->overruns_before = loop_count_overruns(l);
	ret = pthread_create(&l->thread, NULL, loop_thread, l);
	if (ret)
		return congctl_fail(err, -ret, "cannot start the emulator's thread: %s", strerror(ret));
	l->running = true;
	return 0;
}

void loop_stop(struct loop *l)
{
	uint64_t one = 1;

	if (!l->running)
		return;
	while (write(l->stop, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(l->thread, NULL);
	l->running = false;
}

void loop_health_from_now(struct loop *l)
{
	histogram_clear(&l->lateness_ns);
	l->stalled_ns = l->longest_stall_ns = 0;
	l->cpu_from_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	l->wall_from_ns = clock_mono_ns();
}

void loop_health(struct loop *l, struct loop_health *out)
{
	*out = (struct loop_health){
		.lateness_us_p50 = histogram_quantile(&l->lateness_ns, 0.50) / 1e3,
		.lateness_us_p99 = histogram_quantile(&l->lateness_ns, 0.99) / 1e3,
		.lateness_us_max = l->lateness_ns.max / 1e3,
		.wall_ns = l->wall_ns,
		.stalled_ns = l->stalled_ns,
		.longest_stall_us = l->longest_stall_ns / 1e3,
		.cpu_share = l->wall_ns ? (double)l->cpu_ns / l->wall_ns : 0,
		.overruns = loop_count_overruns(l) - l->overruns_before,
		.in_pkts = l->in_pkts,
		.foreign_pkts = l->foreign_pkts,
		.unreadable = l->unreadable,
	};
	for (uint32_t i = 0; i < l->config.n_ports; i++) {
		out->out_pkts += l->batches[i].written;
		out->write_errors += l->batches[i].write_errors;
	}
}
