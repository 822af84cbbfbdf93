// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session.h"

static bool is_known(const struct session *session, const char *name)
{
	for (size_t i = 0; i < session->n; i++) {
		if (!strcmp(session->algorithms[i].name, name))
			return true;
	}
	return false;
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
	*algorithm = (struct report_algorithm){0};
	*obj = NULL;
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
		if (strcmp(name, congctl_object_info(*obj)->name))
			ret = congctl_object_rename(*obj, name, err);
	}
	session->n++;
	return ret;
}

int session_algorithms(struct session *session, const struct scenario *s, struct congctl_error *err)
{
	bool missing = false;
	int ret = 0;

	congctl_sweep(); /* a killed run may have left an older build of what is asked for */
	for (size_t i = 0; !ret && i < s->n_flows; i++)
		ret = find_algorithm(session, s->flows[i].cc, err);
	for (size_t i = 0; i < session->n; i++)
		missing |= session->objects[i] && !congctl_is_available(session->algorithms[i].name);
	if (!ret && missing)
		ret = congctl_require(err);
	for (size_t i = 0; !ret && i < session->n; i++) {
		if (session->objects[i] && !congctl_is_available(session->algorithms[i].name))
			ret = congctl_object_register(session->objects[i], err);
	}
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

int session_repeat(const struct scenario *s, const struct emu_options *options, struct run_result *results, size_t *n,
		   struct congctl_error *err)
{
	struct scenario one = *s;
	int ret;

	for (*n = 0; *n < s->repeat; (*n)++) {
		struct run_result *r = &results[*n];

		one.seed = s->seed + *n;
		memset(r, 0, sizeof(*r));
		ret = emu_run(&one, options, r, err);
		if (ret) {
			run_result_free(r);
			return ret;
		}
		r->seed = one.seed;
		measure_run(&one, r);
	}
	return 0;
}
