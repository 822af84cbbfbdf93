// SPDX-License-Identifier: GPL-2.0-only
/* A policy file: what it may say, and what is said of one that is wrong. */
#include "policy_fixture.h"

static void everything_is_read(void)
{
	struct policy p;

	fixture_load(&p, "algorithms:\n"
			 "  - register: cubic\n"
			 "    as: lan\n"
			 "    set: {beta: 717, gain: 10ms}\n"
			 "  - {register: mine.bpf.o}\n"
			 "selections:\n"
			 "  - {use: lan, default: yes}\n"
			 "  - {use: lan, netns: blue}\n"
			 "  - {use: bpf.dotted, cgroup: /sys/fs/cgroup/a/}\n"
			 "  - use: lan\n"
			 "    prefix: 2001:DB8::/32\n"
			 "    lock: yes\n"
			 "  - {use: reno, port: 00443, lock: no}\n");
	CU_ASSERT_EQUAL_FATAL(p.n_algorithms, 2);
	CU_ASSERT_EQUAL_FATAL(p.n_rules, 5);
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].object, "cubic");
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].as, "lan");
	CU_ASSERT_EQUAL(p.algorithms[0].n_set, 2);
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].set[1].name, "gain");
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].set[1].value, "10ms");
	CU_ASSERT_EQUAL(p.algorithms[0].set[1].line, 4);
	CU_ASSERT_STRING_EQUAL(p.algorithms[1].object, "/tmp/mine.bpf.o"); /* beside the file */
	CU_ASSERT_STRING_EQUAL(p.algorithms[1].as, "");
	CU_ASSERT_EQUAL(p.rules[0].selection.scope, CONGCTL_SCOPE_DEFAULT);
	CU_ASSERT_STRING_EQUAL(p.rules[0].selection.where, "");
	CU_ASSERT_STRING_EQUAL(p.rules[1].selection.where, "blue");
	CU_ASSERT_STRING_EQUAL(p.rules[2].selection.where, "/sys/fs/cgroup/a");
	CU_ASSERT_STRING_EQUAL(p.rules[2].name, "bpf.dotted");
	CU_ASSERT_STRING_EQUAL(p.rules[3].selection.where, "2001:db8::/32");
	CU_ASSERT(p.rules[3].selection.lock);
	CU_ASSERT_EQUAL(p.rules[3].line, 10);
	CU_ASSERT_STRING_EQUAL(p.rules[4].selection.where, "443");
	CU_ASSERT_FALSE(p.rules[4].selection.lock);
	policy_free(&p);
}

static void nothing_is_a_policy_too(void)
{
	struct policy p;

	fixture_load(&p, "algorithms: []\nselections: []\n");
	CU_ASSERT_EQUAL(p.n_algorithms + p.n_rules, 0);
	policy_free(&p);
	fixture_load(&p, "{}");
	CU_ASSERT_EQUAL(p.n_algorithms + p.n_rules, 0);
	policy_free(&p);
}

