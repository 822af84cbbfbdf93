// SPDX-License-Identifier: GPL-2.0-only
/* Quantities: the whole string or nothing. */
#include <errno.h>
#include <string.h>

#include <congctl/units.h>

#include "unit.h"

struct quantity {
	const char *text;
	int ret;
	uint64_t value;
};

static void run(int (*parse)(const char *, uint64_t *), const struct quantity *q)
{
	for (; q->text; q++) {
		uint64_t value = 4711;

		CU_ASSERT_EQUAL(parse(q->text, &value), q->ret);
		if (value != (q->ret ? 4711 : q->value)) /* a refusal leaves it alone */
			CU_FAIL(q->text);
	}
}

static void whole_numbers(void)
{
	static const struct quantity cases[] = {
		{"0", 0, 0}, {"007", 0, 7}, {"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0}, {"99999999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0}, {"12abc", -EINVAL, 0}, {"-1", -EINVAL, 0}, {"+1", -EINVAL, 0}, {" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0}, {"0x10", -EINVAL, 0}, {"1.0", -EINVAL, 0}, {"1e3", -EINVAL, 0},
		{"99999999999999999999999x", -EINVAL, 0}, {},
	};

	run(congctl_parse_u64, cases);
}

static void rates(void)
{
	static const struct quantity cases[] = {
		{"1bit", 0, 1}, {"1.5mbit", 0, 1500000}, {"10Gbit", 0, 10000000000}, {"1kbps", 0, 8000}, {"0.0004kbit", 0, 0},
		{"100", -EINVAL, 0}, {"mbit", -EINVAL, 0}, {"", -EINVAL, 0}, {".mbit", -EINVAL, 0}, {"1 mbit", -EINVAL, 0},
		{"-1mbit", -EINVAL, 0}, {"1e3mbit", -EINVAL, 0}, {"1mbits", -EINVAL, 0}, {"99999999999gbit", -ERANGE, 0},
		{"nan", -EINVAL, 0}, {"infmbit", -EINVAL, 0}, {},
	};

	run(congctl_parse_rate, cases);
}

static void times(void)
{
	static const struct quantity cases[] = {
		{"0", 0, 0}, {"40ms", 0, 40000000}, {"0.5us", 0, 500}, {"1s", 0, 1000000000}, {"7ns", 0, 7},
		{"40", -EINVAL, 0}, {"1m", -EINVAL, 0}, {"ms", -EINVAL, 0}, {"1..5ms", -EINVAL, 0}, {"99999999999s", -ERANGE, 0}, {},
	};

	run(congctl_parse_time, cases);
}

static void sizes(void)
{
	static const struct quantity cases[] = {
		{"1B", 0, 1}, {"1kB", 0, 1000}, {"1KiB", 0, 1024}, {"1.5MB", 0, 1500000}, {"2GiB", 0, 2147483648},
		{"5", -EINVAL, 0}, {"5k", -EINVAL, 0}, {"B", -EINVAL, 0}, {"99999999999GB", -ERANGE, 0}, {},
	};

	run(congctl_parse_size, cases);
}

static void probabilities(void)
{
	static const struct {
		const char *text;
		int ret;
		double value;
	} cases[] = {
		{"0", 0, 0}, {"1", 0, 1}, {"100%", 0, 1}, {"0.01%", 0, 0.0001}, {"0.0001", 0, 0.0001},
		{"1.01", -ERANGE, 0}, {"101%", -ERANGE, 0}, {"", -EINVAL, 0}, {"%", -EINVAL, 0}, {"1%%", -EINVAL, 0}, {"-0.1", -EINVAL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		double value = -1;

		CU_ASSERT_EQUAL(congctl_parse_probability(cases[i].text, &value), cases[i].ret);
		CU_ASSERT_DOUBLE_EQUAL(value, cases[i].ret ? -1 : cases[i].value, 1e-15);
	}
}

static void written_as_a_person_would(void)
{
	char buf[32];

	CU_ASSERT_STRING_EQUAL(congctl_format_rate(buf, sizeof(buf), 12345678), "12.3 Mbit/s");
	CU_ASSERT_STRING_EQUAL(congctl_format_rate(buf, sizeof(buf), 999999), "1.00 Mbit/s");
	CU_ASSERT_STRING_EQUAL(congctl_format_rate(buf, sizeof(buf), 0), "0.00 bit/s");
	CU_ASSERT_STRING_EQUAL(congctl_format_time(buf, sizeof(buf), 40e6), "40.0 ms");
	CU_ASSERT_STRING_EQUAL(congctl_format_size(buf, sizeof(buf), 1.5e6), "1.50 MB");
	CU_ASSERT_STRING_EQUAL(congctl_format_size(buf, sizeof(buf), 120e9), "120 GB");
}

static void in_the_unit_of_a_tunable(void)
{
	static const struct {
		const char *text, *unit;
		int ret;
		uint64_t value;
	} cases[] = {
		{"12", "us", 0, 12},		 {"10ms", "us", 0, 10000},	    {"1.5s", "ms", 0, 1500},	   {"1499us", "ms", 0, 1},
		{"1500us", "ms", 0, 2},		 {"100mbit", "bit/s", 0, 100000000}, {"100mbit", "bytes/s", 0, 12500000},
		{"1mbps", "bytes/s", 0, 1000000}, {"2gbit", "Mbit/s", 0, 2000},	    {"64KiB", "bytes", 0, 65536},
		{"0.7", "1/1024", 0, 717},	 {"70%", "1/1024", 0, 717},	    {"717", "1/1024", 0, 717},	   {"2.5", "1/256", 0, 640},
		{"250%", "1/256", 0, 640},	 {"1.0", "1/3", 0, 3},		    {"5%", "%", 0, 5},		   {"5", "%", 0, 5},
		{"yes", "bool", 0, 1},		 {"no", "bool", 0, 0},		    {"7", "bool", 0, 7},	   {"10pkts", "pkts", 0, 10},
		{"0%", "1/1024", 0, 0},		 {"0.0", "1/1024", 0, 0},	    {"0ms", "s", 0, 0},
		{"18446744073709551615", "", 0, UINT64_MAX},
		/* not such a quantity */
		{"", "us", -EINVAL, 0},		 {"-1", "us", -EINVAL, 0},	    {"10mbit", "us", -EINVAL, 0},  {"10ms", "bit/s", -EINVAL, 0},
		{"10", "us ", 0, 10},		 {"0.5", "%", -EINVAL, 0},	    {"0.5", "pkts", -EINVAL, 0},   {"1.5", "", -EINVAL, 0},
		{"true", "bool", -EINVAL, 0},	 {"yes", "us", -EINVAL, 0},	    {"pkts", "pkts", -EINVAL, 0},  {"10pkt", "pkts", -EINVAL, 0},
		{"10 pkts", "pkts", -EINVAL, 0}, {"0.7", "1/0", -EINVAL, 0},	    {"0.7", "1/x", -EINVAL, 0},	   {"70%%", "1/1024", -EINVAL, 0},
		{"1e3", "us", -EINVAL, 0},	 {"0x10", "us", -EINVAL, 0},
		/* too large, too little */
		{"18446744073709551616", "us", -ERANGE, 0}, {"99999999999s", "us", -ERANGE, 0}, {"99999999999999999999%", "1/1024", -ERANGE, 0},
		{"499us", "ms", -EDOM, 0},	 {"0.0001", "1/1024", -EDOM, 0},    {"3bit", "bytes/s", -EDOM, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t value = 0;
		int ret = congctl_parse_in(cases[i].text, cases[i].unit, &value);

		if (ret != cases[i].ret || (!ret && value != cases[i].value)) {
			printf("'%s' in '%s': %d, %llu ", cases[i].text, cases[i].unit, ret, (unsigned long long)value);
			CU_FAIL("another value");
		}
	}
}

/* what is written can be read: each value of a fraction comes back from the four digits shown, for parts up to 1024 */
static void fractions_are_written_as_they_are_read(void)
{
	for (uint64_t v = 0; v <= 1023; v++) {
		char buf[32];
		uint64_t back = 0;

		congctl_format_in(buf, sizeof(buf), v, "1/1024");
		*strchr(buf, ' ') = '%';
		*(strchr(buf, '%') + 1) = '\0';
		CU_ASSERT_EQUAL(congctl_parse_in(buf, "1/1024", &back), 0);
		CU_ASSERT_EQUAL(back, v);
	}
}

static void tunables_are_written_with_their_unit(void)
{
	static const struct {
		uint64_t value;
		const char *unit, *text;
	} cases[] = {
		{10000, "us", "10.0 ms"},    {0, "us", "0 us"},	       {717, "1/1024", "70.02 %"}, {1, "bool", "yes"},	{0, "bool", "no"},
		{2, "bool", "2 bool"},	     {10, "pkts", "10 pkts"},  {3, "", "3"},		   {5, "%", "5 %"},	{1000, "bytes/s", "8.00 kbit/s"},
		{2000, "Mbit/s", "2.00 Gbit/s"}, {65536, "bytes", "65.5 kB"}, {7, "1/0", "7 1/0"},
	};
	char buf[32];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CU_ASSERT_STRING_EQUAL(congctl_format_in(buf, sizeof(buf), cases[i].value, cases[i].unit), cases[i].text);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"whole numbers", whole_numbers}, {"rates", rates}, {"times", times}, {"sizes", sizes},
		{"probabilities", probabilities}, {"written as a person would", written_as_a_person_would},
		{"in the unit of a tunable", in_the_unit_of_a_tunable},
		{"fractions are written as they are read", fractions_are_written_as_they_are_read},
		{"tunables are written with their unit", tunables_are_written_with_their_unit},
		CU_TEST_INFO_NULL,
	};

	return unit_run("units", tests);
}
