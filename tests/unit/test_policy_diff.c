// SPDX-License-Identifier: GPL-2.0-only
/* A file and a machine in, the changes out. */
#include "policy_fixture.h"

#define MAX 8

/* both sides, filled by the words below */
static struct {
	struct policy_sides s;
	struct policy_wanted wanted[MAX];
	struct policy_present present[MAX];
	struct policy_rule wanted_rules[MAX];
	struct congctl_rule present_rules[MAX];
	struct congctl_info infos[2 * MAX];
	struct congctl_tunable tunables[2 * MAX];
	size_t n_infos;
} world;

static void begin(bool prune)
{
	memset(&world, 0, sizeof(world));
	world.s = (struct policy_sides){.file = "p.yaml", .prune = prune, .wanted = world.wanted, .present = world.present,
					.wanted_rules = world.wanted_rules, .present_rules = world.present_rules};
}

/* an algorithm with one tunable, beta, 700 to begin with */
static const struct congctl_info *info(const char *name, uint64_t beta)
{
	struct congctl_info *i = &world.infos[world.n_infos];
	struct congctl_tunable *t = &world.tunables[world.n_infos++];

	snprintf(i->name, sizeof(i->name), "%s", name);
	*t = (struct congctl_tunable){.name = "beta", .value = beta, .initial = 700, .min = 1, .max = 1023};
	i->tunables = t;
	i->n_tunables = 1;
	return i;
}

static void wants(const char *name, uint64_t beta)
{
	world.wanted[world.s.n_wanted] = (struct policy_wanted){.object = "cubic", .info = info(name, beta), .line = world.s.n_wanted + 2};
	world.s.n_wanted++;
}

static struct policy_present *has(const char *name, enum congctl_origin origin, uint64_t beta)
{
	struct policy_present *p = &world.present[world.s.n_present++];

	snprintf(p->name, sizeof(p->name), "%s", name);
	p->origin = origin;
	p->info = origin == CONGCTL_BUILTIN ? NULL : info(name, beta);
	return p;
}

static struct policy_rule *wants_rule(enum congctl_scope scope, const char *where, const char *name)
{
	struct policy_rule *r = &world.wanted_rules[world.s.n_wanted_rules++];

	r->selection.scope = scope;
	snprintf(r->selection.where, sizeof(r->selection.where), "%s", where);
	snprintf(r->name, sizeof(r->name), "%s", name);
	r->line = 20 + world.s.n_wanted_rules;
	return r;
}

static struct congctl_rule *has_rule(enum congctl_scope scope, const char *where, const char *name, const char *undo)
{
	struct congctl_rule *r = &world.present_rules[world.s.n_present_rules++];

	r->selection.scope = scope;
	snprintf(r->selection.where, sizeof(r->selection.where), "%s", where);
	snprintf(r->name, sizeof(r->name), "%s", name);
	snprintf(r->undo, sizeof(r->undo), "%s", undo);
	return r;
}

/* "0 lan.beta 700>800; …", a kind, what, from and to of each change */
static void gives(const char *expected)
{
	struct congctl_error err = {0};
	struct policy_changes c;
	char text[2048] = "";

	CU_ASSERT_EQUAL_FATAL(policy_diff(&c, &world.s, &err), 0);
	for (size_t i = 0; i < c.n; i++) {
		const struct congctl_change *s = &c.shown[i];
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%d %s %s>%s", n ? "; " : "", s->kind, s->what, s->from, s->to);
	}
	CU_ASSERT_STRING_EQUAL(text, expected);
	if (strcmp(text, expected))
		printf("\n  got:      %s\n  expected: %s\n", text, expected);
	policy_changes_free(&c);
}

static void refuses(const char *sentence)
{
	struct congctl_error err = {0};
	struct policy_changes c;

	CU_ASSERT_EQUAL(policy_diff(&c, &world.s, &err), -EINVAL);
	CU_ASSERT_STRING_EQUAL(err.text, sentence);
	CU_ASSERT_EQUAL(c.n, 0);
}

static void a_machine_that_matches_changes_in_nothing(void)
{
	begin(true);
	gives("");
	wants("lan", 800);
	has("reno", CONGCTL_BUILTIN, 0);
	has("lan", CONGCTL_OURS, 800);
	has("other", CONGCTL_FOREIGN, 1);
	wants_rule(CONGCTL_SCOPE_DEFAULT, "", "lan");
	has_rule(CONGCTL_SCOPE_DEFAULT, "", "lan", "");
	wants_rule(CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "reno")->selection.lock = true;
	has_rule(CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "reno", "7")->selection.lock = true;
	has_rule(CONGCTL_SCOPE_NETNS, "blue", "reno", "");
	gives("");
}

static void a_bare_machine_gets_everything_in_order(void)
{
	begin(false);
	has("reno", CONGCTL_BUILTIN, 0);
	wants("lan", 800);
	wants("wan", 700);
	wants_rule(CONGCTL_SCOPE_PORT, "443", "lan");
	wants_rule(CONGCTL_SCOPE_DEFAULT, "", "reno");
	gives("1 lan >cubic; 1 wan >cubic; 4 port 443 >lan; 4 default >reno");
}

