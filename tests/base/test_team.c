/* Teams: every item once, whoever does it, over many sections. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/team.h"
#include "tests/run.h"

#define ITEMS 37

struct section {
	struct team *team;
	uint32_t done[ITEMS];		/* how often each item was done */
	uint64_t from;			/* the last section's sum */
	uint64_t to[ITEMS];
	int bad_member;
};

/* Plain memory on purpose: what items write the caller must see, and what the
 * caller wrote they must. */
static void
work(void *arg, size_t item, int member)
{
	struct section *s = arg;

	s->done[item]++;
	s->to[item] = s->from + item;
	if (member < 0 || member >= team_size(s->team))
		s->bad_member = 1;
}

static void
run_sections(struct section *s, int sections, size_t items)
{
	for (int i = 0; i < sections; i++) {
		uint64_t sum = 0, want = 0;

		team_run(s->team, items, work, s);
		for (size_t k = 0; k < items; k++) {
			sum += s->to[k];
			want += s->from + k;
		}
		EXPECT(sum == want, "section %d: a lost write", i);
		s->from = sum % 1000003;
	}
	for (size_t k = 0; k < ITEMS; k++)
		EXPECT(s->done[k] == (k < items ? (uint32_t)sections : 0),
		    "item %zu: %u times", k, s->done[k]);
	ck_assert(!s->bad_member);
}

START_TEST(every_item_once)
{
	/* 20,000 sections or so in all; larger teams than there are cores are
	 * slow. */
	static const size_t items[] = { 0, 1, 2, ITEMS };
	const int sections[] = { 10, 10, 1000, 40000 / (_i * _i) };

	for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
		struct section s = { 0 };

		ck_assert_int_eq(team_new(_i, &s.team), 0);
		ck_assert_int_eq(team_size(s.team), _i);
		run_sections(&s, sections[i], items[i]);
		team_free(s.team);
	}
}
END_TEST

START_TEST(no_team_is_the_caller)
{
	struct section s = { 0 };

	ck_assert_int_eq(team_size(NULL), 1);
	run_sections(&s, 10, ITEMS);
	team_free(NULL);
}
END_TEST

/* Threads that have gone to sleep between sections wake up again. */
START_TEST(after_pauses)
{
	struct timespec pause = { .tv_nsec = 2000000 };
	struct section s = { 0 };

	ck_assert_int_eq(team_new(_i, &s.team), 0);
	for (int i = 0; i < 50; i++) {
		nanosleep(&pause, NULL);
		memset(s.done, 0, sizeof s.done);
		run_sections(&s, 3, ITEMS);
	}
	team_free(s.team);
}
END_TEST

/* One long item: the caller waits for whoever has it. */
static void
nap(void *arg, size_t item, int member)
{
	struct timespec pause = { .tv_nsec = 5000000 };
	unsigned char *done = arg;

	(void)member;
	if (item == 0)
		nanosleep(&pause, NULL);
	done[item] = 1;
}

START_TEST(waits_for_the_last)
{
	struct team *team;

	ck_assert_int_eq(team_new(_i, &team), 0);
	for (int i = 0; i < 20; i++) {
		unsigned char done[4] = { 0 };

		team_run(team, 4, nap, done);
		ck_assert_mem_eq(done, "\1\1\1\1", 4);
	}
	team_free(team);
}
END_TEST

START_TEST(comes_and_goes)
{
	for (int i = 0; i < 100; i++) {
		struct section s = { 0 };

		ck_assert_int_eq(team_new(_i, &s.team), 0);
		if (i % 2 == 0)
			run_sections(&s, 1, ITEMS);
		team_free(s.team);
	}
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_loop_test(tcase, every_item_once, 1, 5);
	tcase_add_test(tcase, no_team_is_the_caller);
	tcase_add_loop_test(tcase, after_pauses, 1, 5);
	tcase_add_loop_test(tcase, waits_for_the_last, 1, 5);
	tcase_add_loop_test(tcase, comes_and_goes, 1, 5);
}

int
main(void)
{
	return run_tests("team", add);
}
