// SPDX-License-Identifier: GPL-2.0-only
/* What the result directory of a scenario holds. */
#include "csv.h"
#include "directory.h"
#include "json.h"

static int write_scenario(FILE *f, const void *run, struct congctl_error *err)
{
	return scenario_write(((const struct report_run *)run)->scenario, f);
}

static int write_manifest(FILE *f, const void *run, struct congctl_error *err)
{
	return report_manifest(f, run, err);
}

static int write_flows(FILE *f, const void *run, struct congctl_error *err)
{
	csv_flows(f, run);
	return 0;
}

static int write_samples(FILE *f, const void *run, struct congctl_error *err)
{
	csv_samples(f, run);
	return 0;
}

static int write_queue(FILE *f, const void *run, struct congctl_error *err)
{
	csv_queue(f, run);
	return 0;
}

static int write_transfers(FILE *f, const void *run, struct congctl_error *err)
{
	csv_transfers(f, run);
	return 0;
}

static int write_summary(FILE *f, const void *run, struct congctl_error *err)
{
	return report_summary(f, run, err);
}

static int write_page(FILE *f, const void *run, struct congctl_error *err)
{
	return report_page(f, run, 1, ((const struct report_run *)run)->scenario->name);
}

static const struct directory_file files[] = {
	{"manifest.json", write_manifest}, {"scenario.yaml", write_scenario}, {"flows.csv", write_flows},
	{"samples.csv", write_samples},    {"queue.csv", write_queue},        {"transfers.csv", write_transfers},
	{"summary.json", write_summary},   {"report.html", write_page},
};

static const struct directory_kind kind = {files, sizeof(files) / sizeof(files[0])};

int report_check_dir(const char *dir, struct congctl_error *err)
{
	return directory_check(&kind, dir, err);
}

int report_write(const struct report_run *run, const char *dir, struct congctl_error *err)
{
	return directory_write(&kind, dir, run, err);
}
