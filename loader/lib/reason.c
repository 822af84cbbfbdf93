// SPDX-License-Identifier: GPL-2.0-only
/* Why has a connection its algorithm? The rules that fit it, in the kernel's order, and whether the first that counts is what it has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup_rule.h"
#include "connection.h"
#include "kernel.h"
#include "undo.h"

#define MAX_REASONS (sizeof(((struct congctl_explanation *)NULL)->reasons) / sizeof(struct congctl_reason))

struct reasons {
	struct congctl_explanation *why;
	const struct connection *c;
	struct undo_saved *saved;
	size_t n_saved;
};

/* `like`: the record that undoes it, if there is one */
static struct congctl_reason *add(const struct reasons *reasons, const char *name, struct undo_record *like)
{
	struct congctl_explanation *why = reasons->why;
	struct congctl_reason *r;

	if (why->n_reasons == MAX_REASONS)
		return NULL;
	r = &why->reasons[why->n_reasons++];
	*r = (struct congctl_reason){};
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(like->name, sizeof(like->name), "%s", name);
	snprintf(r->undo, sizeof(r->undo), "%s", undo_find(reasons->saved, reasons->n_saved, like));
	return r;
}

struct route_question {
	const struct route_prefix *host;
	struct route route;
};

static int ask_route(void *arg)
{
	struct route_question *q = arg;

	return route_lookup(q->host, &q->route);
}

static void add_route(const struct reasons *reasons, const struct route *route)
{
	struct undo_record like = {.scope = CONGCTL_SCOPE_PREFIX, .route = route->key, .lock = route->locked,
				   .netns_inode = reasons->c->ns.inode, .netns_cookie = reasons->c->ns.cookie};
	struct congctl_reason *r = add(reasons, route->name, &like);
	char text[ROUTE_TEXT_MAX];

	route_print(&route->key.to, text);
	if (r)
		snprintf(r->rule, sizeof(r->rule), "the route %s%s", text, route->locked ? ", locked" : "");
}

struct near {
	struct cgroup_rule rule;
	size_t depth; /* of its cgroup: the length of its path will do, they are all on one path */
	char path[PATH_MAX];
};

/* as the kernel runs them: the closest cgroup first, and in one the oldest */
static int by_order(const void *a, const void *b)
{
	const struct near *x = a, *y = b;
	long older = atol(x->rule.id) - atol(y->rule.id);

	if (x->depth != y->depth)
		return x->depth < y->depth ? 1 : -1;
	return older < 0 ? -1 : older > 0;
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return !strncmp(path, top, n) && (!path[n] || path[n] == '/');
}

static void add_program(const struct reasons *reasons, const struct near *near)
{
	struct undo_record like = {.scope = near->rule.port ? CONGCTL_SCOPE_PORT : CONGCTL_SCOPE_CGROUP};
	struct congctl_reason *r;

	memcpy(like.rule, near->rule.id, sizeof(like.rule));
	r = add(reasons, near->rule.name, &like);
	if (r && near->rule.port)
		snprintf(r->rule, sizeof(r->rule), "port %u", near->rule.port);
	else if (r)
		snprintf(r->rule, sizeof(r->rule), "the cgroup %.480s", near->path);
}

static int add_programs(const struct reasons *reasons)
{
	struct congctl_explanation *why = reasons->why;
	const struct connection *c = reasons->c;
	struct cgroup_rule *rules;
	struct near *near;
	char path[PATH_MAX];
	size_t n, n_near = 0;
	int ret;

	ret = cgroup_rules(&rules, &n);
	if (!ret && n && !c->cgroup)
		ret = -ENODATA;
	if (ret || !c->cgroup || cgroup_path(c->cgroup, path)) {
		free(rules);
		return ret;
	}
	snprintf(why->cgroup, sizeof(why->cgroup), "%.*s", (int)sizeof(why->cgroup) - 1, path);
	near = calloc(n + 1, sizeof(*near));
	for (size_t i = 0; i < n && near; i++) {
		struct near *at = &near[n_near];

		if (rules[i].port && rules[i].port != c->local.port && rules[i].port != c->remote.port)
			continue;
		if (cgroup_path(rules[i].cgroup, at->path) || !is_below(path, at->path))
			continue;
		at->rule = rules[i];
		at->depth = strlen(at->path);
		n_near++;
	}
	if (near)
		qsort(near, n_near, sizeof(*near), by_order);
	for (size_t i = 0; i < n_near; i++)
		add_program(reasons, &near[i]);
	free(near);
	free(rules);
	return near ? ret : -ENOMEM;
}

static void decide(struct congctl_explanation *why)
{
	snprintf(why->given_by, sizeof(why->given_by), "none of the standing rules: the application chose it, or 'congctl use --pid' or "
		 "'--from' did, or the listening socket it came from had it, or a rule has changed since");
	for (size_t i = 0; i < why->n_reasons; i++) {
		struct congctl_reason *r = &why->reasons[i];

		if (!congctl_is_available(r->name) && i + 1 < why->n_reasons)
			continue;
		r->decides = true;
		if (!strcmp(r->name, why->name))
			snprintf(why->given_by, sizeof(why->given_by), "%s", r->rule);
		return;
	}
}

static int find_reasons(const struct reasons *reasons)
{
	const struct connection *c = reasons->c;
	struct undo_record like = {.scope = CONGCTL_SCOPE_DEFAULT, .netns_inode = c->ns.inode, .netns_cookie = c->ns.cookie};
	struct route_question q = {.host = &c->remote.host};
	char name[CONGCTL_NAME_MAX + 1];
	struct congctl_reason *r;
	int ret;

	if (namespace_run(&c->ns, ask_route, &q)) /* no route any more, or no way to ask before 5.4 */
		q.route = (struct route){};
	if (*q.route.name && q.route.locked)
		add_route(reasons, &q.route);
	ret = add_programs(reasons);
	if (!ret && *q.route.name && !q.route.locked)
		add_route(reasons, &q.route);
	if (!ret)
		ret = namespace_default(&c->ns, name);
	r = ret ? NULL : add(reasons, name, &like);
	if (r)
		snprintf(r->rule, sizeof(r->rule), "the default of its network namespace");
	return ret;
}

int congctl_explain(const char *socket, const char *remote, struct congctl_explanation *why, struct congctl_error *err)
{
	struct connection c;
	struct reasons reasons = {.why = why, .c = &c};
	int ret;

	*why = (struct congctl_explanation){};
	ret = remote ? connection_by_ends(socket, remote, &c, err) : connection_of_process(socket, &c, err);
	if (ret)
		return ret;
	snprintf(why->name, sizeof(why->name), "%s", c.name);
	connection_end_print(&c.local, why->local);
	connection_end_print(&c.remote, why->remote);
	ret = undo_list(&reasons.saved, &reasons.n_saved);
	if (!ret)
		ret = find_reasons(&reasons);
	free(reasons.saved);
	connection_close(&c);
	if (ret == -ENODATA)
		return congctl_fail(err, ret, "the kernel does not tell the cgroup of the connection, by which a rule may have chosen: 'modprobe "
				    "tcp_diag', or use 5.8 or later");
	if (ret == -EPERM)
		return congctl_fail(err, ret, "no privilege to read the standing rules, one of which may have chosen: %s", kernel_look_remedy());
	if (ret)
		return congctl_fail(err, ret, "cannot read the standing rules: %s", strerror(-ret));
	decide(why);
	return 0;
}
