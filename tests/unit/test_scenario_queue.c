// SPDX-License-Identifier: GPL-2.0-only
/* Does the bottleneck's queue take a full frame, and can it mark one? Each bound from both sides. */
#include <errno.h>

#include "unit.h"
#include "../../netsim/scenario/keys.h"

#define MARKS_BYTES(threshold, room, frame)                                                                                    \
	"ecn from " threshold " bytes never marks in a buffer of " room " bytes: at least a frame, " frame " bytes, less than the buffer"

/* 10 Mbit/s × 40 ms is 33.03 frames of 1514 bytes */
static const struct {
	const char *mtu, *buffer, *ecn, *sentence; /* NULL: accepted */
} queues[] = {
	{"1500", "1514B", NULL, NULL},
	{"1500", "1513B", NULL, "a buffer of 1513 bytes drops every full frame: at least 1514 bytes, the mtu and 14"},
	{"1500", "64B", NULL, "a buffer of 64 bytes drops every full frame: at least 1514 bytes, the mtu and 14"},
	{"9000", "9014B", NULL, NULL},
	{"9000", "9013B", NULL, "a buffer of 9013 bytes drops every full frame: at least 9014 bytes, the mtu and 14"},
	{"9000", "1pkt", NULL, NULL},
	{"1500", "0.001bdp", NULL, NULL}, /* rounded up to a packet */
	{"1500", "20pkt", "19pkt", NULL},
	{"1500", "20pkt", "20pkt", "ecn from 20 packets never marks in a buffer of 20: less than the buffer"},
	{"1500", "20pkt", "21pkt", "ecn from 21 packets never marks in a buffer of 20: less than the buffer"},
	{"1500", "1pkt", "1pkt", "ecn from 1 packets never marks in a buffer of 1: less than the buffer"},
	{"1500", "0.53bdp", "0.5bdp", NULL}, /* 17.5 and 16.5 packets: 18 and 17 */
	{"1500", "0.51bdp", "0.5bdp", "ecn from 17 packets never marks in a buffer of 17: less than the buffer"}, /* 16.8 */
	{"1500", "3000B", "1486B", NULL},
	{"1500", "3000B", "1487B", MARKS_BYTES("1487", "3000", "1514")},
	{"1500", "2pkt", "1514B", NULL},
	{"1500", "2pkt", "1515B", MARKS_BYTES("1515", "3028", "1514")},
	{"1500", "3028B", "1pkt", NULL},
	{"1500", "3027B", "1pkt", MARKS_BYTES("1514", "3027", "1514")},
	{"9000", "18027B", "1pkt", MARKS_BYTES("9014", "18027", "9014")},
};

static void a_queue_has_room_for_a_frame_and_for_one_to_mark(void)
{
	for (size_t i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		struct congctl_error err = {0};
		struct scenario s;

		scenario_init(&s);
		CU_ASSERT_EQUAL(scenario_set(&s, "rate", "10mbit", &err), 0);
		CU_ASSERT_EQUAL(scenario_set(&s, "rtt", "40ms", &err), 0);
		CU_ASSERT_EQUAL(scenario_set(&s, "mtu", queues[i].mtu, &err), 0);
		CU_ASSERT_EQUAL(scenario_set(&s, "buffer", queues[i].buffer, &err), 0);
		CU_ASSERT(!queues[i].ecn || !scenario_set(&s, "ecn", queues[i].ecn, &err));
		CU_ASSERT_EQUAL(scenario_add_flow(&s, "cubic", &err), 0);
		CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), queues[i].sentence ? -EINVAL : 0);
		CU_ASSERT_STRING_EQUAL(err.text, queues[i].sentence ? queues[i].sentence : "");
	}
}

/* with many flows and a short interval the flows take turns (sample.c): no reason to refuse */
static void any_number_of_samples_is_accepted(void)
{
	static const char *const settings[][2] = {{"rate", "1gbit"}, {"rtt", "40ms"}, {"duration", "3600s"}, {"sample", "1ms"}};
	struct congctl_error err = {0};
	struct scenario s;

	scenario_init(&s);
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		CU_ASSERT_EQUAL(scenario_set(&s, settings[i][0], settings[i][1], &err), 0);
	CU_ASSERT_EQUAL(scenario_add_flow(&s, "cubic*20000", &err), 0);
	CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(a_queue_has_room_for_a_frame_and_for_one_to_mark),
		TEST(any_number_of_samples_is_accepted),
		CU_TEST_INFO_NULL,
	};

	return unit_run("scenario_queue", tests);
}