/* a file, and the sentence after "FILE:" */
static const struct {
	const char *text, *sentence;
} bad[] = {
	{"", "1: the file is empty: a policy has algorithms, selections or both"},
	{"- a", "1: the policy is a list: a map with algorithms, selections"},
	{"rules: []", "1: unknown key 'rules': one of algorithms, selections"},
	{"[a]: 1", "1: unknown key 'a list': one of algorithms, selections"},
	{"selections: []\nselections: []", "2: key 'selections' again: once, it is on line 1 already"},
	{"algorithms: cubic", "1: algorithms is a single value: a list of maps with register, as, set, each beginning with '-'"},
	{"algorithms:", "1: algorithms is a single value: a list of maps with register, as, set, each beginning with '-'"},
	{"algorithms:\n- cubic", "2: an entry of algorithms is a single value: a map with register, as, set"},
	{"algorithms:\n- {as: a}", "2: register is missing: a name of the catalogue or the path of an object"},
	{"algorithms:\n- {register: ''}", "2: register is empty: a name of the catalogue or the path of an object"},
	{"algorithms:\n- {register: [a]}", "2: register is a list: a name of the catalogue or the path of an object"},
	{"algorithms:\n- {register: \"a\\0b\"}", "2: register is a text with a zero byte: a name of the catalogue or the path of an object"},
	{"algorithms:\n- {register: a, file: b}", "2: unknown key 'file': one of register, as, set"},
	{"algorithms:\n- register: a\n  set:\n    b: 1\n    c: 1\n    b: 2", "6: key 'b' again: once, it is on line 4 already"},
	{"algorithms:\n- register: a\n  as: b\n  as: c", "4: key 'as' again: once, it is on line 3 already"},
	{"algorithms:\n- {register: a, as: a-b}", "2: as: the name 'a-b' contains '-': the kernel takes letters, digits and _ only"},
	{"algorithms:\n- {register: a, as: a.b}", "2: as: the name 'a.b' contains '.': the kernel takes letters, digits and _ only"},
	{"algorithms:\n- {register: a, as: sixteen_letters_}",
	 "2: as: the name 'sixteen_letters_' is 16 characters long: the kernel takes at most 15"},
	{"algorithms:\n- {register: a, set: 7}", "2: set is a single value: a map of tunables, such as {beta: 717}"},
	{"algorithms:\n- {register: a, set: {b: [1]}}", "2: a value of set is a list: a number, with its unit if it has one"},
	{"algorithms:\n- {register: a, set: {[b]: 1}}", "2: a key of set is a list: the name of a tunable"},
	{"selections:\n- {default: yes}", "2: use is missing: the name of an algorithm"},
	{"selections:\n- {use: a}", "2: the selection has no place: default, netns, cgroup, prefix or port"},
	{"selections:\n- {use: a, default: yes, port: 1}", "2: default and port in one selection: one place each"},
	{"selections:\n- {use: a, default: no}", "2: default is 'no': yes, or another place"},
	{"selections:\n- {use: a, default: maybe}", "2: default is 'maybe': yes or no"},
	{"selections:\n- {use: a, pid: 1}", "2: unknown key 'pid': one of use, default, netns, cgroup, prefix, port, lock"},
	{"selections:\n- {use: a, port: 0}", "2: port is '0': 1 to 65535"},
	{"selections:\n- {use: a, port: 65536}", "2: port is '65536': 1 to 65535"},
	{"selections:\n- {use: a, port: 80x}", "2: port is '80x': 1 to 65535"},
	{"selections:\n- {use: a, cgroup: system.slice}",
	 "2: cgroup is 'system.slice': the path of a cgroup2 directory, beginning with '/'"},
	{"selections:\n- {use: a, prefix: 10.1.0.0/8}",
	 "2: prefix: '10.1.0.0/8' has host bits set: give 10.0.0.0/8, or 10.1.0.0 for that host alone"},
	{"selections:\n- {use: a, prefix: 10.0.0.0/33}", "2: prefix: '10.0.0.0/33' is not a prefix: its length is a number from 0 to 32"},
	{"selections:\n- {use: a, prefix: \"10.0\\e[0m\"}",
	 "2: prefix is '10.0?[0m': an address and its length, such as 10.0.0.0/8 or 2001:db8::/32"},
	{"selections:\n- {use: a, port: 1, lock: yes}", "2: lock with port: only a prefix can be locked"},
	{"selections:\n- {use: a, port: 80}\n- {use: b, port: 080}", "3: port 80 again: once, it is on line 2 already"},
	{"selections:\n- {use: a, port: &x 80}", "2: an anchor (&): values written out"},
	{"selections:\n- {use: !!str a}", "2: a tag (!): values written out"},
	{"a: {b: {c: {d: {e: {f: {g: {h: {}}}}}}}}", "1: lists or maps 9 deep: a policy has 4 levels"},
	{"{}\n---\n{}", "2: a second document: one policy in a file"},
	{"a: b: c", "1: not YAML (mapping values are not allowed in this context): key: value lines"},
};

static void a_wrong_file_is_refused_with_its_line(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct congctl_error err = {0};
		char expected[800];
		struct policy p;

		fixture_put(bad[i].text);
		snprintf(expected, sizeof(expected), "%s:%s", fixture_path, bad[i].sentence);
		CU_ASSERT_EQUAL(policy_load(&p, fixture_path, &err), -EINVAL);
		CU_ASSERT_STRING_EQUAL(err.text, expected);
		if (strcmp(err.text, expected))
			printf("\n  got:      %s\n  expected: %s", err.text, expected);
		policy_free(&p);
	}
}

/* `n` times `item` after a head */
static char *repeat(const char *head, const char *item, size_t n)
{
	char *text = calloc(1, strlen(head) + n * (strlen(item) + 8) + 1), *end = text + sprintf(text, "%s", head);

	for (size_t i = 1; i <= n; i++)
		end += sprintf(end, item, i);
	return text;
}

static void as_many_as_the_limit_and_not_one_more(void)
{
	static const struct {
		const char *head, *item, *sentence;
		size_t most;
	} cases[] = {
		{"algorithms:\n", "- {register: a, as: a%zu}\n", "2: too many entries in algorithms: at most 64", POLICY_MAX_ALGORITHMS},
		{"selections:\n", "- {use: a, port: %zu}\n", "2: too many entries in selections: at most 256", POLICY_MAX_RULES},
		{"algorithms:\n- register: a\n  set:\n", "    t%zu: 1\n", "36: too many tunables in set: at most 32", POLICY_MAX_TUNABLES},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct congctl_error err = {0};
		struct policy p;
		char *text = repeat(cases[i].head, cases[i].item, cases[i].most);

		fixture_load(&p, text);
		policy_free(&p);
		free(text);
		text = repeat(cases[i].head, cases[i].item, cases[i].most + 1);
		fixture_put(text);
		CU_ASSERT_EQUAL(policy_load(&p, fixture_path, &err), -EINVAL);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].sentence));
		policy_free(&p);
		free(text);
	}
}

