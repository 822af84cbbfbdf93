// SPDX-License-Identifier: GPL-2.0-only
/*
 * filter.h against brute force. The windowed filter keeps three samples of many, so it is judged by its contract: never worse
 * than the true extreme of the window, always a sample really seen in the window, exact when a new extreme comes.
 */
#include "native_host.h"

#define SAMPLES 200000
#define WINDOW 100

static u32 times[SAMPLES], values[SAMPLES];
static u64 failures;
#define EXPECT(condition) do { if (!(condition)) failures++; } while (0)
#define REPORT() do { CU_ASSERT_EQUAL(failures, 0); failures = 0; } while (0)

static u32 random_state;

static u32 random_below(u32 ceil)
{
	random_state = random_state * 1664525 + 1013904223;
	return (u64)random_state * ceil >> 32;
}

/* uneven spacing, a slow wave and noise, starting just before the clock wraps */
static void make_samples(u32 seed, u32 max_step)
{
	u32 t = ~0U - 5000;

	printf("(seed %u) ", seed);
	random_state = seed;
	for (u32 i = 0; i < SAMPLES; i++) {
		t += random_below(max_step + 1);
		times[i] = t;
		values[i] = 1000 + (i / 50 % 20) * 100 + random_below(500);
	}
}

/* true extreme of the samples from the window that ends at `i`; was `value` seen in it? */
static u32 brute_force(u32 i, bool max, u32 value, bool *seen)
{
	u32 best = values[i];

	*seen = false;
	for (u32 j = i + 1; j-- > 0 && times[i] - times[j] <= WINDOW;) {
		best = max ? cc_max(best, values[j]) : cc_min(best, values[j]);
		*seen |= values[j] == value;
	}
	return best;
}

static void filter_keeps_its_contract(bool max, u32 seed, u32 max_step)
{
	struct cc_extreme f = {0};
	u64 error = 0;
	u32 exact = 0;

	make_samples(seed, max_step);
	cc_extreme_reset(&f, times[0], values[0]);
	for (u32 i = 0; i < SAMPLES; i++) {
		u32 got = max ? cc_windowed_max(&f, WINDOW, times[i], values[i]) :
				cc_windowed_min(&f, WINDOW, times[i], values[i]);
		bool seen;
		u32 best = brute_force(i, max, got, &seen);

		EXPECT(seen);
		EXPECT(max ? got <= best : got >= best);
		EXPECT(got == cc_extreme_value(&f));
		if (best == values[i])
			EXPECT(got == best);
		exact += got == best;
		error += max ? best - got : got - best;
	}
	printf("(%u %% exact, mean error %llu of 3500) ", exact / (SAMPLES / 100), error / SAMPLES);
	CU_ASSERT(exact > SAMPLES / 2);
	CU_ASSERT(error / SAMPLES < 100);
	REPORT();
}

static void maximum_agrees_with_brute_force(void)
{
	filter_keeps_its_contract(true, 1, 4);
	filter_keeps_its_contract(true, 2, 90);
}

static void minimum_agrees_with_brute_force(void)
{
	filter_keeps_its_contract(false, 3, 4);
	filter_keeps_its_contract(false, 4, 90);
}

static void monotonic_samples_are_followed_exactly(void)
{
	struct cc_extreme up = {0}, down = {0};

	for (u32 t = 0; t < 1000; t++) {
		EXPECT(cc_windowed_max(&up, WINDOW, t, 5 * t) == 5 * t);
		/* falling: the maximum is the oldest of the window, known to a quarter of it */
		EXPECT(cc_windowed_max(&down, WINDOW, t, 10000 - t) <= 10000 - (t > WINDOW ? t - WINDOW : 0));
		EXPECT(cc_extreme_value(&down) >= 10000 - t);
	}
	REPORT();
}

static void old_extreme_does_not_survive_its_window(void)
{
	struct cc_extreme f = {0};

	cc_windowed_max(&f, WINDOW, 0, 1000);
	for (u32 t = 1; t <= WINDOW; t++)
		EXPECT(cc_windowed_max(&f, WINDOW, t, 10) == 1000);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, WINDOW + 1, 10), 10);
	REPORT();
}

static void silence_longer_than_the_window_forgets_all(void)
{
	struct cc_extreme f = {0};

	cc_windowed_max(&f, WINDOW, 0, 1000);
	cc_windowed_max(&f, WINDOW, 50, 900);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, 500, 1), 1);
	cc_extreme_reset(&f, 500, 7);
	CU_ASSERT_EQUAL(cc_windowed_min(&f, WINDOW, 5000, 1000), 1000);
}

/* a fall is known before the old extreme goes: the second choice is at most three quarters of a window old */
static void second_choice_is_fresh(void)
{
	struct cc_extreme f = {0};

	cc_windowed_max(&f, WINDOW, 0, 100);
	cc_windowed_max(&f, WINDOW, 30, 50);
	cc_windowed_max(&f, WINDOW, 60, 10);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, 100, 5), 100);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, 101, 5), 50);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, 131, 5), 10);
}

static void reset_forgets_all(void)
{
	struct cc_extreme f = {0};

	cc_windowed_max(&f, WINDOW, 0, 1000);
	CU_ASSERT_EQUAL(cc_extreme_reset(&f, 1, 3), 3);
	CU_ASSERT_EQUAL(cc_windowed_max(&f, WINDOW, 2, 2), 3);
}

static void average_converges_to_a_constant(void)
{
	for (u32 shift = 0; shift < 8; shift++) {
		u32 up = 0, down = 1000000;

		for (u32 i = 0; i < 5000; i++) {
			up = cc_ewma(up, 70000, shift);
			down = cc_ewma(down, 70000, shift);
		}
		CU_ASSERT(up <= 70000 && up > 70000 - (1U << shift));
		CU_ASSERT(down >= 70000 && down < 70000 + (1U << shift));
	}
	CU_ASSERT_EQUAL(cc_ewma(1600, 0, 4), 1500);
	CU_ASSERT_EQUAL(cc_ewma(0, 1600, 4), 100);
}

static void average_does_not_overflow(void)
{
	CU_ASSERT_EQUAL(cc_ewma(~0U, ~0U, 3), ~0U);
	CU_ASSERT_EQUAL(cc_ewma(0, ~0U, 0), ~0U);
	CU_ASSERT_EQUAL(cc_ewma(~0U, 0, 0), 0);
	CU_ASSERT_EQUAL(cc_ewma(~0U, 0, 1), 1U << 31);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(maximum_agrees_with_brute_force), TEST(minimum_agrees_with_brute_force),
		TEST(monotonic_samples_are_followed_exactly), TEST(old_extreme_does_not_survive_its_window),
		TEST(silence_longer_than_the_window_forgets_all), TEST(second_choice_is_fresh), TEST(reset_forgets_all),
		TEST(average_converges_to_a_constant), TEST(average_does_not_overflow), CU_TEST_INFO_NULL,
	};

	return unit_run("filter", tests);
}
