// SPDX-License-Identifier: GPL-2.0-only
/* The declaration tags: what an algorithm says of itself is read as C wrote it, and nonsense is refused. */
#include <errno.h>
#include <string.h>

#include "unit.h"
#include "../../loader/lib/object.h"

static void every_field_is_read(void)
{
	struct congctl_info info = {};

	CU_ASSERT_EQUAL(meta_parse_algorithm(".title = \"A \\\"b\\\", c\" \" and d\", .reference = \"RFC 9438 §4\", "
					     ".status = CC_STABLE, .needs = CC_NEEDS_ECN | CC_NEEDS_PACING, .kernel = \"6.4\"",
					     &info), 0);
	CU_ASSERT_STRING_EQUAL(info.title, "A \"b\", c and d");
	CU_ASSERT_STRING_EQUAL(info.reference, "RFC 9438 §4");
	CU_ASSERT_STRING_EQUAL(info.status, "stable");
	CU_ASSERT_STRING_EQUAL(info.kernel, "6.4");
	CU_ASSERT_TRUE(info.needs_ecn);
	CU_ASSERT_TRUE(info.needs_pacing);
}

static void fields_left_out_stay_empty(void)
{
	struct congctl_info info = {};

	CU_ASSERT_EQUAL(meta_parse_algorithm(".needs = CC_NEEDS_PACING,", &info), 0);
	CU_ASSERT_STRING_EQUAL(info.title, "");
	CU_ASSERT_FALSE(info.needs_ecn);
	CU_ASSERT_TRUE(info.needs_pacing);
	CU_ASSERT_EQUAL(meta_parse_algorithm("", &info), 0);
}

static void a_field_of_a_later_version_is_passed_over(void)
{
	struct congctl_info info = {};

	CU_ASSERT_EQUAL(meta_parse_algorithm(".colour = BLUE, .title = \"t\"", &info), 0);
	CU_ASSERT_STRING_EQUAL(info.title, "t");
}

static void malformed_descriptions_are_refused(void)
{
	static const char *const wrong[] = {
		"title = \"x\"", ".title \"x\"", ".title = ", ".title = \"x", ".title = \"x\\", ".title = \"x\" junk",
		". = \"x\"", ".title = ,", ".a_name_that_is_far_too_long_to_be_a_field = 1", ".title == \"x\" \"",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct congctl_info info = {};

		if (meta_parse_algorithm(wrong[i], &info) != -EINVAL)
			CU_FAIL(wrong[i]);
	}
}

static void long_texts_are_cut_not_overrun(void)
{
	struct congctl_info info = {};
	char text[2000], *p = text;

	p += sprintf(p, ".title = \"");
	memset(p, 'x', 1000);
	strcpy(p + 1000, "\", .status = CC_A_STATUS_NAME_LONGER_THAN_ITS_FIELD");
	CU_ASSERT_EQUAL(meta_parse_algorithm(text, &info), 0);
	CU_ASSERT_EQUAL(strlen(info.title), sizeof(info.title) - 1);
	CU_ASSERT_EQUAL(strlen(info.status), sizeof(info.status) - 1);
}

static void control_characters_do_not_reach_the_terminal(void)
{
	struct congctl_tunable t = {};
	struct congctl_info info = {};

	CU_ASSERT_EQUAL(meta_parse_algorithm(".title = \"a\033[2Jb\nc\"", &info), 0);
	CU_ASSERT_STRING_EQUAL(info.title, "a [2Jb c");
	CU_ASSERT_EQUAL(meta_parse_tunable("1:1:1:\033u:e:t\r", &t), 0);
	CU_ASSERT_STRING_EQUAL(t.unit, " u");
	CU_ASSERT_STRING_EQUAL(t.text, "t ");
}

static void a_tunable_is_read(void)
{
	struct congctl_tunable t = {};

	CU_ASSERT_EQUAL(meta_parse_tunable("512:1:1023:1/1024:next loss:what is left: after a loss", &t), 0);
	CU_ASSERT_EQUAL(t.initial, 512);
	CU_ASSERT_EQUAL(t.min, 1);
	CU_ASSERT_EQUAL(t.max, 1023);
	CU_ASSERT_STRING_EQUAL(t.unit, "1/1024");
	CU_ASSERT_STRING_EQUAL(t.effect, "next loss");
	CU_ASSERT_STRING_EQUAL(t.text, "what is left: after a loss");
}

static void malformed_tunables_are_refused(void)
{
	static const char *const wrong[] = {
		"", ":::::", "1:1:1", "1:1:1:u:e", "x:1:2:u:e:t", "1U:1:2:u:e:t", "-1:0:2:u:e:t", "0:1:2:u:e:t", "3:1:2:u:e:t",
		"1:2:1:u:e:t", "1:1:18446744073709551616:u:e:t", "1:1:2:a unit that is longer than its field:e:t",
		"0000000000000000000000000000001:1:2:u:e:t",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct congctl_tunable t = {};

		if (meta_parse_tunable(wrong[i], &t) != -EINVAL)
			CU_FAIL(wrong[i]);
	}
}

static void values_keep_to_their_bytes(void)
{
	for (uint32_t size = 1; size <= 8; size *= 2) {
		uint8_t data[16];
		struct slot slot = {.offset = 4, .size = size};
		uint64_t value = 0xfedcba9876543210 >> (64 - 8 * size);

		memset(data, 0xaa, sizeof(data));
		slot_store(&slot, data, value);
		CU_ASSERT_EQUAL(slot_load(&slot, data), value);
		for (size_t i = 0; i < sizeof(data); i++)
			CU_ASSERT_TRUE(data[i] == 0xaa || (i >= 4 && i < 4 + size));
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"every field is read", every_field_is_read},
		{"fields left out stay empty", fields_left_out_stay_empty},
		{"a field of a later version is passed over", a_field_of_a_later_version_is_passed_over},
		{"malformed descriptions are refused", malformed_descriptions_are_refused},
		{"long texts are cut, not overrun", long_texts_are_cut_not_overrun},
		{"control characters do not reach the terminal", control_characters_do_not_reach_the_terminal},
		{"a tunable is read", a_tunable_is_read},
		{"malformed tunables are refused", malformed_tunables_are_refused},
		{"values keep to their bytes", values_keep_to_their_bytes},
		CU_TEST_INFO_NULL,
	};

	return unit_run("meta", tests);
}
