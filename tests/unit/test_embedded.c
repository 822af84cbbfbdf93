// SPDX-License-Identifier: GPL-2.0-only
/* The loader's own BPF objects are in the library, whole. */
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "../../loader/lib/capture.h"
#include "../../loader/lib/embedded.h"

static void every_source_is_an_object_that_opens(void)
{
	FILE *list = popen("ls loader/bpf/*.bpf.c", "r");
	char line[128], name[64];
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	while (fgets(line, sizeof(line), list)) {
		struct bpf_object *obj;
		const void *data;
		size_t size = 0;

		CU_ASSERT_EQUAL_FATAL(sscanf(line, "loader/bpf/%63[^.]", name), 1);
		data = embedded_object(name, &size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(data);
		CU_ASSERT_EQUAL((uintptr_t)data % 8, 0);
		capture_begin();
		obj = bpf_object__open_mem(data, size, NULL);
		free(capture_end());
		CU_ASSERT_PTR_NOT_NULL(obj);
		bpf_object__close(obj);
		n++;
	}
	pclose(list);
	CU_ASSERT_TRUE(n >= 1);
}

static void a_name_that_is_none_gives_nothing(void)
{
	static const char *const wrong[] = {"", "migrat", "migrate2", "Migrate", "migrate.bpf.o", "sock"};
	size_t size = 4711;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		CU_ASSERT_PTR_NULL(embedded_object(wrong[i], &size));
	CU_ASSERT_EQUAL(size, 4711);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(every_source_is_an_object_that_opens),
		TEST(a_name_that_is_none_gives_nothing),
		CU_TEST_INFO_NULL,
	};

	return unit_run("embedded", tests);
}
