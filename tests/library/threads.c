// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads GOOD.bpf.o REFUSED.bpf.o PREFIX DIRECTORY - handles of their own in threads of their own, each in a network namespace of its own:
 * register, list, look, set, swap, fail, use, undo, explain, plan, apply, save, doctor, drain, all at once. Built with the whole library under
 * -fsanitize=thread, which ends it with 66 at a race. Policies are written to DIRECTORY.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <congctl/congctl.h>

#define THREADS 4
#define ROUNDS 2

static char **paths;
static const char *prefix, *directory;

static int complain(const char *what, const struct congctl_error *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	return -1;
}

static int find(const char *name)
{
	struct congctl_error err = {};
	struct congctl_entry *entries;
	int found = 0;
	size_t n;

	if (congctl_list(&entries, &n, &err))
		return complain("list", &err);
	for (size_t i = 0; i < n; i++)
		found |= !strcmp(entries[i].name, name) && entries[i].origin == CONGCTL_OURS;
	free(entries);
	return found ? 0 : complain("not in the list", &(struct congctl_error){.log = NULL});
}

static int look(const char *name, uint64_t tiny)
{
	struct congctl_error err = {};
	struct congctl_object *obj;
	int ret = 0;

	if (congctl_running_open(&obj, name, &err))
		return complain("look", &err);
	if (congctl_object_info(obj)->tunables[0].value != tiny)
		ret = complain("another's tunable", &err);
	if (!ret && congctl_running_set(obj, "tiny", "200", &err))
		ret = complain("set", &err);
	congctl_object_close(obj);
	return ret;
}

/* The former build is of this name, whoever else swaps meanwhile. */
static int swap(const char *name)
{
	struct congctl_error err = {};
	struct congctl_holder *holders;
	struct congctl_moved moved;
	size_t n;

	if (congctl_update(name, paths[0], false, &moved, &err) || congctl_rollback(name, false, &moved, &err))
		return complain("swap", &err);
	if (congctl_holders(name, &holders, &n, &err))
		return complain("holders", &err);
	free(holders);
	return n ? complain("nobody holds it", &err) : 0;
}

/* Both ends of a connection on the loopback of this thread's namespace: [0] the listener, [1] the client, [2] the server */
static int connect_ends(int fds[3], char ends[2][64])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fds[0], (struct sockaddr *)&a, len) || listen(fds[0], 1) || getsockname(fds[0], (struct sockaddr *)&a, &len) ||
	    connect(fds[1], (struct sockaddr *)&a, len))
		return -1;
	snprintf(ends[1], 64, "127.0.0.1:%u", ntohs(a.sin_port));
	fds[2] = accept4(fds[0], NULL, NULL, SOCK_CLOEXEC);
	if (fds[2] < 0 || getsockname(fds[1], (struct sockaddr *)&a, &len))
		return -1;
	snprintf(ends[0], 64, "127.0.0.1:%u", ntohs(a.sin_port));
	return 0;
}

/* A connection made while `name` is the default has it, seen both ways, and nothing of the other threads' namespaces. */
static int explain(const char *name, const char *rule)
{
	struct congctl_explanation why;
	struct congctl_error err = {};
	char ends[2][64], text[32];
	int fds[3] = {-1, -1, -1}, ret;

	ret = connect_ends(fds, ends) ? complain("connect", &err) : 0;
	for (int i = 0; i < 2 && !ret; i++) {
		snprintf(text, sizeof(text), "%d:%d", (int)getpid(), fds[1]);
		if (congctl_explain(i ? text : ends[0], i ? NULL : ends[1], &why, &err) || strcmp(why.name, name) ||
		    strncmp(why.given_by, rule, strlen(rule)))
			ret = complain("explain", &err) + complain(why.name, &err) + complain(why.given_by, &err);
	}
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	return ret;
}

static int choose(const char *name)
{
	struct congctl_selection selection = {.scope = CONGCTL_SCOPE_DEFAULT};
	struct congctl_error err = {};
	struct congctl_moved moved, back;
	int ret;

	if (congctl_use(name, &selection, &moved, &err))
		return complain("use", &err);
	ret = explain(name, "the default");
	if (congctl_undo(moved.undo, &back, &err))
		ret = complain("undo", &err);
	return ret;
}

static int port_of(int number)
{
	return 20000 + (getpid() * THREADS + number) % 40000;
}

static int write_policy(const char *name, int number, char path[256])
{
	FILE *file;

	snprintf(path, 256, "%s/%d.yaml", directory, number);
	file = fopen(path, "we");
	if (!file)
		return -1;
	fprintf(file, "algorithms:\n- {register: %s, as: %s, set: {small: 7}}\nselections:\n- {use: %s, default: yes}\n- {use: %s, port: %d}\n",
		paths[0], name, name, name, port_of(number));
	return fclose(file);
}

