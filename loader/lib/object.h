/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * object.h - inside struct congctl_object. Private to libcongctl.
 */
#ifndef CONGCTL_OBJECT_H
#define CONGCTL_OBJECT_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "held.h"
#include "image.h"

#define SECTION_OPS ".struct_ops"
#define SECTION_TUNABLES ".data.tunables"
#define OPS_TYPE "tcp_congestion_ops"

/* where a tunable lies in section .data.tunables */
struct slot {
	uint32_t offset, size;
};

struct congctl_object {
	struct congctl_info info;
	struct congctl_tunable *tunables; /* what info.tunables points to */
	struct congctl_program *programs; /* what info.programs points to */
	struct slot *slots;               /* one per tunable */
	struct image image;
	char *name;                       /* name[16] of the structure, inside the image */
	struct bpf_object *bpf;           /* NULL until loaded */
	struct bpf_map *map;              /* its struct_ops map */
	bool link_mode;                   /* registered through a link (from 6.4), else by updating the map */
	int link_fd;                      /* -1: none */
	char held[HELD_PATH_MAX];         /* without a link: its pin until it is pinned by name; empty: none */
	bool registered, pinned;
};

/* load.c: load it for registration through a link or, as before 6.4, by updating its map. */
int object_load_as(struct congctl_object *obj, bool link_mode);

/* load.c: make the loaded map ready for a link to be swapped to it; nothing is registered. */
int object_make_ready(struct congctl_object *obj, struct congctl_error *err);

/* ops.c: find the one algorithm in the image: its name, its operations, its license. */
int ops_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err);

/* meta.c: what the declaration tags say. Offsets come from the BTF, which in a file are not filled in yet. */
int meta_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err);
/* the text after "cc:algorithm:" or "cc:tunable:"; -EINVAL malformed. Pure. */
int meta_parse_algorithm(const char *text, struct congctl_info *info);
int meta_parse_tunable(const char *text, struct congctl_tunable *tunable);
/* the value of a tunable in `data`, the contents of .data.tunables */
uint64_t slot_load(const struct slot *slot, const uint8_t *data);
void slot_store(const struct slot *slot, uint8_t *data, uint64_t value);

/* explain.c: one sentence for what libbpf and the verifier said; gives back `code`. `log` may be NULL. */
int explain_load(const struct congctl_object *obj, int code, const char *log, struct congctl_error *err);
int explain_register(const struct congctl_object *obj, int code, struct congctl_error *err);

#endif
