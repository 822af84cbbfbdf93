/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.h - moving averages and windowed extremes. Pure: time is whatever the caller counts (us, rounds), modulo 2^32.
 *
 * The windowed maximum (Kathleen Nichols' algorithm) keeps three samples instead of all: the best of the window, the
 * best since that one, and the best since the second. When the best grows older than the window, the next takes its place. A
 * quarter and half of a window without a second and third choice refresh them, so that the successor is never stale.
 * It returns a value that was really seen within the window, and follows a rise at once; a fall it follows within
 * 1.5 windows at the latest.
 */
#ifndef CONGCTL_FILTER_H
#define CONGCTL_FILTER_H

#include "kernel.h"

struct cc_sample {
	u32 t, v;
};

/* Best first: s[0].v is the extreme of the window. All zero is a valid maximum filter; a minimum needs a reset. */
struct cc_extreme {
	struct cc_sample s[3];
};

/* Exponentially weighted moving average, gain 2^-shift, shift < 32: what one step forgets is what it may take in. With
 * equal samples it rests at most 2^shift - 1 below or on the sample, so scale the value up by 2^shift where that matters. */
static inline u32 cc_ewma(u32 average, u32 sample, u32 shift)
{
	if (sample >= average)
		return average + ((sample - average) >> shift);
	return average - ((average - sample) >> shift);
}

/* Forget everything but this sample. */
static inline u32 cc_extreme_reset(struct cc_extreme *f, u32 t, u32 v)
{
	f->s[0].t = f->s[1].t = f->s[2].t = t;
	f->s[0].v = f->s[1].v = f->s[2].v = v;
	return v;
}

/* The new sample is no better than the third choice or has just replaced it: age the choices. */
static inline u32 cc_extreme_age(struct cc_extreme *f, u32 window, u32 t, u32 v)
{
	u32 age = t - f->s[0].t;

	if (age > window) { /* the best has left the window */
		f->s[0] = f->s[1];
		f->s[1] = f->s[2];
		f->s[2].t = t;
		f->s[2].v = v;
		if (t - f->s[0].t > window) { /* and so has the second: there were no samples for long */
			f->s[0] = f->s[1];
			f->s[1] = f->s[2];
		}
	} else if (f->s[1].t == f->s[0].t && age > window / 4) {
		f->s[1].t = f->s[2].t = t;
		f->s[1].v = f->s[2].v = v;
	} else if (f->s[2].t == f->s[1].t && age > window / 2) {
		f->s[2].t = t;
		f->s[2].v = v;
	}
	return f->s[0].v;
}

/* Maximum of the samples of the last `window` units of time, with the sample (t, v) added. */
static inline u32 cc_windowed_max(struct cc_extreme *f, u32 window, u32 t, u32 v)
{
	if (v >= f->s[0].v || t - f->s[2].t > window) /* a new best, or nothing left in the window */
		return cc_extreme_reset(f, t, v);
	if (v >= f->s[1].v) {
		f->s[1].t = f->s[2].t = t;
		f->s[1].v = f->s[2].v = v;
	} else if (v >= f->s[2].v) {
		f->s[2].t = t;
		f->s[2].v = v;
	}
	return cc_extreme_age(f, window, t, v);
}

/* Minimum of the samples of the last `window` units of time, with the sample (t, v) added. */
static inline u32 cc_windowed_min(struct cc_extreme *f, u32 window, u32 t, u32 v)
{
	if (v <= f->s[0].v || t - f->s[2].t > window)
		return cc_extreme_reset(f, t, v);
	if (v <= f->s[1].v) {
		f->s[1].t = f->s[2].t = t;
		f->s[1].v = f->s[2].v = v;
	} else if (v <= f->s[2].v) {
		f->s[2].t = t;
		f->s[2].v = v;
	}
	return cc_extreme_age(f, window, t, v);
}

/* The extreme as it stands. */
static inline u32 cc_extreme_value(const struct cc_extreme *f)
{
	return f->s[0].v;
}

#endif
