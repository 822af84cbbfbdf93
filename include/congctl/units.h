/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * units.h - strict numbers with units, read and written as tc(8) does. Part of libcongctl.
 *
 * Each parser takes the whole string or nothing: 0 on success, -EINVAL not such a quantity (empty, trailing characters,
 * sign, unknown unit), -ERANGE too large for the result. Fractions are allowed ("1.5mbit"), scientific notation is not.
 */
#ifndef CONGCTL_UNITS_H
#define CONGCTL_UNITS_H

#include <stddef.h>
#include <stdint.h>

int congctl_parse_u64(const char *text, uint64_t *value);       /* decimal digits only */
int congctl_parse_rate(const char *text, uint64_t *bps);        /* bit kbit mbit gbit, bps kbps mbps (bytes) as tc; a unit is needed */
int congctl_parse_time(const char *text, uint64_t *ns);         /* ns us ms s; a unit is needed, but for 0 */
int congctl_parse_size(const char *text, uint64_t *bytes);      /* B kB MB GB (1000), KiB MiB GiB (1024); a unit is needed */
int congctl_parse_probability(const char *text, double *value); /* "0.01%" or "0.0001": 0 to 1 */

/*
 * A whole number of `unit`, which is as a tunable declares it. A plain decimal number is always one of the unit; besides
 *	ns us ms s                         a time: "10ms"
 *	bit/s kbit/s Mbit/s bytes/s        a rate: "100mbit"
 *	bytes                              a size: "64KiB"
 *	1/N                                a fraction with a point, or a percentage: "0.7", "70%"
 *	%                                  "5%"
 *	bool                               "yes", "no"
 *	any other                          the number with the unit after it: "10pkts"
 * Rounded to the nearest. -EDOM: it is not 0, but would become it.
 */
int congctl_parse_in(const char *text, const char *unit, uint64_t *value);
/* What to say instead of a plain number: "a time such as 10ms"; NULL: nothing but the unit's own name */
const char *congctl_unit_example(const char *unit);

/*
 * What `text` makes of the algorithm's tunable `name`: its index, and in *value the number, in the tunable's unit and range. -ENOENT no such
 * tunable, -EINVAL not a quantity of its unit, -ERANGE. Of `info` the name and the tunables count.
 */
struct congctl_info;
struct congctl_error;
int congctl_parse_tunable(const struct congctl_info *info, const char *name, const char *text, uint64_t *value, struct congctl_error *err);

/* Write a quantity as a person would: "12.3 Mbit/s", "40 ms", "1.50 MB". Returns `buf`. */
const char *congctl_format_rate(char *buf, size_t size, double bps);
const char *congctl_format_time(char *buf, size_t size, double ns);
const char *congctl_format_size(char *buf, size_t size, double bytes);
/* The same for a number of `unit`, as above: "10.0 ms", "70.0 %", "yes", "10 pkts" */
const char *congctl_format_in(char *buf, size_t size, uint64_t value, const char *unit);

#endif
