/* Whose fault it is when the program crashes.
 *
 * Threads that work for a job say so.  Should one of them be ended by SIGSEGV,
 * SIGBUS, SIGFPE, SIGILL or SIGABRT, the job's number is left in a file for the
 * next start; what such a signal does otherwise (core dump, a sanitizer's report)
 * stays as it was.  A signal that another program sends to the whole process is
 * nobody's fault. */
#ifndef L2LD_BASE_CRASH_H
#define L2LD_BASE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* How the program that used this folder before has ended, as far as it is
 * known. */
struct crash_report {
	int64_t job;	/* that crashed it, 0: none */
	bool starved;	/* the system ended a process for want of memory
			 * meanwhile, and has not been started anew since */
};

/* Read what the last start left in folder/l2ld.crash, begin the file anew and
 * watch the signals.  Once a process.  0 or ERR_IO with a sentence. */
int
crash_watch(const char *folder, struct crash_report *last, struct message *m);

/* This thread works for a job from now on, until it says 0.  The thread is called
 * "job N" in the system's lists of threads meanwhile. */
void
crash_set_job(int64_t job);

/* What it said last. */
int64_t
crash_job(void);

#endif
