// SPDX-License-Identifier: GPL-2.0-only
/* manifest.json: what was run, by which programs, on which machine, and whether it counts. */
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "tool.h"

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

		json_add(o, "name", json_text(a->name));
		json_add(o, "origin", json_text(origin(a)));
		json_add(o, "object", json_text(a->file));
		json_add(o, "sha256", a->file[0] ? sha256(a->file) : NULL);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *health_object(const struct run_health *h)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "lateness_us_p50", json_object_new_double(h->lateness_us_p50));
	json_add(o, "lateness_us_p99", json_object_new_double(h->lateness_us_p99));
	json_add(o, "lateness_us_max", json_object_new_double(h->lateness_us_max));
	json_add(o, "stalled_share", json_object_new_double(h->stalled_share));
	json_add(o, "longest_stall_us", json_object_new_double(h->longest_stall_us));
	json_add(o, "cpu_share", json_object_new_double(h->cpu_share));
	json_add(o, "steal_share", json_object_new_double(h->steal_share));
	json_add(o, "overruns", json_object_new_uint64(h->overruns));
	json_add(o, "failed_pkts", json_object_new_uint64(h->failed_pkts));
	return o;
}

static struct json_object *run_list(const struct report_run *run)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < run->n_results; i++) {
		const struct run_result *r = &run->results[i];
		struct json_object *o = json_object_new_object();

		json_add(o, "run", json_object_new_int64((int64_t)i + 1));
		json_add(o, "seed", json_object_new_uint64(r->seed));
		json_add(o, "valid", json_object_new_boolean(r->valid));
		json_add(o, "void_reason", json_text(r->valid ? NULL : r->void_reason));
		json_add(o, "health", report_is_simulated(run) ? NULL : health_object(&r->health));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *kernel_object(void)
{
	struct json_object *o = json_object_new_object();
	struct utsname u;

	if (!uname(&u)) {
		json_add(o, "release", json_text(u.release));
		json_add(o, "version", json_text(u.version));
		json_add(o, "machine", json_text(u.machine));
	}
	return o;
}

static void add_machine(struct json_object *o, bool simulated)
{
	json_add(o, "kernel", simulated ? NULL : kernel_object());
	json_add(o, "cpus", simulated ? NULL : json_object_new_int64(sysconf(_SC_NPROCESSORS_ONLN)));
	json_add(o, "libbpf_version", json_text(simulated ? NULL : libbpf_version_string()));
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
	json_add(o, "congctl_version", json_text(CONGCTL_VERSION));
	json_add(o, "command_line", json_text(run->command_line));
	json_add(o, "date", json_text(date));
	json_add(o, "scenario", json_text(run->scenario->name));
	json_add(o, "engine", json_text(run->n_results ? run->results[0].engine : NULL));
	json_add(o, "seed", json_object_new_uint64(run->scenario->seed));
	add_machine(o, report_is_simulated(run));
	json_add(o, "algorithms", algorithm_list(run));
	json_add(o, "runs", run_list(run));
	if (fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		ret = congctl_fail(err, -EIO, "cannot write the manifest: the disk may be full");
	json_object_put(o);
	return ret;
}
