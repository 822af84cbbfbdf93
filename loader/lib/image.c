// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

#define MAX_IMAGE_BYTES (64u << 20) /* a large algorithm with debug info has 0.5 MB */

static int read_whole(int fd, uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = read(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		data += n;
		size -= n;
	}
	return 0;
}

static int read_file(struct image *im, const char *path, struct congctl_error *err)
{
	struct stat st;
	int ret = 0, fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		ret = -errno;
		return congctl_fail(err, ret, "cannot open '%s': %s", path, strerror(-ret));
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		ret = congctl_fail(err, -EINVAL, "'%s' is not a regular file: name a BPF object such as cubic.bpf.o", path);
	} else if (st.st_size > MAX_IMAGE_BYTES) {
		ret = congctl_fail(err, -EFBIG, "'%s' is larger than %u MiB: not a BPF object of this world", path,
				   MAX_IMAGE_BYTES >> 20);
	} else {
		im->size = st.st_size;
		im->data = malloc(im->size + 1); /* + 1: never malloc(0) */
		ret = im->data ? read_whole(fd, im->data, im->size) : -ENOMEM;
		if (ret)
			congctl_fail(err, ret, "cannot read '%s': %s", path, strerror(-ret));
	}
	close(fd);
	return ret;
}

static int check_header(const struct image *im, Elf64_Ehdr *header, const char *path, struct congctl_error *err)
{
	if (im->size < SELFMAG || memcmp(im->data, ELFMAG, SELFMAG))
		return congctl_fail(err, -EINVAL, "'%s' is not an ELF file: build it with clang -target bpf", path);
	if (im->size < sizeof(*header))
		return congctl_fail(err, -EINVAL, "'%s' is cut short: %zu bytes do not hold an ELF header", path, im->size);
	memcpy(header, im->data, sizeof(*header));
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_BPF)
		return congctl_fail(err, -EINVAL, "'%s' is not a BPF object: build it with clang -target bpf", path);
	if (header->e_ident[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB))
		return congctl_fail(err, -EINVAL, "'%s' has the other byte order: build it with -target bpf on this machine",
				    path);
	if (header->e_shentsize != sizeof(Elf64_Shdr) || !header->e_shnum || header->e_shstrndx >= header->e_shnum)
		return congctl_fail(err, -EINVAL, "'%s' is damaged: it has no section table; build it again", path);
	if (header->e_shoff > im->size ||
	    (im->size - header->e_shoff) / sizeof(Elf64_Shdr) < header->e_shnum)
		return congctl_fail(err, -EINVAL, "'%s' is cut short: its section table lies past its %zu bytes; build it again",
				    path, im->size);
	return 0;
}

static int check_sections(struct image *im, const Elf64_Ehdr *header, const char *path, struct congctl_error *err)
{
	const uint8_t *table = im->data + header->e_shoff;
	struct image_section *names;
	uint32_t *name_at;
	int ret = 0;

	im->n_sections = header->e_shnum;
	im->sections = calloc(im->n_sections, sizeof(*im->sections));
	name_at = calloc(im->n_sections, sizeof(*name_at));
	if (!im->sections || !name_at) {
		ret = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < im->n_sections; i++) {
		struct image_section *s = &im->sections[i];
		Elf64_Shdr h;

		memcpy(&h, table + i * sizeof(h), sizeof(h));
		*s = (struct image_section){.type = h.sh_type, .link = h.sh_link, .info = h.sh_info, .index = i};
		name_at[i] = h.sh_name;
		if (h.sh_type == SHT_NOBITS || h.sh_type == SHT_NULL)
			continue;
		if (h.sh_offset > im->size || h.sh_size > im->size - h.sh_offset) {
			ret = congctl_fail(err, -EINVAL, "'%s' is cut short: section %zu lies past its %zu bytes; build it again",
					   path, i, im->size);
			goto out;
		}
		s->data = im->data + h.sh_offset;
		s->size = h.sh_size;
	}
	names = &im->sections[header->e_shstrndx];
	if (!names->size || names->data[names->size - 1]) {
		ret = congctl_fail(err, -EINVAL, "'%s' is damaged: its section names do not end; build it again", path);
		goto out;
	}
	for (size_t i = 0; i < im->n_sections; i++)
		im->sections[i].name = name_at[i] < names->size ? (char *)names->data + name_at[i] : "";
out:
	free(name_at);
	return ret;
}

int image_read(struct image *im, const char *path, struct congctl_error *err)
{
	Elf64_Ehdr header;
	int ret;

	memset(im, 0, sizeof(*im));
	ret = read_file(im, path, err);
	if (!ret)
		ret = check_header(im, &header, path, err);
	if (!ret)
		ret = check_sections(im, &header, path, err);
	if (ret)
		image_free(im);
	return ret;
}

void image_free(struct image *im)
{
	free(im->sections);
	free(im->data);
	memset(im, 0, sizeof(*im));
}

struct image_section *image_section(const struct image *im, const char *name)
{
	for (size_t i = 1; i < im->n_sections; i++) {
		if (im->sections[i].data && !strcmp(im->sections[i].name, name))
			return &im->sections[i];
	}
	return NULL;
}

struct image_section *image_bss(const struct image *im)
{
	for (size_t i = 1; i < im->n_sections; i++) {
		if (im->sections[i].type == SHT_NOBITS && !strcmp(im->sections[i].name, ".bss"))
			return &im->sections[i];
	}
	return NULL;
}

int image_symbol(const struct image *im, size_t i, struct image_symbol *symbol)
{
	const struct image_section *table = image_section(im, ".symtab"), *names;
	Elf64_Sym s;

	if (!table || table->link >= im->n_sections || i >= table->size / sizeof(s))
		return -ENOENT;
	memcpy(&s, table->data + i * sizeof(s), sizeof(s));
	names = &im->sections[table->link];
	symbol->name = "";
	if (names->size && !names->data[names->size - 1] && s.st_name < names->size)
		symbol->name = (char *)names->data + s.st_name;
	symbol->section = s.st_shndx < im->n_sections ? s.st_shndx : 0;
	symbol->value = s.st_value;
	symbol->size = s.st_size;
	return 0;
}

int image_symbol_in(const struct image *im, const struct image_section *section, const char *name, size_t size,
		    struct image_symbol *symbol)
{
	for (size_t i = 1; !image_symbol(im, i, symbol); i++) {
		if (symbol->section != section->index || strcmp(symbol->name, name))
			continue;
		if (symbol->value > section->size || size > section->size - symbol->value)
			return -ENOENT;
		return 0;
	}
	return -ENOENT;
}

int image_relocation(const struct image *im, const struct image_section *section, size_t i, uint64_t *offset,
		     struct image_symbol *symbol)
{
	Elf64_Rel r;

	for (size_t k = 1; k < im->n_sections; k++) {
		const struct image_section *s = &im->sections[k];

		if (s->type != SHT_REL || s->info != section->index)
			continue;
		if (i >= s->size / sizeof(r))
			return -ENOENT;
		memcpy(&r, s->data + i * sizeof(r), sizeof(r));
		*offset = r.r_offset;
		return image_symbol(im, ELF64_R_SYM(r.r_info), symbol);
	}
	return -ENOENT;
}
