// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../sim/plugin_host.h"
#include "session.h"

#define COALESCE_SEGMENTS 44 /* emulator: most segments of a flow in one write, 64 kB */

int session_engine_parse(const char *text, enum session_engine *engine)
{
	if (strcmp(text, "emu") && strcmp(text, "sim"))
		return -EINVAL;
	*engine = strcmp(text, "sim") ? SESSION_EMU : SESSION_SIM;
	return 0;
}

int session_require(enum session_engine engine, struct congctl_error *err)
{
	struct congctl_error inner = {0};
	int ret = engine == SESSION_EMU ? emu_require(&inner) : 0;

	return ret ? congctl_fail(err, ret, "%s, or simulate it with --engine sim", inner.text) : 0;
}

/* --- algorithms in the kernel --------------------------------------------------------------------------------------- */

static bool is_known(const struct session *session, const char *name)
{
	for (size_t i = 0; i < session->n; i++) {
		if (!strcmp(session->algorithms[i].name, name))
			return true;
	}
	return false;
}

static int check_room(const struct session *session, const char *name, struct congctl_error *err)
{
	if (is_known(session, name) || session->n < SESSION_MAX_ALGORITHMS)
		return 0;
	return congctl_fail(err, -E2BIG, "%s is one algorithm too many: at most %d", name, SESSION_MAX_ALGORITHMS);
}

static const char *kernel_algorithms(char *buf, int size)
{
	FILE *f = fopen("/proc/sys/net/ipv4/tcp_available_congestion_control", "re");

	buf[0] = '\0';
	if (f && fgets(buf, size, f))
		buf[strcspn(buf, "\n")] = '\0';
	if (f)
		fclose(f);
	return buf;
}

/* The kernel has one of each tunable of an algorithm, whoever uses it. */
static int check_tunables(const struct scenario *s, size_t group, struct congctl_error *err)
{
	const struct scenario_flow *flow = &s->flows[group];

	for (size_t i = 0; i < group; i++) {
		const struct scenario_flow *other = &s->flows[i];

		if (!strcmp(flow->cc, other->cc) && (flow->n_set != other->n_set ||
						     memcmp(flow->set, other->set, flow->n_set * sizeof(flow->set[0]))))
			return congctl_fail(err, -EINVAL, "'%s' and '%s' want different tunables of %s, of which the kernel has one each: the "
					    "same for both, or --engine sim", other->name, flow->name, flow->cc);
	}
	return 0;
}

static int set_tunables(struct congctl_object *obj, const struct scenario_flow *flow, struct congctl_error *err)
{
	char value[32];
	int ret = 0;

	for (size_t i = 0; !ret && i < flow->n_set; i++) {
		snprintf(value, sizeof(value), "%llu", (unsigned long long)flow->set[i].value);
		ret = congctl_object_set(obj, flow->set[i].name, value, err);
	}
	return ret;
}

/* Open without registering anything yet, so that a wrong name is told before the machine is touched. */
static int find_algorithm(struct session *session, const struct scenario_flow *flow, struct congctl_error *err)
{
	const char *name = flow->cc;
	struct report_algorithm *algorithm = &session->algorithms[session->n];
	struct congctl_object **obj = &session->objects[session->n];
	struct congctl_error inner = {0};
	char available[1024];
	int ret = 0;

	if (is_known(session, name))
		return 0;
	ret = check_room(session, name, err);
	if (ret)
		return ret;
	*algorithm = (struct report_algorithm){0};
	*obj = NULL;
	session->own_names[session->n][0] = '\0';
	snprintf(algorithm->name, sizeof(algorithm->name), "%s", name);
	if (congctl_is_available(name) && flow->n_set)
		return congctl_fail(err, -EBUSY, "cannot set tunables of %s, which is in the kernel already: unregister it, or --engine sim",
				    name);
	if (!congctl_is_available(name)) {
		ret = congctl_object_open(obj, name, &inner);
		if (ret == -ENOENT)
			congctl_fail(err, ret, "there is no algorithm '%s': the kernel has %s, further ones are looked for in %s",
				     name, kernel_algorithms(available, sizeof(available)), congctl_catalogue());
		else if (ret)
			congctl_fail(err, ret, "cannot use algorithm '%s': %s", name, inner.text);
		congctl_error_clear(&inner);
		if (ret)
			return ret;
		snprintf(algorithm->file, sizeof(algorithm->file), "%s", congctl_object_info(*obj)->file);
		ret = set_tunables(*obj, flow, err);
	}
	session->n++;
	return ret;
}

