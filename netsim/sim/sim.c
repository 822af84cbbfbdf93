// SPDX-License-Identifier: GPL-2.0-only
/* sim.c - one simulated run of a scenario: set up, play in virtual time, hand over what came out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

#define STEP_NS 10000000 /* between two looks at the stop flag */

void sim_at(struct sim_run *run, uint64_t when_ns, void (*fn)(void *arg), void *arg)
{
	if (engine_at(run->net.engine, when_ns, fn, arg))
		sim_fail(&run->host, "out of memory for events: fewer flows");
}

void *sim_grow(struct sim_run *run, void *array, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? *room * 2 : 4096;
	void *grown;

	if (n < *room)
		return array;
	grown = realloc(array, want * size);
	if (grown)
		*room = want;
	else
		sim_fail(&run->host, "out of memory after %zu samples: a longer sampling interval", run->result->n_samples);
	return grown;
}

/* --- packets between the network and the endpoints --------------------------------------------------------------------- */

static void drop_packet(void *arg, struct packet *p)
{
	struct sim_run *run = arg;

	sim_segment_free(&run->host, (struct tcp_segment *)p);
}

static struct packet *copy_packet(void *arg, const struct packet *p)
{
	struct sim_run *run = arg;
	struct tcp_segment *seg = sim_segment(&run->host);

	if (!seg)
		return NULL;
	*seg = *(const struct tcp_segment *)p;
	return &seg->packet;
}

static void connect_paths(struct sim_run *run)
{
	for (size_t g = 0; g < run->scenario->n_flows; g++) {
		struct path *paths[] = {&run->net.forward[g], &run->net.reverse[g]};

		for (size_t i = 0; i < 2; i++) {
			paths[i]->deliver = sim_flow_deliver;
			paths[i]->expect = sim_flow_expect;
			paths[i]->drop = drop_packet;
			paths[i]->copy = copy_packet;
			paths[i]->arg = run;
		}
	}
}

/* --- set up ---------------------------------------------------------------------------------------------------------------- */

static void make_flow(struct sim_run *run, size_t number)
{
	const struct workload_flow *plan = &run->plan[number];
	struct sim_group *group = &run->groups[plan->group];
	struct flow_result *out = &run->result->flows[number];
	struct sim_flow *f = &run->flows[number];

	*f = (struct sim_flow){
		.run = run, .plan = plan, .out = out, .watch_bytes = UINT64_MAX, .transfer = SIM_NO_TRANSFER, .ended_ns = ENGINE_NEVER,
		.next_of_group = group->flows,
	};
	group->flows = f;
	workload_name(run->scenario, plan, out->name, sizeof(out->name));
	snprintf(out->cc, sizeof(out->cc), "%s", group->plugin ? plugin_ops(group->plugin)->name : "udp");
	out->group = plan->group;
	out->start_ns = plan->start_ns;
	out->established_ns = out->finished_ns = ENGINE_NEVER;
}

static int make_flows(struct sim_run *run, struct congctl_error *err)
{
	struct run_result *r = run->result;

	run->flows = calloc(run->n_plan + 1, sizeof(*run->flows));
	r->flows = calloc(run->n_plan + 1, sizeof(*r->flows));
	if (!run->flows || !r->flows)
		return congctl_fail(err, -ENOMEM, "cannot keep %zu flows: out of memory", run->n_plan);
	r->n_flows = run->n_plan;
	for (size_t i = 0; i < run->n_plan; i++) {
		run->groups[run->plan[i].group].run = run;
		run->groups[run->plan[i].group].pending = ++run->groups[run->plan[i].group].count;
	}
	for (size_t i = run->n_plan; i-- > 0;) /* backwards: a group's list begins with its first */
		make_flow(run, i);
	return 0;
}

static int open_plugins(struct sim_run *run, struct congctl_error *err)
{
	const struct scenario *s = run->scenario;
	int ret = 0;

	for (size_t g = 0; !ret && g < s->n_flows; g++) {
		if (s->flows[g].workload != WORKLOAD_CBR)
			ret = plugin_open(&run->groups[g].plugin, s->flows[g].cc, s->flows[g].set, s->flows[g].n_set, err);
	}
	return ret;
}

static int open_run(struct sim_run *run, struct congctl_error *err)
{
	const struct scenario *s = run->scenario;
	int ret;

	if (!s->n_flows || s->n_flows > SCENARIO_MAX_GROUPS)
		return congctl_fail(err, -EINVAL, "a scenario has 1 to %d groups of flows, not %zu", SCENARIO_MAX_GROUPS, s->n_flows);
	ret = open_plugins(run, err);
	if (!ret)
		ret = workload_plan(s, &run->plan, &run->n_plan, err);
	if (!ret)
		ret = make_flows(run, err);
	if (!ret)
		ret = network_open(&run->net, s, err);
	if (ret)
		return ret;
	ret = sim_host_init(&run->host, run->net.engine, s->seed);
	if (ret)
		return congctl_fail(err, ret, "cannot prepare the run: %s", strerror(-ret));
	run->host_open = true;
	connect_paths(run);
	return 0;
}

