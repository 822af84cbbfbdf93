// SPDX-License-Identifier: GPL-2.0-only
#include "engine_fixture.h"
#include "../../netsim/sim/timer.h"

static struct engine *engine;
static struct timer timer;
static uint64_t fired_ns[8];
static uint32_t fired;

static void fire(void *arg)
{
	CU_ASSERT_PTR_EQUAL(arg, &timer);
	if (fired < 8)
		fired_ns[fired] = engine_now(engine);
	fired++;
}

static void start(void)
{
	engine = engine_new(1);
	fired = 0;
	timer_init(&timer, engine, fire, &timer);
}

static void end(void)
{
	engine_run(engine, 100 * SECOND);
	CU_ASSERT_EQUAL(timer.events, 0); /* its memory may go */
	engine_free(engine);
}

static void fires_once_when_due(void)
{
	start();
	CU_ASSERT_FALSE(timer_is_set(&timer));
	timer_set(&timer, 5 * MS);
	CU_ASSERT_TRUE(timer_is_set(&timer));
	engine_run(engine, 5 * MS - 1);
	CU_ASSERT_EQUAL(fired, 0);
	engine_run(engine, SECOND);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(fired_ns[0], 5 * MS);
	CU_ASSERT_FALSE(timer_is_set(&timer));
	end();
}

static void moved_later_costs_no_event(void)
{
	start();
	for (uint64_t t = 1; t <= 1000; t++)
		timer_set(&timer, t * MS);
	CU_ASSERT_EQUAL(timer.events, 1);
	engine_run(engine, SECOND - 1);
	CU_ASSERT_EQUAL(fired, 0);
	engine_run(engine, 2 * SECOND);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(fired_ns[0], SECOND);
	end();
}

static void moved_earlier_fires_earlier_and_only_then(void)
{
	start();
	timer_set(&timer, 50 * MS);
	timer_set(&timer, 20 * MS);
	engine_run(engine, 40 * MS);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(fired_ns[0], 20 * MS);
	end();
	CU_ASSERT_EQUAL(fired, 1);
}

static void cancelled_never_fires(void)
{
	start();
	timer_set(&timer, 5 * MS);
	timer_cancel(&timer);
	CU_ASSERT_FALSE(timer_is_set(&timer));
	end();
	CU_ASSERT_EQUAL(fired, 0);
}

static void set_again_after_cancelling_uses_the_new_time(void)
{
	start();
	timer_set(&timer, 5 * MS);
	timer_cancel(&timer);
	timer_set(&timer, 30 * MS);
	end();
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(fired_ns[0], 30 * MS);
}

static void a_time_that_has_passed_is_now(void)
{
	start();
	engine_run(engine, SECOND);
	timer_set(&timer, 5 * MS);
	CU_ASSERT_EQUAL(timer.due_ns, SECOND);
	end();
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(fired_ns[0], SECOND);
}

/* the event of an overtaken setting comes while a later one waits */
static void an_overtaken_event_does_not_fire_the_next_setting(void)
{
	start();
	timer_set(&timer, 50 * MS);
	timer_set(&timer, 20 * MS);
	engine_run(engine, 20 * MS);
	timer_set(&timer, 70 * MS);
	engine_run(engine, 60 * MS);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(timer.events, 1);
	end();
	CU_ASSERT_EQUAL(fired, 2);
	CU_ASSERT_EQUAL(fired_ns[1], 70 * MS);
}

int main(void)
{
	CU_TestInfo tests[] = {
		TEST(fires_once_when_due),
		TEST(moved_later_costs_no_event),
		TEST(moved_earlier_fires_earlier_and_only_then),
		TEST(cancelled_never_fires),
		TEST(set_again_after_cancelling_uses_the_new_time),
		TEST(a_time_that_has_passed_is_now),
		TEST(an_overtaken_event_does_not_fire_the_next_setting),
		CU_TEST_INFO_NULL,
	};

	return unit_run("timer", tests);
}
