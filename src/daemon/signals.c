#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "daemon/command.h"

static pthread_t waiter;

/* Those that are waited for.  The last is left alone where who started the program
 * has it ignored, as nohup does. */
static const int wanted[] = { SIGTERM, SIGINT, SIGHUP };
static size_t wanted_len = sizeof wanted / sizeof *wanted;

static void
wanted_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < wanted_len; i++)
		sigaddset(set, wanted[i]);
}

/* OpenBLAS starts threads before main does anything, and they block nothing: a
 * signal that comes while the waiter is not waiting goes to one of them.  They
 * hand it on. */
static void
pass_on(int signal)
{
	int error = errno;

	pthread_kill(waiter, signal);
	errno = error;
}

void
signals_block(void)
{
	struct sigaction action = { .sa_handler = pass_on,
	    .sa_flags = SA_RESTART }, hangup;
	sigset_t set;

	waiter = pthread_self();
	sigaction(SIGHUP, NULL, &hangup);
	if (hangup.sa_handler == SIG_IGN)
		wanted_len--;
	for (size_t i = 0; i < wanted_len; i++)
		sigaction(wanted[i], &action, NULL);
	wanted_set(&set);
	/* A client that hangs up must not end the program. */
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void
signals_default(void)
{
	sigset_t set;

	for (size_t i = 0; i < wanted_len; i++)
		signal(wanted[i], SIG_DFL);
	wanted_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int
signals_wait(double seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds,
	    .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	sigset_t set;
	int signal;

	wanted_set(&set);
	do
		signal = seconds < 0 ? sigwaitinfo(&set, NULL) :
		    sigtimedwait(&set, NULL, &time);
	while (signal < 0 && errno == EINTR);
	return signal > 0 ? signal : 0;
}
