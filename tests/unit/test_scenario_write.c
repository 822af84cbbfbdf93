// SPDX-License-Identifier: GPL-2.0-only
/* What scenario_write() writes, scenario_load() reads back to the same bytes: random scenarios over all keys. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "../../netsim/scenario/keys.h"

static char path[] = "/tmp/test_scenario_write.XXXXXX";
static char trace[] = "/tmp/test_scenario_trace.XXXXXX";

static uint64_t random_state;

static uint64_t below(uint64_t n) /* splitmix64; the bias of the remainder does not matter here */
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % n;
}

static uint64_t sometimes(uint64_t least, uint64_t most) /* or 0, not given */
{
	return below(2) ? least + below(most - least + 1) : 0;
}

static double part(double least, double most) /* or 0 */
{
	return below(2) ? least + (double)below(1 << 30) / (1 << 30) * (most - least) : 0;
}

static struct scenario_amount random_amount(double factor)
{
	const double values[] = {(double)(1000 + below(1000)), (double)(10000000 + below(1000000000)),
				 (double)below(1 << 30) / (1 << 20) / 1.1 + 1, (double)(100000000 + below(900000000))};
	struct scenario_amount a;

	memset(&a, 0, sizeof(a));
	a.unit = below(4);
	a.value = values[a.unit] * factor;
	if (a.unit != UNIT_BDP)
		a.value = (double)(uint64_t)a.value;
	a.set = true;
	return a;
}

static void random_text(char *text, size_t size)
{
	size_t n = 1 + below(size - 1);

	for (size_t i = 0; i < n; i++)
		text[i] = (char)(' ' + below(95));
}

static void random_word(char *text, size_t max)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	for (size_t k = 0, n = 1 + below(max); k < n; k++)
		text[k] = letters[below(sizeof(letters) - 1)];
}

/* --- links ----------------------------------------------------------------------------------------------------------- */

static void random_loss(struct loss_config *loss)
{
	loss->kind = below(5);
	switch (loss->kind) {
	case LOSS_BERNOULLI:
		loss->probability = ((double)below(1 << 30) + 1) / (1 << 30) / (double)(1 + below(100000)) * 0.999;
		break;
	case LOSS_PERIODIC:
		loss->period = 2 + below(1000000000 - 1);
		break;
	case LOSS_GILBERT_ELLIOTT:
		loss->p = 0.001 + part(0, 0.9);
		loss->r = 0.001 + part(0, 0.9);
		loss->loss_bad = part(0, 1);
		loss->loss_good = part(0, 1);
		break;
	case LOSS_NUMBERS:
		loss->n_numbers = 1 + below(30);
		for (size_t i = 0; i < loss->n_numbers; i++)
			loss->numbers[i] = (i ? loss->numbers[i - 1] : 0) + 1 + below(1000);
		break;
	default:
		break;
	}
}

static void random_red(struct scenario_queue *q)
{
	if (below(2))
		q->min = (struct scenario_amount){UNIT_PKTS, (double)(1 + below(100)), true};
	if (below(2))
		q->max = (struct scenario_amount){UNIT_PKTS, (double)(200 + below(100)), true};
	q->probability = part(0.01, 1);
	q->weight = part(0.001, 1);
	q->gentle = below(2);
}

static void random_queue(struct scenario_link *link)
{
	struct scenario_queue *q = &link->queue;

	q->discipline = below(QUEUE_DUALPI2 + 1);
	if (q->discipline == QUEUE_STEP || (q->discipline == QUEUE_AUTO && below(2))) {
		link->ecn = link->buffer;
		link->ecn.value = link->ecn.unit == UNIT_BDP ? link->ecn.value / 3 : (double)((uint64_t)link->ecn.value / 3);
	}
	if (q->discipline == QUEUE_RED)
		random_red(q);
	if (q->discipline == QUEUE_CODEL || q->discipline == QUEUE_FQ_CODEL) {
		q->interval_ns = sometimes(1000, 1000000000);
		q->ce_threshold_ns = sometimes(1000, 1000000000);
	}
	if (q->discipline == QUEUE_FQ_CODEL) {
		q->flows = sometimes(1, 65536);
		q->quantum_bytes = sometimes(64, 9000);
	}
	if (q->discipline == QUEUE_PIE || q->discipline == QUEUE_DUALPI2) {
		q->tupdate_ns = sometimes(1000, 1000000000);
		q->alpha = part(0.01, 10);
		q->beta = part(0.01, 10);
	}
	if (q->discipline == QUEUE_DUALPI2) {
		q->coupling = part(1, 10);
		q->step_ns = sometimes(1000, 1000000000);
	}
	if (q->discipline >= QUEUE_CODEL)
		q->target_ns = sometimes(1000, 1000000000);
	if (q->discipline >= QUEUE_RED && q->discipline <= QUEUE_PIE)
		q->mark = below(2);
}

