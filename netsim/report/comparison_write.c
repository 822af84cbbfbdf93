// SPDX-License-Identifier: GPL-2.0-only
/* What the directory of a comparison holds. */
#include "comparison.h"
#include "directory.h"

static int write_json(FILE *f, const void *c, struct congctl_error *err)
{
	return comparison_json(f, c, err);
}

static int write_csv(FILE *f, const void *c, struct congctl_error *err)
{
	comparison_csv(f, c);
	return 0;
}

static const struct directory_file files[] = {{"compare.json", write_json}, {"compare.csv", write_csv}};
static const struct directory_kind kind = {files, sizeof(files) / sizeof(files[0])};

int comparison_check_dir(const char *dir, struct congctl_error *err)
{
	return directory_check(&kind, dir, err);
}

int comparison_write(const struct comparison *c, const char *dir, struct congctl_error *err)
{
	return directory_write(&kind, dir, c, err);
}
