// SPDX-License-Identifier: GPL-2.0-only
/*
 * threads GOOD.bpf.o REFUSED.bpf.o PREFIX - handles of their own in threads of their own: register, list, look, set, swap, fail, unregister,
 * all at once. Built with the whole library under -fsanitize=thread, which ends it with 66 at a race.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <congctl/congctl.h>

#define THREADS 4
#define ROUNDS 5

static char **paths;
static const char *prefix;

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

static int one_life(const char *name, uint64_t tiny)
{
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
		ret = find(name) || look(name, tiny) || swap(name) || be_refused() ? -1 : congctl_unregister(name, NULL, &err);
	if (ret)
		complain(name, &err);
	congctl_error_clear(&err);
	return ret;
}

static void *thread(void *arg)
{
	int number = *(int *)arg;
	char name[CONGCTL_NAME_MAX + 1];

	snprintf(name, sizeof(name), "%s%d", prefix, number);
	for (int i = 0; i < ROUNDS; i++) {
		if (one_life(name, 1 + number))
			return arg;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	int numbers[THREADS], failed = 0;
	void *result;

	if (argc != 4)
		return 2;
	paths = argv + 1;
	prefix = argv[3];
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
