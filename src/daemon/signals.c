#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "daemon/command.h"

static pthread_t waiter;

static void
ending(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
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
	    .sa_flags = SA_RESTART };
	sigset_t set;

	waiter = pthread_self();
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	ending(&set);
	/* A client that hangs up must not end the program. */
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

bool
signals_wait(double seconds)
{
	struct timespec time = { .tv_sec = (time_t)seconds,
	    .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9) };
	sigset_t set;
	int signal;

	ending(&set);
	do
		signal = seconds < 0 ? sigwaitinfo(&set, NULL) :
		    sigtimedwait(&set, NULL, &time);
	while (signal < 0 && errno == EINTR);
	return signal > 0;
}
