// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <congctl/units.h>

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

/* its place among the session's algorithms, or their number */
static size_t place_of(const struct session *session, const char *name)
{
	size_t i = 0;

	while (i < session->n && strcmp(session->algorithms[i].name, name))
		i++;
	return i;
}

static bool is_known(const struct session *session, const char *name)
{
	return place_of(session, name) < session->n;
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

/* What a flow wants each of its algorithm's tunables to be. */
static int wanted(const struct congctl_info *info, const struct scenario_flow *flow, uint64_t values[CONGCTL_ASSIGNMENTS_MAX],
		  struct congctl_error *err)
{
	struct congctl_error inner = {0};
	uint64_t value;

	for (size_t i = 0; i < info->n_tunables; i++)
		values[i] = info->tunables[i].initial;
	for (size_t i = 0; i < flow->n_set; i++) {
		int at = congctl_parse_tunable(info, flow->set[i].name, flow->set[i].value, &value, &inner);

		if (at < 0)
			return congctl_fail(err, at, "flow '%s': %s", flow->name, inner.text);
		values[at] = value;
	}
	return 0;
}

/* Those of a flow; the kernel has one of each tunable of an algorithm, whoever uses it. */
static int set_tunables(struct session *session, const struct scenario *s, size_t group, struct congctl_error *err)
{
	const struct scenario_flow *flow = &s->flows[group];
	const size_t place = place_of(session, flow->cc);
	struct congctl_object *obj = session->objects[place];
	uint64_t values[CONGCTL_ASSIGNMENTS_MAX], others[CONGCTL_ASSIGNMENTS_MAX];
	const struct congctl_info *info;
	int ret;

	if (!obj)
		return flow->n_set ? congctl_fail(err, -EBUSY, "cannot set tunables of %s, which is in the kernel already: unregister it, or "
						  "--engine sim", flow->cc) : 0;
	info = congctl_object_info(obj);
	ret = wanted(info, flow, values, err);
	for (size_t i = 0; !ret && i < group; i++) {
		if (strcmp(flow->cc, s->flows[i].cc))
			continue;
		ret = wanted(info, &s->flows[i], others, err);
		if (!ret && memcmp(values, others, info->n_tunables * sizeof(*values)))
			ret = congctl_fail(err, -EINVAL, "'%s' and '%s' want different tunables of %s, of which the kernel has one each: the "
					   "same for both, or --engine sim", s->flows[i].name, flow->name, flow->cc);
	}
	for (size_t i = 0; !ret && !session->own_names[place][0] && i < flow->n_set; i++)
		ret = congctl_object_set(obj, flow->set[i].name, flow->set[i].value, err);
	return ret;
}

/* Open without registering anything yet, so that a wrong name is told before the machine is touched. */
static int find_algorithm(struct session *session, const char *name, struct congctl_error *err)
{
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
	}
	session->n++;
	return 0;
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
	for (size_t i = 0; !ret && i < s->n_flows; i++) {
		if (s->flows[i].workload == WORKLOAD_CBR)
			continue;
		ret = find_algorithm(session, s->flows[i].cc, err);
		if (!ret)
			ret = set_tunables(session, s, i, err);
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
	struct congctl_error inner = {0};
	struct plugin *p;
	int ret = check_room(session, flow->cc, err);

	if (!ret)
		ret = plugin_open(&p, flow->cc, NULL, 0, err);
	if (ret)
		return ret;
	if (plugin_set(p, flow->set, flow->n_set, &inner))
		ret = congctl_fail(err, -EINVAL, "flow '%s': %s", flow->name, inner.text);
	if (!is_known(session, flow->cc)) {
		*algorithm = (struct report_algorithm){.native = true};
		snprintf(algorithm->name, sizeof(algorithm->name), "%s", flow->cc);
		snprintf(algorithm->file, sizeof(algorithm->file), "%s", plugin_path(p));
		session->own_names[session->n][0] = '\0';
		session->objects[session->n++] = NULL;
	}
	plugin_close(p);
	return ret;
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