static void a_tunable_goes_to_its_value_and_back_to_the_initial_one(void)
{
	begin(false);
	wants("lan", 800);
	wants("wan", 700);
	has("lan", CONGCTL_OURS, 700);
	has("wan", CONGCTL_OURS, 1023);
	gives("3 lan.beta 700>800; 3 wan.beta 1023>700");
}

static void what_another_tool_registered_is_adopted(void)
{
	begin(false);
	wants("lan", 800);
	has("lan", CONGCTL_FOREIGN, 700)->other_build = true;
	gives("0 lan foreign>congctl; 2 lan another build>cubic; 3 lan.beta 700>800");
}

static void another_build_keeps_its_values_and_then_gets_the_wanted_ones(void)
{
	struct policy_present *p;

	begin(false);
	wants("lan", 800);
	p = has("lan", CONGCTL_OURS, 800);
	p->other_build = true;
	gives("2 lan another build>cubic");
	world.tunables[1].name[0] = 'z'; /* it had no beta: the new one begins at 700 */
	gives("2 lan another build>cubic; 3 lan.beta 700>800");
}

static void a_rule_changes_with_its_algorithm_and_its_lock(void)
{
	begin(false);
	has("a", CONGCTL_BUILTIN, 0);
	has("b", CONGCTL_BUILTIN, 0);
	wants_rule(CONGCTL_SCOPE_CGROUP, "/sys/fs/cgroup/x", "b");
	has_rule(CONGCTL_SCOPE_CGROUP, "/sys/fs/cgroup/x", "a", "1");
	wants_rule(CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "a")->selection.lock = true;
	has_rule(CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "a", "2");
	wants_rule(CONGCTL_SCOPE_PORT, "10", "a");
	has_rule(CONGCTL_SCOPE_NETNS, "10", "a", "3"); /* another place of the same spelling */
	gives("4 cgroup /sys/fs/cgroup/x a>b; 4 prefix 10.0.0.0/8 a>a lock; 4 port 10 >a");
}

static void only_prune_removes_and_only_what_is_ours(void)
{
	for (int prune = 0; prune < 2; prune++) {
		begin(prune);
		has("old", CONGCTL_OURS, 700);
		has("theirs", CONGCTL_FOREIGN, 700);
		has("reno", CONGCTL_BUILTIN, 0);
		has_rule(CONGCTL_SCOPE_PORT, "80", "old", "5");
		has_rule(CONGCTL_SCOPE_DEFAULT, "", "reno", "");
		gives(prune ? "5 port 80 old>; 6 old >" : "");
	}
}

static void what_is_left_is_removed_last(void)
{
	begin(true);
	wants("new", 700);
	wants_rule(CONGCTL_SCOPE_DEFAULT, "", "new");
	has("old", CONGCTL_OURS, 700);
	has_rule(CONGCTL_SCOPE_DEFAULT, "", "old", "1");
	has_rule(CONGCTL_SCOPE_PORT, "80", "old", "2");
	gives("1 new >cubic; 4 default old>new; 5 port 80 old>; 6 old >");
}

static void a_selection_needs_its_algorithm(void)
{
	begin(false);
	wants("lan", 700);
	wants_rule(CONGCTL_SCOPE_DEFAULT, "", "wan");
	refuses("p.yaml:21: no algorithm 'wan': register it in the same file, or name one of 'congctl list'");
}

static void a_selection_must_not_lose_its_algorithm_to_prune(void)
{
	begin(true);
	has("old", CONGCTL_OURS, 700);
	wants_rule(CONGCTL_SCOPE_DEFAULT, "", "old");
	refuses("p.yaml:21: 'old' would be pruned, for the file does not register it: add it to algorithms");
	world.s.prune = false;
	gives("4 default >old");
}

static void a_name_is_given_once_and_is_not_the_kernels(void)
{
	begin(false);
	wants("lan", 700);
	wants("lan", 800);
	refuses("p.yaml:3: algorithm lan again: once, it is on line 2 already; 'as' gives another name");
	begin(false);
	wants("reno", 700);
	has("reno", CONGCTL_BUILTIN, 0);
	refuses("p.yaml:2: the name 'reno' is the kernel's own: give another one with 'as'");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_machine_that_matches_changes_in_nothing),
		TEST(a_bare_machine_gets_everything_in_order),
		TEST(a_tunable_goes_to_its_value_and_back_to_the_initial_one),
		TEST(what_another_tool_registered_is_adopted),
		TEST(another_build_keeps_its_values_and_then_gets_the_wanted_ones),
		TEST(a_rule_changes_with_its_algorithm_and_its_lock),
		TEST(only_prune_removes_and_only_what_is_ours),
		TEST(what_is_left_is_removed_last),
		TEST(a_selection_needs_its_algorithm),
		TEST(a_selection_must_not_lose_its_algorithm_to_prune),
		TEST(a_name_is_given_once_and_is_not_the_kernels),
		CU_TEST_INFO_NULL,
	};

	return fixture_run("policy_diff", tests);
}
