// SPDX-License-Identifier: GPL-2.0-only
#include <math.h>

#include "engine_fixture.h"
#include "../../netsim/engine/histogram.h"

#define DRAWS 1000000

/* the first outputs from state 1, 2, 3, 4: computed from the definition with Python's whole numbers */
static void the_sequence_is_xoshiro256starstar(void)
{
	struct rng r = {{1, 2, 3, 4}};

	CU_ASSERT_EQUAL(rng_u64(&r), 11520);
	CU_ASSERT_EQUAL(rng_u64(&r), 0);
	CU_ASSERT_EQUAL(rng_u64(&r), 1509978240);
	CU_ASSERT_EQUAL(rng_u64(&r), 1215971899390074240);
}

static void uniform_is_in_range_and_flat(void)
{
	double sum = 0, bins[10] = {0}, chi2 = 0;
	int outside = 0;
	struct rng r;

	rng_seed(&r, 1, 1);
	for (int i = 0; i < DRAWS; i++) {
		double u = rng_uniform(&r);

		sum += u;
		if (u >= 0 && u < 1)
			bins[(int)(u * 10)]++;
		else
			outside++;
	}
	for (int i = 0; i < 10; i++)
		chi2 += (bins[i] - DRAWS / 10) * (bins[i] - DRAWS / 10) / (DRAWS / 10);
	CU_ASSERT_EQUAL(outside, 0);
	CU_ASSERT_DOUBLE_EQUAL(sum / DRAWS, 0.5, 3 / sqrt(12.0 * DRAWS)); /* 3 sigma */
	CU_ASSERT(chi2 < 27.9); /* 9 degrees of freedom, p = 0.001 */
}

static void seeds_and_streams_differ(void)
{
	struct rng a, b, c, d;

	rng_seed(&a, 1, 2);
	rng_seed(&b, 1, 2);
	rng_seed(&c, 2, 1);
	rng_seed(&d, 1, 3);
	CU_ASSERT_EQUAL(a.s[0], b.s[0]);
	CU_ASSERT_NOT_EQUAL(a.s[0], c.s[0]);
	CU_ASSERT_NOT_EQUAL(a.s[0], d.s[0]);
}

static void seed_zero_is_not_the_forbidden_state(void)
{
	struct rng r;

	rng_seed(&r, 0, 0);
	CU_ASSERT(r.s[0] | r.s[1] | r.s[2] | r.s[3]);
}

/* the relative width of a bin is 1/128, and its middle is what is told */
static void histogram_is_exact_to_one_percent(void)
{
	struct histogram *h = malloc(sizeof(*h));
	int wrong = 0;

	for (uint64_t v = 0; v < (1ULL << 62); v = v < 1000 ? v + 1 : v + v / 37) {
		double off;

		histogram_clear(h);
		histogram_add(h, v, 3);
		histogram_add(h, UINT64_MAX, 1);
		off = fabs((double)histogram_quantile(h, 0.5) - (double)v);
		wrong += v < 128 ? off != 0 : off > 0.01 * v;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(h->max, UINT64_MAX);
	free(h);
}

static void an_empty_histogram_is_zero(void)
{
	static struct histogram h;

	histogram_add(&h, 5, 0); /* no weight, no trace */
	CU_ASSERT_EQUAL(histogram_quantile(&h, 0.99), 0);
	CU_ASSERT_EQUAL(histogram_mean(&h), 0);
	CU_ASSERT_EQUAL(h.max, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(the_sequence_is_xoshiro256starstar),
		TEST(uniform_is_in_range_and_flat),
		TEST(seeds_and_streams_differ),
		TEST(seed_zero_is_not_the_forbidden_state),
		TEST(histogram_is_exact_to_one_percent),
		TEST(an_empty_histogram_is_zero),
		CU_TEST_INFO_NULL,
	};

	return unit_run("rng", tests);
}
