// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "plugins.h"
#include "unit.h"
#include "../../netsim/sim/sim_host.h"

static struct engine *engine;
static struct sim_host host;
static struct tcp_endpoint endpoint;

static struct plugin *open_plugin(const char *name, const struct scenario_tunable *set, size_t n_set)
{
	struct congctl_error err = {0};
	struct plugin *p = NULL;

	if (plugin_open(&p, name, set, n_set, &err))
		fprintf(stderr, "%s: %s\n", name, err.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	return p;
}

static void refused(const char *name, const struct scenario_tunable *set, size_t n_set, int want, const char *text)
{
	struct congctl_error err = {0};
	struct plugin *p = NULL;
	int ret = plugin_open(&p, name, set, n_set, &err);

	CU_ASSERT_EQUAL(ret, want);
	CU_ASSERT_PTR_NULL(p);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.text, text));
	if (ret != want || !strstr(err.text, text))
		fprintf(stderr, "%s: %d, '%s'\n", name, ret, err.text);
}

/* an endpoint as far as an operation needs one */
static struct sock *start(const struct plugin *p)
{
	engine = engine_new(1);
	sim_host_init(&host, engine, 1);
	memset(&endpoint, 0, sizeof(endpoint));
	endpoint.host = &host;
	endpoint.plugin = p;
	endpoint.cc = plugin_ops(p);
	endpoint.tp.snd_cwnd = 10;
	endpoint.tp.snd_cwnd_clamp = ~0U;
	endpoint.tp.snd_ssthresh = 5;
	return &endpoint.tp.inet_conn.icsk_sk;
}

static void stop(void)
{
	sim_host_fini(&host);
	engine_free(engine);
}

static void avoid_congestion(void *arg)
{
	cc_cong_avoid(&endpoint, 0, 1);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#endif

#ifdef SANITIZED
/* The sanitizers end the process themselves, some faults they leave to plugin_guard(): either way the place is told. */
static void faults(const char *name, const char *text, const char *place)
{
	struct plugin *p = open_plugin(test_plugin(name), NULL, 0);
	struct congctl_error err = {0};
	char told[16384] = "";
	size_t n = 0;
	ssize_t got;
	int ends[2];
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		dup2(ends[1], 2);
		start(p);
		plugin_guard(avoid_congestion, NULL, &err);
		dprintf(2, "%s\n", err.text);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], told + n, sizeof(told) - 1 - n)) > 0)
		n += got;
	close(ends[0]);
	waitpid(pid, NULL, 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(told, place));
	if (!strstr(told, place))
		fprintf(stderr, "%s\n", told);
	plugin_close(p);
}
#else
/* what plugin_guard() says of one call of cong_avoid: `text`, and where */
static void faults(const char *name, const char *text, const char *place)
{
	struct plugin *p = open_plugin(test_plugin(name), NULL, 0);
	struct congctl_error err = {0};
	char want[256];

	snprintf(want, sizeof(want), "bpf_%s: %s in cong_avoid%s%s%s", name, text, *place ? " (" : "", place, *place ? ")" : "");
	start(p);
	CU_ASSERT_EQUAL(plugin_guard(avoid_congestion, NULL, &err), -EFAULT);
	CU_ASSERT_STRING_EQUAL(err.text, want);
	if (strcmp(err.text, want))
		fprintf(stderr, "%s\n", err.text);
	stop();
	plugin_close(p);
}
#endif

/* --- opening ------------------------------------------------------------------------------------------------------------ */

static void both_names_mean_the_same(void)
{
	struct plugin *a = open_plugin("reno", NULL, 0), *b = open_plugin("bpf_reno", NULL, 0);

	CU_ASSERT_STRING_EQUAL(plugin_ops(a)->name, "bpf_reno");
	CU_ASSERT_STRING_EQUAL(plugin_info(b)->stem, "reno");
	CU_ASSERT_STRING_EQUAL(plugin_path(a), plugin_path(b));
	plugin_close(a);
	plugin_close(b);
	plugin_close(NULL);
}

