#include <errno.h>
#include <signal.h>
#include <time.h>

#include "daemon/command.h"

static void
ending(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

void
signals_block(void)
{
	sigset_t set;

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
