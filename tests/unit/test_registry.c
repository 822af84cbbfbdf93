// SPDX-License-Identifier: GPL-2.0-only
/* What is held by a process goes with it; both ways of registering are found, told apart and undone. Needs root. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry_fixture.h"

static struct congctl_object *open_renamed(void)
{
	struct congctl_object *obj;

	CU_ASSERT_EQUAL_FATAL(congctl_object_open(&obj, OBJECT, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(congctl_object_rename(obj, name, NULL), 0);
	return obj;
}

/* what the list says of our name; false: nothing */
static bool listed(struct congctl_entry *out)
{
	struct congctl_entry *entries;
	bool found = false;
	size_t n;

	CU_ASSERT_EQUAL_FATAL(congctl_list(&entries, &n, NULL), 0);
	for (size_t i = 0; i < n && !found; i++) {
		found = !strcmp(entries[i].name, name);
		*out = entries[i];
	}
	free(entries);
	return found;
}

static void held_by_a_handle_it_goes_with_the_handle(void)
{
	struct congctl_object *obj = open_renamed();
	struct congctl_entry e;

	CU_ASSERT_FALSE(congctl_is_available(name));
	CU_ASSERT_EQUAL(congctl_object_register(obj, NULL), 0);
	CU_ASSERT_TRUE(congctl_is_available(name));
	CU_ASSERT_EQUAL(congctl_object_register(obj, NULL), -EALREADY);
	CU_ASSERT_TRUE_FATAL(listed(&e));
	CU_ASSERT_EQUAL(e.origin, CONGCTL_FOREIGN); /* nobody's pin: congctl did not register it */
	CU_ASSERT_EQUAL(e.users, 0);
	congctl_object_close(obj);
	CU_ASSERT_FALSE(congctl_is_available(name));
}

static void loaded_it_takes_no_change(void)
{
	struct congctl_object *obj = open_renamed();

	CU_ASSERT_EQUAL(congctl_object_load(obj, NULL), 0);
	CU_ASSERT_FALSE(congctl_is_available(name));
	CU_ASSERT_EQUAL(congctl_object_rename(obj, "t_other", NULL), -EBUSY);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "600", NULL), -EBUSY);
	CU_ASSERT_EQUAL(congctl_object_pin(obj, NULL), -EINVAL); /* not registered */
	congctl_object_close(obj);
}

