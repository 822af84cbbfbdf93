// SPDX-License-Identifier: GPL-2.0-only
/* What people write for a selection, a prefix and the end of a connection, and which route a prefix goes by. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "../../loader/lib/connection.h"
#include "../../loader/lib/route.h"
#include "../../loader/lib/select.h"
#include "unit.h"

static void prefix_reads_as_it_prints(void)
{
	static const struct {
		const char *text, *printed;
	} rows[] = {
		{"10.0.0.0/8", "10.0.0.0/8"},	  {"0.0.0.0/0", "0.0.0.0/0"},	    {"192.0.2.1", "192.0.2.1/32"},
		{"192.0.2.1/32", "192.0.2.1/32"}, {"10.1.2.254/31", "10.1.2.254/31"}, {"2001:db8::/32", "2001:db8::/32"},
		{"::/0", "::/0"},		  {"::1", "::1/128"},		    {"2001:DB8:0::/33", "2001:db8::/33"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route_prefix p;
		char text[ROUTE_TEXT_MAX];

		CU_ASSERT_EQUAL(route_parse(rows[i].text, &p, NULL), 0);
		route_print(&p, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i].printed);
	}
}

static void wrong_prefix_is_refused(void)
{
	static const char *const rows[] = {"", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/ 8", "10.0.0/8", "::/129",
					   "10.0.0.1/8", "2001:db8::1/64", "2001:db8::/31x", "/8", "10.0.0.0/8/8", "host", ":::/0",
					   "10.0.0.0/4294967304", "10.0.0.0/18446744073709551624",
					   "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd/64"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct congctl_error err = {};
		struct route_prefix p;

		CU_ASSERT_EQUAL(route_parse(rows[i], &p, &err), -EINVAL);
		CU_ASSERT_NOT_EQUAL(*err.text, '\0');
	}
}

static void every_host_bit_is_noticed(void)
{
	for (unsigned int bits = 0; bits < 32; bits++) {
		for (unsigned int bit = bits; bit < 32; bit++) {
			uint32_t host = htonl(0x80000000U >> bit);
			char address[INET_ADDRSTRLEN], text[40];
			struct route_prefix p;

			inet_ntop(AF_INET, &host, address, sizeof(address));
			snprintf(text, sizeof(text), "%s/%u", address, bits);
			CU_ASSERT_EQUAL(route_parse(text, &p, NULL), -EINVAL);
			snprintf(text, sizeof(text), "%s/%u", address, bit + 1);
			CU_ASSERT_EQUAL(route_parse(text, &p, NULL), 0);
		}
	}
}

static bool covers(const char *outer, const char *inner)
{
	struct route_prefix a, b;

	CU_ASSERT_EQUAL(route_parse(outer, &a, NULL) || route_parse(inner, &b, NULL), 0);
	return route_covers(&a, &b);
}

static void a_prefix_covers_itself_and_narrower_ones(void)
{
	CU_ASSERT_TRUE(covers("10.0.0.0/8", "10.0.0.0/8"));
	CU_ASSERT_TRUE(covers("10.0.0.0/8", "10.255.0.0/16"));
	CU_ASSERT_TRUE(covers("0.0.0.0/0", "10.0.0.0/8"));
	CU_ASSERT_TRUE(covers("2001:db8::/33", "2001:db8:7fff::/48"));
	CU_ASSERT_FALSE(covers("10.0.0.0/9", "10.0.0.0/8"));
	CU_ASSERT_FALSE(covers("10.0.0.0/9", "10.128.0.0/9"));
	CU_ASSERT_FALSE(covers("2001:db8::/33", "2001:db8:8000::/48"));
	CU_ASSERT_FALSE(covers("0.0.0.0/0", "::/0"));
	CU_ASSERT_FALSE(covers("::/0", "10.0.0.0/8"));
}

static struct route route(const char *to, uint32_t table, uint32_t priority, uint32_t type, uint32_t tos)
{
	struct route r = {.type = type, .key = {.table = table, .priority = priority, .tos = tos}};

	CU_ASSERT_EQUAL(route_parse(to, &r.key.to, NULL), 0);
	return r;
}

static void the_narrowest_route_of_the_main_table_is_best(void)
{
	const struct route list[] = {
		route("0.0.0.0/0", RT_TABLE_MAIN, 0, RTN_UNICAST, 0),
		route("10.0.0.0/8", RT_TABLE_MAIN, 9, RTN_UNICAST, 0),
		route("10.0.0.0/8", RT_TABLE_MAIN, 3, RTN_UNICAST, 0),
		route("10.1.0.0/16", RT_TABLE_LOCAL, 0, RTN_UNICAST, 0),
		route("10.1.0.0/16", RT_TABLE_MAIN, 0, RTN_UNREACHABLE, 0),
		route("10.0.0.0/8", RT_TABLE_MAIN, 0, RTN_UNICAST, 16),
	};
	static const struct {
		const char *to;
		int best; /* -1: none */
	} rows[] = {{"10.0.0.0/8", 2}, {"10.1.0.0/16", 2}, {"10.9.9.9", 2}, {"11.0.0.0/8", 0}, {"10.0.0.0/7", 0}, {"::/0", -1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route_prefix p;

		CU_ASSERT_EQUAL(route_parse(rows[i].to, &p, NULL), 0);
		CU_ASSERT_PTR_EQUAL(route_best(list, sizeof(list) / sizeof(*list), &p), rows[i].best < 0 ? NULL : &list[rows[i].best]);
	}
	CU_ASSERT_PTR_NULL(route_best(list, 0, &list[0].key.to));
	CU_ASSERT_PTR_EQUAL(route_same(list, 6, &list[5].key), &list[5]);
	CU_ASSERT_PTR_NULL(route_same(list, 5, &list[5].key));
}