static void random_link(struct scenario_link *link)
{
	link->rate_bps = 10000000 + below(100000000000 - 10000000);
	if (!below(8))
		strcpy(link->trace, trace);
	else if (below(2))
		link->n_rates = 1 + below(5);
	for (size_t i = 0; i < link->n_rates; i++)
		link->rates[i] = (struct rate_step){(i ? link->rates[i - 1].at_ns : 0) + 1000 + below(100000000000), sometimes(1000, 100000000000)};
	link->jitter_ns = sometimes(1000, 10000000000);
	link->reorder = link->jitter_ns && below(2);
	link->duplicate = part(0, 1);
	link->buffer = random_amount(1);
	random_queue(link);
	random_loss(&link->loss);
	if (below(2))
		link->police = (struct scenario_police){1000 + below(100000000000 - 1000), 10000 + below(1000000000 - 10000)};
	link->aggregate.time_ns = sometimes(1000, 10000000000);
	link->aggregate.pkts = link->aggregate.time_ns ? (uint32_t)sometimes(2, 100000) : 0;
}

static void random_links(struct scenario *s)
{
	s->topology = below(5);
	if (s->topology != TOPOLOGY_GRAPH) {
		random_link(&s->link);
		s->link.rtt_ns = 100000000 + below(10000000000 - 100000000); /* a BDP of 13 packets or more */
		s->link.return_bps = sometimes(1000, 100000000000);
		if (s->topology == TOPOLOGY_CHAIN || s->topology == TOPOLOGY_PARKING_LOT)
			s->hops = (uint32_t)sometimes(1, 15);
		return;
	}
	s->n_links = 1 + below(8);
	for (size_t i = 0; i < s->n_links; i++) {
		random_link(&s->links[i]);
		s->links[i].delay_ns = 100000000 + below(1000000000);
		snprintf(s->links[i].from, sizeof(s->links[i].from), "x%u", (unsigned int)i % 100);
		snprintf(s->links[i].to, sizeof(s->links[i].to), "x%u", (unsigned int)(i + 1) % 100);
	}
}

/* --- flows ------------------------------------------------------------------------------------------------------------ */

static void random_workload(struct scenario_flow *flow)
{
	flow->workload = below(6);
	switch (flow->workload) {
	case WORKLOAD_BULK:
		flow->size_bytes = sometimes(1, 1000000000000);
		break;
	case WORKLOAD_POISSON:
		flow->count = 1;
		flow->load = 0.001 + part(0, 1.9);
		strcpy(flow->sizes, below(2) ? "web-search" : "/dir/a \"file\"");
		break;
	case WORKLOAD_REQUEST:
	case WORKLOAD_INCAST:
		flow->size_bytes = 1 + below(1000000000000);
		flow->request_bytes = 1 + below(1000000000);
		flow->pause_ns = sometimes(1000, 3600000000000);
		break;
	case WORKLOAD_ON_OFF:
		flow->on_ns = 1000 + below(3600000000000 - 1000);
		flow->off_ns = 1000 + below(3600000000000 - 1000);
		break;
	case WORKLOAD_CBR:
		flow->rate_bps = 1000 + below(100000000000 - 1000);
		memset(flow->cc, 0, sizeof(flow->cc));
		flow->n_set = 0;
		memset(flow->set, 0, sizeof(flow->set));
	}
}

