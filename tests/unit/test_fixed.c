// SPDX-License-Identifier: GPL-2.0-only
/* fixed.h: every stated error bound, over the whole domain where that can be walked, else dense, at the edges and at random */
#include <math.h>
#include <stdint.h>
#include "native_host.h"

#define CUBE_ROOT_MAX 2642245U /* floor(cbrt(2^64 - 1)) */

/* assertions in the millions: only count what fails */
static u64 failures;
#define EXPECT(condition) do { if (!(condition)) failures++; } while (0)
#define REPORT() do { CU_ASSERT_EQUAL(failures, 0); failures = 0; } while (0)

static u64 random_state = 0x2545f4914f6cdd1dULL;

static u64 random_u64(void) /* xorshift64 */
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* of any magnitude */
static u64 random_size(void)
{
	return random_u64() >> (random_u64() & 63);
}

static void print_seed(void)
{
	printf("(seed %#llx) ", random_state);
}

static void cube_root_is_exact_at_every_cube(void)
{
	for (u64 r = 1; r <= CUBE_ROOT_MAX; r++) {
		u64 cube = r * r * r;

		EXPECT(cc_cbrt(cube) == r);
		EXPECT(cc_cbrt(cube - 1) == r - 1);
		EXPECT(cc_cbrt(cube + 1) == r);
	}
	REPORT();
}

static void cube_root_is_exact_below_ten_million(void)
{
	u64 r = 0;

	for (u64 x = 0; x < 10000000; x++) {
		if (x == (r + 1) * (r + 1) * (r + 1))
			r++;
		EXPECT(cc_cbrt(x) == r);
	}
	REPORT();
}

static void cube_root_holds_at_the_edges(void)
{
	CU_ASSERT_EQUAL(cc_cbrt(0), 0);
	CU_ASSERT_EQUAL(cc_cbrt(CC_U64_MAX), CUBE_ROOT_MAX);
	CU_ASSERT_EQUAL(cc_cbrt(1ULL << 63), 2097152);
	CU_ASSERT_EQUAL(cc_cbrt(0xffffffffU), 1625);
}

static void muldiv_agrees_with_128_bits(void)
{
	print_seed();
	for (u32 i = 0; i < 1000000; i++) {
		u64 a = random_size(), b = random_size(), c = random_size();
		unsigned __int128 product = (unsigned __int128)a * b, q = c ? product / c : 0;

		EXPECT(cc_mul_high(a, b) == (u64)(product >> 64));
		EXPECT(cc_muldiv(a, b, c) == (c && q <= CC_U64_MAX ? (u64)q : CC_U64_MAX));
	}
	REPORT();
}

