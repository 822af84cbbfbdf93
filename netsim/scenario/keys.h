/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keys.h - the keys of a scenario in one table: name, kind of value, range, default, explanation. It serves the file, the
 * command line, the error texts and the reference (netsim keys).
 */
#ifndef NETSIM_KEYS_H
#define NETSIM_KEYS_H

#include "scenario.h"

enum key_place {
	KEY_SCENARIO, /* at the top of the file */
	KEY_LINK,     /* below link: */
	KEY_FLOW,     /* of an entry of flows: */
};

struct scenario_key;

struct key_kind {
	const char *noun;    /* "a rate" */
	const char *example;
	/* Read `text` into the field: 0, -EINVAL not such a value, -ERANGE out of range. */
	int (*read)(const struct scenario_key *key, const char *text, void *field);
	void (*write)(const struct scenario_key *key, const void *field, FILE *f);
	/* for whole numbers with a unit: */
	int (*parse)(const char *text, uint64_t *value);
	const struct key_unit *units; /* largest first, ends with factor 1 */
};

struct key_unit {
	const char *name;
	uint64_t factor;
};

struct scenario_key {
	enum key_place place;
	const char *name;
	const struct key_kind *kind; /* NULL: a list or a map of its own (link, flows) */
	size_t offset, size;         /* of the field in struct scenario or, KEY_FLOW, in struct scenario_flow */
	const char *min, *max;       /* as a user would write them; NULL: see `range` */
	const char *range;           /* in words where min and max do not say it */
	const char *initial;         /* default as a user would write it; NULL: none */
	const char *without;         /* what happens without the key and a default */
	const char *help;
	bool option;                 /* also --NAME on the command line */
};

const struct scenario_key *scenario_keys(size_t *n);
const struct scenario_key *scenario_key_find(enum key_place place, const char *name);
/* "rate, rtt, buffer": the names of a place */
const char *scenario_key_names(enum key_place place, char *buf, size_t size);
/* "1kbit to 100gbit, such as 10mbit" */
const char *scenario_key_allowed(const struct scenario_key *key, char *buf, size_t size);
/* `object` is the struct scenario, or the struct scenario_flow of a KEY_FLOW. The sentence has no file and line. */
int scenario_key_read(const struct scenario_key *key, const char *text, void *object, struct congctl_error *err);
void scenario_key_write(const struct scenario_key *key, const void *object, FILE *f);

/* text of somebody else's making, fit for a message: at most 40 characters, control characters shown as '?' */
const char *scenario_quote(const char *text, char *buf, size_t size);

extern const struct key_kind kind_text, kind_cc, kind_rate, kind_time, kind_size, kind_count, kind_number, kind_amount, kind_loss,
	kind_family, kind_topology;

/* --- between the files of scenario/ --- */

/* what a check across keys found wrong, so that the loader can say the line */
struct scenario_spot {
	enum key_place place;
	size_t flow;     /* KEY_FLOW: which */
	const char *key; /* NULL: the place as a whole */
};

/* Do the values fit each other? What is still open (an algorithm for --cc, a default warm-up) is no fault. */
int scenario_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err);
/* Of the link's queue alone: can a full frame get in, and can one be marked? Part of scenario_check(); the link has a rate. */
int scenario_check_queue(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err);
void scenario_flow_init(struct scenario_flow *flow);

#endif