static void names_that_are_none_are_told(void)
{
	refused("nosuch", NULL, 0, -ENOENT, "no plugin of an algorithm 'nosuch' in ");
	refused("nosuch", NULL, 0, -ENOENT, ", cubic, ");
	refused("bpf_nosuch", NULL, 0, -ENOENT, "'bpf_nosuch'");
	refused("bpf_", NULL, 0, -ENOENT, "'bpf_'");
	refused("", NULL, 0, -ENOENT, "''");
	refused("./nosuch.so", NULL, 0, -ENOENT, "no file './nosuch.so': build it, or name an algorithm of ");
}

static void what_is_no_plugin_is_told(void)
{
	char object[PATH_MAX];

	snprintf(object, sizeof(object), "%s/../algorithms/reno.bpf.o", tests_dir());
	refused(object, NULL, 0, -ENOEXEC, "it is the BPF object, for the kernel; the simulator takes the .so beside it");
	refused(test_plugin("no_symbol"), NULL, 0, -ENOEXEC, "no_symbol.so' is not a plugin for the simulator: it has no symbol 'cc_plugin'");
	refused(test_plugin("unresolved"), NULL, 0, -ENOEXEC, "undefined symbol: no_such_function");
	refused("/etc/passwd", NULL, 0, -ENOEXEC, "'/etc/passwd' is not a plugin for the simulator: it is not an ELF file");
	refused("/dev/null", NULL, 0, -ENOEXEC, "it is not a file");
	refused("/", NULL, 0, -ENOEXEC, "it is not a file");
}

/* half a plugin: its first page, and no more than its magic */
static void damaged_file_is_told(void)
{
	static const size_t sizes[] = {4096, 64, 4, 0};
	char path[] = "/tmp/test_plugin_XXXXXX", bytes[4096] = {0};
	int fd = open(test_plugin("plain"), O_RDONLY), to = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0 && to >= 0);
	CU_ASSERT_EQUAL_FATAL(read(fd, bytes, sizeof(bytes)), (ssize_t)sizeof(bytes));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CU_ASSERT_EQUAL(pwrite(to, bytes, sizes[i], 0), (ssize_t)sizes[i]);
		CU_ASSERT_EQUAL(ftruncate(to, sizes[i]), 0);
		refused(path, NULL, 0, -ENOEXEC, "is not a plugin for the simulator: ");
	}
	close(fd);
	close(to);
	unlink(path);
}

static void another_interface_is_told(void)
{
	refused(test_plugin("other_abi"), NULL, 0, -EPROTO, "other_abi.so' was built for plugin interface 2, this netsim has 1: build it again");
}

static u32 open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	u32 n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void refused_plugins_leave_nothing_open(void)
{
	u32 before_fds = open_descriptors();

	for (int i = 0; i < 5; i++) {
		refused(test_plugin("no_symbol"), NULL, 0, -ENOEXEC, "cc_plugin");
		plugin_close(open_plugin(test_plugin("plain"), NULL, 0));
	}
	CU_ASSERT_EQUAL(open_descriptors(), before_fds);
}

/* --- tunables ----------------------------------------------------------------------------------------------------------- */

static u32 sum(const struct plugin *p)
{
	u32 got;

	start(p);
	got = cc_ssthresh(&endpoint);
	stop();
	return got;
}

static void each_instance_has_its_own_tunables(void)
{
	static const struct scenario_tunable first[] = {{"tiny", "0"}, {"small", "65535"}, {"middle", "4294960000"}, {"large", "30064771072"}};
	static const struct scenario_tunable second[] = {{"tiny", "255"}};
	struct plugin *a = open_plugin(test_plugin("tunables"), first, 4);
	struct plugin *b = open_plugin(test_plugin("tunables"), second, 1);
	struct plugin *c = open_plugin(test_plugin("tunables"), NULL, 0);

	CU_ASSERT_EQUAL(sum(a), 0 + 65535 + 4294960000U + 7);
	CU_ASSERT_EQUAL(sum(b), 255 + 300 + 70000 + 1);
	CU_ASSERT_EQUAL(sum(c), 3 + 300 + 70000 + 1);
	plugin_close(b);
	CU_ASSERT_EQUAL(sum(a), 0 + 65535 + 4294960000U + 7);
	plugin_close(a);
	plugin_close(c);
	c = open_plugin(test_plugin("tunables"), NULL, 0); /* nothing is left behind */
	CU_ASSERT_EQUAL(sum(c), 3 + 300 + 70000 + 1);
	plugin_close(c);
}