static void a_place_has_one_spelling(void)
{
	static const struct {
		enum congctl_scope scope;
		const char *text, *place; /* NULL: it is none */
	} cases[] = {
		{CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "10.0.0.0/8"},
		{CONGCTL_SCOPE_PREFIX, "192.0.2.1", "192.0.2.1/32"},
		{CONGCTL_SCOPE_PREFIX, "0.0.0.0/0", "0.0.0.0/0"},
		{CONGCTL_SCOPE_PREFIX, "2001:0db8:0:0::1", "2001:db8::1/128"},
		{CONGCTL_SCOPE_PREFIX, "10.0.0.0/08", "10.0.0.0/8"},
		{CONGCTL_SCOPE_PREFIX, "10.0.0.0/", NULL},
		{CONGCTL_SCOPE_PREFIX, "10.0.0.1/31", NULL},
		{CONGCTL_SCOPE_PREFIX, "10.0.0/8", NULL},
		{CONGCTL_SCOPE_PREFIX, "2001:db8::/129", NULL},
		{CONGCTL_SCOPE_PREFIX, "2001:db8:1::/32", NULL},
		{CONGCTL_SCOPE_PREFIX, "", NULL},
		{CONGCTL_SCOPE_PREFIX, "/8", NULL},
		{CONGCTL_SCOPE_PREFIX, "10.0.0.0/-8", NULL},
		{CONGCTL_SCOPE_PORT, "65535", "65535"},
		{CONGCTL_SCOPE_PORT, "+1", NULL},
		{CONGCTL_SCOPE_CGROUP, "/a//", "/a"},
		{CONGCTL_SCOPE_CGROUP, "/", "/"},
		{CONGCTL_SCOPE_CGROUP, "a", NULL},
		{CONGCTL_SCOPE_DEFAULT, "", ""},
		{CONGCTL_SCOPE_DEFAULT, "x", NULL},
		{CONGCTL_SCOPE_NETNS, "", NULL},
		{CONGCTL_SCOPE_PID, "1", NULL},
	};
	char place[4096];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CU_ASSERT_EQUAL(policy_place(cases[i].scope, cases[i].text, place, NULL), cases[i].place ? 0 : -EINVAL);
		if (cases[i].place)
			CU_ASSERT_STRING_EQUAL(place, cases[i].place);
	}
}

/* what is written reads back as it was */
static void what_is_saved_is_read_again(void)
{
	static const struct congctl_tunable tunables[] = {
		{.name = "same", .value = 3, .initial = 3}, {.name = "one", .value = 1, .initial = 2}, {.name = "most", .value = UINT64_MAX}};
	const struct congctl_info info = {.n_tunables = 3, .tunables = tunables};
	const struct policy_saved saved[] = {
		{.name = "lan", .object = "cubic", .info = &info},
		{.name = "for.eign", .object = "foreign.bpf.o", .own_name = true, .info = &(struct congctl_info){}},
	};
	static struct congctl_rule rules[] = {
		{.selection = {.scope = CONGCTL_SCOPE_DEFAULT}, .name = "lan"},
		{.selection = {.scope = CONGCTL_SCOPE_CGROUP, .where = "/sys/fs/cgroup/a b\"\\\n: #x"}, .name = "for.eign"},
		{.selection = {.scope = CONGCTL_SCOPE_PREFIX, .where = "2001:db8::/32", .lock = true}, .name = "lan"},
		{.selection = {.scope = CONGCTL_SCOPE_NETNS, .where = "-"}, .name = "lan"},
	};
	struct congctl_error err = {0};
	FILE *f = fopen(fixture_path, "we");
	struct policy p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	policy_write(f, saved, 2, rules, 4);
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(policy_load(&p, fixture_path, &err), 0);
	CU_ASSERT_EQUAL_FATAL(p.n_algorithms, 2);
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].object, "cubic");
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].as, "lan");
	CU_ASSERT_STRING_EQUAL(p.algorithms[1].as, "");
	CU_ASSERT_EQUAL_FATAL(p.algorithms[0].n_set, 2);
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].set[0].name, "one");
	CU_ASSERT_STRING_EQUAL(p.algorithms[0].set[1].value, "18446744073709551615");
	CU_ASSERT_EQUAL_FATAL(p.n_rules, 4);
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(p.rules[i].selection.scope, rules[i].selection.scope);
		CU_ASSERT_STRING_EQUAL(p.rules[i].selection.where, rules[i].selection.where);
		CU_ASSERT_EQUAL(p.rules[i].selection.lock, rules[i].selection.lock);
		CU_ASSERT_STRING_EQUAL(p.rules[i].name, rules[i].name);
	}
	policy_free(&p);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(everything_is_read),
		TEST(nothing_is_a_policy_too),
		TEST(a_wrong_file_is_refused_with_its_line),
		TEST(as_many_as_the_limit_and_not_one_more),
		TEST(a_place_has_one_spelling),
		TEST(what_is_saved_is_read_again),
		CU_TEST_INFO_NULL,
	};

	return fixture_run("policy", tests);
}