/* Under a name that is free and says whose it is: the algorithm's, cut if need be, and the process's number. */
static int register_algorithm(struct session *session, size_t i, struct congctl_error *err)
{
	char own[CONGCTL_NAME_MAX + 1], number[16];
	struct congctl_error inner = {0};
	int ret, n;

	for (unsigned int k = (unsigned int)getpid();; k++) {
		n = snprintf(number, sizeof(number), "_%x", k);
		snprintf(own, sizeof(own), "%.*s", CONGCTL_NAME_MAX - n, session->algorithms[i].name);
		strcat(own, number);
		if (!congctl_is_available(own))
			break;
	}
	memcpy(session->own_names[i], own, sizeof(own));
	ret = congctl_object_rename(session->objects[i], own, &inner);
	if (!ret)
		ret = congctl_object_register(session->objects[i], &inner);
	if (ret)
		congctl_fail(err, ret, "cannot use algorithm '%s': %s", session->algorithms[i].name, inner.text);
	congctl_error_clear(&inner);
	return ret;
}

static int kernel_algorithms_of(struct session *session, const struct scenario *s, struct congctl_error *err)
{
	bool missing = false;
	int ret = 0;

	congctl_sweep(); /* a killed run may have left an older build of what is asked for */
	for (size_t i = 0; !ret && i < s->n_flows; i++)
		ret = check_tunables(s, i, err);
	for (size_t i = 0; !ret && i < s->n_flows; i++) {
		if (s->flows[i].workload != WORKLOAD_CBR)
			ret = find_algorithm(session, &s->flows[i], err);
	}
	for (size_t i = 0; i < session->n; i++)
		missing |= session->objects[i] && !session->own_names[i][0];
	if (!ret && missing)
		ret = congctl_require(err);
	for (size_t i = 0; !ret && i < session->n; i++) {
		if (session->objects[i] && !session->own_names[i][0])
			ret = register_algorithm(session, i, err);
	}
	return ret;
}

/* --- algorithms as native plugins ------------------------------------------------------------------------------------- */

/* Open and close: the run opens an instance for each group. */
static int find_plugin(struct session *session, const struct scenario_flow *flow, struct congctl_error *err)
{
	struct report_algorithm *algorithm = &session->algorithms[session->n];
	struct plugin *p;
	int ret = check_room(session, flow->cc, err);

	if (!ret)
		ret = plugin_open(&p, flow->cc, flow->set, flow->n_set, err);
	if (ret)
		return ret;
	if (!is_known(session, flow->cc)) {
		*algorithm = (struct report_algorithm){.native = true};
		snprintf(algorithm->name, sizeof(algorithm->name), "%s", flow->cc);
		snprintf(algorithm->file, sizeof(algorithm->file), "%s", plugin_path(p));
		session->own_names[session->n][0] = '\0';
		session->objects[session->n++] = NULL;
	}
	plugin_close(p);
	return 0;
}

static int plugins_of(struct session *session, const struct scenario *s, struct congctl_error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < s->n_flows; i++) {
		if (s->flows[i].workload != WORKLOAD_CBR)
			ret = find_plugin(session, &s->flows[i], err);
	}
	return ret;
}

/* --- either --------------------------------------------------------------------------------------------------------------- */

int session_algorithms(struct session *session, enum session_engine engine, const struct scenario *s, struct congctl_error *err)
{
	int ret = engine == SESSION_SIM ? plugins_of(session, s, err) : kernel_algorithms_of(session, s, err);

	if (ret)
		session_end(session);
	return ret;
}

void session_end(struct session *session)
{
	for (size_t i = 0; i < session->n; i++)
		congctl_object_close(session->objects[i]);
	session->n = 0;
}

/* The name asked for becomes the one in the kernel, or the reverse. */
static void swap_name(const struct session *session, char *name, bool to_own)
{
	for (size_t i = 0; i < session->n; i++) {
		const char *asked = session->algorithms[i].name, *own = session->own_names[i];

		if (own[0] && !strcmp(name, to_own ? asked : own)) {
			snprintf(name, CONGCTL_NAME_MAX + 1, "%s", to_own ? own : asked);
			return;
		}
	}
}

static int run_once(const struct scenario *s, const struct session_options *o, struct run_result *r, struct congctl_error *err)
{
	const struct sim_options sim = {.stop = o->stop, .progress = o->progress, .progress_arg = o->progress_arg};
	const struct emu_options emu = {
		.wait = o->wait,
		.coalesce_segments = COALESCE_SEGMENTS,
		.stop = o->stop,
		.progress = o->progress,
		.progress_arg = o->progress_arg,
	};

	return o->engine == SESSION_SIM ? sim_run(s, &sim, r, err) : emu_run(s, &emu, r, err);
}

int session_repeat(const struct scenario *s, const struct session_options *options, struct run_result *results, size_t *n,
		   struct congctl_error *err)
{
	struct scenario one = *s;
	int ret;

	for (size_t i = 0; i < one.n_flows; i++)
		swap_name(options->session, one.flows[i].cc, true);
	for (*n = 0; *n < s->repeat; (*n)++) {
		struct run_result *r = &results[*n];

		one.seed = s->seed + *n;
		memset(r, 0, sizeof(*r));
		ret = run_once(&one, options, r, err);
		if (ret) {
			run_result_free(r);
			return ret;
		}
		for (size_t i = 0; i < r->n_flows; i++)
			swap_name(options->session, r->flows[i].cc, false);
		r->seed = one.seed;
		measure_run(&one, r);
	}
	return 0;
}