static void random_flow(struct scenario_flow *flow, const struct scenario *s, size_t i)
{
	scenario_flow_init(flow);
	if (below(2))
		snprintf(flow->name, sizeof(flow->name), "%zu \"%c\\: #%c", i, (char)(' ' + below(95)), (char)(' ' + below(95)));
	random_word(flow->cc, CONGCTL_NAME_MAX);
	for (size_t k = 0, n = below(SCENARIO_MAX_TUNABLES + 1); k < n; k++) {
		snprintf(flow->set[k].name, sizeof(flow->set[k].name), "%c_%zu", (char)('a' + below(26)), k);
		random_text(flow->set[k].value, sizeof(flow->set[k].value));
		flow->n_set++;
	}
	flow->count = 1 + below(20);
	flow->start_ns = below(s->duration_ns);
	if (below(2))
		flow->stop_ns = flow->start_ns + 1000 + below(1000000000);
	if (below(2) && s->topology < TOPOLOGY_PARKING_LOT)
		flow->rtt_ns = 1000 + below(10000000000 - 1000);
	if (below(2) && s->topology == TOPOLOGY_PARKING_LOT)
		strcpy(flow->to, "n1");
	if (below(2) && s->topology == TOPOLOGY_GRAPH)
		strcpy(flow->from, "x0");
	random_workload(flow);
}

static void random_scenario(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	random_text(s->name, sizeof(s->name));
	if (below(2))
		random_text(s->description, sizeof(s->description));
	random_links(s);
	s->duration_ns = 1000000000 + below(1000000000000);
	s->warmup_ns = below(s->duration_ns);
	s->sample_ns = 1000000000 + below(9000000000);
	if (s->sample_ns > s->duration_ns)
		s->sample_ns = s->duration_ns;
	s->seed = below(UINT64_MAX);
	s->repeat = 1 + below(1000);
	s->family = below(2) ? 4 : 6;
	s->mtu = 1280 + below(9000 - 1280 + 1);
	s->n_flows = 1 + below(8);
	for (size_t i = 0; i < s->n_flows; i++)
		random_flow(&s->flows[i], s, i);
}

static void what_is_written_is_read_back_the_same(void)
{
	random_state = getenv("SEED") ? strtoull(getenv("SEED"), NULL, 0) : (uint64_t)time(NULL);
	printf("SEED=%" PRIu64 " ", random_state);
	for (int i = 0; i < 500; i++) {
		static struct scenario s, back;
		struct congctl_error err = {0};
		FILE *f;

		random_scenario(&s);
		CU_ASSERT_EQUAL(scenario_finish(&s, NULL, &err), 0);
		f = fopen(path, "we");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		CU_ASSERT_EQUAL(scenario_write(&s, f), 0);
		fclose(f);
		memset(&back, 0x5a, sizeof(back));
		CU_ASSERT_EQUAL(scenario_load(&back, path, &err), 0);
		if (err.text[0])
			printf("\n  %s", err.text);
		CU_ASSERT_EQUAL_FATAL(memcmp(&s, &back, sizeof(s)), 0);
	}
}

/* whoever reads it later may be elsewhere */
static void files_are_written_with_their_whole_path(void)
{
	static struct scenario s;
	struct congctl_error err = {0};
	FILE *f = fopen(path, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "link: {trace: %s, rtt: 40ms}\nflows: [{cc: a}, {cc: a, workload: poisson, load: 0.5, sizes: my.cdf}]\n",
		strrchr(trace, '/') + 1);
	fclose(f);
	CU_ASSERT_EQUAL(scenario_load(&s, path, &err), 0);
	CU_ASSERT_STRING_EQUAL(err.text, "");
	CU_ASSERT_STRING_EQUAL(s.link.trace, trace);
	CU_ASSERT_STRING_EQUAL(s.flows[1].sizes, "/tmp/my.cdf");
	CU_ASSERT_EQUAL(s.link.rate_bps, 3 * 1514 * 8 * 50); /* three packets in 20 ms */
}

static int make_trace(void)
{
	int fd = mkstemp(trace);

	if (fd < 0)
		return -1;
	dprintf(fd, "# three in 20 ms\n1\n10\n20\n");
	return close(fd);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(what_is_written_is_read_back_the_same),
		TEST(files_are_written_with_their_whole_path),
		CU_TEST_INFO_NULL,
	};
	int fd = mkstemp(path), failed;

	if (fd < 0 || make_trace())
		return EXIT_FAILURE;
	close(fd);
	failed = unit_run("scenario_write", tests);
	unlink(path);
	unlink(trace);
	return failed;
}
