#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/deadline.h"
#include "tests/http/fake.h"

/* Connections of both ends. */
struct line {
	int ends[2];
	struct deadline *deadline;
};

static void
line_open(struct deadlines *all, struct line *line)
{
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, line->ends), 0);
	line->deadline = deadline_add(all, line->ends[0]);
}

static void
line_close(struct line *line)
{
	if (line->deadline != NULL)
		deadline_remove(line->deadline);
	close(line->ends[0]);
	close(line->ends[1]);
}

/* Whether the other end sees the end of the stream within `ms`. */
static bool
line_ended(const struct line *line, int ms)
{
	struct pollfd p = { .fd = line->ends[1], .events = POLLIN };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLHUP) != 0;
}

START_TEST(counts_the_busy)
{
	struct deadlines *all;
	struct line line;

	ck_assert_int_eq(deadlines_new(&all), 0);
	line_open(all, &line);
	ck_assert_int_eq(deadlines_busy(all), 0);
	deadline_set(line.deadline, DEADLINE_WORKING, 0);
	ck_assert_int_eq(deadlines_busy(all), 1);
	deadline_set(line.deadline, DEADLINE_ANSWERING, 1000);
	ck_assert_int_eq(deadlines_busy(all), 1);
	deadline_set(line.deadline, DEADLINE_IDLE, 0);
	ck_assert_int_eq(deadlines_busy(all), 0);
	line_close(&line);
	deadlines_free(all);
	deadlines_free(NULL);
}
END_TEST

/* While a handler works, and only then, somebody looks whether its client is
 * still there. */
START_TEST(sees_clients_go)
{
	const atomic_bool *gone;
	struct deadlines *all;
	struct line line;
	int waits = 0;

	ck_assert_int_eq(deadlines_new(&all), 0);
	line_open(all, &line);
	gone = deadline_gone(line.deadline);
	deadline_set(line.deadline, DEADLINE_WORKING, 0);
	nanosleep(&(struct timespec){ .tv_sec = 1, .tv_nsec = 200000000 }, NULL);
	ck_assert(!atomic_load(gone));
	ck_assert_int_eq(shutdown(line.ends[1], SHUT_WR), 0);
	while (!atomic_load(gone) && waits++ < 1000)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	ck_assert(atomic_load(gone));
	deadline_set(line.deadline, DEADLINE_ANSWERING, 0);
	ck_assert(!atomic_load(gone));
	line_close(&line);
	deadlines_free(all);
}
END_TEST

/* In a crowd those that were slow longest go, but none that works. */
START_TEST(relieves_a_crowd)
{
	static struct line lines[DEADLINE_CONNECTIONS];
	const int last = DEADLINE_CONNECTIONS - 1;
	struct deadlines *all;

	ck_assert_int_eq(deadlines_new(&all), 0);
	for (int i = 0; i <= last; i++)
		line_open(all, &lines[i]);
	deadline_set(lines[0].deadline, DEADLINE_WORKING, 0);
	ck_assert(line_ended(&lines[1], 3000));
	for (int i = 1; i <= DEADLINE_CONNECTIONS - DEADLINE_CROWD; i++)
		ck_assert_msg(line_ended(&lines[i], 1000), "%d", i);
	ck_assert(!line_ended(&lines[0], 0));
	ck_assert(!line_ended(&lines[last], 1200));
	for (int i = 0; i <= last; i++)
		line_close(&lines[i]);
	deadlines_free(all);
}
END_TEST

/* One that was slow longest stays while what its client sent is unread, and one
 * that is between two requests while others, as new, have sent nothing. */
START_TEST(spares_who_sent)
{
	static struct line lines[DEADLINE_CONNECTIONS + 2];
	const int count = DEADLINE_CONNECTIONS + 2;
	struct deadlines *all;

	ck_assert_int_eq(deadlines_new(&all), 0);
	for (int i = 0; i < count; i++) {
		line_open(all, &lines[i]);
		if (i == 0)
			ck_assert_int_eq(write(lines[0].ends[1], "G", 1), 1);
		if (i == 1)
			deadline_set(lines[1].deadline, DEADLINE_IDLE, 0);
	}
	ck_assert(line_ended(&lines[2], 0));
	ck_assert(line_ended(&lines[3], 0));
	ck_assert(!line_ended(&lines[0], 0));
	ck_assert(!line_ended(&lines[1], 0));
	for (int i = 0; i < count; i++)
		line_close(&lines[i]);
	deadlines_free(all);
}
END_TEST

/* Past the limit one goes at once; past all places a new one gets none. */
START_TEST(has_limits)
{
	static struct line lines[DEADLINE_PLACES + 1];
	const int over = DEADLINE_PLACES - DEADLINE_CONNECTIONS;
	struct deadlines *all;

	ck_assert_int_eq(deadlines_new(&all), 0);
	for (int i = 0; i <= DEADLINE_PLACES; i++)
		line_open(all, &lines[i]);
	ck_assert_ptr_null(lines[DEADLINE_PLACES].deadline);
	for (int i = 0; i < over; i++)
		ck_assert_msg(line_ended(&lines[i], 0), "%d", i);
	ck_assert(!line_ended(&lines[DEADLINE_PLACES - 1], 0));
	for (int i = 0; i <= DEADLINE_PLACES; i++)
		line_close(&lines[i]);
	deadlines_free(all);
}
END_TEST

Suite *
suite_deadline(void)
{
	Suite *suite = suite_create("deadline");
	TCase *tcase = tcase_create("deadline");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, counts_the_busy);
	tcase_add_test(tcase, sees_clients_go);
	tcase_add_test(tcase, relieves_a_crowd);
	tcase_add_test(tcase, spares_who_sent);
	tcase_add_test(tcase, has_limits);
	suite_add_tcase(suite, tcase);
	return suite;
}
