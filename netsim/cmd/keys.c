// SPDX-License-Identifier: GPL-2.0-only
/* netsim keys: the reference of the scenario format as Markdown tables, from the table that reads it. */
#include <stdio.h>
#include <string.h>

#include "../cmd.h"
#include "../scenario/keys.h"

static void print_key(const struct scenario_key *key)
{
	char allowed[256];

	printf("| `%s` | %s | %s%s%s | %s |\n", key->name, scenario_key_allowed(key, allowed, sizeof(allowed)),
	       key->initial ? "`" : "", key->initial ? key->initial : key->without, key->initial ? "`" : "", key->help);
}

static int keys_run(int argc, char **argv)
{
	static const char *const titles[] = {
		[KEY_SCENARIO] = "At the top", [KEY_LINK] = "Below `link`", [KEY_EDGE] = "Each entry of `links`",
		[KEY_QUEUE] = "Below `queue` of a link", [KEY_POLICE] = "Below `police` of a link",
		[KEY_AGGREGATE] = "Below `aggregate` of a link", [KEY_RATE] = "Each entry of `rates` of a link",
		[KEY_FLOW] = "Each entry of `flows`",
	};
	size_t n;
	const struct scenario_key *keys = scenario_keys(&n);

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		fputs("usage: netsim keys\nPrint every key of a scenario file: range, default, meaning.\n", stdout);
		return NETSIM_OK;
	}
	if (argc > 1) {
		fprintf(stderr, "netsim keys: '%s' is one argument too many: keys takes none\n", argv[1]);
		return NETSIM_MISUSE;
	}
	for (enum key_place place = KEY_SCENARIO; place < KEY_PLACES; place++) {
		printf("%s### %s\n\n| key | allowed | default | meaning |\n|---|---|---|---|\n", place ? "\n" : "", titles[place]);
		for (size_t i = 0; i < n; i++) {
			if (keys[i].places & 1 << place)
				print_key(&keys[i]);
		}
	}
	return NETSIM_OK;
}

static const struct netsim_command keys_command = {"keys", "print the keys of a scenario file", keys_run};
NETSIM_COMMAND(keys_command);