/* Packets inside the network go back to the host before it goes. */
static void close_run(struct sim_run *run)
{
	if (run->net.engine)
		network_close(&run->net);
	if (run->host_open)
		sim_host_fini(&run->host);
	for (size_t g = 0; g < run->scenario->n_flows && g < SCENARIO_MAX_GROUPS; g++)
		plugin_close(run->groups[g].plugin);
	free(run->plan);
	free(run->flows);
}

/* --- play -------------------------------------------------------------------------------------------------------------------- */

static void on_start(void *arg)
{
	struct sim_run *run = arg;
	uint64_t now_ns = engine_now(run->net.engine);

	while (run->next_start < run->n_plan && run->plan[run->next_start].start_ns <= now_ns)
		sim_flow_start(&run->flows[run->next_start++]);
	if (run->next_start < run->n_plan)
		sim_at(run, run->plan[run->next_start].start_ns, on_start, run);
}

static void on_warm(void *arg)
{
	struct sim_run *run = arg;

	for (size_t i = 0; i < run->net.n_links; i++)
		link_measure_from_now(run->net.links[i]);
	for (size_t i = 0; i < run->n_plan; i++)
		run->flows[i].window_base = run->flows[i].received_bytes;
	run->window_open = true;
}

static bool stopped(const struct sim_run *run)
{
	return run->options->stop && *run->options->stop;
}

static void tell_progress(const struct sim_run *run)
{
	struct link_stats st;

	if (!run->options->progress)
		return;
	link_counters(run->net.bottleneck, &st);
	run->options->progress(run->options->progress_arg, run->scenario, engine_now(run->net.engine), &st);
}

/* All that may call an algorithm, to the last: connections that end call it too. */
static void play(void *arg)
{
	struct sim_run *run = arg;
	const struct scenario *s = run->scenario;
	uint64_t t_ns = 0;

	sim_at(run, s->warmup_ns, on_warm, run);
	sim_sample_start(run);
	on_start(run);
	while (t_ns < s->duration_ns && !run->host.failed && !stopped(run)) {
		t_ns = s->duration_ns - t_ns > STEP_NS ? t_ns + STEP_NS : s->duration_ns;
		engine_run(run->net.engine, t_ns);
		tell_progress(run);
	}
	for (size_t i = 0; i < run->n_plan; i++) {
		if (run->flows[i].next)
			sim_sample_flow(&run->flows[i]);
		sim_flow_close(&run->flows[i]);
	}
}

/* --- hand over ------------------------------------------------------------------------------------------------------------------ */

/* The parts of the window that count for a flow: from its start, or the window's, to its end, or the window's. */
static void close_window(struct sim_run *run)
{
	const struct scenario *s = run->scenario;

	run->result->window_ns = run->window_open ? s->duration_ns - s->warmup_ns : 0;
	for (size_t i = 0; i < run->n_plan; i++) {
		struct flow_result *out = run->flows[i].out;
		uint64_t begin = out->start_ns > s->warmup_ns ? out->start_ns : s->warmup_ns;
		uint64_t end = run->flows[i].ended_ns < s->duration_ns ? run->flows[i].ended_ns : s->duration_ns;

		out->received_bytes = run->flows[i].received_bytes;
		out->window_bytes = run->window_open ? out->received_bytes - run->flows[i].window_base : 0;
		out->window_ns = run->window_open && end > begin ? end - begin : 0;
		if (out->established_ns == ENGINE_NEVER && out->start_ns < s->duration_ns)
			out->error = ETIMEDOUT;
	}
}

static int hand_over(struct sim_run *run, struct congctl_error *err)
{
	struct run_result *r = run->result;

	r->links = calloc(run->net.n_links + 1, sizeof(*r->links));
	if (!r->links)
		return congctl_fail(err, -ENOMEM, "cannot keep the figures of %zu links: out of memory", run->net.n_links);
	r->n_links = run->net.n_links;
	for (size_t i = 0; i < r->n_links; i++) {
		memcpy(r->links[i].name, run->net.names[i], sizeof(r->links[i].name));
		link_stats(run->net.links[i], &r->links[i].stats);
	}
	link_stats(run->net.bottleneck, &r->link);
	close_window(run);
	run_sort_transfers(r);
	r->valid = true;
	return 0;
}

int sim_run(const struct scenario *s, const struct sim_options *options, struct run_result *r, struct congctl_error *err)
{
	struct sim_run *run = calloc(1, sizeof(*run));
	int ret;

	if (!run)
		return congctl_fail(err, -ENOMEM, "cannot prepare the run: out of memory");
	run->scenario = s;
	run->options = options;
	run->result = r;
	r->engine = "sim";
	r->seed = s->seed;
	r->duration_ns = s->duration_ns;
	ret = open_run(run, err);
	if (!ret) {
		ret = plugin_guard(play, run, err);
		run->host.failed |= !!ret; /* an algorithm that misbehaved is called no more */
	}
	if (!ret && run->host.failed)
		ret = congctl_fail(err, -EFAULT, "%s", run->host.failure.text);
	if (!ret && stopped(run))
		ret = congctl_fail(err, -EINTR, "stopped at %g s", (double)engine_now(run->net.engine) / 1e9);
	if (!ret)
		ret = hand_over(run, err);
	close_run(run);
	free(run);
	return ret;
}
