// SPDX-License-Identifier: GPL-2.0-only
/* summary.json: the figures for a program. A figure that is not known, or belongs to a void run, is null. */
#include <errno.h>
#include <math.h>

#include "figures.h"
#include "json.h"

static struct json_object *whole(double v)
{
	return !isfinite(v) ? NULL : v == floor(v) ? json_object_new_int64((int64_t)v) : json_object_new_double(v);
}

static struct json_object *flow_object(const struct flow_figures *flow, bool repeated)
{
	struct json_object *o = json_object_new_object(), *rtt = json_object_new_object();

	json_add(o, "name", json_text(flow->name));
	json_add(o, "cc", json_text(flow->cc));
	json_add(o, "goodput_bps", json_number(flow->goodput_bps.median));
	if (repeated)
		json_add(o, "goodput_bps_ci95", json_interval(&flow->goodput_bps));
	json_add(o, "share", json_number(flow->share));
	json_add(rtt, "p50", json_number(flow->rtt_p50_us));
	json_add(rtt, "p95", json_number(flow->rtt_p95_us));
	json_add(o, "rtt_us", rtt);
	json_add(o, "retransmits", whole(flow->retransmits));
	json_add(o, "marks", whole(flow->marks));
	json_add(o, "received_bytes", whole(flow->received_bytes));
	if (flow->is_sized)
		json_add(o, "fct_s", json_number(flow->fct_s));
	if (flow->error)
		json_add(o, "errno", json_object_new_int(flow->error));
	return o;
}

static struct json_object *flow_list(const struct report_figures *figures)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < figures->n_flows; i++)
		json_object_array_add(list, flow_object(&figures->flows[i], figures->n_runs > 1));
	return list;
}

static struct json_object *quantile_object(const struct transfer_quantiles *q)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "mean", json_number(q->mean));
	json_add(o, "p50", json_number(q->p50));
	json_add(o, "p95", json_number(q->p95));
	json_add(o, "p99", json_number(q->p99));
	return o;
}

static struct json_object *transfer_object(const struct transfer_row *row)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "total", whole(row->total));
	json_add(o, "completed", whole(row->completed));
	json_add(o, "fct_s", quantile_object(&row->fct_s));
	json_add(o, "slowdown", quantile_object(&row->slowdown));
	return o;
}

/* Each group that has transfers: of all sizes, then "small", "medium", "large" where there are several. */
static struct json_object *group_list(const struct report_figures *figures)
{
	struct json_object *list = json_object_new_array(), *group = NULL;

	for (size_t i = 0; i < figures->n_transfers; i++) {
		const struct transfer_row *row = &figures->transfers[i];

		if (row->size_class) {
			json_add(group, row->size_class, transfer_object(row));
			continue;
		}
		group = json_object_new_object();
		json_add(group, "name", json_text(row->name));
		json_add(group, "transfers", transfer_object(row));
		json_object_array_add(list, group);
	}
	return list;
}

static struct json_object *link_list(const struct report_figures *figures)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < figures->n_links; i++) {
		const struct link_figures *l = &figures->links[i];
		struct json_object *o = json_object_new_object(), *queue = json_object_new_object();

