// SPDX-License-Identifier: GPL-2.0-only
/*
 * plugin_host.c - natively built algorithms: finding, loading, tunables, and what they call.
 *
 * The dynamic linker loads a file once, whatever its name: so that every instance has data of its own, each is loaded from a copy in
 * memory. The copy's descriptor stays open, and its name leads to it, so that debuggers and sanitizers find the symbols.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <congctl/units.h>

#include "plugin_instance.h"
#include "sim_host.h"

#define SUFFIX ".so"

struct plugin *plugins;

/* --- what an algorithm calls (cc.bpf.h) ---------------------------------------------------------------------------------- */

u32 cc_random_below(u32 ceil)
{
	return (rng_u64(&cc_current->host->rng) >> 32) * ceil >> 32;
}

void cc_send_ack(struct sock *sk, u32 rcv_nxt)
{
	tcp_send_ack((struct tcp_endpoint *)tcp_sk(sk), rcv_nxt);
}

u64 cc_clock_us(void)
{
	return sim_now_us(cc_current->host);
}

/* --- finding --------------------------------------------------------------------------------------------------------------- */

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_plugin_name(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > strlen(SUFFIX) && !strcmp(entry->d_name + n - strlen(SUFFIX), SUFFIX);
}

/* "aimd, bbr, cubic": what the catalogue has */
static const char *known_names(char *buf, size_t size)
{
	struct dirent **entries;
	int count = scandir(congctl_catalogue(), &entries, is_plugin_name, by_name);
	size_t n = 0;

	snprintf(buf, size, "none");
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (n < size)
			n += snprintf(buf + n, size - n, "%s%.*s", i ? ", " : "", (int)(strlen(name) - strlen(SUFFIX)), name);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return buf;
}

static int find(char path[PATH_MAX], const char *name, struct congctl_error *err)
{
	const char *stem = strncmp(name, "bpf_", 4) ? name : name + 4;
	char names[512];

	if (strchr(name, '/')) {
		if (strlen(name) >= PATH_MAX)
			return congctl_fail(err, -ENAMETOOLONG, "the path is longer than %d characters: shorten it", PATH_MAX - 1);
		snprintf(path, PATH_MAX, "%s", name);
		if (!access(path, F_OK))
			return 0;
		return congctl_fail(err, -ENOENT, "no file '%s': build it, or name an algorithm of %s: %s", path,
				    congctl_catalogue(), known_names(names, sizeof(names)));
	}
	if (*stem && snprintf(path, PATH_MAX, "%s/%s" SUFFIX, congctl_catalogue(), stem) < PATH_MAX && !access(path, F_OK))
		return 0;
	return congctl_fail(err, -ENOENT, "no plugin of an algorithm '%s' in %s: there are %s", name, congctl_catalogue(),
			    known_names(names, sizeof(names)));
}

/* --- loading --------------------------------------------------------------------------------------------------------------- */

static int not_a_plugin(const struct plugin *p, const char *why, struct congctl_error *err)
{
	return congctl_fail(err, -ENOEXEC, "'%s' is not a plugin for the simulator: %s; 'make' builds one from algorithms/*.bpf.c",
			    p->path, why);
}

/* Is all there that is to be mapped? The dynamic linker takes that on trust. */
static bool is_whole(const struct plugin *p, const ElfW(Ehdr) *header)
{
	struct stat st;

	if (fstat(p->fd, &st) || header->e_phentsize != sizeof(ElfW(Phdr)))
		return false;
	for (u32 i = 0; i < header->e_phnum; i++) {
		off_t at = header->e_phoff + i * sizeof(ElfW(Phdr));
		ElfW(Phdr) part;

		if (pread(p->fd, &part, sizeof(part), at) != sizeof(part) || part.p_filesz > (size_t)st.st_size ||
		    part.p_offset > st.st_size - part.p_filesz)
			return false;
	}
	return true;
}

/* A shared object? The dynamic linker's own words name the copy, not the file. */
static int check_elf(const struct plugin *p, struct congctl_error *err)
{
	ElfW(Ehdr) header;

	if (pread(p->fd, &header, sizeof(header), 0) != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG))
		return not_a_plugin(p, "it is not an ELF file", err);
	if (header.e_machine == EM_BPF)
		return not_a_plugin(p, "it is the BPF object, for the kernel; the simulator takes the .so beside it", err);
	if (header.e_type != ET_DYN)
		return not_a_plugin(p, "it is not a shared object", err);
	if (!is_whole(p, &header))
		return not_a_plugin(p, "its end is missing", err);
	return 0;
}

