/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixed.h - fixed-point maths for algorithms. Pure functions, unsigned throughout, no table, no 128-bit type and no
 * signed division, so that they build for BPF with clang 14 and natively with any compiler. Each states its error
 * bound; tests/unit/test_fixed.c measures it.
 *
 * x_q16 means x * 2^16, rounded down.
 */
#ifndef CONGCTL_FIXED_H
#define CONGCTL_FIXED_H

#include "kernel.h"

#define CC_U64_MAX (~0ULL)

/* All ones if a < b, else 0: the borrow of a - b. Without a branch: in a loop the BPF verifier would follow both sides of it each
 * time round, 2^n paths in all. The empty asm keeps the compiler from making one. */
static inline u64 cc_less_mask(u64 a, u64 b)
{
	s64 borrow = (~a & b) | (~(a ^ b) & (a - b));

	asm("" : "+r"(borrow));
	return borrow >> 63;
}

/* Largest r with r^3 <= x. Exact: one bit of the result per step, as in long division. */
static inline u32 cc_cbrt(u64 x)
{
	u64 root = 0;

	for (int shift = 63; shift >= 0; shift -= 3) {
		u64 step, keep; /* (2r+1)^3 - (2r)^3; the bit is 0 */

		root <<= 1;
		step = 3 * root * (root + 1) + 1;
		keep = cc_less_mask(x >> shift, step);
		x -= (step << shift) & ~keep;
		root += 1 + keep;
	}
	return root;
}

/* The high 64 bits of a * b. Exact. */
static inline u64 cc_mul_high(u64 a, u64 b)
{
	u64 a_lo = (u32)a, a_hi = a >> 32, b_lo = (u32)b, b_hi = b >> 32;
	u64 mid = a_hi * b_lo + (a_lo * b_lo >> 32);
	u64 mid2 = a_lo * b_hi + (u32)mid;

	return a_hi * b_hi + (mid >> 32) + (mid2 >> 32);
}

/* a * b / c rounded down, whatever the size of a * b. Exact; all ones when the result does not fit, or c is 0. */
static inline u64 cc_muldiv(u64 a, u64 b, u64 c)
{
	u64 rem = cc_mul_high(a, b), low = a * b;

	if (rem >= c)
		return CC_U64_MAX;
	if (!rem)
		return low / c;
	for (int i = 0; i < 64; i++) { /* shift and subtract: the quotient's bits fill `low` from the right */
		u64 carry = rem >> 63, fits;

		rem = rem << 1 | low >> 63;
		fits = ~cc_less_mask(rem, c) | -carry;
		rem -= c & fits;
		low = low << 1 | (fits & 1);
	}
	return low;
}

/* floor(log2(x)); 0 for 0. Exact. */
static inline u32 cc_ilog2(u64 x)
{
	u32 bits = 0;

	for (u32 step = 32; step; step >>= 1) {
		u32 shift = step & cc_less_mask(0, x >> step); /* all of it, or nothing */

		x >>= shift;
		bits += shift;
	}
	return bits;
}

/* log2(x) in 1/2^16, for x >= 1 (0 gives 0). Never above the true value, at most 1.01/2^16 below it. */
static inline u32 cc_log2_q16(u64 x)
{
	u32 whole = cc_ilog2(x), frac = 0;
	u64 m = whole > 31 ? x >> (whole - 31) : x << (31 - whole); /* in [1, 2), q31 */

	if (!x)
		return 0;
	for (u32 i = 0; i < 16; i++) { /* squaring doubles the logarithm: its next bit is the carry out */
		m = m * m >> 31;
		frac = frac << 1 | (u32)(m >> 32);
		m >>= m >> 32;
	}
	return whole << 16 | frac;
}

/* ln(x) in 1/2^16, for x >= 1 (0 gives 0). Never above the true value, at most 1.71/2^16 below it. */
static inline u32 cc_ln_q16(u64 x)
{
	return (u64)cc_log2_q16(x) * 2977044471ULL >> 32; /* ln 2, q32 */
}

/* 2^f in 1/2^30 for 0 <= f_q30 < 2^30: the Taylor series of e^(f ln 2), ten terms in Horner's order. Relative error below
 * 2^-27. */
static inline u64 cc_exp2_frac_q30(u64 f_q30)
{
	u64 y = f_q30 * 744261118ULL >> 30; /* ln 2, q30 */
	u64 sum = 1ULL << 30;

	for (u32 n = 10; n; n--)
		sum = (1ULL << 30) + (sum * y >> 30) / n;
	return sum;
}

/* x / ln 2 in 1/2^46: the whole part of it is the power of two, the rest goes to cc_exp2_frac_q30() */
static inline u64 cc_over_ln2_q46(u32 x_q16)
{
	return x_q16 * 1549082005ULL; /* 1 / ln 2, q30 */
}

/* e^x in 1/2^16. Relative error below 2^-27, plus 1/2^16. All ones from x = 33.2 on, where it would not fit. */
static inline u64 cc_exp_q16(u32 x_q16)
{
	u64 p = cc_over_ln2_q46(x_q16), pow = p >> 46;
	u64 e = cc_exp2_frac_q30((p >> 16) & ((1 << 30) - 1));

	if (pow >= 48)
		return CC_U64_MAX;
	return pow < 14 ? e >> (14 - pow) : e << (pow - 14);
}

/* e^-x in 1/2^30, 0 from x = 20.8 on. Error at most 2/2^30. */
static inline u32 cc_exp_neg_q30(u32 x_q16)
{
	u64 p = cc_over_ln2_q46(x_q16), pow = p >> 46;

	if (pow > 30)
		return 0;
	return ((1ULL << 60) / cc_exp2_frac_q30((p >> 16) & ((1 << 30) - 1))) >> pow;
}

#endif
