/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keys.h - the keys of a scenario in one table: name, kind of value, range, default, explanation. It serves the file, the
 * command line, the error texts and the reference (netsim keys).
 */
#ifndef NETSIM_KEYS_H
#define NETSIM_KEYS_H

#include <congctl/document.h>

#include "scenario.h"

enum key_place {
	KEY_SCENARIO, /* at the top of the file */
	KEY_LINK,     /* below link: */
	KEY_EDGE,     /* of an entry of links: */
	KEY_QUEUE,    /* below queue: of a link */
	KEY_POLICE,
	KEY_AGGREGATE,
	KEY_RATE,     /* of an entry of rates: */
	KEY_FLOW,     /* of an entry of flows: */
	KEY_PLACES,
};

struct scenario_key;

struct key_kind {
	const char *noun;    /* "a rate" */
	const char *example;
	/* Read `text` into the field: 0, -EINVAL not such a value, -ERANGE out of range. NULL: never a single value. */
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
	uint32_t places;             /* 1 << enum key_place, each */
	const char *name;
	const struct key_kind *kind;
	size_t offset, size;         /* of the field in the object of its place */
	const char *min, *max;       /* as a user would write them; NULL: see `range` */
	const char *range;           /* in words where min and max do not say it */
	const char *initial;         /* default as a user would write it; NULL: none */
	const char *without;         /* what happens without the key and a default */
	const char *help;
	const char *goes_with;       /* " codel pie ": the disciplines or workloads it means something to; NULL: all */
	const char *const *choices;  /* of kind_choice, ends with NULL; value: the index + first */
	uint32_t first;
	enum key_place nested;       /* kind_map, kind_list: the keys inside; kind_map may be a single value: see spec.c */
	size_t count, item, max_items; /* kind_list: offset of the number of items in the object, size of one, how many at most */
	uint64_t never;              /* a value that means: not given */
	bool option;                 /* also --NAME on the command line */
};

const struct scenario_key *scenario_keys(size_t *n);
const struct scenario_key *scenario_key_find(enum key_place place, const char *name);
/* "rate, rtt, buffer": the names of a place */
const char *scenario_key_names(enum key_place place, char *buf, size_t size);
/* "1kbit to 100gbit, such as 10mbit" */
const char *scenario_key_allowed(const struct scenario_key *key, char *buf, size_t size);
/* `object` is the struct scenario, or the struct the place is about: link, queue, flow … The sentence has no file and line. */
int scenario_key_read(const struct scenario_key *key, const char *text, void *object, struct congctl_error *err);
void scenario_key_write(const struct scenario_key *key, const void *object, FILE *f);
/* Has it been given, or does its absence mean the same? */
bool scenario_key_given(const struct scenario_key *key, const void *object);
/* Does it mean something to `user`, a discipline or workload? */
bool scenario_key_suits(const struct scenario_key *key, const char *user);
/* An empty object of the place, with its defaults. */
void scenario_item_init(enum key_place place, void *object, size_t size);
extern const char *const scenario_topologies[], *const scenario_disciplines[], *const scenario_workloads[];

extern const struct key_kind kind_text, kind_file, kind_node, kind_cc, kind_rate, kind_time, kind_size, kind_count, kind_number,
	kind_amount, kind_decimal, kind_switch, kind_loss, kind_family, kind_choice, kind_map, kind_list, kind_rates, kind_set, kind_vary;

/* the shortest decimal fraction that strtod() reads as the same number */
void scenario_write_exact(double v, FILE *f);
/* digits[.digits] followed by exactly `unit` */
bool scenario_read_decimal(const char *text, const char *unit, double *value);
void scenario_write_quoted(const char *text, FILE *f);
/* no control characters */
bool scenario_is_printable(const char *text);

/* --- between the files of scenario/ --- */

/* "WORD,key=value,…" of a place; WORD is the value of the key `first` (NULL: there is none). `seen`: by key, what was given */
#define SCENARIO_MAX_KEYS 160
#define ETHERNET_HEADER 14 /* bytes: destination, source, type */
int scenario_spec_read(enum key_place place, const char *first, char *spec, void *object, bool *seen, struct congctl_error *err);
/* `value`: NULL is none, such as a list */
int scenario_set_tunable(struct scenario_flow *flow, const char *name, const char *value, struct congctl_error *err);
/* "20mbit@10s,5mbit@20s" */
int scenario_rates_read(const char *text, struct scenario_link *link, struct congctl_error *err);

/* what a check across keys found wrong, so that the loader can say the line */
struct scenario_spot {
	enum key_place place;
	size_t index;    /* KEY_EDGE, KEY_FLOW: which */
	const char *key; /* NULL: the place as a whole */
};

/* What follows from files and from the topology: absolute paths, a trace's rate, a graph's bottleneck. `dir`: of relative paths. */
int scenario_settle(struct scenario *s, const char *dir, struct scenario_spot *spot, struct congctl_error *err);
/* Do the values fit each other? What is still open (an algorithm for --cc, a default warm-up) is no fault. */
int scenario_check(const struct scenario *s, struct scenario_spot *spot, struct congctl_error *err);
/* Of a link alone: can a full frame get in, can one be marked, does its queue know the parameters? It has a rate. */
int scenario_check_link(const struct scenario *s, const struct scenario_link *link, struct scenario_spot *spot,
			struct congctl_error *err);
int scenario_check_flow(const struct scenario *s, size_t group, struct scenario_spot *spot, struct congctl_error *err);
uint64_t scenario_link_amount_pkts(const struct scenario *s, const struct scenario_link *link, const struct scenario_amount *a);
/* the same in bytes, as the queue will count it: given in bytes, or whole packets; 0: not set */
uint64_t scenario_link_amount_bytes(const struct scenario *s, const struct scenario_link *link, const struct scenario_amount *a);
enum scenario_discipline scenario_link_discipline(const struct scenario_link *link); /* never QUEUE_AUTO */
void scenario_flow_init(struct scenario_flow *flow);

#endif
