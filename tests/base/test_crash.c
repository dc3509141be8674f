/* Whose fault a crash is: a child crashes, the next start reads the report. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/team.h"
#include "tests/run.h"

static char folder[64];

static void
begin(void)
{
	strcpy(folder, "/tmp/l2ld-crash-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
end(void)
{
	char path[96];

	snprintf(path, sizeof path, "%s/l2ld.crash", folder);
	unlink(path);
	rmdir(folder);
}

/* A child that watches and then does something; how it ended. */
static int
child(void (*deed)(void))
{
	struct crash_report last;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (crash_watch(folder, &last, NULL) == 0)
			deed();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int64_t
guilty(void)
{
	struct crash_report last;

	ck_assert_int_eq(crash_watch(folder, &last, NULL), 0);
	ck_assert(!last.starved);
	return last.job;
}

static void
abort_job(void)
{
	crash_set_job(12);
	abort();
}

static void
abort_nobody(void)
{
	crash_set_job(12);
	crash_set_job(0);
	abort();
}

static void
killed_from_outside(void)
{
	crash_set_job(12);
	kill(getpid(), SIGABRT);
	pause();
}

static void
item(void *arg, size_t index, int member)
{
	/* A member of the team, not the thread that made it. */
	if (member != 0)
		raise(SIGFPE);
	(void)arg;
	(void)index;
	usleep(1000);
}

static void
abort_in_team(void)
{
	struct team *team;

	crash_set_job(345678);
	if (team_new(2, &team) == 0)
		for (;;)
			team_run(team, 16, item, NULL);
}

START_TEST(blame)
{
	ck_assert_int_eq(guilty(), 0);
	ck_assert_int_eq(WTERMSIG(child(abort_job)), SIGABRT);
	ck_assert_int_eq(guilty(), 12);
	ck_assert_int_eq(guilty(), 0);
	ck_assert_int_eq(WTERMSIG(child(abort_nobody)), SIGABRT);
	ck_assert_int_eq(guilty(), 0);
	ck_assert_int_eq(WTERMSIG(child(killed_from_outside)), SIGABRT);
	ck_assert_int_eq(guilty(), 0);
	/* A sanitizer takes this one for itself, after the report. */
	ck_assert_int_ne(child(abort_in_team), 0);
	ck_assert_int_eq(guilty(), 345678);
}
END_TEST

START_TEST(names)
{
	char name[16];

	crash_set_job(7);
	ck_assert_int_eq(crash_job(), 7);
	ck_assert_int_eq(pthread_getname_np(pthread_self(), name, sizeof name),
	    0);
	ck_assert_str_eq(name, "job 7");
	crash_set_job(0);
	ck_assert_int_eq(crash_job(), 0);
}
END_TEST

static void
add(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, blame);
	tcase_add_test(tcase, names);
}

int
main(void)
{
	return run_tests("crash", add);
}