/* A process that registers it and holds it, unpinned. */
static pid_t hold_in_child(void)
{
	int ready[2];
	char byte;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	CU_ASSERT_TRUE_FATAL(child >= 0);
	if (!child) {
		struct congctl_object *obj;

		if (congctl_object_open(&obj, OBJECT, NULL) || congctl_object_rename(obj, name, NULL) ||
		    congctl_object_register(obj, NULL) || write(ready[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(1);
	}
	close(ready[1]);
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	int status;

	kill(child, SIGKILL);
	waitpid(child, &status, 0);
}

static void wait_until_gone(void)
{
	for (int ms = 0; ms < 10000 && congctl_is_available(name); ms++)
		usleep(1000);
	CU_ASSERT_FALSE(congctl_is_available(name));
}

static void killed_its_holder_leaves_nothing(void)
{
	pid_t child = hold_in_child();

	CU_ASSERT_TRUE(congctl_is_available(name));
	end(child);
	wait_until_gone();
}

static void tunables_of_another_process_are_set_all_or_none(void)
{
	const struct congctl_assignment good[] = {{"alpha", "7"}, {"beta", "70%"}}, bad[] = {{"alpha", "8"}, {"beta", "1024"}};
	struct congctl_object *obj, *again;
	pid_t child = hold_in_child();
	struct congctl_error err = {};

	CU_ASSERT_EQUAL_FATAL(congctl_running_open(&obj, name, NULL), 0);
	CU_ASSERT_EQUAL(congctl_running_set_all(obj, good, 2, NULL), 0);
	CU_ASSERT_EQUAL(congctl_running_set_all(obj, bad, 2, &err), -ERANGE);
	CU_ASSERT_EQUAL(congctl_running_set(obj, "gamma", "1", NULL), -ENOENT);
	CU_ASSERT_EQUAL(congctl_running_set(obj, "alpha", "1x", NULL), -EINVAL);
	CU_ASSERT_EQUAL(congctl_object_set(obj, "alpha", "1", NULL), -EBUSY); /* not a file's */
	CU_ASSERT_EQUAL_FATAL(congctl_running_open(&again, name, NULL), 0);
	CU_ASSERT_EQUAL(congctl_object_info(again)->tunables[0].value, 7);
	CU_ASSERT_EQUAL(congctl_object_info(again)->tunables[1].value, 717);
	congctl_object_close(again);
	end(child);
	wait_until_gone();
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_running_set(obj, "alpha", "9", &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "went away meanwhile"));
	congctl_object_close(obj);
}

static void adopted_it_outlives_its_holder(void)
{
	pid_t child = hold_in_child();
	struct congctl_error err = {};
	struct congctl_entry e;

	CU_ASSERT_EQUAL(congctl_adopt(name, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	end(child);
	usleep(100000); /* an unheld link is gone after 20 ms */
	CU_ASSERT_TRUE(congctl_is_available(name));
	CU_ASSERT_TRUE_FATAL(listed(&e));
	CU_ASSERT_EQUAL(e.origin, CONGCTL_OURS);
	CU_ASSERT_EQUAL(congctl_adopt(name, &err), -EALREADY);
	CU_ASSERT_EQUAL(congctl_unregister(name, NULL, NULL), 0);
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_adopt(name, &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is not registered: "));
}

static void unregistered_by_name_while_another_holds_it(void)
{
	struct congctl_object *obj = open_renamed();
	struct congctl_error err = {};
	int64_t users = -1;

	CU_ASSERT_EQUAL(congctl_object_register(obj, NULL), 0);
	CU_ASSERT_EQUAL(congctl_unregister(name, &users, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT_EQUAL(users, 0);
	CU_ASSERT_FALSE(congctl_is_available(name));
	congctl_object_close(obj);
	CU_ASSERT_EQUAL(congctl_unregister(name, &users, &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is not registered: 'congctl list' shows what is"));
}

/* as on a kernel before 6.4 */
static void plain_registration_is_found_pinned_and_undone(void)
{
	struct congctl_object *obj = open_renamed(), *running;
	struct congctl_entry e;

	CU_ASSERT_EQUAL(congctl_object_set(obj, "beta", "700", NULL), 0);
	CU_ASSERT_EQUAL_FATAL(object_load_as(obj, false), 0);
	CU_ASSERT_EQUAL(congctl_object_register(obj, NULL), 0);
	CU_ASSERT_EQUAL(congctl_object_pin(obj, NULL), 0);
	congctl_object_close(obj);
	CU_ASSERT_TRUE_FATAL(listed(&e));
	CU_ASSERT_EQUAL(e.origin, CONGCTL_OURS);
	CU_ASSERT_EQUAL(e.users, 0);
	CU_ASSERT_EQUAL(congctl_running_open(&running, name, NULL), 0);
	CU_ASSERT_EQUAL(congctl_object_info(running)->tunables[1].value, 700);
	congctl_object_close(running);
	CU_ASSERT_EQUAL(congctl_unregister(name, NULL, NULL), 0);
	CU_ASSERT_FALSE(congctl_is_available(name));
	CU_ASSERT_FALSE(listed(&e));

	obj = open_renamed(); /* and unpinned it goes with the handle here as well */
	CU_ASSERT_EQUAL_FATAL(object_load_as(obj, false), 0);
	CU_ASSERT_EQUAL(congctl_object_register(obj, NULL), 0);
	CU_ASSERT_TRUE(congctl_is_available(name));
	congctl_object_close(obj);
	CU_ASSERT_FALSE(congctl_is_available(name));
}

static void what_is_not_there_cannot_be_looked_at(void)
{
	struct congctl_error err = {};
	struct congctl_object *obj;

	CU_ASSERT_EQUAL(congctl_running_open(&obj, name, &err), -ENOENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is not registered"));
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_running_open(&obj, "reno", &err), -ENODATA);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'reno' is the kernel's own"));
	congctl_error_clear(&err);
	CU_ASSERT_EQUAL(congctl_unregister("reno", NULL, &err), -EPERM);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "'reno' is the kernel's own"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"held by a handle it goes with the handle", held_by_a_handle_it_goes_with_the_handle},
		{"loaded it takes no change", loaded_it_takes_no_change},
		{"killed, its holder leaves nothing", killed_its_holder_leaves_nothing},
		{"tunables of another process are set, all or none", tunables_of_another_process_are_set_all_or_none},
		{"adopted, it outlives its holder", adopted_it_outlives_its_holder},
		{"unregistered by name while another holds it", unregistered_by_name_while_another_holds_it},
		{"plain registration is found, pinned and undone", plain_registration_is_found_pinned_and_undone},
		{"what is not there cannot be looked at", what_is_not_there_cannot_be_looked_at},
		CU_TEST_INFO_NULL,
	};

	return registry_run("registry", 'r', tests);
}
