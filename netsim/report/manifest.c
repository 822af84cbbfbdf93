// SPDX-License-Identifier: GPL-2.0-only
/* manifest.json: what was run, by which programs, on which machine, and whether it counts. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "tool.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void add_text(struct json_object *o, const char *key, const char *text)
{
	add(o, key, text && *text ? json_object_new_string(text) : NULL);
}

/* The file's SHA-256 in hexadecimal digits, or NULL. */
static struct json_object *sha256(const char *file)
{
	char *const argv[] = {"sha256sum", NULL};
	struct json_object *hash = NULL;
	char *output;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (!tool_output(argv, fd, &output)) {
		if (strspn(output, "0123456789abcdef") == 64)
			hash = json_object_new_string_len(output, 64);
		free(output);
	}
	close(fd);
	return hash;
}

static const char *origin(const struct report_algorithm *a)
{
	return a->native ? "native plugin" : a->file[0] ? "registered for this run" : "in the kernel already";
}

static struct json_object *algorithm_list(const struct report_run *run)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < run->n_algorithms; i++) {
		const struct report_algorithm *a = &run->algorithms[i];
		struct json_object *o = json_object_new_object();

		add_text(o, "name", a->name);
		add_text(o, "origin", origin(a));
		add_text(o, "object", a->file);
		add(o, "sha256", a->file[0] ? sha256(a->file) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *health_object(const struct run_health *h)
{
	struct json_object *o = json_object_new_object();

	add(o, "lateness_us_p50", json_object_new_double(h->lateness_us_p50));
	add(o, "lateness_us_p99", json_object_new_double(h->lateness_us_p99));
	add(o, "lateness_us_max", json_object_new_double(h->lateness_us_max));
	add(o, "stalled_share", json_object_new_double(h->stalled_share));
	add(o, "longest_stall_us", json_object_new_double(h->longest_stall_us));
	add(o, "cpu_share", json_object_new_double(h->cpu_share));
	add(o, "steal_share", json_object_new_double(h->steal_share));
	add(o, "overruns", json_object_new_uint64(h->overruns));
	add(o, "failed_pkts", json_object_new_uint64(h->failed_pkts));
	return o;
}

static struct json_object *run_list(const struct report_run *run)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];
		struct json_object *o = json_object_new_object();

		add(o, "run", json_object_new_int64((int64_t)i + 1));
		add(o, "seed", json_object_new_uint64(r->seed));
		add(o, "valid", json_object_new_boolean(r->valid));
		add_text(o, "void_reason", r->valid ? NULL : r->void_reason);
		add(o, "health", report_is_simulated(run) ? NULL : health_object(&r->health));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *kernel_object(void)
{
	struct json_object *o = json_object_new_object();
	struct utsname u;

	if (!uname(&u)) {
		add_text(o, "release", u.release);
		add_text(o, "version", u.version);
		add_text(o, "machine", u.machine);
	}
	return o;
}

static void add_machine(struct json_object *o, bool simulated)
{
	add(o, "kernel", simulated ? NULL : kernel_object());
	add(o, "cpus", simulated ? NULL : json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	add_text(o, "libbpf_version", simulated ? NULL : libbpf_version_string());
}

int report_manifest(FILE *f, const struct report_run *run, struct congctl_error *err)
{
	struct json_object *o = json_object_new_object();
	const time_t now = time(NULL);
	char date[32] = "";
	struct tm tm;
	int ret = 0;

	if (gmtime_r(&now, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", &tm);
	add_text(o, "congctl_version", CONGCTL_VERSION);
	add_text(o, "command_line", run->command_line);
	add_text(o, "date", date);
	add_text(o, "scenario", run->scenario->name);
	add_text(o, "engine", run->n_results ? run->results[0].engine : NULL);
	add(o, "seed", json_object_new_uint64(run->scenario->seed));
	add_machine(o, report_is_simulated(run));
	add(o, "algorithms", algorithm_list(run));
	add(o, "runs", run_list(run));
	if (fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		ret = congctl_fail(err, -EIO, "cannot write the manifest: the disk may be full");
	json_object_put(o);
	return ret;
}
