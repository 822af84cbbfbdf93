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
#define SECTION_OPS_LINK ".struct_ops.link"
#define SECTION_TUNABLES ".data.tunables"
#define OPS_TYPE "tcp_congestion_ops"

/* where a tunable lies in its section: .data.tunables, or any other with variables that carry the tag */
struct slot {
	uint32_t offset, size;
	uint32_t section; /* its BTF_KIND_DATASEC */
	bool constant;    /* in .rodata: fixed once it is loaded */
	bool alone;       /* the section holds nothing but tunables */
	uint8_t *data;    /* of a file: the section's contents in the image, or the file's `bss` */
	uint32_t map_id;  /* running: the map with the section's contents; 0: not found */
};

/* one object file, shared by the handles of its algorithms: it is loaded once */
struct object_file {
	struct image image;
	uint8_t *bss;           /* what .bss starts with, BSS_MAX bytes; NULL: 0, no tunable lies in it */
	struct bpf_object *bpf; /* NULL until loaded */
	bool link_mode;
	size_t refs;
};

#define BSS_MAX 65536

/* a variable of type struct tcp_congestion_ops */
struct ops_place {
	const struct btf_type *type;
	struct image_section *section;
	struct image_symbol symbol; /* its name is the variable's, and the map's */
};

#define OPS_PLACES_MAX 64 /* algorithms in one object */

struct congctl_object {
	struct congctl_info info;
	struct congctl_tunable *tunables; /* what info.tunables points to */
	struct congctl_program *programs; /* what info.programs points to */
	struct slot *slots;               /* one per tunable */
	struct object_file *file;         /* NULL: read from the kernel */
	char *name;                       /* name[16] of the structure, inside the image */
	const char *variable;             /* the structure's, inside the image: its map has this name */
	struct bpf_object *bpf;           /* the file's, NULL until loaded */
	struct bpf_map *map;              /* its struct_ops map */
	uint32_t map_id;                  /* the same of one read from the kernel; else 0 */
	bool link_mode;                   /* registered through a link (from 6.4), else by updating the map */
	int link_fd;                      /* -1: none */
	char held[HELD_PATH_MAX];         /* without a link: its pin until it is pinned by name; empty: none */
	bool registered, pinned;
};

/* load.c: load it for registration through a link or, as before 6.4, by updating its map. */
int object_load_as(struct congctl_object *obj, bool link_mode);
/* load.c: unregister what nothing but the handle holds. */
void object_release(struct congctl_object *obj);

/* load.c: make the loaded map ready for a link to be swapped to it; nothing is registered. */
int object_make_ready(struct congctl_object *obj, struct congctl_error *err);

struct registered;
/* running.c: congctl_running_open() of one that was found already, its users known */
int running_open(struct congctl_object **out, const struct registered *found, struct congctl_error *err);

/* ops.c: where the algorithms of an image are, at least one; `file` is for the sentence */
int ops_find(const struct image *im, const struct btf *btf, const char *file, struct ops_place places[OPS_PLACES_MAX], size_t *n,
	     struct congctl_error *err);
/* one of them: its name, its operations, its license */
int ops_read(struct congctl_object *obj, const struct btf *btf, const struct ops_place *place, struct congctl_error *err);

/* meta.c: what the declaration tags say. Offsets come from the BTF, which in a file are not filled in yet. */
int meta_read(struct congctl_object *obj, const struct btf *btf, struct congctl_error *err);
/* the text after "cc:algorithm:" or "cc:tunable:"; -EINVAL malformed. Pure. */
int meta_parse_algorithm(const char *text, struct congctl_info *info);
int meta_parse_tunable(const char *text, struct congctl_tunable *tunable);
/* the value of a tunable in `data`, the contents of its section */
uint64_t slot_load(const struct slot *slot, const uint8_t *data);
void slot_store(const struct slot *slot, uint8_t *data, uint64_t value);

/* explain.c: one sentence for what libbpf and the verifier said; gives back `code`. `log` may be NULL. */
int explain_load(const struct congctl_object *obj, int code, const char *log, struct congctl_error *err);
int explain_register(const struct congctl_object *obj, int code, struct congctl_error *err);

#endif
