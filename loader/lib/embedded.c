// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "embedded.h"

/* embedded.list is made by the Makefile: EMBED(name, "path of its object") for each source in loader/bpf */
#define EMBED(name, path)                                                                                              \
	extern const char embedded_##name[] __attribute__((visibility("hidden")));                                     \
	extern const char embedded_##name##_end[] __attribute__((visibility("hidden")));                               \
	__asm__(".pushsection .rodata\n"                                                                               \
		".balign 8\n"                                                                                          \
		".global embedded_" #name "\n"                                                                         \
		".hidden embedded_" #name "\n"                                                                         \
		"embedded_" #name ":\n"                                                                                \
		".incbin \"" path "\"\n"                                                                               \
		".global embedded_" #name "_end\n"                                                                     \
		".hidden embedded_" #name "_end\n"                                                                     \
		"embedded_" #name "_end:\n"                                                                            \
		".byte 0\n"                                                                                            \
		".popsection\n");
#include "embedded.list"
#undef EMBED

#define EMBED(name, path) {#name, embedded_##name, embedded_##name##_end},
static const struct {
	const char *name, *start, *end;
} objects[] = {
#include "embedded.list"
};

const void *embedded_object(const char *name, size_t *size)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		if (strcmp(objects[i].name, name))
			continue;
		*size = objects[i].end - objects[i].start;
		return objects[i].start;
	}
	return NULL;
}