		json_add(o, "name", json_text(l->name));
		json_add(o, "utilisation", json_number(l->utilisation));
		json_add(queue, "mean", json_number(l->queue_mean_pkts));
		json_add(queue, "p95", whole(l->queue_p95_pkts));
		json_add(o, "queue_pkts", queue);
		json_add(o, "drops", whole(l->drops));
		json_add(o, "marks", whole(l->marks));
		json_add(o, "losses", whole(l->losses));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *link_object(const struct scenario *s, const struct report_figures *figures)
{
	struct json_object *o = json_object_new_object(), *queue = json_object_new_object();

	json_add(o, "rate_bps", json_object_new_uint64(s->link.rate_bps));
	json_add(o, "tcp_cap_bps", json_object_new_double(scenario_tcp_cap_bps(s)));
	json_add(o, "utilisation", json_number(figures->utilisation.median));
	json_add(queue, "mean", json_number(figures->queue_mean_pkts.median));
	json_add(queue, "p95", whole(figures->queue_p95_pkts));
	json_add(queue, "max", whole(figures->queue_max_pkts));
	json_add(o, "queue_pkts", queue);
	json_add(o, "drops", whole(figures->drops));
	json_add(o, "marks", whole(figures->marks));
	json_add(o, "losses", whole(figures->losses));
	return o;
}

/* flows, groups, links and jain of `run`, whether it is one run or the median of several */
static int add_figures(struct json_object *o, const struct report_run *run, bool with_interval)
{
	struct report_figures figures;
	int ret = figures_make(&figures, run);

	if (!ret) {
		json_add(o, "flows", flow_list(&figures));
		json_add(o, "groups", group_list(&figures));
		json_add(o, "link", link_object(run->scenario, &figures));
		json_add(o, "links", link_list(&figures));
		json_add(o, "jain", json_number(figures.jain.median));
	}
	if (!ret && with_interval) {
		struct json_object *median = json_object_new_object(), *ci95 = json_object_new_object();
		const struct {
			const char *name;
			const struct interval *ci;
		} compared[] = {
			{"goodput_bps", &figures.goodput_bps}, {"utilisation", &figures.utilisation},
			{"queue_pkts_mean", &figures.queue_mean_pkts}, {"jain", &figures.jain},
		};

		for (size_t i = 0; i < sizeof(compared) / sizeof(compared[0]); i++) {
			json_add(median, compared[i].name, json_number(compared[i].ci->median));
			json_add(ci95, compared[i].name, json_interval(compared[i].ci));
		}
		json_add(o, "median", median);
		json_add(o, "ci95", ci95);
	}
	figures_free(&figures);
	return ret;
}

static struct json_object *run_object(const struct report_run *run, size_t i)
{
	struct run_result *r = &run->results[i];
	struct report_run one = *run;
	struct json_object *o = json_object_new_object();

	one.results = r;
	one.n_results = 1;
	json_add(o, "run", json_object_new_int64((int64_t)i + 1));
	json_add(o, "seed", json_object_new_uint64(r->seed));
	json_add(o, "valid", json_object_new_boolean(r->valid));
	json_add(o, "void_reason", r->valid ? NULL : json_text(r->void_reason));
	if (add_figures(o, &one, false)) {
		json_object_put(o);
		return NULL;
	}
	return o;
}

static struct json_object *make_summary(const struct report_run *run)
{
	struct json_object *o = json_object_new_object(), *runs;
	const char *reason = NULL;
	int64_t valid = 0;

	for (size_t i = 0; i < run->n_results; i++) {
		valid += run->results[i].valid;
		if (!run->results[i].valid && !reason)
			reason = run->results[i].void_reason;
	}
	json_add(o, "scenario", json_text(run->scenario->name));
	json_add(o, "label", json_text(run->label));
	json_add(o, "engine", json_text(run->n_results ? run->results[0].engine : NULL));
	json_add(o, "valid", json_object_new_boolean(valid > 0));
	json_add(o, "void_reason", json_text(reason));
	json_add(o, "runs_total", json_object_new_int64((int64_t)run->n_results));
	json_add(o, "runs_valid", json_object_new_int64(valid));
	if (add_figures(o, run, run->n_results > 1))
		goto fail;
	if (run->n_results > 1) {
		runs = json_object_new_array();
		json_add(o, "runs", runs);
		for (size_t i = 0; i < run->n_results; i++)
			json_object_array_add(runs, run_object(run, i));
	}
	return o;
fail:
	json_object_put(o);
	return NULL;
}

int report_summary(FILE *f, const struct report_run *run, struct congctl_error *err)
{
	struct json_object *o = make_summary(run);
	int ret = 0;

	if (!o)
		return congctl_fail(err, -ENOMEM, "out of memory for the summary");
	if (fprintf(f, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		ret = congctl_fail(err, -EIO, "cannot write the summary: the disk may be full");
	json_object_put(o);
	return ret;
}