/* Look twice, and the second time do it: then there is nothing left to do. */
static int follow_policy(const char *name, int number)
{
	size_t n[3] = {};
	char path[256];
	int ret = write_policy(name, number, path);

	for (int i = 0; i < 3 && !ret; i++) {
		const struct congctl_change *changes;
		struct congctl_error err = {};
		struct congctl_plan *plan;

		if (congctl_plan_open(&plan, path, false, &err))
			return complain("plan", &err);
		n[i] = congctl_plan_changes(plan, &changes);
		if (i == 1 && congctl_plan_apply(plan, &err))
			ret = complain("apply", &err);
		congctl_plan_close(plan);
	}
	return ret || !n[0] || n[1] != n[0] || n[2] ? complain(path, &(struct congctl_error){.log = NULL}) : 0;
}

static int look_around(const char *name)
{
	struct congctl_finding *findings;
	struct congctl_error err = {};
	char *yaml;
	size_t n;
	int ret;

	if (congctl_doctor(&findings, &n, &err))
		return complain("doctor", &err);
	free(findings);
	if (congctl_save(&yaml, &err))
		return complain("save", &err);
	ret = strstr(yaml, name) ? 0 : complain("not saved", &err);
	free(yaml);
	return ret;
}

/* The rules go to another algorithm, and back by the numbers they have. */
static int leave(const char *name, int number)
{
	struct congctl_drain how = {.timeout_ms = 20000};
	struct congctl_error err = {};
	struct congctl_moved moved;
	struct congctl_rule *rules;
	char port[8];
	size_t n, undone = 0;
	int ret = 0;

	if (congctl_drain(name, &how, &moved, &err))
		return complain("drain", &err);
	if (congctl_rules(&rules, &n, &err))
		return complain("rules", &err);
	snprintf(port, sizeof(port), "%d", port_of(number));
	for (size_t i = 0; i < n && !ret; i++) {
		const struct congctl_selection *s = &rules[i].selection;

		if (!*rules[i].undo || (s->scope == CONGCTL_SCOPE_PORT ? strcmp(s->where, port) : s->scope != CONGCTL_SCOPE_DEFAULT))
			continue;
		ret = congctl_undo(rules[i].undo, &moved, &err);
		undone++;
	}
	free(rules);
	return ret || undone != 2 ? complain("leave", &err) : 0;
}

/* The reason is this thread's, whatever the others load meanwhile. */
static int be_refused(void)
{
	struct congctl_error err = {};
	struct congctl_object *obj;
	int ret;

	if (congctl_object_open(&obj, paths[1], &err))
		return complain("open", &err);
	ret = congctl_object_load(obj, &err) && strstr(err.text, "no write support") ? 0 : complain("another reason", &err);
	congctl_object_close(obj);
	congctl_error_clear(&err);
	return ret;
}

static int one_life(const char *name, int number)
{
	uint64_t tiny = 1 + number;
	struct congctl_error err = {};
	struct congctl_object *obj = NULL;
	char value[8];
	int ret;

	snprintf(value, sizeof(value), "%llu", (unsigned long long)tiny);
	ret = congctl_require(&err);
	if (!ret)
		ret = congctl_object_open(&obj, paths[0], &err);
	if (!ret)
		ret = congctl_object_rename(obj, name, &err);
	if (!ret)
		ret = congctl_object_set(obj, "tiny", value, &err);
	if (!ret)
		ret = congctl_object_register(obj, &err);
	if (!ret)
		ret = congctl_object_pin(obj, &err);
	congctl_object_close(obj);
	if (!ret)
		ret = find(name) || look(name, tiny) || swap(name) || be_refused() || choose(name) || follow_policy(name, number) ||
		      look_around(name) || leave(name, number) ? -1 : 0;
	if (ret)
		complain(name, &err);
	congctl_error_clear(&err);
	return ret;
}

static int enter_namespace(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, ret;

	if (unshare(CLONE_NEWNET))
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ret = ioctl(fd, SIOCSIFFLAGS, &lo);
	close(fd);
	return ret;
}

static void *thread(void *arg)
{
	int number = *(int *)arg;
	char name[CONGCTL_NAME_MAX + 1];

	if (enter_namespace()) {
		perror("a network namespace of its own");
		return arg;
	}

	snprintf(name, sizeof(name), "%s%d", prefix, number);
	for (int i = 0; i < ROUNDS; i++) {
		if (one_life(name, number))
			return arg;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], failed = 0;
	void *result;

	if (argc != 5)
		return 2;
	paths = argv + 1;
	prefix = argv[3];
	directory = argv[4];
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, thread, &numbers[i]))
			return 1;
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		failed |= result != NULL;
	}
	return failed;
}
