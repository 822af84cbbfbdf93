// SPDX-License-Identifier: GPL-2.0-only
/* A program of one's own around an algorithm: cc example.c $(pkg-config --cflags --libs libcongctl) */
#include <stdio.h>
#include <stdlib.h>

#include <congctl/congctl.h>

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "gentle";
	struct congctl_error err = {};
	struct congctl_object *obj = NULL;
	struct congctl_entry *entries;
	size_t n;
	int ret = congctl_require(&err);

	if (!ret)
		ret = congctl_object_open(&obj, "aimd", &err); /* of the catalogue; a path does as well */
	if (!ret)
		ret = congctl_object_rename(obj, name, &err);
	if (!ret)
		ret = congctl_object_set(obj, "beta", "900", &err);
	if (!ret)
		ret = congctl_object_register(obj, &err); /* sockets can choose it from here on */
	if (!ret)
		ret = congctl_object_pin(obj, &err); /* without this it would go with the handle */
	congctl_object_close(obj);
	if (!ret)
		ret = congctl_list(&entries, &n, &err);
	for (size_t i = 0; !ret && i < n; i++)
		printf("%s\t%s\n", entries[i].name, entries[i].title);
	if (!ret) {
		free(entries);
		ret = congctl_unregister(name, NULL, &err);
	}
	if (ret)
		fprintf(stderr, "%s\n", err.text);
	congctl_error_clear(&err);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}
