#include "base/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"

/* A handler runs here: an overflown stack has no room for it. */
#define STACK_BYTES 65536

#define REPORT_MAX 256

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction former[SIGNALS];
static int report = -1;
static atomic_flag reported = ATOMIC_FLAG_INIT;

static _Thread_local int64_t thread_job;
static _Thread_local void *thread_stack;

/* "job N\n" at the file's end, with nothing but what a handler may call. */
static void
write_report(int64_t job)
{
	char text[32];
	size_t at = sizeof text;

	text[--at] = '\n';
	for (; job > 0 && at > 4; job /= 10)
		text[--at] = (char)('0' + job % 10);
	text[--at] = ' ';
	text[--at] = 'b';
	text[--at] = 'o';
	text[--at] = 'j';
	/* Should this fail there is nothing left to be done. */
	if (write(report, text + at, sizeof text - at) < 0)
		return;
}

static void
on_signal(int number, siginfo_t *info, void *context)
{
	int error = errno;
	bool sent = info->si_code <= 0;

	(void)context;
	/* What abort() and the processor raise is the thread's own doing. */
	if (thread_job > 0 && (!sent || info->si_code == SI_TKILL) &&
	    !atomic_flag_test_and_set(&reported))
		write_report(thread_job);
	for (size_t i = 0; i < SIGNALS; i++)
		if (signals[i] == number)
			sigaction(number, &former[i], NULL);
	/* A fault comes again by itself when this returns, a signal does not. */
	if (sent)
		raise(number);
	errno = error;
}

/* The first bytes of a file of the system, "" when it cannot be read. */
static void
read_text(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t got;

	while (fd >= 0 && len < room - 1 &&
	    (got = read(fd, text + len, room - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = 0;
	if (fd >= 0)
		close(fd);
}

/* One line: which start of the system this is, and how many processes it has
 * ended for want of memory so far (-1: not known). */
static void
describe_system(char *text, size_t room)
{
	char boot[64], vmstat[16384];
	const char *line;
	long long kills = -1;

	read_text("/proc/sys/kernel/random/boot_id", boot, sizeof boot);
	boot[strcspn(boot, "\n ")] = 0;
	read_text("/proc/vmstat", vmstat, sizeof vmstat);
	line = strstr(vmstat, "\noom_kill ");
	if (line != NULL)
		kills = strtoll(line + strlen("\noom_kill "), NULL, 10);
	snprintf(text, room, "%s %lld\n", boot[0] != 0 ? boot : "-", kills);
}

/* Compare two such lines. */
static bool
was_starved(const char *before, const char *now)
{
	char boot[2][64] = { "", "" };
	long long kills[2] = { -1, -1 };

	return sscanf(before, "%63s %lld", boot[0], &kills[0]) == 2 &&
	    sscanf(now, "%63s %lld", boot[1], &kills[1]) == 2 &&
	    strcmp(boot[0], boot[1]) == 0 && kills[0] >= 0 &&
	    kills[1] > kills[0];
}

static int
open_report(const char *path, struct crash_report *last, struct message *m)
{
	char before[REPORT_MAX], now[REPORT_MAX];
	const char *job;
	int fd;

	read_text(path, before, sizeof before);
	describe_system(now, sizeof now);
	last->starved = was_starved(before, now);
	job = strstr(before, "\njob ");
	if (job != NULL)
		last->job = strtoll(job + strlen("\njob "), NULL, 10);
	fd = own_open(path, O_APPEND);
	if (fd < 0)
		return own_refused(path, m);
	/* On a full disk the old text stays; then the next start reads an old
	 * report, and its job is not running any more. */
	if (ftruncate(fd, 0) < 0 || write(fd, now, strlen(now)) < 0)
		errno = 0;
	if (report >= 0)
		close(report);
	report = fd;
	return 0;
}

int
crash_watch(const char *folder, struct crash_report *last, struct message *m)
{
	struct sigaction action = { .sa_sigaction = on_signal,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	static bool watching;
	char path[4096];
	int r;

	*last = (struct crash_report){ 0 };
	snprintf(path, sizeof path, "%s/l2ld.crash", folder);
	r = open_report(path, last, m);
	if (r < 0 || watching)
		return r;
	watching = true;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &action, &former[i]);
	return 0;
}

static void
make_stack(void)
{
	stack_t stack;

	/* A sanitizer may have given the thread one. */
	if (sigaltstack(NULL, &stack) < 0 || !(stack.ss_flags & SS_DISABLE))
		return;
	thread_stack = malloc(STACK_BYTES);
	stack = (stack_t){ .ss_sp = thread_stack, .ss_size = STACK_BYTES };
	if (thread_stack != NULL)
		sigaltstack(&stack, NULL);
}

static void
free_stack(void)
{
	stack_t stack = { .ss_flags = SS_DISABLE };

	if (thread_stack == NULL)
		return;
	sigaltstack(&stack, NULL);
	free(thread_stack);
	thread_stack = NULL;
}

void
crash_set_job(int64_t job)
{
	char name[16];

	if (job != 0 && thread_job == 0)
		make_stack();
	if (job == 0 && thread_job != 0)
		free_stack();
	thread_job = job;
	snprintf(name, sizeof name, job != 0 ? "job %lld" : "worker",
	    (long long)job);
	pthread_setname_np(pthread_self(), name);
}

int64_t
crash_job(void)
{
	return thread_job;
}
