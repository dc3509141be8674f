/* Times as they are shown, and clocks that go forward. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "tests/run.h"

START_TEST(texts)
{
	static const struct {
		int64_t milliseconds;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ -1000, "1969-12-31T23:59:59.000Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1709251199999, "2024-02-29T23:59:59.999Z" },
		{ 1769860800123, "2026-01-31T12:00:00.123Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char text[CLOCK_TEXT];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		clock_text(cases[i].milliseconds, text);
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

START_TEST(wall_clock)
{
	int64_t before = (int64_t)time(NULL), now = clock_now();
	int64_t after = (int64_t)time(NULL);

	/* time() may read a coarser clock: a few milliseconds behind. */
	ck_assert_int_ge(now / 1000, before);
	ck_assert_int_le(now / 1000, after + 1);
}
END_TEST

START_TEST(monotonic)
{
	double start = clock_seconds(), cpu = clock_cpu_seconds(), last = start;
	struct timespec pause = { .tv_nsec = 20000000 };

	for (int i = 0; i < 100000; i++) {
		double now = clock_seconds();

		EXPECT(now >= last, "%.9f before %.9f", now, last);
		last = now;
	}
	ck_assert(clock_cpu_seconds() > cpu);
	last = clock_seconds();
	nanosleep(&pause, NULL);
	ck_assert(clock_seconds() - last >= 0.02);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_test(tcase, texts);
	tcase_add_test(tcase, wall_clock);
	tcase_add_test(tcase, monotonic);
}

int
main(void)
{
	return run_tests("clock", add);
}