static int copy_file(struct plugin *p, struct congctl_error *err)
{
	int from = open(p->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret = 0;

	if (from < 0 || fstat(from, &st)) {
		ret = congctl_fail(err, -errno, "cannot read '%s': %s", p->path, strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		ret = not_a_plugin(p, "it is not a file", err);
		goto out;
	}
	p->fd = memfd_create("plugin", MFD_CLOEXEC);
	if (p->fd < 0) {
		ret = congctl_fail(err, -errno, "cannot copy '%s' into memory: %s", p->path, strerror(errno));
		goto out;
	}
	for (off_t done = 0; done < st.st_size;) {
		ssize_t n = sendfile(p->fd, from, &done, st.st_size - done);

		if (n > 0)
			continue;
		ret = congctl_fail(err, n ? -errno : -EIO, "cannot copy '%s' into memory: %s", p->path,
				   n ? strerror(errno) : "it shrank meanwhile");
		break;
	}
out:
	if (from >= 0)
		close(from);
	return ret;
}

static int note_text(struct dl_phdr_info *object, size_t size, void *arg)
{
	struct plugin *p = arg;

	if (object->dlpi_addr != p->base)
		return 0;
	for (int i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && part->p_flags & PF_X) {
			p->text = p->base + part->p_vaddr;
			p->text_end = p->text + part->p_memsz;
		}
	}
	return 1;
}

static int load(struct plugin *p, struct congctl_error *err)
{
	char name[64];
	struct link_map *map;
	const char *why;

	/* by number: the name has to lead to the copy from a symbolizer's process too */
	snprintf(name, sizeof(name), "/proc/%d/fd/%d", (int)getpid(), p->fd);
	p->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!p->handle) {
		why = dlerror();
		if (!strncmp(why, name, strlen(name)))
			why += strlen(name) + strspn(why + strlen(name), ": ");
		return not_a_plugin(p, why, err);
	}
	if (dlinfo(p->handle, RTLD_DI_LINKMAP, &map))
		return not_a_plugin(p, dlerror(), err);
	p->base = map->l_addr;
	dl_iterate_phdr(note_text, p);
	p->info = dlsym(p->handle, "cc_plugin");
	if (!p->info)
		return not_a_plugin(p, "it has no symbol 'cc_plugin'", err);
	if (p->info->abi != CC_PLUGIN_ABI)
		return congctl_fail(err, -EPROTO, "'%s' was built for plugin interface %u, this netsim has %u: build it again",
				    p->path, p->info->abi, CC_PLUGIN_ABI);
	return 0;
}

/* --- tunables --------------------------------------------------------------------------------------------------------------- */

static void store(const struct cc_tunable *t, u64 value)
{
	switch (t->type) {
	case CC_U8:
		*(volatile u8 *)t->value = value;
		break;
	case CC_U16:
		*(volatile u16 *)t->value = value;
		break;
	case CC_U32:
		*(volatile u32 *)t->value = value;
		break;
	case CC_U64:
		*(volatile u64 *)t->value = value;
		break;
	}
}

/* the declarations as the loader has them, which then reads and refuses the same; to free() */
static struct congctl_tunable *declared(const struct plugin *p, struct congctl_info *info)
{
	const struct cc_tunable *t = p->info->tunables;
	struct congctl_tunable *tunables;

	*info = (struct congctl_info){.n_tunables = (size_t)(p->info->tunables_end - t)};
	snprintf(info->name, sizeof(info->name), "%s", p->info->ops->name);
	info->tunables = tunables = calloc(info->n_tunables + 1, sizeof(*tunables));
	for (size_t i = 0; tunables && i < info->n_tunables; i++, t++) {
		tunables[i] = (struct congctl_tunable){.min = t->min, .max = t->max};
		snprintf(tunables[i].name, sizeof(tunables[i].name), "%s", t->name);
		snprintf(tunables[i].unit, sizeof(tunables[i].unit), "%s", t->unit);
	}
	return tunables;
}

int plugin_set(const struct plugin *p, const struct scenario_tunable *set, size_t n_set, struct congctl_error *err)
{
	struct congctl_info info;
	struct congctl_tunable *tunables = declared(p, &info);
	uint64_t value;
	int at = tunables ? 0 : congctl_fail(err, -ENOMEM, "out of memory");

	for (size_t i = 0; at >= 0 && i < n_set; i++) {
		at = congctl_parse_tunable(&info, set[i].name, set[i].value, &value, err);
		if (at >= 0)
			store(&p->info->tunables[at], value);
	}
	free(tunables);
	return at < 0 ? at : 0;
}

int plugin_open(struct plugin **out, const char *name, const struct scenario_tunable *set, size_t n_set, struct congctl_error *err)
{
	struct plugin *p = calloc(1, sizeof(*p));
	int ret;

	if (!p)
		return congctl_fail(err, -ENOMEM, "out of memory");
	p->fd = -1;
	p->next = plugins;
	plugins = p;
	ret = find(p->path, name, err);
	if (!ret)
		ret = copy_file(p, err);
	if (!ret)
		ret = check_elf(p, err);
	if (!ret)
		ret = load(p, err);
	if (!ret)
		ret = plugin_set(p, set, n_set, err);
	if (ret)
		plugin_close(p);
	else
		*out = p;
	return ret;
}

void plugin_close(struct plugin *p)
{
	if (!p)
		return;
	for (struct plugin **at = &plugins; *at; at = &(*at)->next) {
		if (*at == p) {
			*at = p->next;
			break;
		}
	}
	if (p->handle)
		dlclose(p->handle);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

const struct tcp_congestion_ops *plugin_ops(const struct plugin *p)
{
	return p->info->ops;
}

const struct cc_plugin *plugin_info(const struct plugin *p)
{
	return p->info;
}

const char *plugin_path(const struct plugin *p)
{
	return p->path;
}
