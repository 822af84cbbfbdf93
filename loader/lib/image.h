/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * image.h - an object file in memory, checked before anything believes it: every section lies within the file, every
 * symbol within its section. What is patched here (name, tunables) is what the kernel gets.
 */
#ifndef CONGCTL_IMAGE_H
#define CONGCTL_IMAGE_H

#include <stdint.h>

#include <congctl/congctl.h>

struct image {
	uint8_t *data;
	size_t size;
	struct image_section *sections; /* index 0 is the null section */
	size_t n_sections;
};

struct image_section {
	const char *name; /* inside data */
	uint8_t *data;
	size_t size;      /* in the file: 0 for a section without contents */
	uint32_t type;    /* SHT_ */
	uint32_t link, info, index;
};

struct image_symbol {
	const char *name;
	uint32_t section; /* index; 0: undefined */
	uint64_t value, size;
};

/* Read `path` whole and check it. The sentence in `err` names the path and what is wrong with it. */
int image_read(struct image *im, const char *path, struct congctl_error *err);
void image_free(struct image *im);

struct image_section *image_section(const struct image *im, const char *name); /* NULL: none with contents */
struct image_section *image_bss(const struct image *im);                       /* .bss, which has none; NULL: none */

/* Symbol number `i` of the symbol table; -ENOENT past its end. */
int image_symbol(const struct image *im, size_t i, struct image_symbol *symbol);
/* The symbol `name` in `section`, at least `size` bytes of it within the section; -ENOENT. */
int image_symbol_in(const struct image *im, const struct image_section *section, const char *name, size_t size,
		    struct image_symbol *symbol);
/* The symbol that relocation `i` of `section` points to, and the place it patches; -ENOENT past the end. */
int image_relocation(const struct image *im, const struct image_section *section, size_t i, uint64_t *offset,
		     struct image_symbol *symbol);

#endif
