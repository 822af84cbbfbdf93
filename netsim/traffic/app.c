// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the applications do: who sends how much when, and which messages that makes. The sender of a flow connects; questions come from
 * the receiver, so that answers go the way all data goes.
 */
#include <errno.h>
#include <stdlib.h>

#include "flow.h"

static bool asks(const struct flow *f)
{
	return f->group->workload == WORKLOAD_REQUEST || f->group->workload == WORKLOAD_INCAST;
}

static void alarm_at(struct traffic *t, struct flow *f, uint64_t when_ns, void (*fn)(void *arg))
{
	if (engine_at(t->alarms, when_ns, fn, f))
		t->error = -ENOMEM;
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

static void transfer_add(struct traffic *t, const struct flow *f, uint64_t start_ns, uint64_t end_ns, uint64_t bytes)
{
	struct run_result *r = t->result;

	if (r->n_transfers == t->transfers_capacity) {
		size_t capacity = t->transfers_capacity ? 2 * t->transfers_capacity : 1024;
		struct transfer *transfers = realloc(r->transfers, capacity * sizeof(*transfers));

		if (!transfers) {
			t->error = -ENOMEM;
			return;
		}
		r->transfers = transfers;
		t->transfers_capacity = capacity;
	}
	r->transfers[r->n_transfers++] = (struct transfer){
		.flow = (uint32_t)(f - t->flows), .start_ns = start_ns, .end_ns = end_ns, .bytes = bytes,
	};
}

void app_finish(struct traffic *t, uint64_t now)
{
	for (size_t i = 0; i < t->n_flows; i++) {
		struct flow *f = &t->flows[i];

		if (f->plan->size_bytes && f->out->finished_ns == ENGINE_NEVER && f->plan->start_ns < now)
			transfer_add(t, f, f->plan->start_ns, ENGINE_NEVER, f->plan->size_bytes);
		else if (f->asked_ns != ENGINE_NEVER)
			transfer_add(t, f, f->asked_ns, ENGINE_NEVER, f->group->size_bytes);
	}
	run_sort_transfers(t->result);
}

/* --- as much as goes: until stop, or on and off ---------------------------------------------------------------------- */

static void on_stop(void *arg)
{
	struct flow *f = arg;

	if (!f->done)
		flow_end_stream(f->traffic, f);
}

/* Is it on at that time, and when does that change? */
static bool is_on(const struct flow *f, uint64_t now, uint64_t *until_ns)
{
	uint64_t cycle_ns = f->group->on_ns + f->group->off_ns, begun = f->plan->start_ns + (now - f->plan->start_ns) / cycle_ns * cycle_ns;
	bool on = now - begun < f->group->on_ns;

	*until_ns = on ? begun + f->group->on_ns : begun + cycle_ns;
	return on;
}

static void on_switch(void *arg)
{
	struct flow *f = arg;
	struct traffic *t = f->traffic;
	uint64_t next;
	bool on;

	if (f->done)
		return;
	on = is_on(f, engine_now(t->alarms), &next);
	alarm_at(t, f, next, on_switch); /* one too many at the end of the run costs nothing */
	if (f->closing)
		return;
	if (f->out->established_ns != ENGINE_NEVER)
		flow_write(t, f, SENDER, on ? UINT64_MAX : 0);
	else
		f->end[SENDER].left_bytes = on ? UINT64_MAX : 0;
}

/* --- question and answer ------------------------------------------------------------------------------------------------ */

static void ask(struct traffic *t, struct flow *f, uint64_t now)
{
	f->asked_ns = now;
	f->question_left = f->group->request_bytes;
	f->answer_left = f->group->size_bytes;
	flow_write(t, f, RECEIVER, f->group->request_bytes);
}

static void begin_round(struct traffic *t, const struct flow *any)
{
	const uint32_t group = any->plan->group;
	struct traffic_round *round = &t->rounds[group];
	const uint64_t now = traffic_now(t);

	if (now >= any->plan->stop_ns)
		return;
	round->owed = round->members; /* before the first is asked: one that fails at once is counted out */
	for (size_t i = 0; i < t->n_flows; i++) {
		if (t->flows[i].plan->group == group && !t->flows[i].done)
			ask(t, &t->flows[i], now);
	}
}

static void on_question(void *arg)
{
	struct flow *f = arg;
	const uint64_t now = traffic_now(f->traffic); /* on a busy machine later than it was due, even past the stop */

	if (f->group->workload == WORKLOAD_INCAST)
		begin_round(f->traffic, f);
	else if (!f->done && now < f->plan->stop_ns)
		ask(f->traffic, f, now);
}

/* After the pause comes the next question: of this flow, or of its whole group; but none from stop on. */
static void ask_later(struct traffic *t, struct flow *f, uint64_t now)
{
	uint64_t next = now + f->group->pause_ns;

	if (next < f->plan->stop_ns)
		alarm_at(t, f, next, on_question);
}

static void round_answered(struct traffic *t, struct flow *f, uint64_t now)
{
	if (!--t->rounds[f->plan->group].owed)
		ask_later(t, f, now);
}

static void answered(struct traffic *t, struct flow *f)
{
	uint64_t now = traffic_now(t);

	transfer_add(t, f, f->asked_ns, now, f->group->size_bytes);
	f->asked_ns = ENGINE_NEVER;
	f->ended_ns = now > f->plan->stop_ns ? now : f->plan->stop_ns;
	if (f->group->workload == WORKLOAD_INCAST)
		round_answered(t, f, now);
	else
		ask_later(t, f, now);
}

/* --- what flow.c tells -------------------------------------------------------------------------------------------------- */

void app_prepare(struct traffic *t, struct flow *f)
{
	const struct scenario_flow *g = f->group;
	const bool stops = f->plan->stop_ns < t->config->scenario->duration_ns;

	switch (g->workload) {
	case WORKLOAD_BULK:
	case WORKLOAD_POISSON:
		f->closing = f->plan->size_bytes;
		f->end[SENDER].left_bytes = f->plan->size_bytes ? f->plan->size_bytes : UINT64_MAX;
		break;
	case WORKLOAD_ON_OFF:
		alarm_at(t, f, f->plan->start_ns, on_switch);
		break;
	case WORKLOAD_INCAST:
		t->rounds[f->plan->group].members++;
		/* fall through */
	case WORKLOAD_REQUEST:
		f->question_left = g->request_bytes;
		break;
	case WORKLOAD_CBR:
		if (stops)
			f->ended_ns = f->plan->stop_ns;
		return;
	}
	if (stops && !asks(f))
		alarm_at(t, f, f->plan->stop_ns, on_stop);
}

void app_established(struct traffic *t, struct flow *f)
{
	uint64_t until;

	if (f->group->workload == WORKLOAD_ON_OFF && !f->closing)
		f->end[SENDER].left_bytes = is_on(f, f->out->established_ns, &until) ? UINT64_MAX : 0;
}

void app_accepted(struct traffic *t, struct flow *f)
{
	struct traffic_round *round = &t->rounds[f->plan->group];
	const uint64_t now = traffic_now(t);

	if (f->group->workload == WORKLOAD_REQUEST && now < f->plan->stop_ns)
		ask(t, f, now);
	else if (f->group->workload == WORKLOAD_INCAST && ++round->connected == round->members)
		begin_round(t, f);
}

static void received_answer(struct traffic *t, struct flow *f, uint64_t bytes)
{
	f->answer_left -= bytes < f->answer_left ? bytes : f->answer_left;
	if (!f->answer_left && f->asked_ns != ENGINE_NEVER)
		answered(t, f);
}

static void received_data(struct traffic *t, struct flow *f)
{
	if (!f->plan->size_bytes || f->out->received_bytes < f->plan->size_bytes || f->out->finished_ns != ENGINE_NEVER)
		return;
	f->out->finished_ns = f->ended_ns = traffic_now(t);
	transfer_add(t, f, f->plan->start_ns, f->out->finished_ns, f->plan->size_bytes);
}

void app_received(struct traffic *t, struct flow *f, enum flow_side side, uint64_t bytes)
{
	if (side == SENDER) {
		f->question_left -= bytes < f->question_left ? bytes : f->question_left;
		if (!f->question_left)
			flow_write(t, f, SENDER, f->group->size_bytes);
		return;
	}
	f->out->received_bytes += bytes;
	if (asks(f))
		received_answer(t, f, bytes);
	else
		received_data(t, f);
}

void app_stream_ended(struct traffic *t, struct flow *f)
{
	if (f->ended_ns == ENGINE_NEVER)
		f->ended_ns = traffic_now(t);
}

/* An incast goes on without it. */
void app_failed(struct traffic *t, struct flow *f)
{
	struct traffic_round *round = &t->rounds[f->plan->group];

	if (f->group->workload != WORKLOAD_INCAST)
		return;
	round->members--;
	if (f->end[RECEIVER].fd >= 0)
		round->connected--;
	else if (round->members && round->connected == round->members) /* all others waited for this one */
		begin_round(t, f);
	if (f->asked_ns != ENGINE_NEVER)
		round_answered(t, f, traffic_now(t));
}