static void what_the_local_table_covers_is_local(void)
{
	const struct route list[] = {
		route("0.0.0.0/0", RT_TABLE_MAIN, 0, RTN_UNICAST, 0),
		route("0.0.0.0/0", 100, 0, RTN_LOCAL, 0), /* a proxy's, which a rule leads to */
		route("127.0.0.0/8", RT_TABLE_LOCAL, 0, RTN_LOCAL, 0),
		route("10.0.0.0/32", RT_TABLE_LOCAL, 0, RTN_LOCAL, 0),
		route("10.0.0.255/32", RT_TABLE_LOCAL, 0, RTN_BROADCAST, 0),
		route("::1/128", RT_TABLE_LOCAL, 0, RTN_LOCAL, 0),
	};
	static const struct {
		const char *to;
		bool local;
	} rows[] = {{"127.0.0.0/8", true}, {"127.1.0.0/16", true}, {"10.0.0.0", true}, {"::1", true}, {"0.0.0.0/0", false}, {"::/0", false},
		    {"126.0.0.0/7", false}, {"10.0.0.0/31", false}, {"10.0.0.255", false}, {"10.0.0.1", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct route_prefix p;

		CU_ASSERT_EQUAL(route_parse(rows[i].to, &p, NULL), 0);
		CU_ASSERT_EQUAL(route_is_local(list, sizeof(list) / sizeof(*list), &p), rows[i].local);
	}
	CU_ASSERT_FALSE(route_is_local(list, 0, &list[2].key.to));
}

static void an_end_reads_as_it_prints(void)
{
	static const char *const rows[][2] = {{"10.0.0.1:80", "10.0.0.1:80"}, {"[::1]:65535", "[::1]:65535"},
					      {"[::ffff:10.0.0.1]:1", "10.0.0.1:1"}, {"[2001:DB8::0]:443", "[2001:db8::]:443"},
					      {"[fe80::1]%lo:80", "[fe80::1]:80"}, {"[fe80::1%lo]:80", "[fe80::1]:80"},
					      {"10.0.0.1%lo:80", "10.0.0.1:80"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct connection_end end;
		char text[64];

		CU_ASSERT_EQUAL(connection_end_parse(rows[i][0], &end, NULL), 0);
		connection_end_print(&end, text);
		CU_ASSERT_STRING_EQUAL(text, rows[i][1]);
		CU_ASSERT_STRING_EQUAL(end.device_name, strchr(rows[i][0], '%') ? "lo" : "");
	}
}

static void a_wrong_end_is_refused(void)
{
	static const char *const rows[] = {"", ":", ":80", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:80x", "::1:80", "[::1]80",
					   "[::1:80", "[]:80", "[10.0.0.1]:80", "[:80", "10.0.0.1: 80", "[::1]x:80", "10.0.0.1:-1", "10.0.0.1]:80", "[::1]%:80", "[::1%]:80", "[::1]%sixteen_letters_:80", "10.0.0.1%sixteen_letters_:80", "%lo:80",
					   "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd]:1"};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct connection_end end;

		CU_ASSERT_EQUAL(connection_end_parse(rows[i], &end, NULL), -EINVAL);
	}
}

static void check(enum congctl_scope scope, const char *where, const char *prefix, int wanted)
{
	struct congctl_selection s = {.scope = scope};
	struct congctl_error err = {};

	snprintf(s.where, sizeof(s.where), "%s", where);
	snprintf(s.prefix, sizeof(s.prefix), "%s", prefix);
	CU_ASSERT_EQUAL(select_check(&s, &err), wanted);
	CU_ASSERT_EQUAL(*err.text != '\0', wanted != 0);
}

static void what_is_no_selection_is_seen_without_the_machine(void)
{
	check(CONGCTL_SCOPE_DEFAULT, "", "", 0);
	check(CONGCTL_SCOPE_NETNS, "nobody's", "", 0);
	check(CONGCTL_SCOPE_CGROUP, "/nowhere", "", 0);
	check(CONGCTL_SCOPE_PORT, "65535", "", 0);
	check(CONGCTL_SCOPE_PID, "1", "", 0);
	check(CONGCTL_SCOPE_PREFIX, "10.0.0.0/8", "", 0);
	check(CONGCTL_SCOPE_FROM, "nobody", "", 0);
	check(CONGCTL_SCOPE_FROM, "nobody", "::/0", 0);
	check(CONGCTL_SCOPE_NETNS, "", "", -EINVAL);
	check(CONGCTL_SCOPE_CGROUP, "", "", -EINVAL);
	check(CONGCTL_SCOPE_PORT, "0", "", -EINVAL);
	check(CONGCTL_SCOPE_PORT, "65536", "", -EINVAL);
	check(CONGCTL_SCOPE_PORT, "", "", -EINVAL);
	check(CONGCTL_SCOPE_PID, "0", "", -EINVAL);
	check(CONGCTL_SCOPE_PID, "1x", "", -EINVAL);
	check(CONGCTL_SCOPE_PID, "18446744073709551617", "", -EINVAL);
	check(CONGCTL_SCOPE_PREFIX, "", "", -EINVAL);
	check(CONGCTL_SCOPE_PREFIX, "10.0.0.1/8", "", -EINVAL);
	check(CONGCTL_SCOPE_FROM, "", "", -EINVAL); /* all sockets of all algorithms it would have been */
	check(CONGCTL_SCOPE_FROM, "nobody", "10.0.0.1/8", -EINVAL);
	check((enum congctl_scope)99, "x", "", -EINVAL);
}

static void a_connection_is_two_ends_of_one_kind_or_a_descriptor(void)
{
	static const struct {
		const char *socket, *remote;
		int wanted;
	} rows[] = {
		{"4711:5", NULL, 0},			{"10.0.0.1:1", "10.0.0.2:2", 0},      {"[fe80::1]%nobody:1", "[::1]:2", 0},
		{"[::ffff:10.0.0.1]:1", "10.0.0.1:1", 0}, {"4711", NULL, -EINVAL},	      {"4711:", NULL, -EINVAL},
		{"4711:-1", NULL, -EINVAL},		{"10.0.0.1:1", NULL, -EINVAL},	      {"4711:5", "10.0.0.1:1", -EINVAL},
		{"10.0.0.1:1", "[::1]:1", -EINVAL},	{"10.0.0.1:1", "10.0.0.1", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct congctl_error err = {};

		CU_ASSERT_EQUAL(connection_check(rows[i].socket, rows[i].remote, &err), rows[i].wanted);
		CU_ASSERT_EQUAL(*err.text != '\0', rows[i].wanted != 0);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(prefix_reads_as_it_prints),
		TEST(wrong_prefix_is_refused),
		TEST(every_host_bit_is_noticed),
		TEST(a_prefix_covers_itself_and_narrower_ones),
		TEST(the_narrowest_route_of_the_main_table_is_best),
		TEST(what_the_local_table_covers_is_local),
		TEST(an_end_reads_as_it_prints),
		TEST(a_wrong_end_is_refused),
		TEST(what_is_no_selection_is_seen_without_the_machine),
		TEST(a_connection_is_two_ends_of_one_kind_or_a_descriptor),
		CU_TEST_INFO_NULL,
	};

	return unit_run("selection", tests);
}