static void muldiv_saturates_instead_of_wrapping(void)
{
	static const struct { u64 a, b, c, expected; } cases[] = {
		{1, 1, 0, CC_U64_MAX}, {0, 0, 0, CC_U64_MAX}, {0, 5, 1, 0}, {CC_U64_MAX, 2, 1, CC_U64_MAX},
		{CC_U64_MAX, CC_U64_MAX, CC_U64_MAX, CC_U64_MAX}, {CC_U64_MAX, CC_U64_MAX, CC_U64_MAX - 1, CC_U64_MAX},
		{CC_U64_MAX, 1ULL << 63, CC_U64_MAX, 1ULL << 63}, {1ULL << 32, 1ULL << 32, 3, 6148914691236517205ULL},
		{CC_U64_MAX, 3, 4, 13835058055282163711ULL}, {7, 3, 22, 0},
	};

	for (u32 i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(cc_muldiv(cases[i].a, cases[i].b, cases[i].c), cases[i].expected);
}

static void less_mask_is_all_or_nothing(void)
{
	print_seed();
	CU_ASSERT_EQUAL(cc_less_mask(1, 2), CC_U64_MAX);
	CU_ASSERT_EQUAL(cc_less_mask(2, 2), 0);
	for (u32 i = 0; i < 1000000; i++) {
		u64 a = random_size(), b = random_size();

		EXPECT(cc_less_mask(a, b) == (a < b ? CC_U64_MAX : 0));
		EXPECT(cc_less_mask(a, ~b) == (a < ~b ? CC_U64_MAX : 0));
	}
	REPORT();
}

static double worst_low, worst_high;

static void check_logarithm(u64 x)
{
	long double units = log2l((long double)x) * 65536, error = cc_log2_q16(x) - units;
	long double ln_error = cc_ln_q16(x) - logl((long double)x) * 65536;

	worst_low = fmin(worst_low, ln_error);
	worst_high = fmax(worst_high, fmax(error, ln_error));
	EXPECT(error <= 1e-9 && error >= -1.01);
	EXPECT(ln_error <= 1e-9 && ln_error >= -1.71);
}

static void logarithm_is_within_its_bound(void)
{
	print_seed();
	for (u64 x = 1; x < 300000; x++)
		check_logarithm(x);
	for (u32 bit = 1; bit < 64; bit++)
		for (s32 d = -1000; d <= 1000; d++)
			if ((1ULL << bit) + d)
				check_logarithm((1ULL << bit) + d);
	for (u32 i = 0; i < 1000000; i++)
		check_logarithm(random_size() | 1);
	check_logarithm(CC_U64_MAX);
	printf("(error %.3f to %.3f / 2^16) ", worst_low, worst_high);
	REPORT();
}

static void logarithm_of_a_power_of_two_is_exact(void)
{
	for (u32 bit = 0; bit < 64; bit++) {
		CU_ASSERT_EQUAL(cc_ilog2(1ULL << bit), bit);
		CU_ASSERT_EQUAL(cc_ilog2(CC_U64_MAX >> bit), 63 - bit);
		CU_ASSERT_EQUAL(cc_log2_q16(1ULL << bit), bit << 16);
	}
	CU_ASSERT_EQUAL(cc_ilog2(0), 0);
	CU_ASSERT_EQUAL(cc_log2_q16(0), 0);
	CU_ASSERT_EQUAL(cc_ln_q16(0), 0);
}

/* every argument up to where the result stops fitting */
static void exponential_is_within_its_bound(void)
{
	double worst = 0;

	for (u32 x = 0; x < 33 << 16; x++) {
		long double e = expl(x / 65536.0L) * 65536, error = fabsl(cc_exp_q16(x) - e);

		worst = fmax(worst, (error - 1) / e);
		EXPECT(error <= e / (1 << 27) + 1);
	}
	printf("(relative error %.2g) ", worst);
	REPORT();
}

static void exponential_saturates(void)
{
	CU_ASSERT_EQUAL(cc_exp_q16(0), 65536);
	CU_ASSERT_EQUAL(cc_exp_q16(34 << 16), CC_U64_MAX);
	CU_ASSERT_EQUAL(cc_exp_q16(~0U), CC_U64_MAX);
	for (u32 x = 33 << 16; x < 34 << 16; x++)
		EXPECT(cc_exp_q16(x) >= cc_exp_q16(x - 1));
	REPORT();
}

static void negative_exponential_is_within_its_bound(void)
{
	double worst = 0;

	for (u32 x = 0; x < 22 << 16; x++) {
		double error = fabs(cc_exp_neg_q30(x) - (double)(expl(-(x / 65536.0L)) * (1 << 30)));

		worst = fmax(worst, error);
		EXPECT(error <= 2);
	}
	printf("(error %.2f / 2^30) ", worst);
	CU_ASSERT_EQUAL(cc_exp_neg_q30(0), 1U << 30);
	CU_ASSERT_EQUAL(cc_exp_neg_q30(22 << 16), 0);
	CU_ASSERT_EQUAL(cc_exp_neg_q30(~0U), 0);
	REPORT();
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(cube_root_is_exact_at_every_cube), TEST(cube_root_is_exact_below_ten_million),
		TEST(cube_root_holds_at_the_edges), TEST(muldiv_agrees_with_128_bits),
		TEST(muldiv_saturates_instead_of_wrapping), TEST(less_mask_is_all_or_nothing),
		TEST(logarithm_is_within_its_bound), TEST(logarithm_of_a_power_of_two_is_exact),
		TEST(exponential_is_within_its_bound), TEST(exponential_saturates),
		TEST(negative_exponential_is_within_its_bound), CU_TEST_INFO_NULL,
	};

	return unit_run("fixed", tests);
}
