// SPDX-License-Identifier: GPL-2.0-only
/* Live sockets get another algorithm: exactly those that are meant, and nothing else happens to them. Needs root; in a namespace of its own. */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "move_fixture.h"
#include "../../loader/lib/migration.h"
#include "../../loader/lib/move.h"
#include "../../loader/lib/object.h"

#define OBJECT BUILD "/algorithms/aimd.bpf.o"

static struct congctl_object *builds[3]; /* of `first`, of `second`, a newer one of `first` */
static struct congctl_error err;
static struct congctl_moved moved;

static int move_earlier(const char *name)
{
	struct migration *m;
	int ret = migration_open(&m, -1, &err);

	if (!ret)
		ret = move_version(m, name, &moved, &err);
	migration_close(m);
	return ret;
}

static int move_selected(struct congctl_selection selection)
{
	selection.scope = CONGCTL_SCOPE_FROM;
	if (!*selection.where)
		strcpy(selection.where, first);
	congctl_error_clear(&err);
	memset(&err, 0, sizeof(err));
	memset(&moved, 0, sizeof(moved));
	return move_from(second, &selection, -1, &moved, &err);
}

static void said(int got, int code, const char *part)
{
	CU_ASSERT_EQUAL(got, code);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, part));
	if (!strstr(err.text, part))
		printf("\n    said: %s\n", err.text);
	congctl_error_clear(&err);
	memset(&err, 0, sizeof(err));
}

static void all_of_an_algorithm_move_and_no_other(void)
{
	struct trio t = connect_trio("127.0.0.1", "127.0.0.1", first), other = connect_trio("127.0.0.1", "127.0.0.1", "reno");
	struct trio gone = connect_trio("127.0.0.1", "127.0.0.1", first);

	close_trio(&gone); /* one end is in TIME_WAIT now */
	CU_ASSERT_EQUAL(move_selected((struct congctl_selection){}), 0);
	CU_ASSERT_EQUAL(moved.moved, 3);
	CU_ASSERT_EQUAL(moved.unmoved, 0);
	CU_ASSERT_TRUE(have(&t, "222"));
	CU_ASSERT_TRUE(works(&t));
	CU_ASSERT_TRUE(has(other.listener, "reno") && has(other.client, "reno") && has(other.server, "reno"));
	close_trio(&t);
	close_trio(&other);
}

