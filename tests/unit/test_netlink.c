// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel answers, written out here in its stead: an answer is whole, or it is none. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "../../loader/lib/netlink.h"
#include "../../loader/lib/route.h"
#include "unit.h"

static char answer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
static size_t answer_len;
static ssize_t told_len;      /* how long recv() says the datagram was; 0: as it is */
static size_t second;         /* where that of the next recv() begins; 0: there is one only */
static bool restless;         /* each pass hears of a change */
static unsigned int passes, datagrams;

ssize_t send(int fd, const void *data, size_t n, int flags)
{
	(void)fd, (void)data, (void)flags;
	passes++;
	datagrams = 0;
	return n;
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
	(void)fd;
	if (flags & MSG_DONTWAIT) {
		errno = EAGAIN;
		return restless ? 1 : -1;
	}
	CU_ASSERT_FATAL(n >= sizeof(answer));
	if (second && datagrams++) {
		memcpy(data, answer + second, answer_len - second);
		return answer_len - second;
	}
	memcpy(data, answer, sizeof(answer)); /* what lies behind the datagram too: it must not be read */
	return told_len ? told_len : (ssize_t)answer_len;
}

static void begin(void)
{
	memset(answer, 0, sizeof(answer));
	answer_len = told_len = second = passes = 0;
	restless = false;
}

static void say(int type, int flags, const void *data, size_t n)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(answer + answer_len);

	*h = (struct nlmsghdr){.nlmsg_len = NLMSG_LENGTH(n), .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = 1};
	memcpy(NLMSG_DATA(h), data, n);
	answer_len += NLMSG_SPACE(n);
}

static void say_route(int flags, int family)
{
	const struct rtmsg m = {.rtm_family = family, .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST};

	say(RTM_NEWROUTE, flags | NLM_F_MULTI, &m, sizeof(m));
}

static void say_end(int type, int flags, int code)
{
	const struct nlmsgerr e = {.error = code};

	say(type, flags | NLM_F_MULTI, &e, type == NLMSG_DONE ? sizeof(code) : sizeof(e));
}

static int count(const struct nlmsghdr *message, void *arg)
{
	*(int *)arg += message->nlmsg_type == RTM_NEWROUTE;
	return 0;
}

static int ask(int *n)
{
	struct nlbuf b;
	struct rtmsg *m = nlbuf_start(&b, RTM_GETROUTE, NLM_F_DUMP, sizeof(*m));

	*n = 0;
	return nlbuf_ask(&b, NETLINK_ROUTE, count, n);
}

static void a_dump_ends_with_what_its_end_says(void)
{
	static const struct {
		int type, flags, code, wanted;
	} rows[] = {
		{NLMSG_DONE, 0, 0, 0},
		{NLMSG_DONE, 0, -EMSGSIZE, -EMSGSIZE},
		{NLMSG_ERROR, 0, 0, 0},
		{NLMSG_ERROR, 0, -ENOBUFS, -ENOBUFS},
		{NLMSG_DONE, NLM_F_DUMP_INTR, 0, -EINTR},
		{NLMSG_DONE, NLM_F_DUMP_INTR, -EMSGSIZE, -EMSGSIZE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int n;

		begin();
		say_route(0, AF_INET);
		say_end(rows[i].type, rows[i].flags, rows[i].code);
		say_route(0, AF_INET); /* of nobody's */
		CU_ASSERT_EQUAL(ask(&n), rows[i].wanted);
		CU_ASSERT_EQUAL(n, 1);
	}
}

static void a_change_in_the_middle_is_not_forgotten(void)
{
	int n;

	begin();
	say_route(NLM_F_DUMP_INTR, AF_INET);
	say_route(0, AF_INET);
	say_end(NLMSG_DONE, 0, 0);
	CU_ASSERT_EQUAL(ask(&n), -EINTR);
}

static void an_error_cut_short_is_one(void)
{
	int n;

	begin();
	say(NLMSG_ERROR, 0, "", 0);
	CU_ASSERT_EQUAL(ask(&n), -EPROTO);
}

static void a_datagram_that_was_cut_is_no_answer(void)
{
	int n;

	begin();
	say_route(0, AF_INET);
	say_end(NLMSG_DONE, 0, 0);
	told_len = 1 << 20;
	CU_ASSERT_EQUAL(ask(&n), -EMSGSIZE);
	CU_ASSERT_EQUAL(n, 0);
}

static void nothing_behind_a_datagram_is_read(void)
{
	int n;

	begin();
	say(RTM_NEWADDR, NLM_F_MULTI, "", 1);
	told_len = NLMSG_LENGTH(1); /* no multiple of 4: the next message would begin behind its end */
	say_end(NLMSG_ERROR, 0, -EIO);
	second = answer_len;
	say_end(NLMSG_DONE, 0, 0);
	CU_ASSERT_EQUAL(ask(&n), 0);
}

static void routes_that_will_not_keep_still_are_refused(void)
{
	struct congctl_error err = {};
	struct route *list;
	size_t n;

	begin();
	restless = true;
	say_route(0, AF_INET6);
	say_end(NLMSG_DONE, 0, 0);
	CU_ASSERT_EQUAL(route_list(&list, &n, &err), -EAGAIN);
	CU_ASSERT_STRING_EQUAL(err.text, "cannot read the routes: they keep changing meanwhile: try again when they rest");
	CU_ASSERT_PTR_NULL(list);
	CU_ASSERT_TRUE(passes > 1 && passes < 100);
}

static void a_dump_that_changed_is_asked_for_again(void)
{
	struct route *list;
	size_t n;

	begin();
	say_route(NLM_F_DUMP_INTR, AF_INET);
	say_end(NLMSG_DONE, 0, 0);
	CU_ASSERT_EQUAL(route_list(&list, &n, NULL), -EAGAIN);
	CU_ASSERT_TRUE(passes > 1 && passes < 100);
}

static void routes_of_another_family_are_left_out(void)
{
	static const int families[] = {AF_INET, RTNL_FAMILY_IPMR, AF_INET6, AF_MPLS, RTNL_FAMILY_IP6MR};
	struct route *list;
	size_t n;

	begin();
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		say_route(0, families[i]);
	say_end(NLMSG_DONE, 0, 0);
	CU_ASSERT_EQUAL(route_list(&list, &n, NULL), 0);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	CU_ASSERT_EQUAL(list[0].key.to.family, AF_INET);
	CU_ASSERT_EQUAL(list[1].key.to.family, AF_INET6);
	route_free(list, n);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_dump_ends_with_what_its_end_says),
		TEST(a_change_in_the_middle_is_not_forgotten),
		TEST(an_error_cut_short_is_one),
		TEST(a_datagram_that_was_cut_is_no_answer),
		TEST(nothing_behind_a_datagram_is_read),
		TEST(routes_that_will_not_keep_still_are_refused),
		TEST(a_dump_that_changed_is_asked_for_again),
		TEST(routes_of_another_family_are_left_out),
		CU_TEST_INFO_NULL,
	};

	return unit_run("netlink", tests);
}
