// SPDX-License-Identifier: GPL-2.0-only
/* summary.json: the figures for a program. A figure that is not known, or belongs to a void run, is null. */
#include <errno.h>
#include <json-c/json.h>
#include <math.h>

#include "figures.h"
#include "json.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static struct json_object *number(double v)
{
	return isfinite(v) ? json_object_new_double(v) : NULL;
}

static struct json_object *whole(double v)
{
	return !isfinite(v) ? NULL : v == floor(v) ? json_object_new_int64((int64_t)v) : json_object_new_double(v);
}

static struct json_object *interval(const struct interval *ci)
{
	struct json_object *pair;

	if (ci->n < 2)
		return NULL;
	pair = json_object_new_array();
	json_object_array_add(pair, number(ci->low));
	json_object_array_add(pair, number(ci->high));
	return pair;
}

static struct json_object *text(const char *s)
{
	return s && *s ? json_object_new_string(s) : NULL;
}

static struct json_object *flow_object(const struct flow_figures *flow, bool repeated)
{
	struct json_object *o = json_object_new_object(), *rtt = json_object_new_object();

	add(o, "name", text(flow->name));
	add(o, "cc", text(flow->cc));
	add(o, "goodput_bps", number(flow->goodput_bps.median));
	if (repeated)
		add(o, "goodput_bps_ci95", interval(&flow->goodput_bps));
	add(o, "share", number(flow->share));
	add(rtt, "p50", number(flow->rtt_p50_us));
	add(rtt, "p95", number(flow->rtt_p95_us));
	add(o, "rtt_us", rtt);
	add(o, "retransmits", whole(flow->retransmits));
	add(o, "marks", whole(flow->marks));
	add(o, "received_bytes", whole(flow->received_bytes));
	if (flow->is_sized)
		add(o, "fct_s", number(flow->fct_s));
	if (flow->error)
		add(o, "errno", json_object_new_int(flow->error));
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

	add(o, "mean", number(q->mean));
	add(o, "p50", number(q->p50));
	add(o, "p95", number(q->p95));
	add(o, "p99", number(q->p99));
	return o;
}

static struct json_object *transfer_object(const struct transfer_row *row)
{
	struct json_object *o = json_object_new_object();

	add(o, "total", whole(row->total));
	add(o, "completed", whole(row->completed));
	add(o, "fct_s", quantile_object(&row->fct_s));
	add(o, "slowdown", quantile_object(&row->slowdown));
	return o;
}

/* Each group that has transfers: of all sizes, then "small", "medium", "large" where there are several. */
static struct json_object *group_list(const struct report_figures *figures)
{
	struct json_object *list = json_object_new_array(), *group = NULL;

	for (size_t i = 0; i < figures->n_transfers; i++) {
		const struct transfer_row *row = &figures->transfers[i];

		if (row->size_class) {
			add(group, row->size_class, transfer_object(row));
			continue;
		}
		group = json_object_new_object();
		add(group, "name", text(row->name));
		add(group, "transfers", transfer_object(row));
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

		add(o, "name", text(l->name));
		add(o, "utilisation", number(l->utilisation));
		add(queue, "mean", number(l->queue_mean_pkts));
		add(queue, "p95", whole(l->queue_p95_pkts));
		add(o, "queue_pkts", queue);
		add(o, "drops", whole(l->drops));
		add(o, "marks", whole(l->marks));
		add(o, "losses", whole(l->losses));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *link_object(const struct scenario *s, const struct report_figures *figures)
{
	struct json_object *o = json_object_new_object(), *queue = json_object_new_object();

	add(o, "rate_bps", json_object_new_uint64(s->link.rate_bps));
	add(o, "tcp_cap_bps", json_object_new_double(scenario_tcp_cap_bps(s)));
	add(o, "utilisation", number(figures->utilisation.median));
	add(queue, "mean", number(figures->queue_mean_pkts.median));
	add(queue, "p95", whole(figures->queue_p95_pkts));
	add(queue, "max", whole(figures->queue_max_pkts));
	add(o, "queue_pkts", queue);
	add(o, "drops", whole(figures->drops));
	add(o, "marks", whole(figures->marks));
	add(o, "losses", whole(figures->losses));
	return o;
}

/* flows, groups, links and jain of `run`, whether it is one run or the median of several */
static int add_figures(struct json_object *o, const struct report_run *run, bool with_interval)
{
	struct report_figures figures;
	int ret = figures_make(&figures, run);

	if (!ret) {
		add(o, "flows", flow_list(&figures));
		add(o, "groups", group_list(&figures));
		add(o, "link", link_object(run->scenario, &figures));
		add(o, "links", link_list(&figures));
		add(o, "jain", figures.n_flows ? number(figures.jain.median) : NULL);
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
			add(median, compared[i].name, number(compared[i].ci->median));
			add(ci95, compared[i].name, interval(compared[i].ci));
		}
		add(o, "median", median);
		add(o, "ci95", ci95);
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
	add(o, "run", json_object_new_int64((int64_t)i + 1));
	add(o, "seed", json_object_new_uint64(r->seed));
	add(o, "valid", json_object_new_boolean(r->valid));
	add(o, "void_reason", r->valid ? NULL : text(r->void_reason));
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
	add(o, "scenario", text(run->scenario->name));
	add(o, "label", text(run->label));
	add(o, "engine", text(run->n_results ? run->results[0].engine : NULL));
	add(o, "valid", json_object_new_boolean(valid > 0));
	add(o, "void_reason", text(reason));
	add(o, "runs_total", json_object_new_int64((int64_t)run->n_results));
	add(o, "runs_valid", json_object_new_int64(valid));
	if (add_figures(o, run, run->n_results > 1))
		goto fail;
	if (run->n_results > 1) {
		runs = json_object_new_array();
		add(o, "runs", runs);
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