static void a_prefix_means_the_peer(void)
{
	static const struct {
		const char *prefix, *bound, *reached;
		bool client, server; /* of the connection: the server's peer is 127.0.0.1 or ::1 */
	} cases[] = {
		{"127.0.0.0/8", "127.0.0.1", "127.0.0.1", true, true},
		{"127.0.0.2/32", "127.0.0.2", "127.0.0.2", true, true},
		{"127.0.0.1", "127.0.0.3", "127.0.0.3", false, false},
		{"127.0.0.2/31", "127.0.0.3", "127.0.0.3", true, true},
		{"127.0.0.2/31", "127.0.0.4", "127.0.0.4", false, false},
		{"127.0.0.5/32", "127.0.0.5", "::ffff:127.0.0.5", true, true},
		{"0.0.0.0/0", "::1", "::1", false, false},
		{"::1/128", "::1", "::1", true, true},
		{"::/127", "::1", "::1", true, true},
		{"::2/127", "::1", "::1", false, false},
		{"8000::/1", "::1", "::1", false, false},
		{"::/0", "127.0.0.1", "127.0.0.1", false, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct congctl_selection s = {};
		struct trio t = connect_trio(cases[i].bound, cases[i].reached, first);
		/* the kernel gives the client the address it connects to */

		strcpy(s.prefix, cases[i].prefix);
		CU_ASSERT_EQUAL(move_selected(s), 0);
		CU_ASSERT_TRUE(has(t.client, cases[i].client ? second : first));
		if (has(t.client, cases[i].client ? first : second))
			printf("\n    case %zu: %s\n", i, cases[i].prefix);
		close_trio(&t);
	}
}

static void a_listener_has_no_peer(void)
{
	struct trio t = connect_trio("127.0.0.1", "127.0.0.1", first);

	CU_ASSERT_EQUAL(move_selected((struct congctl_selection){.prefix = "127.0.0.0/8"}), 0);
	CU_ASSERT_TRUE(have(&t, "122"));
	close_trio(&t);
}

static const char *cgroup_mount(void)
{
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";
}

static void enter_cgroup(const char *path)
{
	char procs[PATH_MAX];
	FILE *f;

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	f = fopen(procs, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("0", f);
	CU_ASSERT_EQUAL(fclose(f), 0);
}

static void a_cgroup_means_its_children_too(void)
{
	struct congctl_selection s = {};
	char outer[PATH_MAX / 2], inner[PATH_MAX], beside[PATH_MAX];
	struct trio in, out;

	snprintf(outer, sizeof(outer), "%s/mv_%d", cgroup_mount(), (int)getpid());
	snprintf(inner, sizeof(inner), "%s/inner", outer);
	snprintf(beside, sizeof(beside), "%s/beside", outer);
	if (mkdir(outer, 0755) || mkdir(inner, 0755) || mkdir(beside, 0755))
		return; /* no cgroup2 here */
	enter_cgroup(inner);
	in = connect_trio("127.0.0.1", "127.0.0.1", first);
	enter_cgroup(cgroup_mount());
	out = connect_trio("127.0.0.1", "127.0.0.1", first);
	strcpy(s.cgroup, beside);
	CU_ASSERT_EQUAL(move_selected(s), 0);
	CU_ASSERT_EQUAL(moved.moved, 0);
	strcpy(s.cgroup, outer);
	CU_ASSERT_EQUAL(move_selected(s), 0);
	CU_ASSERT_EQUAL(moved.moved, 3);
	CU_ASSERT_TRUE(have(&in, "222"));
	CU_ASSERT_TRUE(have(&out, "111"));
	close_trio(&in);
	close_trio(&out);
	rmdir(inner);
	rmdir(beside);
	rmdir(outer);
}

static void refused_orders_move_nothing(void)
{
	static const struct {
		struct congctl_selection selection;
		int code;
		const char *part;
	} cases[] = {
		{{.where = "mv_nobody_has"}, -ENOENT, "'mv_nobody_has' is not registered and no socket has it"},
		{{.where = "a_name_of_sixteen"}, -ENOENT, "'a_name_of_sixteen' is not registered"},
		{{.prefix = "127.0.0.1/8"}, -EINVAL, "127.0.0.0/8"},
		{{.prefix = "127.0.0.0/33"}, -EINVAL, "is not a prefix"},
		{{.prefix = "127.0.0.0/"}, -EINVAL, "is not a prefix"},
		{{.prefix = "localhost"}, -EINVAL, "is not a prefix"},
		{{.cgroup = "/proc"}, -EINVAL, "cgroup"},
		{{.cgroup = "/sys/fs/cgroup/nosuch"}, -ENOENT, "/sys/fs/cgroup/nosuch"},
		{{.netns = "mv_nosuch"}, -ENOENT, "no network namespace 'mv_nosuch'"},
		{{.netns = "/proc/self/ns/mnt"}, -EINVAL, "is not a network namespace"},
	};
	struct trio t = connect_trio("127.0.0.1", "127.0.0.1", first);
	struct congctl_selection s = {};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		said(move_selected(cases[i].selection), cases[i].code, cases[i].part);
	strcpy(s.where, second);
	said(move_selected(s), -EINVAL, "is what they have");
	said(move_process(getpid(), "mv_nosuch", -1, &moved, &err), -ENOENT, "'mv_nosuch' is not registered: 'congctl list'");
	said(move_earlier("reno"), -ENOENT, "'reno' is not registered");
	CU_ASSERT_TRUE(have(&t, "111"));
	close_trio(&t);
}

static void what_a_route_locks_stays(void)
{
	struct trio t;
	char command[256];

	snprintf(command, sizeof(command), "ip route add local 127.9.0.0/16 dev lo congctl lock %s", first);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
	t = connect_trio("127.9.0.1", "127.9.0.1", first);
	CU_ASSERT_EQUAL(system("ip route del local 127.9.0.0/16"), 0);
	CU_ASSERT_EQUAL(move_selected((struct congctl_selection){.prefix = "127.9.0.0/16"}), 0);
	CU_ASSERT_EQUAL(moved.moved + moved.unmoved, 2);
	CU_ASSERT_TRUE(moved.unmoved >= 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(moved.why, "a route locks"));
	CU_ASSERT_TRUE(has(t.client, first));
	close_trio(&t);
}

static void undone_is_what_nobody_changed_since(void)
{
	struct trio t = connect_trio("127.0.0.1", "127.0.0.1", first), later, changed = connect_trio("127.0.0.1", "127.0.0.1", first);
	struct trio never = connect_trio("127.0.0.1", "127.0.0.1", second);
	struct congctl_selection s = {};
	int record = move_record(&err);

	CU_ASSERT_TRUE_FATAL(record >= 0);
	strcpy(s.where, first);
	CU_ASSERT_EQUAL(move_from(second, &s, record, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved.moved, 6);
	CU_ASSERT_EQUAL(setsockopt(changed.client, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), 0);
	later = (struct trio){.listener = dup(t.listener), .client = open_tcp(AF_INET, "reno")};
	{
		struct sockaddr_in to;
		socklen_t len = sizeof(to);

		getsockname(t.listener, (struct sockaddr *)&to, &len);
		CU_ASSERT_EQUAL_FATAL(connect(later.client, (struct sockaddr *)&to, len), 0);
		later.server = accept(later.listener, NULL, NULL);
	}
	CU_ASSERT_TRUE(has(later.server, second)); /* by its listener */
	CU_ASSERT_EQUAL(move_undo(record, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved.moved, 6); /* less the changed one, and the accepted one more */
	CU_ASSERT_TRUE(have(&t, "111"));
	CU_ASSERT_TRUE(has(later.server, first));
	CU_ASSERT_TRUE(has(changed.client, "reno"));
	CU_ASSERT_TRUE(have(&never, "222"));
	CU_ASSERT_EQUAL(move_undo(record, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved.moved, 0);
	close(record);
	close_trio(&t);
	close_trio(&later);
	close_trio(&changed);
	close_trio(&never);
}

/* A child with a connection, a UDP and a Unix socket, until it is killed. */
static pid_t start_child(struct trio *t)
{
	pid_t child;

	*t = connect_trio("127.0.0.1", "127.0.0.1", first);
	child = fork();
	if (!child) {
		if (socket(AF_INET, SOCK_DGRAM, 0) < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0 || dup(t->client) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	return child;
}

static void end_child(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void the_tcp_sockets_of_a_process_move_and_come_back(void)
{
	struct trio t, own = connect_trio("127.0.0.1", "127.0.0.1", "reno");
	int record = move_record(&err);
	pid_t child = start_child(&t);

	memset(&moved, 0, sizeof(moved));
	CU_ASSERT_EQUAL(move_process(child, second, record, &moved, &err), 0);
	CU_ASSERT_EQUAL(moved.moved, 6); /* its own and those it was forked with, each once */
	CU_ASSERT_EQUAL(moved.unmoved, 0);
	CU_ASSERT_TRUE(have(&t, "222"));
	CU_ASSERT_TRUE(works(&t));
	end_child(child);
	CU_ASSERT_EQUAL(move_undo(record, &moved, &err), 0);
	CU_ASSERT_TRUE(have(&t, "111"));
	close(record);
	close_trio(&t);
	close_trio(&own);
}

static void no_such_process_is_said(void)
{
	struct trio t;
	pid_t child = start_child(&t);
	char text[64];

	end_child(child);
	snprintf(text, sizeof(text), "there is no process %d", child);
	said(move_process(child, second, -1, &moved, &err), -ESRCH, text);
	said(move_process(INT_MAX, second, -1, &moved, &err), -ESRCH, "there is no process 2147483647");
	said(move_process(-1, second, -1, &moved, &err), -EINVAL, "is not a process");
	CU_ASSERT_TRUE(have(&t, "111"));
	close_trio(&t);
}

static void drop_caps_but(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = (uint32_t)(kept >> (32 * i));
	syscall(SYS_capset, &header, data);
}

/* In a child with these capabilities alone; its exit code: 0 as wanted */
static void without_privilege(uint64_t caps, int (*act)(void))
{
	pid_t child = fork();
	int status = -1;

	if (!child) {
		drop_caps_but(caps);
		_exit(act());
	}
	waitpid(child, &status, 0);
	CU_ASSERT_EQUAL(status, 0);
}

static pid_t victim;

static int move_a_process_unprivileged(void)
{
	int ret = move_process(victim, second, -1, &moved, &err);

	return ret != -EPERM || !strstr(err.text, "CAP_SYS_PTRACE");
}

static int move_a_process_restricted(void)
{
	int ret = move_process(victim, second, -1, &moved, &err);

	return ret || moved.moved || moved.unmoved < 3 || !strstr(moved.why, "CAP_NET_ADMIN");
}

static int move_from_unprivileged(void)
{
	int ret = move_selected((struct congctl_selection){});

	return ret != -EPERM || !strstr(err.text, "CAP_BPF and CAP_PERFMON");
}

static int move_from_with_bpf_caps(void)
{
	return move_selected((struct congctl_selection){}) || moved.moved < 3;
}

static int move_version_with_bpf_caps(void)
{
	int ret;

	memset(&moved, 0, sizeof(moved));
	ret = move_earlier(first);

	return ret != -EPERM || moved.moved || !strstr(err.text, "run it as root or give it CAP_SYS_ADMIN");
}

static void without_privilege_the_capability_is_named(void)
{
	uint64_t bpf = 1ULL << 39 | 1ULL << 38;
	struct trio t;

	victim = start_child(&t);
	without_privilege(0, move_a_process_unprivileged);
	without_privilege(1ULL << CAP_SYS_PTRACE, move_a_process_restricted);
	without_privilege(0, move_from_unprivileged);
	without_privilege(1ULL << CAP_NET_ADMIN, move_from_unprivileged);
	without_privilege(bpf | 1ULL << CAP_SYS_PTRACE, move_version_with_bpf_caps);
	without_privilege(bpf, move_from_with_bpf_caps);
	end_child(victim);
	close_trio(&t);
}

static void sockets_of_an_earlier_build_get_the_present_one(void)
{
	struct trio t = connect_trio("127.0.0.1", "127.0.0.1", first), other = connect_trio("127.0.0.1", "127.0.0.1", second), fresh;

	CU_ASSERT_EQUAL(move_earlier(first), 0);
	CU_ASSERT_EQUAL(moved.moved, 0);
	congctl_object_close(builds[0]); /* its sockets keep it */
	builds[0] = NULL;
	CU_ASSERT_EQUAL_FATAL(congctl_object_register(builds[2], &err), 0);
	fresh = connect_trio("127.0.0.1", "127.0.0.1", first);
	CU_ASSERT_EQUAL(move_earlier(first), 0);
	CU_ASSERT_EQUAL(moved.moved, 3);
	CU_ASSERT_EQUAL(moved.unmoved, 0);
	CU_ASSERT_TRUE(works(&t));
	CU_ASSERT_TRUE(have(&t, "111") && have(&fresh, "111") && have(&other, "222"));
	CU_ASSERT_EQUAL(move_earlier(first), 0);
	CU_ASSERT_EQUAL(moved.moved, 0);
	close_trio(&t);
	close_trio(&fresh);
	close_trio(&other);
}

/* An algorithm held by this process: it goes with it. */
static struct congctl_object *build(const char *name, bool now)
{
	struct congctl_object *obj = NULL;

	if (congctl_object_open(&obj, OBJECT, &err) || congctl_object_rename(obj, name, &err) || congctl_object_load(obj, &err) ||
	    (now && congctl_object_register(obj, &err))) {
		congctl_object_close(obj);
		return NULL;
	}
	return obj;
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(all_of_an_algorithm_move_and_no_other),
		TEST(a_prefix_means_the_peer),
		TEST(a_listener_has_no_peer),
		TEST(a_cgroup_means_its_children_too),
		TEST(refused_orders_move_nothing),
		TEST(what_a_route_locks_stays),
		TEST(undone_is_what_nobody_changed_since),
		TEST(the_tcp_sockets_of_a_process_move_and_come_back),
		TEST(no_such_process_is_said),
		TEST(without_privilege_the_capability_is_named),
		TEST(sockets_of_an_earlier_build_get_the_present_one),
		CU_TEST_INFO_NULL,
	};
	int failed;

	if (geteuid() || congctl_require(&err) || unshare(CLONE_NEWNET) || system("ip link set lo up")) {
		puts(*err.text ? err.text : "needs root and ip");
		return 77;
	}
	snprintf(first, sizeof(first), "mv_%d_1", (int)getpid());
	snprintf(second, sizeof(second), "mv_%d_2", (int)getpid());
	builds[0] = build(first, true);
	builds[1] = build(second, true);
	builds[2] = build(first, false);
	if (!builds[0] || !builds[1] || !builds[2]) {
		puts(err.text);
		return 1;
	}
	failed = unit_run("move", tests);
	for (int i = 0; i < 3; i++)
		congctl_object_close(builds[i]);
	return failed;
}