/* as the loader reads them: tests/unit/test_units.c has every unit, test_object.c the sentences */
static void tunables_take_quantities_of_their_units(void)
{
	static const struct scenario_tunable set[] = {{"tiny", "40%"}, {"small", "0.7"}, {"middle", "80.0004ms"}, {"large", "8589934592bit"}};
	struct plugin *p = open_plugin(test_plugin("tunables"), set, 4);

	CU_ASSERT_EQUAL(sum(p), 40 + 717 + 80000 + 2);
	plugin_close(p);
}

static void tunables_out_of_range_are_refused(void)
{
	static const struct { struct scenario_tunable set; int want; const char *text; } cases[] = {
		{{"tiny", "256"}, -ERANGE, "256 is out of range for tunable 'tiny' of 'bpf_tunables': give 0 to 255"},
		{{"small", "0"}, -ERANGE, "0 is out of range for tunable 'small' of 'bpf_tunables': give 1 to 65535"},
		{{"small", "0.0001"}, -ERANGE, "0.0001 is too little for tunable 'small' of 'bpf_tunables', which counts whole 1/1024"},
		{{"small", "10ms"}, -EINVAL, "'10ms' is not a value for tunable 'small' of 'bpf_tunables': give a decimal number from 1 to 65535"},
		{{"middle", "4294967296"}, -ERANGE, "give 70000 to 4294967295"},
		{{"middle", "69999"}, -ERANGE, "69999 is out of range"},
		{{"middle", "69ms"}, -ERANGE, "69ms, which is 69000, is out of range"},
		{{"middle", ""}, -EINVAL, "'' is not a value"},
		{{"nosuch", "1"}, -ENOENT, "'bpf_tunables' has no tunable 'nosuch': it has tiny, small, middle, large"},
		{{"tin", "1"}, -ENOENT, "no tunable 'tin'"},
		{{"", "1"}, -ENOENT, "no tunable ''"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(test_plugin("tunables"), &cases[i].set, 1, cases[i].want, cases[i].text);
	refused(test_plugin("plain"), &cases[0].set, 1, -ENOENT, "'bpf_plain' has no tunable 'tiny': it has none");
}

/* --- what plugins call -------------------------------------------------------------------------------------------------- */

static void random_numbers_and_time_are_the_runs(void)
{
	struct plugin *p = open_plugin(test_plugin("draws"), NULL, 0);
	u32 drawn[3];

	for (int i = 0; i < 3; i++) {
		start(p);
		sim_host_fini(&host);
		sim_host_init(&host, engine, i < 2 ? 7 : 8);
		engine_run(engine, 1234567000);
		cc_init(&endpoint);
		drawn[i] = endpoint.tp.prior_cwnd;
		CU_ASSERT(drawn[i] < 1000000);
		CU_ASSERT_EQUAL(endpoint.tp.prior_ssthresh, 1234567);
		stop();
	}
	CU_ASSERT_EQUAL(drawn[0], drawn[1]);
	CU_ASSERT(drawn[0] > 1000 && drawn[2] > 1000);
	CU_ASSERT_NOT_EQUAL(drawn[0], drawn[2]);
	plugin_close(p);
}

/* --- misbehaviour ------------------------------------------------------------------------------------------------------- */

static void division_by_zero_is_told_with_file_and_line(void)
{
	faults("div_zero", "division by zero", "tests/plugins/div_zero.bpf.c:12");
}

static void wild_pointer_is_told_with_file_and_line(void)
{
	faults("wild", "access to memory that is not there (address 0x10)", "tests/plugins/wild.bpf.c:12");
}

static void fault_in_a_library_is_its_callers(void)
{
	faults("wild_libc", "access to memory that is not there (address 0x10)", "tests/plugins/wild_libc.bpf.c:12");
}

static void jump_into_nowhere_is_told(void)
{
	faults("jump", "access to memory that is not there (address 0x0)", "");
}

static void window_of_nothing_is_told(void)
{
	struct plugin *p = open_plugin(test_plugin("no_cwnd"), NULL, 0);

	start(p);
	cc_cong_avoid(&endpoint, 0, 1);
	CU_ASSERT(host.failed);
	CU_ASSERT_STRING_EQUAL(host.failure.text, "bpf_no_cwnd: snd_cwnd is 0 after cong_avoid (tests/plugins/no_cwnd.bpf.c:8)");
	sim_fail(&host, "something else");
	CU_ASSERT_PTR_NOT_NULL(strstr(host.failure.text, "bpf_no_cwnd")); /* the first failure stays */
	stop();
	plugin_close(p);
}

static void good_plugin_ends_as_usual(void)
{
	struct plugin *p = open_plugin(test_plugin("plain"), NULL, 0);
	struct congctl_error err = {0};

	start(p);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(plugin_guard(avoid_congestion, NULL, &err), 0);
	CU_ASSERT_EQUAL(endpoint.tp.snd_cwnd, 11);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	stop();
	plugin_close(p);
}

static void second_fault_is_caught_as_the_first(void)
{
	for (int i = 0; i < 3; i++) {
		division_by_zero_is_told_with_file_and_line();
		wild_pointer_is_told_with_file_and_line();
	}
}

static volatile int zero;

static void divide_here(void *arg)
{
	*(volatile int *)arg = 1000 / zero;
}

static void read_here(void *arg)
{
	(void)*(volatile int *)(uintptr_t)*(volatile int *)arg;
}

/* a bug of netsim's own ends it with its signal, plugins loaded or not */
static void own_fault_is_not_blamed_on_a_plugin(void)
{
	static const struct { void (*fn)(void *arg); int signal; } cases[] = {{divide_here, SIGFPE}, {read_here, SIGSEGV}};
	struct plugin *p = open_plugin(test_plugin("plain"), NULL, 0);
	struct congctl_error err = {0};
	int status = 0, result = 16;

	for (size_t i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid) {
			int quiet = open("/dev/null", O_WRONLY);

			dup2(quiet, 2);
			signal(SIGFPE, SIG_DFL); /* a sanitizer's handlers would exit instead */
			signal(SIGSEGV, SIG_DFL);
			plugin_guard(cases[i].fn, &result, &err);
			_exit(0);
		}
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
#ifdef SANITIZED /* or by a sanitizer */
		CU_ASSERT(WIFSIGNALED(status) || WEXITSTATUS(status));
#else
		CU_ASSERT(WIFSIGNALED(status));
		CU_ASSERT_EQUAL(WTERMSIG(status), cases[i].signal);
#endif
	}
	plugin_close(p);
}

/* `make SANITIZE=1`; in the other build nothing is there to tell it */
static void read_out_of_bounds_is_told_by_the_sanitizer(void)
{
#ifdef SANITIZED
	faults("overrun", "", "tests/plugins/overrun.bpf.c:14");
#endif
}

static void line_of_an_address_outside_is_unknown(void)
{
	struct plugin *p = open_plugin(test_plugin("plain"), NULL, 0);
	char where[128] = "before";

	CU_ASSERT_STRING_EQUAL(plugin_where(p, where, where, sizeof(where)), "");
	CU_ASSERT_STRING_EQUAL(plugin_where(p, NULL, where, sizeof(where)), "");
	CU_ASSERT_STRING_EQUAL(plugin_where(p, (const void *)(uintptr_t)plugin_ops(p)->ssthresh, where, sizeof(where)),
			       "tests/plugins/plain.bpf.c:5");
	plugin_close(p);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(both_names_mean_the_same), TEST(names_that_are_none_are_told), TEST(what_is_no_plugin_is_told),
		TEST(damaged_file_is_told), TEST(another_interface_is_told), TEST(refused_plugins_leave_nothing_open),
		TEST(each_instance_has_its_own_tunables), TEST(tunables_take_quantities_of_their_units),
		TEST(tunables_out_of_range_are_refused),
		TEST(random_numbers_and_time_are_the_runs), TEST(division_by_zero_is_told_with_file_and_line),
		TEST(wild_pointer_is_told_with_file_and_line), TEST(fault_in_a_library_is_its_callers),
		TEST(jump_into_nowhere_is_told), TEST(window_of_nothing_is_told), TEST(good_plugin_ends_as_usual),
		TEST(second_fault_is_caught_as_the_first), TEST(own_fault_is_not_blamed_on_a_plugin),
		TEST(read_out_of_bounds_is_told_by_the_sanitizer),
		TEST(line_of_an_address_outside_is_unknown), CU_TEST_INFO_NULL,
	};

	use_built_algorithms();
	return unit_run("plugin_host", tests);
}
